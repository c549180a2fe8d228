// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/contexts.hpp"

using namespace memo_test;

// One load for all who ask.
class LoadingTest : public CacheTest
{
protected:
  void cancel (const Ref<GCancellable> &cancellable) { g_cancellable_cancel (cancellable.get ()); }
};

TEST_F (LoadingTest, Rule08AHundredCallersAreOneLoad)
{
  ScriptedLoader loader;
  std::vector<std::shared_ptr<Got>> all;

  for (int i = 0; i < 100; i++)
    all.push_back (get ("key", loader));
  turn ();
  ASSERT_EQ (loader.count (), 1);

  loader.answer ("value");
  turn ();

  for (auto &got : all)
    EXPECT_THAT (got, GotText ("value"));
  EXPECT_EQ (loader.count (), 1);
}

TEST_F (LoadingTest, Rule08AllGetTheSameEntryAndNotCopies)
{
  ScriptedLoader loader;
  auto first = get ("key", loader);
  auto second = get ("key", loader);
  turn ();

  Entry answer = entry ("value");
  const MemoEntry *identity = answer.get ();
  loader.answer (std::move (answer));
  turn ();

  EXPECT_EQ (first->entry.get (), identity);
  EXPECT_EQ (second->entry.get (), identity);
  EXPECT_EQ (lookup ("key").get (), identity);
}

TEST_F (LoadingTest, Rule08WhoAsksWhileTheLoaderIsBusyJoins)
{
  ScriptedLoader loader;
  auto first = get ("key", loader);
  turn ();
  auto second = get ("key", loader);
  turn ();
  auto third = get ("key", loader);

  EXPECT_EQ (loader.count (), 1);
  loader.answer ("value");
  turn ();

  EXPECT_THAT (first, GotText ("value"));
  EXPECT_THAT (second, GotText ("value"));
  EXPECT_THAT (third, GotText ("value"));
  EXPECT_EQ (loader.count (), 1);
}

TEST_F (LoadingTest, Rule08AllGetTheSameErrorAsItIs)
{
  ScriptedLoader loader;
  auto first = get ("key", loader);
  auto second = get ("key", loader);
  turn ();

  loader.fail (make_error ("the table is locked", G_IO_ERROR, G_IO_ERROR_BUSY));
  turn ();

  for (auto &got : { first, second })
    {
      EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_BUSY));
      EXPECT_STREQ (got->error->message, "the table is locked");
    }
}

TEST_F (LoadingTest, Rule08AllGetAMissWhenThereIsNone)
{
  ScriptedLoader loader;
  auto first = get ("key", loader);
  auto second = get ("key", loader);
  turn ();

  loader.answer (Entry ());
  turn ();

  EXPECT_THAT (first, GotMiss ());
  EXPECT_THAT (second, GotMiss ());
  EXPECT_FALSE (contains ("key"));

  // Not stored: who asks again has it loaded again.
  auto third = get ("key", loader);
  turn ();
  EXPECT_EQ (loader.count (), 2);
  loader.answer ("value");
  turn ();
  EXPECT_THAT (third, GotText ("value"));
}

TEST_F (LoadingTest, Rule08ALoadThatReturnsNothingIsAMiss)
{
  ScriptedLoader loader;
  auto got = get ("key", loader);
  turn ();

  memo_call_return_nothing (loader.next ().get ());
  turn ();

  EXPECT_THAT (got, GotMiss ());
}

TEST_F (LoadingTest, Rule08AnEntryThatHoldsNothingIsStored)
{
  ScriptedLoader loader;
  auto first = get ("key", loader);
  auto second = get ("key", loader);
  turn ();

  loader.answer (Entry (memo_entry_new (nullptr)));
  turn ();

  EXPECT_EQ (first->callbacks, 1);
  EXPECT_THAT (first->entry, IsNothing ());
  EXPECT_THAT (second->entry, IsNothing ());
  EXPECT_THAT (lookup ("key"), IsNothing ());
}

TEST_F (LoadingTest, Rule08TheLoaderOfTheStarterAnswersForAll)
{
  ScriptedLoader starters, joiners;
  auto starter = get ("key", starters);
  auto joiner = get ("key", joiners);
  turn ();

  EXPECT_EQ (starters.count (), 1);
  EXPECT_EQ (joiners.count (), 0);
  starters.answer ("the starter's");
  turn ();

  EXPECT_THAT (starter, GotText ("the starter's"));
  EXPECT_THAT (joiner, GotText ("the starter's"));
  EXPECT_EQ (joiners.count (), 0);
}

TEST_F (LoadingTest, Rule08AGetWithoutALoaderJoins)
{
  ScriptedLoader loader;
  auto starter = get ("key", loader);
  auto before = get ("key");
  turn ();
  auto during = get ("key");
  turn ();
  EXPECT_THAT (before, IsPending ());
  EXPECT_THAT (during, IsPending ());

  loader.answer ("value");
  turn ();

  EXPECT_THAT (before, GotText ("value"));
  EXPECT_THAT (during, GotText ("value"));
  EXPECT_THAT (starter, GotText ("value"));
}

TEST_F (LoadingTest, Rule08AGetWithoutALoaderMissesWhenNothingIsBeingLoaded)
{
  ScriptedLoader loader;
  auto other = get ("another key", loader);
  auto got = get ("key");
  turn ();

  EXPECT_THAT (got, GotMiss ());
  EXPECT_THAT (other, IsPending ());
  loader.answer ("value");
}

TEST_F (LoadingTest, Rule08ErrorsAreNotCached)
{
  ScriptedLoader loader;
  auto first = get ("key", loader);
  turn ();
  loader.fail (make_error ("busy"));
  turn ();
  EXPECT_THAT (first, GotError (G_IO_ERROR, G_IO_ERROR_FAILED));
  EXPECT_FALSE (contains ("key"));

  auto second = get ("key", loader);
  turn ();
  EXPECT_EQ (loader.count (), 2);
  loader.answer ("value");
  turn ();

  EXPECT_THAT (second, GotText ("value"));
  EXPECT_THAT (lookup ("key"), HoldsText ("value"));
}

TEST_F (LoadingTest, Rule08AGetWithoutALoaderDoesNotSeeAnEarlierError)
{
  ScriptedLoader loader;
  auto first = get ("key", loader);
  turn ();
  loader.fail (make_error ("busy"));
  turn ();

  auto second = get ("key");
  turn ();

  EXPECT_THAT (second, GotMiss ());
}

TEST_F (LoadingTest, Rule08AnOutdatedLoadIsNotJoined)
{
  ScriptedLoader loader;
  auto early = get ("key", loader);
  turn ();
  memo_cache_delete (cache (), "key");
  auto late = get ("key", loader);
  turn ();
  ASSERT_EQ (loader.count (), 2);

  // The second is current: it is joined.
  auto later = get ("key", loader);
  turn ();
  EXPECT_EQ (loader.count (), 2);

  loader.answer ("old");
  turn ();
  EXPECT_THAT (early, GotText ("old"));
  EXPECT_THAT (late, IsPending ());
  EXPECT_THAT (lookup ("key"), IsMiss ());

  loader.answer ("new");
  turn ();
  EXPECT_THAT (late, GotText ("new"));
  EXPECT_THAT (later, GotText ("new"));
  EXPECT_THAT (lookup ("key"), HoldsText ("new"));
}

TEST_F (LoadingTest, Rule08TheLateAnswerOfAnOutdatedLoadIsDiscarded)
{
  ScriptedLoader loader;
  auto early = get ("key", loader);
  turn ();
  memo_cache_delete (cache (), "key");
  auto late = get ("key", loader);
  turn ();

  auto outdated = loader.next ();
  loader.answer ("new");
  memo_call_return_entry (outdated.get (), entry ("old").release ());
  turn ();

  EXPECT_THAT (early, GotText ("old"));
  EXPECT_THAT (late, GotText ("new"));
  EXPECT_THAT (lookup ("key"), HoldsText ("new"));
}

TEST_F (LoadingTest, Rule08AnAbandonedLoadIsNotJoinedAndItsLateAnswerIsDiscarded)
{
  ScriptedLoader loader;
  auto cancellable = adopt (g_cancellable_new ());
  auto first = get ("key", loader, cancellable.get ());
  turn ();
  cancel (cancellable);
  turn ();
  EXPECT_THAT (first, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));

  auto second = get ("key", loader);
  turn ();
  ASSERT_EQ (loader.count (), 2);

  loader.answer ("of the abandoned one");
  turn ();
  EXPECT_THAT (second, IsPending ());
  EXPECT_FALSE (contains ("key"));

  loader.answer ("value");
  turn ();
  EXPECT_THAT (second, GotText ("value"));
  EXPECT_THAT (lookup ("key"), HoldsText ("value"));
  EXPECT_EQ (first->callbacks, 1);
}

TEST_F (LoadingTest, Rule08WhoAsksBetweenTheAnswerAndItsDeliveryHits)
{
  ScriptedLoader loader;
  auto first = get ("key", loader);
  turn ();
  loader.answer ("value");
  EXPECT_THAT (first, IsPending ());
  auto second = get ("key", loader);
  turn ();

  EXPECT_THAT (first, GotText ("value"));
  EXPECT_THAT (second, GotText ("value"));
  EXPECT_EQ (loader.count (), 1);
}

TEST_F (LoadingTest, Rule08KeysAreLoadedSideBySide)
{
  ScriptedLoader loader;
  auto a = get ("a", loader);
  auto b = get ("b", loader);
  turn ();
  ASSERT_EQ (loader.pending (), 2u);

  auto call_of_a = loader.next ();
  auto call_of_b = loader.next ();
  EXPECT_STREQ (memo_call_get_key (call_of_a.get ()), "a");
  EXPECT_STREQ (memo_call_get_key (call_of_b.get ()), "b");

  memo_call_return_entry (call_of_b.get (), entry ("B").release ());
  turn ();
  EXPECT_THAT (b, GotText ("B"));
  EXPECT_THAT (a, IsPending ());

  memo_call_return_entry (call_of_a.get (), entry ("A").release ());
  turn ();
  EXPECT_THAT (a, GotText ("A"));
}

TEST_F (LoadingTest, Rule08CachesDoNotShareTheirLoads)
{
  ScriptedLoader loader;
  auto other_cache = new_cache ();
  auto here = get ("key", loader);
  auto there = AsyncTest::get (MEMO_CACHE (other_cache.get ()), "key", loader);
  turn ();
  ASSERT_EQ (loader.count (), 2);

  loader.answer ("here");
  loader.answer ("there");
  turn ();

  EXPECT_THAT (here, GotText ("here"));
  EXPECT_THAT (there, GotText ("there"));
}

// Each pair of letters can stand for the other without g_str_hash() seeing a difference.
static std::vector<std::string>
keys_with_one_hash ()
{
  std::vector<std::string> keys = { "" };

  for (int pairs = 0; pairs < 6; pairs++)
    {
      std::vector<std::string> longer;

      for (auto &key : keys)
        {
          longer.push_back (key + "Az");
          longer.push_back (key + "BY");
        }
      keys = longer;
    }

  return keys;
}

TEST_F (LoadingTest, Rule08KeysThatCollideInFlightGetTheirOwnValues)
{
  ScriptedLoader loader;
  auto keys = keys_with_one_hash ();
  std::vector<std::shared_ptr<Got>> starters, joiners;

  for (auto &key : keys)
    ASSERT_EQ (g_str_hash (key.c_str ()), g_str_hash (keys[0].c_str ()));

  for (auto &key : keys)
    starters.push_back (get (key.c_str (), loader));
  for (auto &key : keys)
    joiners.push_back (get (key.c_str (), loader));
  turn ();
  ASSERT_EQ (loader.pending (), keys.size ());

  // Outdating one leaves the others current.
  memo_cache_delete (cache (), keys[7].c_str ());

  while (loader.pending () > 0)
    {
      auto call = loader.next ();
      memo_call_return_entry (call.get (), entry (memo_call_get_key (call.get ())).release ());
    }
  turn ();

  for (size_t i = 0; i < keys.size (); i++)
    {
      EXPECT_THAT (starters[i], GotText (keys[i]));
      EXPECT_THAT (joiners[i], GotText (keys[i]));
      if (i == 7)
        EXPECT_FALSE (contains (keys[i].c_str ()));
      else
        EXPECT_THAT (lookup (keys[i].c_str ()), HoldsText (keys[i]));
    }
}

TEST_F (LoadingTest, Rule08AKeyThatIsThePrefixOfAnotherIsAnother)
{
  ScriptedLoader loader;
  const std::vector<const char *> keys = { "", "k", "ke", "key", "key\x01" };
  std::vector<std::shared_ptr<Got>> all;

  for (auto key : keys)
    all.push_back (get (key, loader));
  turn ();
  ASSERT_EQ (loader.pending (), keys.size ());

  while (loader.pending () > 0)
    {
      auto call = loader.next ();
      memo_call_return_entry (call.get (), entry (memo_call_get_key (call.get ())).release ());
    }
  turn ();

  for (size_t i = 0; i < keys.size (); i++)
    EXPECT_THAT (all[i], GotText (keys[i]));
}

TEST_F (LoadingTest, Rule08JoinersOfOtherContextsGetTheAnswerInTheirs)
{
  ScriptedLoader loader;
  Context other;
  auto here = get ("key", loader);
  auto there = other.within ([&] { return get ("key", loader); });
  turn ();
  other.turn ();
  ASSERT_EQ (loader.count (), 1);

  loader.answer ("value");
  turn ();
  EXPECT_THAT (here, GotText ("value"));
  EXPECT_THAT (there, IsPending ());
  other.turn ();
  EXPECT_THAT (there, GotText ("value"));
}

TEST_F (LoadingTest, Rule08CallersOfManyThreadsAreOneLoad)
{
  ScriptedLoader loader;
  std::vector<std::shared_ptr<Got>> all (8);
  std::vector<std::unique_ptr<Context>> contexts;
  auto starter = get ("key", loader);

  for (size_t i = 0; i < all.size (); i++)
    {
      contexts.push_back (std::make_unique<Context> ());
      in_thread ([&] { contexts[i]->within ([&] { all[i] = get ("key", loader); }); });
    }
  turn ();
  ASSERT_EQ (loader.count (), 1);
  loader.answer ("value");
  turn ();
  EXPECT_THAT (starter, GotText ("value"));

  for (size_t i = 0; i < all.size (); i++)
    {
      in_thread ([&] { contexts[i]->turn (); });
      EXPECT_THAT (all[i], GotText ("value"));
    }
  EXPECT_EQ (loader.count (), 1);
}

TEST_F (LoadingTest, Rule08NothingKeptStillMeansOneLoadAtATime)
{
  ScriptedLoader loader;
  auto keeps_nothing = new_cache (0);
  auto first = AsyncTest::get (MEMO_CACHE (keeps_nothing.get ()), "key", loader);
  auto second = AsyncTest::get (MEMO_CACHE (keeps_nothing.get ()), "key", loader);
  turn ();
  ASSERT_EQ (loader.count (), 1);
  loader.answer ("value");
  turn ();

  EXPECT_THAT (first, GotText ("value"));
  EXPECT_THAT (second, GotText ("value"));
  EXPECT_FALSE (memo_cache_contains (MEMO_CACHE (keeps_nothing.get ()), "key"));
}
