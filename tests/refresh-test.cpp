// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/contexts.hpp"

using namespace memo_test;

// Loading what is there already.
class RefreshTest : public CacheTest
{
protected:
  ScriptedLoader loader_;
};

TEST_F (RefreshTest, Rule13ItLoadsThoughThereIsAnEntry)
{
  set ("key", "old");
  auto got = refresh ("key", loader_);
  turn ();
  ASSERT_EQ (loader_.count (), 1);
  loader_.answer ("new");
  turn ();

  EXPECT_THAT (got, GotText ("new"));
  EXPECT_THAT (lookup ("key"), HoldsText ("new"));
}

TEST_F (RefreshTest, Rule13TheOldEntryServesOthersUntilTheNewOneIsIn)
{
  ScriptedLoader unused;
  set ("key", "old");
  auto refreshed = refresh ("key", loader_);
  auto at_once = get ("key", unused);
  turn ();
  auto meanwhile = get ("key");
  turn ();
  EXPECT_THAT (at_once, GotText ("old"));
  EXPECT_THAT (meanwhile, GotText ("old"));
  EXPECT_THAT (lookup ("key"), HoldsText ("old"));
  EXPECT_THAT (refreshed, IsPending ());

  loader_.answer ("new");
  EXPECT_THAT (lookup ("key"), HoldsText ("new")) << "it is in before anybody is told";
  turn ();
  EXPECT_THAT (refreshed, GotText ("new"));
  EXPECT_EQ (unused.count (), 0);
}

TEST_F (RefreshTest, Failure11ARefreshThatFailsHasNotThrownTheGoodValueAway)
{
  set ("key", "old");
  auto got = refresh ("key", loader_);
  turn ();
  loader_.fail (make_error ("no connection", G_IO_ERROR, G_IO_ERROR_HOST_UNREACHABLE));
  turn ();

  EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_HOST_UNREACHABLE)) << "who asked for a fresh one is told";
  EXPECT_THAT (lookup ("key"), HoldsText ("old"));
  auto other = get ("key", loader_);
  turn ();
  EXPECT_THAT (other, GotText ("old")) << "the others are not";
  EXPECT_EQ (loader_.count (), 1);
}

TEST_F (RefreshTest, Failure11NorHasOneWhoseErrorIsRemembered)
{
  memo_loader_set_error_ttl (loader_, 60.0);
  set ("key", "old");
  auto got = refresh ("key", loader_);
  turn ();
  loader_.fail (make_error ("no connection"));
  turn ();

  EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_FAILED));
  auto other = get ("key", loader_);
  turn ();
  EXPECT_THAT (other, GotText ("old"));
}

TEST_F (RefreshTest, Rule13AFailureDoesNotProlongTheOldEntry)
{
  set ("key", entry ("old", 10.0));
  advance (9.0);
  auto got = refresh ("key", loader_);
  turn ();
  loader_.fail (make_error ("no connection"));
  turn ();
  EXPECT_TRUE (contains ("key"));
  advance (1.0);
  EXPECT_FALSE (contains ("key"));
}

TEST_F (RefreshTest, Rule13TheNewEntryHasALifeOfItsOwn)
{
  memo_loader_set_ttl (loader_, 10.0);
  set ("key", entry ("old", 10.0));
  advance (9.0);
  auto got = refresh ("key", loader_);
  turn ();
  loader_.answer ("new");
  advance (9.0);
  turn ();
  EXPECT_THAT (lookup ("key"), HoldsText ("new"));
  advance (1.0);
  EXPECT_FALSE (contains ("key"));
}

TEST_F (RefreshTest, Rule13WhenTheOldEntryExpiresMeanwhileOthersJoin)
{
  set ("key", entry ("old", 10.0));
  auto refreshed = refresh ("key", loader_);
  turn ();
  advance (10.0);
  auto other = get ("key", loader_);
  turn ();
  EXPECT_EQ (loader_.count (), 1);
  EXPECT_THAT (other, IsPending ());
  loader_.answer ("new");
  turn ();

  EXPECT_THAT (refreshed, GotText ("new"));
  EXPECT_THAT (other, GotText ("new"));
}

TEST_F (RefreshTest, Rule13ItJoinsARunningLoad)
{
  ScriptedLoader another;
  auto first = get ("key", loader_);
  turn ();
  auto joined = refresh ("key", another);
  turn ();
  EXPECT_EQ (another.count (), 0);
  loader_.answer ("value");
  turn ();

  EXPECT_THAT (first, GotText ("value"));
  EXPECT_THAT (joined, GotText ("value"));
  EXPECT_EQ (loader_.count (), 1);
}

TEST_F (RefreshTest, Rule13ConcurrentRefreshesAreOneLoad)
{
  std::vector<std::shared_ptr<Got>> all;
  set ("key", "old");
  for (int i = 0; i < 10; i++)
    {
      all.push_back (refresh ("key", loader_));
      if (i % 3 == 0)
        turn ();
    }
  turn ();
  EXPECT_EQ (loader_.count (), 1);
  loader_.answer ("new");
  turn ();

  for (auto &got : all)
    EXPECT_THAT (got, GotText ("new"));
  EXPECT_EQ (metrics ()->loads, 1u);
}

TEST_F (RefreshTest, Rule13ARefreshAfterTheOtherIsAnotherLoad)
{
  set ("key", "old");
  refresh ("key", loader_);
  turn ();
  loader_.answer ("new");
  auto second = refresh ("key", loader_);
  turn ();
  ASSERT_EQ (loader_.count (), 2);
  loader_.answer ("newer");
  turn ();

  EXPECT_THAT (second, GotText ("newer"));
  EXPECT_THAT (lookup ("key"), HoldsText ("newer"));
}

TEST_F (RefreshTest, Rule13TheLoaderIsGivenThePreviousEntry)
{
  set ("key", "old");
  Entry previous = peek ("key");
  refresh ("key", loader_);
  turn ();
  EXPECT_EQ (memo_call_get_previous (loader_.front ()), previous.get ());

  // Deleting the key does not take it away from the loader.
  const MemoEntry *identity = previous.get ();
  previous.reset ();
  memo_cache_delete (cache (), "key");
  EXPECT_EQ (memo_call_get_previous (loader_.front ()), identity);
  EXPECT_STREQ (memo_entry_get_string (memo_call_get_previous (loader_.front ())), "old");
  loader_.answer ("new");
}

TEST_F (RefreshTest, Rule13ThereIsNoPreviousEntryInAnOrdinaryLoad)
{
  set ("expired", entry ("old", 1.0));
  advance (1.0);
  get ("key", loader_);
  get ("expired", loader_);
  refresh ("another key", loader_);
  turn ();

  ASSERT_EQ (loader_.pending (), 3u);
  while (loader_.pending () > 0)
    {
      auto call = loader_.next ();
      EXPECT_EQ (memo_call_get_previous (call.get ()), nullptr) << memo_call_get_key (call.get ());
      memo_call_return_nothing (call.get ());
    }
}

TEST_F (RefreshTest, Rule13ThePreviousEntryReturnedAgainStartsANewLife)
{
  set ("key", entry ("value", 10.0, { "tag" }));
  loader_.on_call = [] (MemoCall *call) {
    memo_call_return_entry (call, memo_entry_ref (memo_call_get_previous (call)));
  };
  advance (9.0);
  auto got = refresh ("key", loader_);
  turn ();
  EXPECT_THAT (got, GotText ("value"));
  advance (9.0);
  turn ();
  EXPECT_THAT (lookup ("key"), HoldsText ("value"));

  memo_cache_invalidate_tags (cache (), Tags { "tag" });
  EXPECT_FALSE (contains ("key"));
}

TEST_F (RefreshTest, Rule13OfAMissingKeyItIsALoad)
{
  auto refreshed = refresh ("key", loader_);
  auto joined = get ("key", loader_);
  turn ();
  EXPECT_EQ (loader_.count (), 1);
  loader_.answer ("value");
  turn ();

  EXPECT_THAT (refreshed, GotText ("value"));
  EXPECT_THAT (joined, GotText ("value"));
  EXPECT_THAT (lookup ("key"), HoldsText ("value"));
}

TEST_F (RefreshTest, Rule13WhenThereIsNoneAnyMoreTheOldEntryGoes)
{
  set ("key", "old");
  auto got = refresh ("key", loader_);
  turn ();
  loader_.answer (Entry ());
  turn ();

  EXPECT_THAT (got, GotMiss ());
  EXPECT_FALSE (contains ("key"));
}

TEST_F (RefreshTest, Rule13AnAnswerThatIsNotKeptTakesTheOldEntryAway)
{
  set ("key", "old");
  auto got = refresh ("key", loader_);
  turn ();
  loader_.answer (entry ("new", 0.0));
  turn ();

  EXPECT_THAT (got, GotText ("new"));
  EXPECT_FALSE (contains ("key"));
}

TEST_F (RefreshTest, Rule13ItDoesNotMindARememberedError)
{
  memo_loader_set_error_ttl (loader_, 60.0);
  auto failed = get ("key", loader_);
  turn ();
  loader_.fail (make_error ("busy"));
  turn ();
  auto got = refresh ("key", loader_);
  turn ();
  ASSERT_EQ (loader_.count (), 2);
  loader_.answer ("value");
  turn ();

  EXPECT_THAT (got, GotText ("value"));
  auto other = get ("key");
  turn ();
  EXPECT_THAT (other, GotText ("value")) << "the error is forgotten";
}

TEST_F (RefreshTest, Rule13WithoutALoaderOnlyARunningLoadCanHelp)
{
  set ("key", "old");
  auto alone = refresh ("key", nullptr);
  turn ();
  EXPECT_THAT (alone, GotMiss ());
  EXPECT_THAT (lookup ("key"), HoldsText ("old"));

  auto starter = refresh ("key", loader_);
  auto joined = refresh ("key", nullptr);
  turn ();
  loader_.answer ("new");
  turn ();
  EXPECT_THAT (starter, GotText ("new"));
  EXPECT_THAT (joined, GotText ("new"));
}

TEST_F (RefreshTest, Rule13ASetMeanwhileStays)
{
  set ("key", "old");
  auto got = refresh ("key", loader_);
  turn ();
  set ("key", "set");
  loader_.answer ("refreshed");
  turn ();

  EXPECT_THAT (got, GotText ("refreshed"));
  EXPECT_THAT (lookup ("key"), HoldsText ("set"));
}

TEST_F (RefreshTest, Rule13ADeleteMeanwhileStays)
{
  set ("key", "old");
  auto got = refresh ("key", loader_);
  turn ();
  EXPECT_TRUE (memo_cache_delete (cache (), "key"));
  loader_.answer ("refreshed");
  turn ();

  EXPECT_THAT (got, GotText ("refreshed"));
  EXPECT_FALSE (contains ("key"));
}

TEST_F (RefreshTest, Rule13ARefreshAfterASetIsANewLoad)
{
  set ("key", "old");
  auto early = refresh ("key", loader_);
  turn ();
  set ("key", "set");
  auto late = refresh ("key", loader_);
  turn ();
  ASSERT_EQ (loader_.count (), 2);
  auto old = loader_.next ();
  EXPECT_STREQ (memo_entry_get_string (memo_call_get_previous (old.get ())), "old");
  EXPECT_STREQ (memo_entry_get_string (memo_call_get_previous (loader_.front ())), "set");

  loader_.answer ("newest");
  memo_call_return_entry (old.get (), entry ("new").release ());
  turn ();
  EXPECT_THAT (early, GotText ("new"));
  EXPECT_THAT (late, GotText ("newest"));
  EXPECT_THAT (lookup ("key"), HoldsText ("newest"));
}

TEST_F (RefreshTest, Rule13CancellingItLeavesTheOldEntry)
{
  auto cancellable = adopt (g_cancellable_new ());
  set ("key", "old");
  auto got = get ("key", loader_, cancellable.get (), MEMO_GET_REFRESH);
  turn ();
  g_cancellable_cancel (cancellable.get ());
  turn ();
  EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_TRUE (g_cancellable_is_cancelled (memo_call_get_cancellable (loader_.front ())));
  loader_.answer ("late");
  turn ();

  EXPECT_THAT (lookup ("key"), HoldsText ("old"));
}

TEST_F (RefreshTest, Rule13ItDoesNotMakeTheOldEntryMostRecentByItself)
{
  memo_async_cache_set_maxsize (cache_.get (), 2);
  set ("key", "old");
  set ("another key", "value");
  refresh ("key", loader_);
  turn ();
  set ("a third key", "value");
  EXPECT_FALSE (contains ("key")) << "the least recent";
  loader_.answer ("new");
  turn ();

  EXPECT_TRUE (contains ("key")) << "storing makes it the most recent";
  EXPECT_FALSE (contains ("another key"));
}

TEST_F (RefreshTest, Rule13AnInThreadLoaderRefreshesToo)
{
  auto threaded = loader_of ([] (MemoCall *call) {
    std::string text = memo_entry_get_string (memo_call_get_previous (call));
    memo_call_return_entry (call, entry ((text + " and new").c_str ()).release ());
  }, {}, true);
  set ("key", "old");
  auto got = refresh ("key", threaded.get ());
  wait_until ([&] { return got->done (); });

  EXPECT_THAT (got, GotText ("old and new"));
  EXPECT_THAT (lookup ("key"), HoldsText ("old and new"));
}

TEST_F (RefreshTest, Rule13ARefreshIsAMiss)
{
  set ("key", "old");
  refresh ("key", loader_);
  turn ();
  loader_.answer ("new");
  turn ();

  EXPECT_EQ (metrics ()->hits, 0u);
  EXPECT_EQ (metrics ()->misses, 1u);
  EXPECT_EQ (metrics ()->loads, 1u);
}
