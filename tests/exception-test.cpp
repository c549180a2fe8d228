// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/memo-test.hpp"
#include "support/mutation-test.hpp"
#include "support/tracking.hpp"

using namespace memo_test;

// What language bindings are made of: exceptions that reach those who wait, closures in place of callbacks, and a
// look-up that the get after it belongs to.

// A result that is kept, as a binding does that finishes it later.
struct Kept
{
  int         callbacks = 0;
  Ref<GObject> result;
  Entry       entry;
  Error       error;

  Entry exception () const { return Entry (memo_call_dup_exception (MEMO_CALL (result.get ()))); }

  static void called_cb (GObject *source, GAsyncResult *result, gpointer data)
  {
    auto &kept = *static_cast<Kept *> (data);

    kept.callbacks++;
    kept.result = share (G_OBJECT (result));
    kept.entry.reset (memo_cache_get_finish (MEMO_CACHE (source), result, ErrorOut (kept.error)));
  }

  GClosure *closure () { return g_cclosure_new (G_CALLBACK (called_cb), this, nullptr); }
};

class ExceptionTest : public CacheTest
{
protected:
  void ask (Kept &kept, const char *key, MemoLoader *loader, MemoGetFlags flags = MEMO_GET_NONE)
  {
    memo_cache_get_with_closure (cache (), key, flags, loader, nullptr, kept.closure ());
  }
};

TEST_F (ExceptionTest, AnExceptionReachesEverybodyWhoWaits)
{
  Kept first, second;
  ScriptedLoader loader;
  auto raised = entry ("the exception");

  ask (first, "key", loader);
  ask (second, "key", loader);
  turn ();
  memo_call_return_exception (loader.next ().get (), memo_entry_ref (raised.get ()), "ValueError: no");
  turn ();

  for (auto kept : { &first, &second })
    {
      EXPECT_EQ (kept->callbacks, 1);
      EXPECT_THAT (kept->error, IsGError (MEMO_ERROR, MEMO_ERROR_FAILED));
      EXPECT_STREQ (kept->error->message, "ValueError: no");
      EXPECT_EQ (kept->exception (), raised);
    }
  EXPECT_EQ (metrics ()->load_failures, 1u);
}

TEST_F (ExceptionTest, OneThatMayPassIsAnotherErrorForAllOthers)
{
  Kept kept;
  ScriptedLoader loader;
  auto raised = entry ("the exception");

  ask (kept, "key", loader);
  turn ();
  memo_call_return_passing_exception (loader.next ().get (), memo_entry_ref (raised.get ()), "TimeoutError: slow");
  turn ();

  EXPECT_THAT (kept.error, IsGError (MEMO_ERROR, MEMO_ERROR_UNAVAILABLE));
  EXPECT_STREQ (kept.error->message, "TimeoutError: slow");
  EXPECT_EQ (kept.exception (), raised);
}

TEST_F (ExceptionTest, AnErrorWithoutOneHasNone)
{
  Kept own, foreign, good;
  ScriptedLoader loader;

  ask (own, "own", loader);
  ask (foreign, "foreign", loader);
  ask (good, "good", loader);
  turn ();
  loader.fail (make_error ("no", MEMO_ERROR, MEMO_ERROR_BUSY));
  loader.fail (make_error ("no"));
  loader.answer ("value");
  turn ();

  EXPECT_THAT (own.error, IsGError (MEMO_ERROR, MEMO_ERROR_BUSY));
  EXPECT_EQ (own.exception (), nullptr);
  EXPECT_EQ (foreign.exception (), nullptr);
  EXPECT_EQ (good.exception (), nullptr);
}

TEST_F (ExceptionTest, ItIsRememberedAndForgottenWithTheError)
{
  Kept first, second;
  ScriptedLoader loader;
  Tracker tracker;
  MemoEntry *raised = tracker.entry ().release ();

  memo_loader_set_error_ttl (loader, 60.0);
  ask (first, "key", loader);
  turn ();
  memo_call_return_exception (loader.next ().get (), raised, "no");
  turn ();
  ask (second, "key", loader);
  turn ();
  EXPECT_EQ (second.exception ().get (), raised);
  EXPECT_EQ (loader.count (), 1);

  for (auto kept : { &first, &second })
    {
      kept->result.reset ();
      kept->error.reset ();
    }
  EXPECT_EQ (tracker.alive (), 1);
  memo_cache_delete (cache (), "key");
  EXPECT_EQ (tracker.alive (), 0);
}

TEST_F (ExceptionTest, OneKeyOfABatchIsAnsweredWithOne)
{
  Kept bad, good, rest;
  Ref<MemoLoader> loader (memo_loader_new_batch ([] (MemoCall *call, gpointer) {
    memo_call_answer_exception (call, "bad", memo_entry_new_string ("one"), "KeyError: bad");
    memo_call_answer (call, "good", memo_entry_new_string ("value"));
    memo_call_return_exception (call, memo_entry_new_string ("another"), "ValueError: the rest");
  }, nullptr, nullptr));

  ask (bad, "bad", loader.get ());
  ask (good, "good", loader.get ());
  ask (rest, "rest", loader.get ());
  advance (1.0);
  turn ();

  EXPECT_STREQ (bad.error->message, "KeyError: bad");
  EXPECT_THAT (bad.exception (), HoldsText ("one"));
  EXPECT_THAT (good.entry, HoldsText ("value"));
  EXPECT_THAT (rest.exception (), HoldsText ("another"));
}

// --- loaders of closures ---

TEST_F (ExceptionTest, ALoaderIsMadeOfAClosure)
{
  int finalized = 0;
  Kept kept;
  Ref<MemoLoader> loader (memo_loader_new_with_closure (g_cclosure_new (
    G_CALLBACK (+[] (MemoCall *call, gpointer) {
      memo_call_return_entry (call, memo_entry_new_string (memo_call_get_key (call)));
    }), &finalized, [] (gpointer data, GClosure *) { ++*static_cast<int *> (data); })));

  ask (kept, "key", loader.get ());
  turn ();
  EXPECT_THAT (kept.entry, HoldsText ("key"));
  EXPECT_EQ (finalized, 0);
  loader.reset ();
  EXPECT_EQ (finalized, 1);
}

TEST_F (ExceptionTest, ABatchLoaderIsMadeOfAClosure)
{
  Kept one, two;
  int calls = 0;
  Ref<MemoLoader> loader (memo_loader_new_batch_with_closure (g_cclosure_new (
    G_CALLBACK (+[] (MemoCall *call, gpointer data) {
      ++*static_cast<int *> (data);
      for (auto key = memo_call_get_keys (call); *key != nullptr; key++)
        memo_call_answer (call, *key, memo_entry_new_string (*key));
      memo_call_finish_batch (call);
    }), &calls, nullptr)));

  ask (one, "one", loader.get ());
  ask (two, "two", loader.get ());
  advance (1.0);
  turn ();
  EXPECT_THAT (one.entry, HoldsText ("one"));
  EXPECT_THAT (two.entry, HoldsText ("two"));
  EXPECT_EQ (calls, 1);
}

// --- a look-up, and the get after it ---

TEST_F (ExceptionTest, Rule23ALookUpAndTheGetAfterItAreOneMiss)
{
  ScriptedLoader loader;
  Kept first, second;

  EXPECT_EQ (lookup ("key"), nullptr);
  ask (first, "key", loader, MEMO_GET_LOOKED_UP);
  EXPECT_EQ (lookup ("key"), nullptr);
  ask (second, "key", loader, MEMO_GET_LOOKED_UP);
  turn ();
  loader.answer ("value");
  turn ();

  EXPECT_EQ (metrics ()->hits, 0u);
  EXPECT_EQ (metrics ()->misses, 2u);
  EXPECT_EQ (metrics ()->coalesced, 1u);
  EXPECT_EQ (metrics ()->loads, 1u);
}

TEST_F (ExceptionTest, Rule23CancelledBeforeItIsOneMissToo)
{
  auto cancelled = adopt (g_cancellable_new ());
  Kept kept;

  g_cancellable_cancel (cancelled.get ());
  EXPECT_EQ (lookup ("key"), nullptr);
  memo_cache_get_with_closure (cache (), "key", MEMO_GET_LOOKED_UP, nullptr, cancelled.get (), kept.closure ());
  turn ();
  EXPECT_THAT (kept.error, IsGError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_EQ (metrics ()->misses, 1u);
}

TEST_F (ExceptionTest, Rule07AGetAfterALookUpMakesAnEntryTheMostRecent)
{
  Kept kept;

  cache_ = new_cache (2);
  EXPECT_EQ (lookup ("old"), nullptr);
  set ("old", "value");
  set ("new", "value");
  // Somebody else has set it since the look-up.
  ask (kept, "old", nullptr, MEMO_GET_LOOKED_UP);
  set ("third", "value");
  turn ();
  EXPECT_TRUE (contains ("old"));
  EXPECT_FALSE (contains ("new"));
}

// --- mutations ---

TEST_F (ExceptionTest, AMutationIsBegunAndEndedWithClosures)
{
  struct Steps { int begun = 0, ended = 0; } steps;
  auto mutation = adopt (memo_mutation_new (cache ()));

  set ("key", "value");
  memo_mutation_add_key (mutation.get (), "key");
  memo_mutation_begin_with_closure (mutation.get (), nullptr, g_cclosure_new (
    G_CALLBACK (+[] (GObject *source, GAsyncResult *result, gpointer data) {
      EXPECT_TRUE (memo_mutation_begin_finish (MEMO_MUTATION (source), result, nullptr));
      static_cast<Steps *> (data)->begun++;
    }), &steps, nullptr));
  EXPECT_FALSE (contains ("key"));
  EXPECT_TRUE (memo_mutation_is_open (mutation.get ()));
  EXPECT_EQ (steps.begun, 0);
  turn ();
  EXPECT_EQ (steps.begun, 1);

  set ("key", "kept by nobody");
  EXPECT_FALSE (contains ("key"));
  memo_mutation_end_with_closure (mutation.get (), g_cclosure_new (
    G_CALLBACK (+[] (GObject *source, GAsyncResult *result, gpointer data) {
      EXPECT_TRUE (memo_mutation_end_finish (MEMO_MUTATION (source), result, nullptr));
      static_cast<Steps *> (data)->ended++;
    }), &steps, nullptr));
  EXPECT_FALSE (memo_mutation_is_open (mutation.get ()));
  turn ();
  EXPECT_EQ (steps.ended, 1);
}
