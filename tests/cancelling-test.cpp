// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/contexts.hpp"

using namespace memo_test;

// Cancelling ends one caller's wait; the load ends with its last caller.
class CancellingTest : public CacheTest
{
protected:
  static Ref<GCancellable> new_cancellable () { return adopt (g_cancellable_new ()); }

  // Whether anything still listens to a cancellable.
  static bool is_listened_to (const Ref<GCancellable> &cancellable)
  {
    return g_signal_has_handler_pending (cancellable.get (), g_signal_lookup ("cancelled", G_TYPE_CANCELLABLE), 0, TRUE);
  }

  static bool is_cancelled (const Ref<MemoCall> &call)
  {
    return g_cancellable_is_cancelled (memo_call_get_cancellable (call.get ()));
  }

  Ref<GCancellable> cancellable_ = new_cancellable ();

  void cancel () { g_cancellable_cancel (cancellable_.get ()); }
};

TEST_F (CancellingTest, Failure01CancelledLeaderLeavesNinetyNineWaiting)
{
  ScriptedLoader loader;
  auto leader = get ("key", loader, cancellable_.get ());
  std::vector<std::shared_ptr<Got>> others;

  for (int i = 0; i < 99; i++)
    others.push_back (get ("key", loader));
  turn ();
  ASSERT_EQ (loader.count (), 1);

  cancel ();
  EXPECT_THAT (leader, IsPending ()) << "no callback inside g_cancellable_cancel()";
  turn ();
  EXPECT_THAT (leader, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_FALSE (g_cancellable_is_cancelled (memo_call_get_cancellable (loader.front ())));

  loader.answer ("value");
  turn ();

  EXPECT_EQ (loader.count (), 1);
  for (auto &got : others)
    EXPECT_THAT (got, GotText ("value"));
  EXPECT_THAT (lookup ("key"), HoldsText ("value"));
  EXPECT_EQ (leader->callbacks, 1);
}

TEST_F (CancellingTest, Rule09CancelledJoinerLeavesTheStarterWaiting)
{
  ScriptedLoader loader;
  auto starter = get ("key", loader);
  auto joiner = get ("key", loader, cancellable_.get ());
  turn ();

  cancel ();
  turn ();
  EXPECT_THAT (joiner, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_THAT (starter, IsPending ());

  loader.answer ("value");
  turn ();
  EXPECT_THAT (starter, GotText ("value"));
}

TEST_F (CancellingTest, Rule09TheLoadIsCancelledWithItsLastCaller)
{
  ScriptedLoader loader;
  std::vector<Ref<GCancellable>> cancellables;
  std::vector<std::shared_ptr<Got>> all;

  for (int i = 0; i < 100; i++)
    {
      cancellables.push_back (new_cancellable ());
      all.push_back (get ("key", loader, cancellables.back ().get ()));
    }
  turn ();
  auto call = loader.next ();

  // From the middle to both ends: the first, the last and those between.
  for (int i = 0; i < 100; i++)
    {
      EXPECT_FALSE (is_cancelled (call)) << i << " of 100 have gone";
      g_cancellable_cancel (cancellables[i % 2 == 0 ? 50 + i / 2 : 49 - i / 2].get ());
    }
  EXPECT_TRUE (is_cancelled (call));
  turn ();
  for (auto &got : all)
    EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));

  // The late answer is silent and kept nowhere, and who comes next starts anew.
  memo_call_return_entry (call.get (), entry ("late").release ());
  turn ();
  EXPECT_FALSE (contains ("key"));

  auto next = get ("key", loader);
  turn ();
  EXPECT_EQ (loader.count (), 2);
  loader.answer ("value");
  turn ();
  EXPECT_THAT (next, GotText ("value"));
}

TEST_F (CancellingTest, Rule09TheLateErrorOfACancelledLoadIsSilent)
{
  ScriptedLoader loader;
  memo_loader_set_error_ttl (loader, 60.0);
  auto got = get ("key", loader, cancellable_.get ());
  turn ();
  cancel ();
  turn ();

  loader.fail (make_error ("interrupted", G_IO_ERROR, G_IO_ERROR_CANCELLED));
  turn ();
  EXPECT_EQ (got->callbacks, 1);

  // Nor is it remembered.
  auto next = get ("key", loader);
  turn ();
  EXPECT_EQ (loader.count (), 2);
  loader.answer ("value");
  turn ();
  EXPECT_THAT (next, GotText ("value"));
}

TEST_F (CancellingTest, Rule09TheCallOfACancelledLoadMayBeDropped)
{
  ScriptedLoader loader;
  auto got = get ("key", loader, cancellable_.get ());
  turn ();
  cancel ();
  loader.drop ();
  turn ();

  EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
}

TEST_F (CancellingTest, Rule09TheLoaderMayAnswerFromTheCancelledHandlerOfItsCall)
{
  ScriptedLoader loader;
  auto got = get ("key", loader, cancellable_.get ());
  turn ();
  auto call = loader.next ();
  when_cancelled (memo_call_get_cancellable (call.get ()), [&] {
    memo_call_return_error (call.get (), make_error ("cancelled", G_IO_ERROR, G_IO_ERROR_CANCELLED).release ());
  });

  cancel ();
  EXPECT_THAT (got, IsPending ());
  turn ();
  EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
}

TEST_F (CancellingTest, Rule09CancelledAlreadyIsCancelledEvenOnAHit)
{
  ScriptedLoader loader;
  set ("key", "value");
  cancel ();

  auto hit = get ("key", loader, cancellable_.get ());
  auto miss = get ("another key", loader, cancellable_.get ());
  auto without_loader = get ("a third key", nullptr, cancellable_.get ());
  auto refresh = get ("key", loader, cancellable_.get (), MEMO_GET_REFRESH);
  turn ();

  for (auto &got : { hit, miss, without_loader, refresh })
    EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_EQ (loader.count (), 0);
}

TEST_F (CancellingTest, Rule09CancelledAlreadyDoesNotDisturbARunningLoad)
{
  ScriptedLoader loader;
  auto starter = get ("key", loader);
  turn ();
  cancel ();
  auto late = get ("key", loader, cancellable_.get ());
  turn ();
  EXPECT_THAT (late, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));

  loader.answer ("value");
  turn ();
  EXPECT_THAT (starter, GotText ("value"));
}

TEST_F (CancellingTest, Rule09CancellingBeforeTheLoaderRanMeansThatItNeverRuns)
{
  ScriptedLoader loader;
  auto got = get ("key", loader, cancellable_.get ());
  cancel ();
  turn ();

  EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_EQ (loader.count (), 0);
  EXPECT_EQ (metrics ()->loads, 0u);
}

TEST_F (CancellingTest, Rule09CancellingAnAnsweredCallerChangesNothing)
{
  ScriptedLoader loader;
  auto got = get ("key", loader, cancellable_.get ());
  turn ();
  loader.answer ("value");
  cancel ();
  turn ();

  EXPECT_THAT (got, GotText ("value"));
}

TEST_F (CancellingTest, Rule09CancellingInACallbackReachesThoseThatAreNotAnswered)
{
  ScriptedLoader loader;
  std::string order;
  auto other_key = get ("another key", loader, cancellable_.get ());

  get_with (cache (), "key", loader, nullptr, [&] (Entry, Error) {
    order += "1";
    cancel ();
    EXPECT_THAT (other_key, IsPending ());
  });
  get_with (cache (), "key", loader, cancellable_.get (), [&] (Entry entry, Error) {
    // Answered before it was cancelled.
    order += "2";
    EXPECT_THAT (entry, HoldsText ("value"));
  });
  turn ();
  auto call_of_other_key = loader.next ();
  loader.answer ("value");
  turn ();

  EXPECT_EQ (order, "12");
  EXPECT_THAT (other_key, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_TRUE (is_cancelled (call_of_other_key));
}

TEST_F (CancellingTest, Rule09ALoaderMayCancelItsOnlyCaller)
{
  ScriptedLoader loader;
  loader.on_call = [&] (MemoCall *call) {
    cancel ();
    EXPECT_TRUE (g_cancellable_is_cancelled (memo_call_get_cancellable (call)));
    memo_call_return_entry (call, entry ("value").release ());
  };
  auto got = get ("key", loader, cancellable_.get ());
  turn ();

  EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_FALSE (contains ("key"));
}

TEST_F (CancellingTest, Rule09CancellingFromAnotherThreadIsDeliveredInTheCallers)
{
  ScriptedLoader loader;
  GThread *callers = g_thread_self ();
  GThread *delivered = nullptr;
  Error error;

  get_with (cache (), "key", loader, cancellable_.get (), [&] (Entry, Error got) {
    delivered = g_thread_self ();
    error = std::move (got);
  });
  turn ();
  in_thread ([&] { cancel (); });
  EXPECT_EQ (delivered, nullptr);
  turn ();

  EXPECT_EQ (delivered, callers);
  EXPECT_THAT (error, IsGError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_TRUE (is_cancelled (loader.next ()));
}

TEST_F (CancellingTest, Rule09AMainLoopInsideACancelledHandlerDeliversTheAnswer)
{
  ScriptedLoader loader;
  auto got = get ("key", loader, cancellable_.get ());
  auto other = get ("key", loader);
  turn ();

  // This handler runs after the one of the get, and waits for it.
  when_cancelled (cancellable_.get (), [&] {
    EXPECT_THAT (got, IsPending ());
    wait_until ([&] { return got->done (); });
    loader.answer ("value");
    wait_until ([&] { return other->done (); });
  });
  cancel ();

  EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_THAT (other, GotText ("value"));
}

TEST_F (CancellingTest, Rule09AMainLoopInAnEarlierCancelledHandlerMayBringTheAnswerFirst)
{
  ScriptedLoader loader;
  std::shared_ptr<Got> got;

  // This handler runs before the one of the get.
  when_cancelled (cancellable_.get (), [&] {
    loader.answer ("value");
    turn ();
    EXPECT_THAT (got, GotText ("value"));
  });
  got = get ("key", loader, cancellable_.get ());
  turn ();
  cancel ();
  turn ();

  EXPECT_THAT (got, GotText ("value"));
}

TEST_F (CancellingTest, Rule09AGetInsideACancelledHandlerIsCancelledToo)
{
  ScriptedLoader loader;
  std::shared_ptr<Got> inside, beside;

  when_cancelled (cancellable_.get (), [&] {
    inside = get ("key", loader, cancellable_.get ());
    beside = get ("key", loader);
  });
  auto got = get ("key", loader, cancellable_.get ());
  cancel ();
  turn ();
  loader.answer ("value");
  turn ();

  EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_THAT (inside, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_THAT (beside, GotText ("value"));
  EXPECT_EQ (loader.count (), 1);
}

TEST_F (CancellingTest, Rule09OneCancellableMayBeSharedByManyGets)
{
  ScriptedLoader loader;
  std::vector<std::shared_ptr<Got>> cancelled, staying;

  for (int i = 0; i < 30; i++)
    {
      std::string key = "key " + std::to_string (i % 10);

      cancelled.push_back (get (key.c_str (), loader, cancellable_.get ()));
      if (i < 5)
        staying.push_back (get (key.c_str (), loader));
    }
  turn ();
  ASSERT_EQ (loader.pending (), 10u);
  cancel ();
  turn ();

  for (auto &got : cancelled)
    EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  for (int i = 0; i < 10; i++)
    {
      auto call = loader.next ();

      EXPECT_EQ (is_cancelled (call), i >= 5) << memo_call_get_key (call.get ());
      memo_call_return_entry (call.get (), entry ("value").release ());
    }
  turn ();
  for (auto &got : staying)
    EXPECT_THAT (got, GotText ("value"));
  EXPECT_FALSE (is_listened_to (cancellable_));
}

TEST_F (CancellingTest, Rule09ACancellableMayOutliveItsGets)
{
  ScriptedLoader loader;
  auto loaded = get ("key", loader, cancellable_.get ());
  turn ();
  EXPECT_TRUE (is_listened_to (cancellable_));
  loader.answer ("value");
  auto hit = get ("key", loader, cancellable_.get ());
  turn ();

  EXPECT_FALSE (is_listened_to (cancellable_));
  EXPECT_EQ (G_OBJECT (cancellable_.get ())->ref_count, 1u);
  cancel ();
  turn ();
  EXPECT_THAT (loaded, GotText ("value"));
  EXPECT_THAT (hit, GotText ("value"));
  EXPECT_THAT (lookup ("key"), HoldsText ("value"));
}

TEST_F (CancellingTest, Rule09ACancellableMayBeLetGoOfAtOnce)
{
  ScriptedLoader loader;
  Watch watch (cancellable_.get ());
  auto got = get ("key", loader, cancellable_.get ());
  cancellable_.reset ();
  turn ();
  EXPECT_FALSE (watch.gone ());
  loader.answer ("value");
  turn ();

  EXPECT_THAT (got, GotText ("value"));
  EXPECT_TRUE (watch.gone ());
}

TEST_F (CancellingTest, Rule09AWarmUpCountsAsAWaiter)
{
  ScriptedLoader loader;
  auto warmup = adopt (memo_warmup_new ());
  int warmed = 0;

  auto got = get ("key", loader, cancellable_.get ());
  memo_warmup_add (warmup.get (), "key", loader);
  memo_cache_warmup_async (cache (), warmup.get (), nullptr, [] (GObject *source, GAsyncResult *result, gpointer data) {
    EXPECT_TRUE (memo_cache_warmup_finish (MEMO_CACHE (source), result, nullptr));
    ++*static_cast<int *> (data);
  }, &warmed);
  turn ();

  cancel ();
  turn ();
  EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_FALSE (g_cancellable_is_cancelled (memo_call_get_cancellable (loader.front ())));
  loader.answer ("value");
  turn ();

  EXPECT_EQ (warmed, 1);
  EXPECT_THAT (lookup ("key"), HoldsText ("value"));
}

TEST_F (CancellingTest, Rule09ACancelledWarmUpLeavesTheOthersWaiting)
{
  ScriptedLoader loader;
  auto warmup = adopt (memo_warmup_new ());
  Error error;

  memo_warmup_add (warmup.get (), "key", loader);
  memo_warmup_add (warmup.get (), "only the warm-up's", loader);
  memo_cache_warmup_async (cache (), warmup.get (), cancellable_.get (), [] (GObject *source, GAsyncResult *result, gpointer data) {
    EXPECT_FALSE (memo_cache_warmup_finish (MEMO_CACHE (source), result, ErrorOut (*static_cast<Error *> (data))));
  }, &error);
  auto got = get ("key", loader);
  turn ();

  cancel ();
  turn ();
  EXPECT_THAT (error, IsGError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_THAT (got, IsPending ());
  loader.answer ("value");
  EXPECT_TRUE (is_cancelled (loader.next ()));
  turn ();
  EXPECT_THAT (got, GotText ("value"));
}
