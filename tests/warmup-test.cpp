// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/memo-test.hpp"
#include "support/tracking.hpp"

using namespace memo_test;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Rule 14: loading ahead of the first question.
class WarmupTest : public CacheTest
{
protected:
  void add (const char *key) { add (key, loader_); }
  void add (const char *key, MemoLoader *loader) { memo_warmup_add (warmup_.get (), key, loader); }

  void add_many (int n)
  {
    for (int i = 0; i < n; i++)
      add (std::to_string (i).c_str ());
  }

  Done start (GCancellable *cancellable = nullptr) { return start (warmup_.get (), cancellable); }

  Done start (MemoWarmup *warmup, GCancellable *cancellable = nullptr)
  {
    Done done;

    memo_cache_warmup_async (cache (), warmup, cancellable, done_cb<memo_cache_warmup_finish>, done.keep ());
    EXPECT_EQ (done->callbacks, 0) << "the callback ran before the call returned";
    return done;
  }

  // Answers a call by its key.
  void answer_next ()
  {
    if (auto call = loader_.next ())
      memo_call_return_entry (call.get (), memo_entry_new_string (memo_call_get_key (call.get ())));
  }

  std::vector<std::string> failed_keys ()
  {
    std::vector<std::string> keys;
    char **strv = memo_warmup_dup_failed_keys (warmup_.get ());

    for (char **key = strv; *key != nullptr; key++)
      keys.push_back (*key);
    g_strfreev (strv);

    return keys;
  }

  const GError *error_of (const char *key) { return memo_warmup_get_error (warmup_.get (), key); }

  ScriptedLoader  loader_;
  Ref<MemoWarmup> warmup_ = adopt (memo_warmup_new ());
};

TEST_F (WarmupTest, Rule14LoadsEveryKeyByItsOwnLoader)
{
  ScriptedLoader other;

  add ("one");
  add ("two", other);
  auto done = start ();
  turn ();
  EXPECT_STREQ (memo_call_get_key (loader_.front ()), "one");
  EXPECT_STREQ (memo_call_get_key (other.front ()), "two");
  EXPECT_EQ (done->callbacks, 0);

  loader_.answer ("of the first");
  turn ();
  EXPECT_EQ (done->callbacks, 0) << "not all keys were tried yet";
  other.answer ("of the second");
  turn ();

  EXPECT_THAT (done, Succeeded ());
  EXPECT_THAT (lookup ("one"), HoldsText ("of the first"));
  EXPECT_THAT (lookup ("two"), HoldsText ("of the second"));
  EXPECT_THAT (failed_keys (), IsEmpty ());
}

TEST_F (WarmupTest, Failure15LoadsSideBySideAndAFailureEndsNothing)
{
  add_many (5);
  auto done = start ();
  turn ();
  ASSERT_EQ (loader_.pending (), 5u) << "one after the other";

  answer_next ();
  loader_.fail (make_error ("no such row"));
  answer_next ();
  loader_.drop ();
  answer_next ();
  turn ();

  EXPECT_THAT (done, FailedWith (MEMO_ERROR, MEMO_ERROR_FAILED));
  for (auto key : { "0", "2", "4" })
    {
      EXPECT_TRUE (contains (key));
      EXPECT_EQ (error_of (key), nullptr);
    }
  EXPECT_THAT (failed_keys (), ElementsAre ("1", "3"));
  ASSERT_NE (error_of ("1"), nullptr);
  EXPECT_STREQ (error_of ("1")->message, "no such row");
  EXPECT_TRUE (g_error_matches (error_of ("1"), G_IO_ERROR, G_IO_ERROR_FAILED));
  EXPECT_TRUE (g_error_matches (error_of ("3"), MEMO_ERROR, MEMO_ERROR_ABANDONED));
}

TEST_F (WarmupTest, Rule14TheErrorTellsHowManyFailedAndWhyTheFirstDid)
{
  add_many (3);
  auto done = start ();
  turn ();
  answer_next ();
  loader_.fail (make_error ("first reason"));
  loader_.fail (make_error ("second reason"));
  turn ();

  ASSERT_THAT (done, FailedWith (MEMO_ERROR, MEMO_ERROR_FAILED));
  EXPECT_THAT (done->error->message, HasSubstr ("2 of 3"));
  EXPECT_THAT (done->error->message, HasSubstr ("“1”"));
  EXPECT_THAT (done->error->message, HasSubstr ("first reason"));
}

TEST_F (WarmupTest, Rule14AtMostMaxBatchSizeAreUnderWayAtATime)
{
  memo_async_cache_set_max_batch_size (cache_.get (), 3);
  add_many (10);
  auto done = start ();

  for (int loaded = 0; loaded < 10; loaded++)
    {
      turn ();
      ASSERT_EQ (loader_.pending (), static_cast<size_t> (MIN (3, 10 - loaded)));
      ASSERT_EQ (done->callbacks, 0);
      if (loaded % 2 == 0)
        answer_next ();
      else
        loader_.fail (make_error ("down"));
    }
  turn ();

  EXPECT_EQ (done->callbacks, 1);
  EXPECT_EQ (loader_.count (), 10);
}

TEST_F (WarmupTest, Rule14AMaxBatchSizeOfOneIsOneAfterTheOtherInTheirOrder)
{
  memo_async_cache_set_max_batch_size (cache_.get (), 1);
  add_many (4);
  auto done = start ();

  for (auto key : { "0", "1", "2", "3" })
    {
      turn ();
      ASSERT_EQ (loader_.pending (), 1u);
      EXPECT_STREQ (memo_call_get_key (loader_.front ()), key);
      answer_next ();
    }
  turn ();

  EXPECT_THAT (done, Succeeded ());
}

TEST_F (WarmupTest, Rule14LoadersThatAnswerAtOnceNeedNoTurnOfTheTest)
{
  auto echo = make_loader ([] (MemoCall *call) {
    memo_call_return_entry (call, memo_entry_new_string (memo_call_get_key (call)));
  });

  memo_async_cache_set_maxsize (cache_.get (), MEMO_UNLIMITED);
  for (int i = 0; i < 1000; i++)
    add (std::to_string (i).c_str (), echo.get ());
  auto done = start ();
  turn ();

  EXPECT_THAT (done, Succeeded ());
  EXPECT_EQ (metrics ()->size, 1000u);
}

TEST_F (WarmupTest, Rule14SkipsWhatIsFresh)
{
  set ("fresh", "value");
  set ("expired", entry ("value", 1.0));
  advance (1.0);
  for (auto key : { "fresh", "expired", "missing" })
    add (key);
  auto done = start ();
  turn ();

  ASSERT_EQ (loader_.count (), 2);
  EXPECT_STREQ (memo_call_get_key (loader_.front ()), "expired");
  answer_next ();
  answer_next ();
  turn ();
  EXPECT_THAT (done, Succeeded ());
  EXPECT_THAT (lookup ("fresh"), HoldsText ("value"));
}

TEST_F (WarmupTest, Rule14WhatIsAllFreshIsDoneLaterAllTheSame)
{
  set ("one", "value");
  set ("two", "value");
  add ("one");
  add ("two");
  auto done = start ();
  turn ();

  EXPECT_THAT (done, Succeeded ());
  EXPECT_EQ (loader_.count (), 0);
}

TEST_F (WarmupTest, Rule14AnEmptyListIsDoneLaterAllTheSame)
{
  auto done = start ();

  turn ();
  EXPECT_THAT (done, Succeeded ());
  EXPECT_THAT (failed_keys (), IsEmpty ());
}

TEST_F (WarmupTest, Rule14AKeyThatIsNotThereAtTheSourceIsNoFailure)
{
  add ("key");
  auto done = start ();
  turn ();
  loader_.answer (Entry ());
  turn ();

  EXPECT_THAT (done, Succeeded ());
  EXPECT_EQ (error_of ("key"), nullptr);
  EXPECT_FALSE (contains ("key"));
}

TEST_F (WarmupTest, Rule14TheSameKeyTwiceIsOneLoad)
{
  ScriptedLoader other;

  add ("key");
  add ("key", other);
  auto done = start ();
  turn ();
  EXPECT_EQ (loader_.count (), 1);
  EXPECT_EQ (other.count (), 0);
  loader_.answer ("value");
  turn ();

  EXPECT_THAT (done, Succeeded ());
  EXPECT_THAT (lookup ("key"), HoldsText ("value"));
}

TEST_F (WarmupTest, Rule14JoinsALoadThatIsUnderWayAndIsJoined)
{
  auto before = get ("one", loader_);
  turn ();
  add ("one");
  add ("two");
  auto done = start ();
  turn ();
  auto after = get ("two", loader_);
  turn ();
  ASSERT_EQ (loader_.count (), 2);
  answer_next ();
  answer_next ();
  turn ();

  EXPECT_THAT (done, Succeeded ());
  EXPECT_THAT (before, GotText ("one"));
  EXPECT_THAT (after, GotText ("two"));
}

// --- again, and several ---

TEST_F (WarmupTest, Rule14CanBeRunAgainAndThenLoadsWhatIsNotThere)
{
  add_many (3);
  auto first = start ();
  turn ();
  answer_next ();
  loader_.fail (make_error ("down"));
  answer_next ();
  turn ();
  EXPECT_EQ (first->callbacks, 1);
  EXPECT_THAT (failed_keys (), ElementsAre ("1"));

  auto second = start ();
  EXPECT_THAT (failed_keys (), IsEmpty ()) << "errors of the run before";
  turn ();
  ASSERT_EQ (loader_.pending (), 1u);
  EXPECT_STREQ (memo_call_get_key (loader_.front ()), "1");
  answer_next ();
  turn ();

  EXPECT_THAT (second, Succeeded ());
  EXPECT_THAT (failed_keys (), IsEmpty ());
  EXPECT_EQ (error_of ("1"), nullptr);
}

TEST_F (WarmupTest, Rule14CanBeRunAgainFromItsOwnCallback)
{
  Done second;
  std::function<void ()> again = [&] { second = start (); };

  add ("key");
  memo_cache_warmup_async (cache (), warmup_.get (), nullptr, [] (GObject *source, GAsyncResult *result, gpointer data) {
    EXPECT_FALSE (memo_cache_warmup_finish (MEMO_CACHE (source), result, nullptr));
    (*static_cast<std::function<void ()> *> (data)) ();
  }, &again);
  turn ();
  loader_.fail (make_error ("down"));
  turn ();
  ASSERT_EQ (loader_.pending (), 1u);

  // The second run is still under way, and the first has left nothing that says otherwise.
  Criticals criticals;
  add ("late");
  EXPECT_THAT (criticals.take (), IsCritical ("->run"));
  answer_next ();
  turn ();

  EXPECT_THAT (second, Succeeded ());
}

TEST_F (WarmupTest, Rule14TwoAtOnceShareTheirLoads)
{
  auto other = adopt (memo_warmup_new ());

  add ("one");
  add ("both");
  memo_warmup_add (other.get (), "both", loader_);
  memo_warmup_add (other.get (), "two", loader_);
  auto first = start ();
  auto second = start (other.get ());
  turn ();
  ASSERT_EQ (loader_.count (), 3);
  answer_next ();
  loader_.fail (make_error ("down"));
  answer_next ();
  turn ();

  EXPECT_THAT (first, FailedWith (MEMO_ERROR, MEMO_ERROR_FAILED));
  EXPECT_THAT (second, FailedWith (MEMO_ERROR, MEMO_ERROR_FAILED));
  EXPECT_NE (error_of ("both"), nullptr);
  EXPECT_NE (memo_warmup_get_error (other.get (), "both"), nullptr);
  EXPECT_EQ (memo_warmup_get_error (other.get (), "two"), nullptr);
  EXPECT_TRUE (contains ("one"));
  EXPECT_TRUE (contains ("two"));
}

TEST_F (WarmupTest, Rule14CanServeAnotherCacheAfterwards)
{
  auto other = new_cache ();
  Done done;

  add ("key");
  start ();
  turn ();
  answer_next ();
  turn ();
  memo_cache_warmup_async (MEMO_CACHE (other.get ()), warmup_.get (), nullptr,
                           done_cb<memo_cache_warmup_finish>, done.keep ());
  turn ();
  answer_next ();
  turn ();

  EXPECT_THAT (done, Succeeded ());
  EXPECT_TRUE (memo_cache_contains (MEMO_CACHE (other.get ()), "key"));
}

// --- cancelled, and dropped ---

TEST_F (WarmupTest, Rule14WhenItIsCancelledItEndsAtOnceAndBeginsNothingMore)
{
  auto cancellable = adopt (g_cancellable_new ());

  memo_async_cache_set_max_batch_size (cache_.get (), 2);
  add_many (5);
  auto done = start (cancellable.get ());
  turn ();
  answer_next ();
  turn ();
  ASSERT_EQ (loader_.count (), 3);
  g_cancellable_cancel (cancellable.get ());
  EXPECT_EQ (done->callbacks, 0);
  turn ();

  EXPECT_THAT (done, FailedWith (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_EQ (loader_.count (), 3);
  EXPECT_TRUE (contains ("0")) << "what was loaded stays";
  EXPECT_TRUE (g_cancellable_is_cancelled (memo_call_get_cancellable (loader_.front ())));
}

TEST_F (WarmupTest, Rule14WhenItIsCancelledOthersStillGetWhatTheyWaitFor)
{
  auto cancellable = adopt (g_cancellable_new ());

  add ("key");
  auto done = start (cancellable.get ());
  turn ();
  auto got = get ("key");
  g_cancellable_cancel (cancellable.get ());
  turn ();
  EXPECT_THAT (done, FailedWith (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_THAT (got, IsPending ());
  answer_next ();
  turn ();

  EXPECT_THAT (got, GotText ("key"));
}

TEST_F (WarmupTest, Rule14CancelledBeforeItLoadsNothing)
{
  auto cancellable = adopt (g_cancellable_new ());

  add_many (3);
  g_cancellable_cancel (cancellable.get ());
  auto done = start (cancellable.get ());
  turn ();

  EXPECT_THAT (done, FailedWith (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_EQ (loader_.count (), 0);
}

TEST_F (WarmupTest, Rule14GoesOnWhenItsLastReferenceIsDropped)
{
  gpointer weak = warmup_.get ();

  add ("one");
  add ("two");
  g_object_add_weak_pointer (G_OBJECT (warmup_.get ()), &weak);
  auto done = start ();
  warmup_.reset ();
  turn ();
  answer_next ();
  answer_next ();
  turn ();

  EXPECT_THAT (done, Succeeded ());
  EXPECT_TRUE (contains ("one"));
  EXPECT_TRUE (contains ("two"));
  EXPECT_EQ (weak, nullptr);
}

TEST_F (WarmupTest, Rule14GoesOnWhenTheLastReferenceToTheCacheIsDropped)
{
  gpointer weak = cache_.get ();

  memo_async_cache_set_max_batch_size (cache_.get (), 1);
  add ("one");
  add ("two");
  g_object_add_weak_pointer (G_OBJECT (cache_.get ()), &weak);
  auto done = start ();
  cache_.reset ();
  turn ();
  answer_next ();
  turn ();
  ASSERT_NE (weak, nullptr);
  answer_next ();
  turn ();

  EXPECT_THAT (done, Succeeded ());
  EXPECT_EQ (weak, nullptr);
}

TEST_F (WarmupTest, Rule14NeedsNoCallback)
{
  add ("key");
  memo_cache_warmup_async (cache (), warmup_.get (), nullptr, nullptr, nullptr);
  turn ();
  answer_next ();
  turn ();

  EXPECT_TRUE (contains ("key"));
}

TEST_F (WarmupTest, Rule14LoadsInThreadsToo)
{
  auto loader = make_loader ([] (MemoCall *call) {
    memo_call_return_entry (call, memo_entry_new_string (memo_call_get_key (call)));
  }, true);

  for (int i = 0; i < 50; i++)
    add (std::to_string (i).c_str (), loader.get ());
  auto done = start ();
  wait_until ([&] { return done->callbacks > 0; });

  EXPECT_THAT (done, Succeeded ());
  EXPECT_EQ (metrics ()->size, 50u);
}

// --- what it does not touch ---

TEST_F (WarmupTest, Rule14DoesNotStoreWhatWasInvalidatedMeanwhile)
{
  add ("key");
  auto done = start ();
  turn ();
  memo_cache_delete (cache (), "key");
  answer_next ();
  turn ();

  EXPECT_THAT (done, Succeeded ());
  EXPECT_FALSE (contains ("key"));
}

TEST_F (WarmupTest, Rule14CountsNeitherHitsNorMisses)
{
  set ("fresh", "value");
  for (auto key : { "fresh", "good", "bad", "good" })
    add (key);
  auto done = start ();
  turn ();
  answer_next ();
  loader_.fail (make_error ("down"));
  turn ();

  EXPECT_EQ (done->callbacks, 1);
  Metrics all = metrics ();
  EXPECT_EQ (all->hits, 0u);
  EXPECT_EQ (all->misses, 0u);
  EXPECT_EQ (all->coalesced, 0u);
  EXPECT_EQ (all->loads, 2u);
  EXPECT_EQ (all->load_failures, 1u);
  EXPECT_EQ (all->hit_rate, 0.0);
}

// --- mistakes ---

TEST_F (WarmupTest, IsNotToBeChangedOrRunWhileItRuns)
{
  Criticals criticals;

  add ("key");
  auto done = start ();
  add ("other");
  EXPECT_THAT (criticals.take (), IsCritical ("->run"));
  memo_cache_warmup_async (cache (), warmup_.get (), nullptr, nullptr, nullptr);
  EXPECT_THAT (criticals.take (), IsCritical ("->run"));
  turn ();
  answer_next ();
  turn ();

  EXPECT_THAT (done, Succeeded ());
  EXPECT_EQ (loader_.count (), 1);
  add ("other");
  EXPECT_THAT (criticals.take (), IsEmpty ());
}

TEST_F (WarmupTest, WrongArgumentsAreCriticals)
{
  Criticals criticals;

  memo_warmup_add (nullptr, "key", loader_);
  EXPECT_THAT (criticals.take (), IsCritical ("MEMO_IS_WARMUP (self)"));
  memo_warmup_add (warmup_.get (), nullptr, loader_);
  EXPECT_THAT (criticals.take (), IsCritical ("key != NULL"));
  memo_warmup_add (warmup_.get (), "key", nullptr);
  EXPECT_THAT (criticals.take (), IsCritical ("MEMO_IS_LOADER (loader)"));
  EXPECT_EQ (memo_warmup_get_error (nullptr, "key"), nullptr);
  EXPECT_THAT (criticals.take (), IsCritical ("MEMO_IS_WARMUP (self)"));
  EXPECT_EQ (memo_warmup_get_error (warmup_.get (), nullptr), nullptr);
  EXPECT_THAT (criticals.take (), IsCritical ("key != NULL"));
  char **failed = memo_warmup_dup_failed_keys (nullptr);
  EXPECT_EQ (failed, nullptr);
  EXPECT_THAT (criticals.take (), IsCritical ("MEMO_IS_WARMUP (self)"));

  EXPECT_EQ (memo_warmup_get_error (warmup_.get (), "never added"), nullptr);
  EXPECT_THAT (criticals.take (), IsEmpty ());
}
