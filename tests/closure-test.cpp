// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/memo-test.hpp"
#include "support/tracking.hpp"

using namespace memo_test;
using ::testing::IsEmpty;

// memo_cache_get_with_closure(): what language layers use.
class ClosureTest : public CacheTest
{
protected:
  // A C closure without a marshaller, and what comes of it.
  struct Asked
  {
    std::shared_ptr<Got> got = std::make_shared<Got> ();
    int                  finalized = 0;
    MemoCache           *source = nullptr;
    GAsyncResult        *result = nullptr;
  };

  static void called_cb (GObject *source, GAsyncResult *result, gpointer data)
  {
    auto &asked = *static_cast<Asked *> (data);

    EXPECT_EQ (asked.finalized, 0);
    asked.got->callbacks++;
    asked.source = MEMO_CACHE (source);
    asked.result = result;
    asked.got->entry.reset (memo_cache_get_finish (MEMO_CACHE (source), result, ErrorOut (asked.got->error)));
  }

  static GClosure *new_closure (Asked &asked)
  {
    return g_cclosure_new (G_CALLBACK (called_cb), &asked, [] (gpointer data, GClosure *) {
      static_cast<Asked *> (data)->finalized++;
    });
  }

  void ask (Asked &asked, const char *key, MemoLoader *loader = nullptr, GCancellable *cancellable = nullptr,
            MemoGetFlags flags = MEMO_GET_NONE)
  {
    memo_cache_get_with_closure (cache (), key, flags, loader, cancellable, new_closure (asked));
    EXPECT_EQ (asked.got->callbacks, 0) << "the closure was called before the call returned";
    EXPECT_EQ (asked.finalized, 0);
  }
};

TEST_F (ClosureTest, TheClosureGetsTheCacheAndTheResultAndIsFinalizedAfterwards)
{
  Asked asked;

  set ("key", "value");
  ask (asked, "key");
  turn ();

  EXPECT_THAT (asked.got, GotText ("value"));
  EXPECT_EQ (asked.source, cache ());
  EXPECT_NE (asked.result, nullptr);
  EXPECT_EQ (asked.finalized, 1);
}

TEST_F (ClosureTest, TheClosureIsCalledWhenALoadIsAnswered)
{
  Asked asked;
  ScriptedLoader loader;
  auto joined = get ("key", loader);

  ask (asked, "key", loader);
  turn ();
  EXPECT_EQ (asked.got->callbacks, 0);
  EXPECT_EQ (asked.finalized, 0);
  loader.answer ("value");
  EXPECT_EQ (asked.got->callbacks, 0) << "no callback inside memo_call_return_entry()";
  turn ();

  EXPECT_THAT (asked.got, GotText ("value"));
  EXPECT_THAT (joined, GotText ("value"));
  EXPECT_EQ (loader.count (), 1);
  EXPECT_EQ (asked.finalized, 1);
}

TEST_F (ClosureTest, AMissAnErrorAndARefreshAreWhatTheyAreElsewhere)
{
  Asked missed, failed, refreshed;
  ScriptedLoader loader;

  ask (missed, "nowhere");
  ask (failed, "failing", loader);
  turn ();
  loader.fail (make_error ("down"));
  set ("key", "old");
  ask (refreshed, "key", loader, nullptr, MEMO_GET_REFRESH);
  turn ();
  loader.answer ("new");
  turn ();

  EXPECT_THAT (missed.got, GotMiss ());
  EXPECT_THAT (failed.got, GotError (G_IO_ERROR, G_IO_ERROR_FAILED));
  EXPECT_THAT (refreshed.got, GotText ("new"));
  EXPECT_EQ (missed.finalized + failed.finalized + refreshed.finalized, 3);
}

TEST_F (ClosureTest, ACancelledCallerIsToldThroughTheClosure)
{
  Asked before, during;
  ScriptedLoader loader;
  auto cancellable = adopt (g_cancellable_new ());

  ask (during, "key", loader, cancellable.get ());
  turn ();
  g_cancellable_cancel (cancellable.get ());
  EXPECT_EQ (during.got->callbacks, 0);
  ask (before, "key", loader, cancellable.get ());
  turn ();

  EXPECT_THAT (during.got, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_THAT (before.got, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_EQ (before.finalized + during.finalized, 2);
  loader.answer ("too late");
}

TEST_F (ClosureTest, AClosureWithAMarshallerOfItsOwnKeepsIt)
{
  int marshalled = 0;
  GClosure *closure = g_closure_new_simple (sizeof (GClosure), &marshalled);

  g_closure_set_marshal (closure, [] (GClosure *self, GValue *returned, guint n, const GValue *values, gpointer, gpointer) {
    Error error;

    ++*static_cast<int *> (self->data);
    EXPECT_EQ (returned, nullptr);
    ASSERT_EQ (n, 2u);
    ASSERT_TRUE (MEMO_IS_CACHE (g_value_get_object (&values[0])));
    ASSERT_TRUE (G_IS_ASYNC_RESULT (g_value_get_object (&values[1])));
    EXPECT_THAT (Entry (memo_cache_get_finish (MEMO_CACHE (g_value_get_object (&values[0])),
                                               G_ASYNC_RESULT (g_value_get_object (&values[1])),
                                               ErrorOut (error))),
                 HoldsText ("value"));
  });
  set ("key", "value");
  memo_cache_get_with_closure (cache (), "key", MEMO_GET_NONE, nullptr, nullptr, closure);
  turn ();

  EXPECT_EQ (marshalled, 1);
}

TEST_F (ClosureTest, OneClosureCanServeManyGetsAndBelongsToWhoeverHoldsIt)
{
  Asked asked;
  GClosure *closure = new_closure (asked);

  g_closure_ref (closure);
  g_closure_sink (closure);
  set ("key", "value");
  for (int i = 0; i < 3; i++)
    memo_cache_get_with_closure (cache (), "key", MEMO_GET_NONE, nullptr, nullptr, closure);
  turn ();

  EXPECT_EQ (asked.got->callbacks, 3);
  EXPECT_EQ (asked.finalized, 0);
  g_closure_unref (closure);
  EXPECT_EQ (asked.finalized, 1);
}

TEST_F (ClosureTest, AClosureThatBecameInvalidIsNotCalled)
{
  Asked asked;
  ScriptedLoader loader;
  GClosure *closure = new_closure (asked);

  g_closure_ref (closure);
  g_closure_sink (closure);
  memo_cache_get_with_closure (cache (), "key", MEMO_GET_NONE, loader, nullptr, closure);
  turn ();
  g_closure_invalidate (closure);
  g_closure_unref (closure);
  loader.answer ("value");
  turn ();

  EXPECT_EQ (asked.got->callbacks, 0);
  EXPECT_TRUE (contains ("key"));
}

TEST_F (ClosureTest, TheClosureIsCalledInTheContextOfWhoeverAsked)
{
  Asked asked;
  std::unique_ptr<GMainContext, Deleter<GMainContext, g_main_context_unref>> other (g_main_context_new ());

  set ("key", "value");
  g_main_context_push_thread_default (other.get ());
  ask (asked, "key");
  g_main_context_pop_thread_default (other.get ());

  turn ();
  EXPECT_EQ (asked.got->callbacks, 0);
  while (g_main_context_iteration (other.get (), FALSE))
    ;
  EXPECT_THAT (asked.got, GotText ("value"));
}

TEST_F (ClosureTest, WhoWaitsWithAClosureKeepsTheCache)
{
  Asked asked;
  ScriptedLoader loader;

  ask (asked, "key", loader);
  turn ();
  cache_.reset ();
  loader.answer ("value");
  turn ();

  EXPECT_THAT (asked.got, GotText ("value"));
  EXPECT_EQ (asked.finalized, 1);
}

TEST_F (ClosureTest, WrongArgumentsAreCriticals)
{
  Asked asked;
  Criticals criticals;
  GClosure *closure = new_closure (asked);

  g_closure_ref (closure);
  g_closure_sink (closure);
  memo_cache_get_with_closure (nullptr, "key", MEMO_GET_NONE, nullptr, nullptr, closure);
  EXPECT_THAT (criticals.take (), IsCritical ("MEMO_IS_CACHE (self)"));
  memo_cache_get_with_closure (cache (), nullptr, MEMO_GET_NONE, nullptr, nullptr, closure);
  EXPECT_THAT (criticals.take (), IsCritical ("key != NULL"));
  memo_cache_get_with_closure (cache (), "key", MEMO_GET_NONE, nullptr, nullptr, nullptr);
  EXPECT_THAT (criticals.take (), IsCritical ("done != NULL"));
  turn ();

  EXPECT_EQ (asked.got->callbacks, 0);
  g_closure_unref (closure);
  EXPECT_EQ (asked.finalized, 1) << "a call that was refused holds on to the closure";
}
