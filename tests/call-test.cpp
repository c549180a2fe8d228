// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/memo-test.hpp"
#include "support/tracking.hpp"

#include <thread>

using namespace memo_test;
using ::testing::Each;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A call as the function of a loader sees it.
class CallTest : public CacheTest
{
protected:
  // Asks for KEY and gives the call that the loader gets.
  Ref<MemoCall> question (const char *key = "key")
  {
    got_ = get (key, loader_);
    turn ();
    return loader_.next ();
  }

  ScriptedLoader       loader_;
  std::shared_ptr<Got> got_;
};

// --- what it asks ---

TEST_F (CallTest, KnowsTheKey)
{
  std::string key = "user:1";
  auto first = get (key.c_str (), loader_);
  auto second = get ("user:2", loader_);
  turn ();
  key = "gone";

  EXPECT_STREQ (memo_call_get_key (loader_.next ().get ()), "user:1");
  EXPECT_STREQ (memo_call_get_key (loader_.next ().get ()), "user:2");
}

TEST_F (CallTest, IsNotAboutAnEntryThatIsToBeSet)
{
  EXPECT_EQ (memo_call_get_entry (question ().get ()), nullptr);

  set ("key", "old");
  auto got = refresh ("key", loader_);
  turn ();
  EXPECT_EQ (memo_call_get_entry (loader_.next ().get ()), nullptr) << "what is refreshed is another thing";
}

TEST_F (CallTest, HasNoPreviousEntryWhenThereIsNone)
{
  EXPECT_EQ (memo_call_get_previous (question ().get ()), nullptr);

  auto got = refresh ("other", loader_);
  turn ();
  EXPECT_EQ (memo_call_get_previous (loader_.next ().get ()), nullptr);
}

TEST_F (CallTest, HasThePreviousEntryWhenItIsRefreshed)
{
  set ("key", "old");
  Entry old = peek ("key");
  auto got = refresh ("key", loader_);

  turn ();
  auto call = loader_.next ();
  EXPECT_EQ (memo_call_get_previous (call.get ()), old.get ());
  memo_cache_delete (cache (), "key");
  old.reset ();
  EXPECT_STREQ (memo_entry_get_string (memo_call_get_previous (call.get ())), "old") << "the call holds it";
}

TEST_F (CallTest, ThePreviousEntryReturnedAgainBeginsANewLife)
{
  set ("key", entry ("unchanged", 10.0));
  advance (9.0);
  auto got = refresh ("key", loader_);
  turn ();
  auto call = loader_.next ();
  memo_call_return_entry (call.get (), memo_entry_ref (memo_call_get_previous (call.get ())));
  turn ();

  EXPECT_THAT (got, GotText ("unchanged"));
  advance (10.0 - 1e-6);
  EXPECT_TRUE (contains ("key"));
  advance (1e-6);
  EXPECT_FALSE (contains ("key"));
}

TEST_F (CallTest, HasACancellableOfItsOwnThatIsTriggeredWhenTheLastCallerLeaves)
{
  auto one = adopt (g_cancellable_new ()), two = adopt (g_cancellable_new ());
  auto first = get ("key", loader_, one.get ());
  auto second = get ("key", loader_, two.get ());

  turn ();
  auto call = loader_.next ();
  GCancellable *own = memo_call_get_cancellable (call.get ());
  ASSERT_NE (own, nullptr);
  EXPECT_NE (own, one.get ());
  EXPECT_NE (own, two.get ());

  g_cancellable_cancel (one.get ());
  turn ();
  EXPECT_FALSE (g_cancellable_is_cancelled (own));
  g_cancellable_cancel (two.get ());
  EXPECT_TRUE (g_cancellable_is_cancelled (own));
}

// --- how it is answered ---

TEST_F (CallTest, AValueIsCopied)
{
  GValue value = G_VALUE_INIT;
  auto call = question ();

  g_value_init (&value, G_TYPE_STRV);
  g_value_set_boxed (&value, static_cast<const char * const *> (Tags ({ "a", "b" })));
  memo_call_return_value (call.get (), &value);
  g_value_unset (&value);
  turn ();

  ASSERT_NE (got_->entry, nullptr);
  EXPECT_EQ (memo_entry_get_value_type (got_->entry.get ()), G_TYPE_STRV);
  auto strings = static_cast<char **> (g_value_get_boxed (memo_entry_get_value (got_->entry.get ())));
  EXPECT_STREQ (strings[1], "b");
  EXPECT_EQ (peek ("key"), got_->entry);
}

TEST_F (CallTest, NothingAndNoEntryAreMisses)
{
  memo_call_return_nothing (question ("one").get ());
  turn ();
  EXPECT_THAT (got_, GotMiss ());

  memo_call_return_entry (question ("two").get (), nullptr);
  turn ();
  EXPECT_THAT (got_, GotMiss ());
  EXPECT_EQ (metrics ()->size, 0u);
}

TEST_F (CallTest, AnErrorReachesAllAsItIs)
{
  auto call = question ();
  auto other = get ("key", loader_);

  memo_call_return_error (call.get (), make_error ("the disk is on fire", MEMO_ERROR, 4711).release ());
  turn ();

  for (auto got : { got_, other })
    {
      EXPECT_THAT (got, GotError (MEMO_ERROR, 4711));
      EXPECT_STREQ (got->error->message, "the disk is on fire");
    }
  EXPECT_NE (got_->error, other->error) << "each has a copy";
  EXPECT_FALSE (contains ("key"));
}

TEST_F (CallTest, WhatIsReturnedIsImmutable)
{
  Criticals criticals;
  Entry mine = entry ("value");

  memo_call_return_entry (question ().get (), memo_entry_ref (mine.get ()));
  memo_entry_set_ttl (mine.get (), 1.0);
  EXPECT_THAT (criticals.take (), IsCritical ("sealed"));
  memo_entry_set_tags (mine.get (), Tags ({ "tag" }));
  EXPECT_THAT (criticals.take (), IsCritical ("sealed"));
}

TEST_F (CallTest, TagsThatAreAddedAreTheAnswers)
{
  auto call = question ();

  memo_call_add_tags (call.get (), Tags ({ "one" }));
  memo_call_add_tags (call.get (), Tags ({}));
  memo_call_add_tags (call.get (), Tags ({ "two", "three", "one" }));
  memo_call_return_entry (call.get (), entry ("value").release ());
  turn ();
  EXPECT_TRUE (contains ("key"));

  memo_cache_invalidate_tags (cache (), Tags ({ "three" }));
  EXPECT_FALSE (contains ("key"));
}

TEST_F (CallTest, TagsThatAreAddedAfterTheAnswerComeTooLate)
{
  auto call = question ();

  memo_call_return_entry (call.get (), entry ("value").release ());
  memo_call_add_tags (call.get (), Tags ({ "late" }));
  turn ();
  memo_cache_invalidate_tags (cache (), Tags ({ "late" }));

  EXPECT_TRUE (contains ("key"));
}

TEST_F (CallTest, TheFunctionCanAnswerFromAnyThread)
{
  auto call = question ();

  std::thread thread ([&] {
    memo_call_add_tags (call.get (), Tags ({ "tag" }));
    memo_call_return_entry (call.get (), entry ("value").release ());
    call.reset ();
  });
  wait_until ([&] { return got_->done (); });
  thread.join ();

  EXPECT_THAT (got_, GotText ("value"));
  memo_cache_invalidate_tags (cache (), Tags ({ "tag" }));
  EXPECT_FALSE (contains ("key"));
}

// --- exactly once ---

TEST_F (CallTest, Rule10ASecondAnswerIsACriticalAndTheFirstStands)
{
  Tracker tracker;
  Criticals criticals;
  auto call = question ();

  memo_call_return_entry (call.get (), entry ("first").release ());
  memo_call_return_entry (call.get (), tracker.entry ().release ());
  EXPECT_THAT (criticals.take (), IsCritical ("“key” was answered twice"));
  memo_call_return_error (call.get (), make_error ("third").release ());
  EXPECT_THAT (criticals.take (), IsCritical ("answered twice"));
  memo_call_return_nothing (call.get ());
  EXPECT_THAT (criticals.take (), IsCritical ("answered twice"));
  turn ();

  EXPECT_THAT (got_, GotText ("first"));
  EXPECT_THAT (lookup ("key"), HoldsText ("first"));
  EXPECT_EQ (tracker.alive (), 0);
}

TEST_F (CallTest, Rule10AnErrorThatWasFirstStandsToo)
{
  Criticals criticals;
  auto call = question ();

  memo_call_return_error (call.get (), make_error ("first").release ());
  memo_call_return_entry (call.get (), entry ("second").release ());
  EXPECT_THAT (criticals.take (), IsCritical ("answered twice"));
  turn ();

  EXPECT_THAT (got_, GotError (G_IO_ERROR, G_IO_ERROR_FAILED));
  EXPECT_FALSE (contains ("key"));
}

TEST_F (CallTest, Rule10OfManyThreadsThatAnswerOneWins)
{
  Tracker tracker;
  Criticals criticals;
  auto call = question ();
  std::vector<std::thread> threads;

  for (int i = 0; i < 8; i++)
    threads.emplace_back ([&] { memo_call_return_entry (call.get (), tracker.entry ().release ()); });
  for (auto &thread : threads)
    thread.join ();
  turn ();

  EXPECT_THAT (criticals.take (), SizeIs (7));
  EXPECT_EQ (got_->callbacks, 1);
  EXPECT_EQ (tracker.alive (), 1);
  EXPECT_EQ (got_->entry, peek ("key"));
}

TEST_F (CallTest, Rule10ACallWhoseAnswerIsDroppedOnItsWayIsNotAbandoned)
{
  Criticals criticals;
  auto call = question ();

  memo_call_return_entry (call.get (), entry ("value").release ());
  call.reset ();
  turn ();

  EXPECT_THAT (got_, GotText ("value"));
  EXPECT_THAT (criticals.take (), IsEmpty ());
}

TEST_F (CallTest, Rule10AnAnswerWhenNobodyWaitsAnyMoreIsDroppedInSilence)
{
  Tracker tracker;
  Criticals criticals;
  auto cancellable = adopt (g_cancellable_new ());
  auto got = get ("key", loader_, cancellable.get ());

  turn ();
  auto call = loader_.next ();
  g_cancellable_cancel (cancellable.get ());
  turn ();
  memo_call_return_entry (call.get (), tracker.entry ().release ());
  turn ();

  EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_EQ (tracker.alive (), 0);
  EXPECT_FALSE (contains ("key"));
  EXPECT_THAT (criticals.take (), IsEmpty ());
}

TEST_F (CallTest, Rule10AnAnswerAfterTheCacheIsGoneIsDroppedInSilence)
{
  Tracker tracker;
  Criticals criticals;
  gpointer weak = cache_.get ();
  auto cancellable = adopt (g_cancellable_new ());
  auto one = get ("one", loader_, cancellable.get ());
  auto two = get ("two", loader_, cancellable.get ());

  turn ();
  auto answered = loader_.next (), dropped = loader_.next ();
  g_object_add_weak_pointer (G_OBJECT (cache_.get ()), &weak);
  g_cancellable_cancel (cancellable.get ());
  turn ();
  cache_.reset ();
  ASSERT_EQ (weak, nullptr) << "a call keeps the cache";

  memo_call_add_tags (answered.get (), Tags ({ "tag" }));
  memo_call_return_entry (answered.get (), tracker.entry ().release ());
  EXPECT_STREQ (memo_call_get_key (dropped.get ()), "two");
  dropped.reset ();
  turn ();
  EXPECT_EQ (tracker.alive (), 0);
  EXPECT_EQ (one->callbacks, 1);
  EXPECT_EQ (two->callbacks, 1);
  EXPECT_THAT (criticals.take (), IsEmpty ());
}

TEST_F (CallTest, Rule10ADroppedCallIsAbandonedByAll)
{
  auto call = question ();
  auto other = get ("key", loader_);

  call.reset ();
  EXPECT_THAT (got_, IsPending ()) << "no callback inside g_object_unref()";
  turn ();

  EXPECT_THAT (got_, GotError (MEMO_ERROR, MEMO_ERROR_ABANDONED));
  EXPECT_THAT (other, GotError (MEMO_ERROR, MEMO_ERROR_ABANDONED));
  EXPECT_THAT (got_->error->message, ::testing::HasSubstr ("“key”"));
  EXPECT_FALSE (contains ("key"));
}

TEST_F (CallTest, Rule10ACallThatItsFunctionDoesNotKeepIsAbandoned)
{
  loader_.on_call = [] (MemoCall *) {};
  auto got = get ("key", loader_);

  EXPECT_THAT (got, IsPending ());
  turn ();
  EXPECT_THAT (got, GotError (MEMO_ERROR, MEMO_ERROR_ABANDONED));
}

TEST_F (CallTest, Rule10ACallDroppedInAThreadIsAbandonedInTheContextOfTheCaller)
{
  auto call = question ();

  std::thread thread ([dropped = std::move (call)] () mutable { dropped.reset (); });
  thread.join ();
  EXPECT_THAT (got_, IsPending ()) << "no callback in a foreign thread";
  turn ();
  EXPECT_THAT (got_, GotError (MEMO_ERROR, MEMO_ERROR_ABANDONED));
}

TEST_F (CallTest, Rule10ACallThatIsKeptForEverHoldsNobodyElseUp)
{
  Tracker tracker;
  auto cancellable = adopt (g_cancellable_new ());
  auto got = get ("key", loader_, cancellable.get ());

  turn ();
  auto kept = loader_.next ();
  advance (1e9);
  turn ();
  EXPECT_THAT (got, IsPending ()) << "there is no timeout";

  auto other = get ("other", loader_);
  turn ();
  loader_.answer ("value");
  turn ();
  EXPECT_THAT (other, GotText ("value"));
  set ("key", tracker.entry ());
  EXPECT_NE (lookup ("key"), nullptr);
  auto hit = get ("key", loader_);
  turn ();
  EXPECT_TRUE (hit->done ());
  EXPECT_THAT (got, IsPending ());

  hit.reset ();
  g_cancellable_cancel (cancellable.get ());
  turn ();
  EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  cache_.reset ();
  EXPECT_EQ (tracker.alive (), 0) << "the call that is kept keeps the cache";
}

// --- as the result of an asynchronous function ---

TEST_F (CallTest, IsTheResultOfAnAsyncFunction)
{
  struct Seen { MemoCache *cache; int callbacks; } seen = { cache (), 0 };

  memo_cache_get_async (cache (), "key", MEMO_GET_NONE, nullptr, nullptr, [] (GObject *source, GAsyncResult *result, gpointer data) {
    auto &mine = *static_cast<Seen *> (data);
    auto owner = adopt (g_async_result_get_source_object (result));

    mine.callbacks++;
    EXPECT_EQ (source, G_OBJECT (mine.cache));
    EXPECT_EQ (owner.get (), G_OBJECT (mine.cache));
    EXPECT_EQ (g_async_result_get_user_data (result), data);
    EXPECT_TRUE (g_async_result_is_tagged (result, reinterpret_cast<gpointer> (memo_cache_get_async)));
    EXPECT_FALSE (g_async_result_is_tagged (result, reinterpret_cast<gpointer> (memo_cache_set_async)));
    EXPECT_FALSE (g_async_result_is_tagged (result, nullptr));
  }, &seen);
  memo_cache_flush_async (cache (), nullptr, [] (GObject *, GAsyncResult *result, gpointer data) {
    static_cast<Seen *> (data)->callbacks++;
    EXPECT_TRUE (g_async_result_is_tagged (result, reinterpret_cast<gpointer> (memo_cache_flush_async)));
    EXPECT_FALSE (g_async_result_is_tagged (result, reinterpret_cast<gpointer> (memo_cache_get_async)));
  }, &seen);
  turn ();

  EXPECT_EQ (seen.callbacks, 2);
}

TEST_F (CallTest, OfALoaderIsTheResultOfNothing)
{
  auto call = question ();
  auto *result = G_ASYNC_RESULT (call.get ());

  EXPECT_EQ (g_async_result_get_source_object (result), nullptr);
  EXPECT_EQ (g_async_result_get_user_data (result), nullptr);
  EXPECT_FALSE (g_async_result_is_tagged (result, reinterpret_cast<gpointer> (memo_cache_get_async)));
}

// --- mistakes ---

TEST_F (CallTest, WrongArgumentsAreCriticalsAndNoAnswer)
{
  Criticals criticals;
  GValue unset = G_VALUE_INIT;
  auto call = question ();
  auto *wrong = reinterpret_cast<MemoCall *> (clock_.get ());
  Entry value = entry ("value");
  Error error = make_error ("error");

  for (auto *bad : { wrong, static_cast<MemoCall *> (nullptr) })
    {
      EXPECT_EQ (memo_call_get_key (bad), nullptr);
      EXPECT_EQ (memo_call_get_cancellable (bad), nullptr);
      EXPECT_EQ (memo_call_get_previous (bad), nullptr);
      EXPECT_EQ (memo_call_get_entry (bad), nullptr);
      memo_call_add_tags (bad, Tags ({ "tag" }));
      memo_call_return_entry (bad, value.get ());
      memo_call_return_value (bad, memo_entry_get_value (value.get ()));
      memo_call_return_nothing (bad);
      memo_call_return_error (bad, error.get ());
      auto all = criticals.take ();
      EXPECT_THAT (all, SizeIs (9));
      EXPECT_THAT (all, Each (::testing::HasSubstr ("MEMO_IS_CALL (self)")));
    }

  memo_call_add_tags (call.get (), nullptr);
  EXPECT_THAT (criticals.take (), IsCritical ("tags != NULL"));
  memo_call_return_value (call.get (), nullptr);
  EXPECT_THAT (criticals.take (), IsCritical ("G_IS_VALUE (value)"));
  memo_call_return_value (call.get (), &unset);
  EXPECT_THAT (criticals.take (), IsCritical ("G_IS_VALUE (value)"));
  memo_call_return_error (call.get (), nullptr);
  EXPECT_THAT (criticals.take (), IsCritical ("error != NULL"));

  turn ();
  EXPECT_THAT (got_, IsPending ());
  memo_call_return_entry (call.get (), entry ("value").release ());
  turn ();
  EXPECT_THAT (got_, GotText ("value"));
}

TEST_F (CallTest, TagsAreForLoadsOnly)
{
  Criticals criticals;

  memo_cache_get_async (cache (), "key", MEMO_GET_NONE, nullptr, nullptr, [] (GObject *, GAsyncResult *result, gpointer) {
    memo_call_add_tags (MEMO_CALL (result), Tags ({ "tag" }));
  }, nullptr);
  turn ();

  EXPECT_THAT (criticals.take (), SizeIs (1));
}
