// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/memo-test.hpp"
#include "support/tracking.hpp"

using namespace memo_test;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Rule 28, as far as it concerns memory: what has happened when a function returns, and what
// when its callback is called.
class AcknowledgedTest : public CacheTest
{
protected:
  Done set_async (const char *key, Entry value, GCancellable *cancellable = nullptr)
  {
    Done done;
    memo_cache_set_async (cache (), key, value.release (), cancellable, done_cb<memo_cache_set_finish>, done.keep ());
    return expect_later (done);
  }

  Done delete_async (const char *key, GCancellable *cancellable = nullptr)
  {
    Done done;
    memo_cache_delete_async (cache (), key, cancellable, done_cb<memo_cache_delete_finish>, done.keep ());
    return expect_later (done);
  }

  Done clear_async (GCancellable *cancellable = nullptr)
  {
    Done done;
    memo_cache_clear_async (cache (), cancellable, done_cb<memo_cache_clear_finish>, done.keep ());
    return expect_later (done);
  }

  Done invalidate_async (const char *tag, GCancellable *cancellable = nullptr)
  {
    Done done;
    memo_cache_invalidate_tags_async (cache (), Tags ({ tag }), cancellable,
                                      done_cb<memo_cache_invalidate_tags_finish>, done.keep ());
    return expect_later (done);
  }

  Done flush_async (GCancellable *cancellable = nullptr)
  {
    Done done;
    memo_cache_flush_async (cache (), cancellable, done_cb<memo_cache_flush_finish>, done.keep ());
    return expect_later (done);
  }

  Done close_async (GCancellable *cancellable = nullptr)
  {
    Done done;
    memo_cache_close_async (cache (), cancellable, done_cb<memo_cache_close_finish>, done.keep ());
    return expect_later (done);
  }

  static Done expect_later (Done done)
  {
    EXPECT_EQ (done->callbacks, 0) << "the callback ran before the call returned";
    return done;
  }

  static Ref<GCancellable> cancelled ()
  {
    auto cancellable = adopt (g_cancellable_new ());
    g_cancellable_cancel (cancellable.get ());
    return cancellable;
  }
};

// --- at once ---

TEST_F (AcknowledgedTest, Rule28ASetHasActedWhenItReturns)
{
  Tracker tracker;

  set ("key", tracker.entry ());
  set ("key", "new");

  EXPECT_EQ (tracker.alive (), 0);
  EXPECT_THAT (lookup ("key"), HoldsText ("new"));
}

TEST_F (AcknowledgedTest, Rule28ADeleteHasActedWhenItReturnsAndSaysWhetherThereWasALiveEntry)
{
  Tracker tracker;

  set ("key", tracker.entry (10.0));
  EXPECT_TRUE (memo_cache_delete (cache (), "key"));
  EXPECT_EQ (tracker.alive (), 0);
  EXPECT_THAT (lookup ("key"), IsMiss ());
  EXPECT_FALSE (memo_cache_delete (cache (), "key"));

  set ("key", tracker.entry (10.0));
  set ("other", tracker.entry ());
  advance (10.0);
  EXPECT_FALSE (memo_cache_delete (cache (), "key")) << "it had expired";
  EXPECT_TRUE (contains ("other"));
}

TEST_F (AcknowledgedTest, Rule28AClearHasActedWhenItReturns)
{
  Tracker tracker;

  tracker.fill (cache (), "key", 100);
  memo_cache_clear (cache ());

  EXPECT_EQ (tracker.alive (), 0);
  EXPECT_EQ (metrics ()->size, 0u);
  set ("key 0", "new");
  EXPECT_THAT (lookup ("key 0"), HoldsText ("new"));
}

TEST_F (AcknowledgedTest, Rule28AnInvalidationOfTagsHasActedWhenItReturns)
{
  set ("a", entry ("value", MEMO_TTL_DEFAULT, { "red" }));
  set ("b", entry ("value", MEMO_TTL_DEFAULT, { "red", "green" }));
  set ("c", entry ("value", MEMO_TTL_DEFAULT, { "green", "blue" }));
  set ("d", entry ("value", MEMO_TTL_DEFAULT, { "blue", "blue" }));
  set ("e", "value");

  memo_cache_invalidate_tags (cache (), Tags ({ "red", "unheard of" }));
  EXPECT_FALSE (contains ("a"));
  EXPECT_FALSE (contains ("b"));
  EXPECT_TRUE (contains ("c"));
  EXPECT_TRUE (contains ("d"));

  memo_cache_invalidate_tags (cache (), Tags ({}));
  EXPECT_EQ (metrics ()->size, 3u);

  memo_cache_invalidate_tags (cache (), Tags ({ "green", "blue", "green" }));
  EXPECT_FALSE (contains ("c"));
  EXPECT_FALSE (contains ("d"));
  EXPECT_TRUE (contains ("e"));
  EXPECT_EQ (metrics ()->size, 1u);
}

TEST_F (AcknowledgedTest, Rule28AnEntrySetAfterItsTagWasInvalidatedIsKept)
{
  set ("key", entry ("old", MEMO_TTL_DEFAULT, { "tag" }));
  memo_cache_invalidate_tags (cache (), Tags ({ "tag" }));
  set ("key", entry ("new", MEMO_TTL_DEFAULT, { "tag" }));
  turn ();
  EXPECT_THAT (lookup ("key"), HoldsText ("new"));

  memo_cache_invalidate_tags (cache (), Tags ({ "tag" }));
  EXPECT_FALSE (contains ("key"));
}

TEST_F (AcknowledgedTest, Rule28AnEntryLosesTheTagsOfTheOneItReplaces)
{
  set ("key", entry ("old", MEMO_TTL_DEFAULT, { "old" }));
  set ("key", entry ("new", MEMO_TTL_DEFAULT, { "new" }));
  memo_cache_invalidate_tags (cache (), Tags ({ "old" }));
  EXPECT_THAT (lookup ("key"), HoldsText ("new"));

  memo_cache_invalidate_tags (cache (), Tags ({ "new" }));
  EXPECT_THAT (lookup ("key"), IsMiss ());
}

TEST_F (AcknowledgedTest, Rule28AnAnswerCarriesTheTagsOfItsLoaderOfItsCallAndItsOwn)
{
  for (auto tag : { "loader", "call", "entry" })
    {
      ScriptedLoader loader;

      memo_loader_set_tags (loader, Tags ({ "loader" }));
      auto got = get ("key", loader);
      turn ();
      memo_call_add_tags (loader.front (), Tags ({ "call" }));
      loader.answer (entry ("value", MEMO_TTL_DEFAULT, { "entry" }));
      turn ();
      ASSERT_THAT (got, GotText ("value"));
      ASSERT_TRUE (contains ("key"));

      memo_cache_invalidate_tags (cache (), Tags ({ tag }));
      EXPECT_FALSE (contains ("key")) << tag;
    }
}

// --- the twins with a callback ---

TEST_F (AcknowledgedTest, Rule28TheTwinsActAtOnceAndAcknowledgeLater)
{
  auto was_set = set_async ("key", entry ("value"));
  EXPECT_THAT (lookup ("key"), HoldsText ("value"));

  auto was_deleted = delete_async ("key");
  EXPECT_FALSE (contains ("key"));

  set ("key", entry ("value", MEMO_TTL_DEFAULT, { "tag" }));
  auto was_invalidated = invalidate_async ("tag");
  EXPECT_FALSE (contains ("key"));

  set ("key", "value");
  auto was_cleared = clear_async ();
  EXPECT_FALSE (contains ("key"));

  auto was_flushed = flush_async ();

  turn ();
  EXPECT_THAT (was_set, Succeeded ());
  EXPECT_THAT (was_deleted, Succeeded ());
  EXPECT_THAT (was_invalidated, Succeeded ());
  EXPECT_THAT (was_cleared, Succeeded ());
  EXPECT_THAT (was_flushed, Succeeded ());
}

TEST_F (AcknowledgedTest, Rule28ToDeleteWhatIsNotThereSucceeds)
{
  auto done = delete_async ("key");

  turn ();
  EXPECT_THAT (done, Succeeded ());
}

TEST_F (AcknowledgedTest, Rule28TheTwinsNeedNoCallback)
{
  Tracker tracker;

  memo_cache_set_async (cache (), "key", tracker.entry ().release (), nullptr, nullptr, nullptr);
  EXPECT_TRUE (contains ("key"));
  memo_cache_delete_async (cache (), "key", nullptr, nullptr, nullptr);
  memo_cache_clear_async (cache (), nullptr, nullptr, nullptr);
  memo_cache_invalidate_tags_async (cache (), Tags ({ "tag" }), nullptr, nullptr, nullptr);
  memo_cache_flush_async (cache (), nullptr, nullptr, nullptr);
  memo_cache_close_async (cache (), nullptr, nullptr, nullptr);
  turn ();

  EXPECT_EQ (tracker.alive (), 0);
}

TEST_F (AcknowledgedTest, Rule28TheCallbackComesInTheContextOfWhoeverCalled)
{
  std::unique_ptr<GMainContext, Deleter<GMainContext, g_main_context_unref>> other (g_main_context_new ());

  g_main_context_push_thread_default (other.get ());
  auto done = set_async ("key", entry ("value"));
  g_main_context_pop_thread_default (other.get ());

  turn ();
  EXPECT_EQ (done->callbacks, 0);
  while (g_main_context_iteration (other.get (), FALSE))
    ;
  EXPECT_THAT (done, Succeeded ());
}

TEST_F (AcknowledgedTest, Rule28WhatWasCancelledBeforeIsNotDone)
{
  Tracker tracker;
  auto cancellable = cancelled ();

  set ("key", entry ("value", MEMO_TTL_DEFAULT, { "tag" }));
  std::vector<Done> all;
  all.push_back (set_async ("key", tracker.entry (), cancellable.get ()));
  all.push_back (set_async ("other", tracker.entry (), cancellable.get ()));
  all.push_back (delete_async ("key", cancellable.get ()));
  all.push_back (invalidate_async ("tag", cancellable.get ()));
  all.push_back (clear_async (cancellable.get ()));
  all.push_back (flush_async (cancellable.get ()));
  all.push_back (close_async (cancellable.get ()));
  EXPECT_THAT (peek ("key"), HoldsText ("value"));
  turn ();

  EXPECT_THAT (all, Each (FailedWith (G_IO_ERROR, G_IO_ERROR_CANCELLED)));
  EXPECT_THAT (lookup ("key"), HoldsText ("value"));
  EXPECT_FALSE (contains ("other"));
  EXPECT_EQ (tracker.alive (), 0);

  auto got = get ("key");
  turn ();
  EXPECT_THAT (got, GotText ("value")) << "a close that was not done";
}

TEST_F (AcknowledgedTest, Rule28WhatIsCancelledLaterIsDoneAllTheSame)
{
  auto cancellable = adopt (g_cancellable_new ());
  auto done = set_async ("key", entry ("value"), cancellable.get ());

  g_cancellable_cancel (cancellable.get ());
  EXPECT_EQ (done->callbacks, 0);
  turn ();

  EXPECT_EQ (done->callbacks, 1);
  EXPECT_THAT (lookup ("key"), HoldsText ("value"));
}

// --- close ---

TEST_F (AcknowledgedTest, Rule28AfterACloseThereIsNothingAndNothingIsKept)
{
  Tracker tracker;
  ScriptedLoader loader;

  set ("key", tracker.entry ());
  auto closed = close_async ();
  EXPECT_EQ (tracker.alive (), 0);
  turn ();
  EXPECT_THAT (closed, Succeeded ());

  EXPECT_THAT (lookup ("key"), IsMiss ());
  EXPECT_THAT (peek ("key"), IsMiss ());
  EXPECT_FALSE (contains ("key"));
  EXPECT_FALSE (memo_cache_delete (cache (), "key"));
  EXPECT_EQ (metrics ()->size, 0u);

  set ("key", tracker.entry ());
  EXPECT_EQ (tracker.alive (), 0);
  EXPECT_THAT (lookup ("key"), IsMiss ());

  auto without = get ("key");
  auto with = get ("key", loader);
  auto refreshed = refresh ("key", loader);
  turn ();
  EXPECT_THAT (without, GotError (MEMO_ERROR, MEMO_ERROR_CLOSED));
  EXPECT_THAT (with, GotError (MEMO_ERROR, MEMO_ERROR_CLOSED));
  EXPECT_THAT (refreshed, GotError (MEMO_ERROR, MEMO_ERROR_CLOSED));
  EXPECT_EQ (loader.count (), 0);
}

TEST_F (AcknowledgedTest, Rule28ASetOfAClosedCacheIsNotAcknowledged)
{
  Tracker tracker;

  close_async ();
  turn ();
  auto done = set_async ("key", tracker.entry ());
  turn ();

  EXPECT_THAT (done, FailedWith (MEMO_ERROR, MEMO_ERROR_CLOSED));
  EXPECT_EQ (tracker.alive (), 0);
}

TEST_F (AcknowledgedTest, Rule28WhoWaitsForALoadIsToldThatTheCacheWasClosed)
{
  ScriptedLoader loader;
  std::vector<std::shared_ptr<Got>> all = {
    get ("one", loader), get ("one", loader), get ("two", loader),
  };

  turn ();
  ASSERT_EQ (loader.pending (), 2u);
  auto not_yet_begun = get ("three", loader);
  auto one = loader.next (), two = loader.next ();
  EXPECT_FALSE (g_cancellable_is_cancelled (memo_call_get_cancellable (one.get ())));

  auto closed = close_async ();
  EXPECT_TRUE (g_cancellable_is_cancelled (memo_call_get_cancellable (one.get ())));
  EXPECT_TRUE (g_cancellable_is_cancelled (memo_call_get_cancellable (two.get ())));
  EXPECT_THAT (all, Each (IsPending ())) << "no callback before the call returned";
  turn ();

  EXPECT_THAT (all, Each (GotError (MEMO_ERROR, MEMO_ERROR_CLOSED)));
  EXPECT_THAT (not_yet_begun, GotError (MEMO_ERROR, MEMO_ERROR_CLOSED));
  EXPECT_EQ (loader.count (), 2) << "a loader was called for a closed cache";
  EXPECT_THAT (closed, Succeeded ());
}

TEST_F (AcknowledgedTest, Rule28WhoWaitsForAnOutdatedLoadIsToldToo)
{
  ScriptedLoader loader;
  auto outdated = get ("key", loader);

  turn ();
  memo_cache_delete (cache (), "key");
  auto current = get ("key", loader);
  turn ();
  ASSERT_EQ (loader.count (), 2);
  close_async ();
  turn ();

  EXPECT_THAT (outdated, GotError (MEMO_ERROR, MEMO_ERROR_CLOSED));
  EXPECT_THAT (current, GotError (MEMO_ERROR, MEMO_ERROR_CLOSED));
}

TEST_F (AcknowledgedTest, Rule28AnAnswerAfterTheCloseIsDroppedInSilence)
{
  Tracker tracker;
  Criticals criticals;
  ScriptedLoader loader;
  auto value = get ("one", loader);
  auto error = get ("two", loader);

  memo_loader_set_error_ttl (loader, 60.0);
  turn ();
  close_async ();
  turn ();
  loader.answer (tracker.entry ());
  loader.fail (make_error ("late"));
  turn ();

  EXPECT_THAT (value, GotError (MEMO_ERROR, MEMO_ERROR_CLOSED));
  EXPECT_THAT (error, GotError (MEMO_ERROR, MEMO_ERROR_CLOSED));
  EXPECT_EQ (tracker.alive (), 0);
  EXPECT_EQ (metrics ()->size, 0u);
  EXPECT_THAT (criticals.take (), IsEmpty ());
}

TEST_F (AcknowledgedTest, Rule28ToCloseTwiceDoesNoHarm)
{
  auto first = close_async ();
  auto second = close_async ();

  turn ();
  auto third = close_async ();
  turn ();

  EXPECT_THAT (first, Succeeded ());
  EXPECT_THAT (second, Succeeded ());
  EXPECT_THAT (third, Succeeded ());
  EXPECT_EQ (get ("key")->callbacks, 0);
}

TEST_F (AcknowledgedTest, Rule28AClosedCacheCanBeClearedInvalidatedAndTrimmed)
{
  Criticals criticals;

  close_async ();
  turn ();
  memo_cache_clear (cache ());
  memo_cache_invalidate_tags (cache (), Tags ({ "tag" }));
  memo_async_cache_trim (cache_.get (), 50);
  memo_async_cache_set_maxsize (cache_.get (), 3);
  memo_cache_reset_metrics (cache ());
  turn ();

  EXPECT_EQ (metrics ()->size, 0u);
  EXPECT_THAT (criticals.take (), IsEmpty ());
}

TEST_F (AcknowledgedTest, Rule28AWarmUpThatIsUnderWayFailsWhenTheCacheIsClosed)
{
  Done done;
  ScriptedLoader loader;
  auto warmup = adopt (memo_warmup_new ());

  memo_async_cache_set_max_batch_size (cache_.get (), 1);
  memo_warmup_add (warmup.get (), "one", loader);
  memo_warmup_add (warmup.get (), "two", loader);
  memo_cache_warmup_async (cache (), warmup.get (), nullptr, done_cb<memo_cache_warmup_finish>, done.keep ());
  turn ();
  close_async ();
  turn ();

  EXPECT_THAT (done, FailedWith (MEMO_ERROR, MEMO_ERROR_FAILED));
  EXPECT_TRUE (g_error_matches (memo_warmup_get_error (warmup.get (), "one"), MEMO_ERROR, MEMO_ERROR_CLOSED));
  EXPECT_TRUE (g_error_matches (memo_warmup_get_error (warmup.get (), "two"), MEMO_ERROR, MEMO_ERROR_CLOSED));
  EXPECT_EQ (loader.count (), 1);
}
