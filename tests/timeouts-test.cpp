// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/contexts.hpp"

using namespace memo_test;

// A load that takes too long ends for all who wait.
class TimeoutsTest : public CacheTest
{
protected:
  TimeoutsTest () { memo_loader_set_timeout (loader_, 1.0); }

  gint64 now () { return memo_clock_get_time (MEMO_CLOCK (clock_.get ())); }

  static bool is_cancelled (MemoCall *call)
  {
    return g_cancellable_is_cancelled (memo_call_get_cancellable (call));
  }

  ScriptedLoader loader_;
};

TEST_F (TimeoutsTest, Rule10TimesOutExactlyAtTheDeadline)
{
  auto got = get ("key", loader_);
  auto joined = get ("key", loader_);
  turn ();
  advance (0.999999);
  ASSERT_EQ (now (), 999999);
  turn ();
  EXPECT_THAT (got, IsPending ());
  EXPECT_FALSE (is_cancelled (loader_.front ()));

  advance (0.000001);
  ASSERT_EQ (now (), 1000000);
  EXPECT_THAT (got, IsPending ()) << "no callback while the clock is moved";
  turn ();
  EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
  EXPECT_THAT (joined, GotError (G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
  EXPECT_TRUE (is_cancelled (loader_.front ()));
}

TEST_F (TimeoutsTest, Rule10ALateAnswerIsDiscardedSilently)
{
  auto got = get ("key", loader_);
  turn ();
  advance (1.0);
  turn ();
  loader_.answer ("late");
  turn ();

  EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
  EXPECT_FALSE (contains ("key"));
}

TEST_F (TimeoutsTest, Rule10ALateErrorIsDiscardedSilently)
{
  memo_loader_set_error_ttl (loader_, 60.0);
  auto got = get ("key", loader_);
  turn ();
  advance (1.0);
  turn ();
  loader_.fail (make_error ("late"));
  turn ();
  EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_TIMED_OUT));

  // It is the time-out that is remembered.
  auto next = get ("key");
  turn ();
  EXPECT_THAT (next, GotError (G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
}

TEST_F (TimeoutsTest, Rule10ACallThatTimedOutMayBeDropped)
{
  auto got = get ("key", loader_);
  turn ();
  advance (1.0);
  turn ();
  loader_.drop ();
  turn ();

  EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
}

TEST_F (TimeoutsTest, Rule10TheLoaderMayAnswerFromTheCancelledHandlerOfItsCall)
{
  auto got = get ("key", loader_);
  turn ();
  auto call = loader_.next ();
  when_cancelled (memo_call_get_cancellable (call.get ()), [&] {
    memo_call_return_entry (call.get (), entry ("late").release ());
  });
  advance (1.0);
  turn ();

  EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
  EXPECT_FALSE (contains ("key"));
}

TEST_F (TimeoutsTest, Rule10AfterATimeoutTheNextWhoAsksStartsAnew)
{
  auto first = get ("key", loader_);
  turn ();
  advance (1.0);
  turn ();
  auto second = get ("key", loader_);
  turn ();
  ASSERT_EQ (loader_.count (), 2);

  // The late answer of the first is not taken for the second's.
  loader_.answer ("late");
  turn ();
  EXPECT_THAT (second, IsPending ());
  loader_.answer ("value");
  turn ();
  EXPECT_THAT (second, GotText ("value"));
  EXPECT_THAT (lookup ("key"), HoldsText ("value"));
}

TEST_F (TimeoutsTest, Rule10TheTimeIsThatOfTheLoadNotOfWhoJoins)
{
  auto first = get ("key", loader_);
  turn ();
  advance (0.5);
  auto joined = get ("key", loader_);
  turn ();
  advance (0.5);
  turn ();

  EXPECT_THAT (first, GotError (G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
  EXPECT_THAT (joined, GotError (G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
}

TEST_F (TimeoutsTest, Rule10AnAnswerInTimeStopsTheTimer)
{
  auto got = get ("key", loader_);
  turn ();
  auto call = loader_.next ();
  advance (0.5);
  memo_call_return_entry (call.get (), entry ("value").release ());
  advance (1.0);
  turn ();

  EXPECT_THAT (got, GotText ("value"));
  EXPECT_FALSE (is_cancelled (call.get ()));
  EXPECT_THAT (lookup ("key"), HoldsText ("value"));
}

TEST_F (TimeoutsTest, Rule10WithoutATimeoutALoadMayTakeAnyTime)
{
  ScriptedLoader patient;
  auto got = get ("key", patient);
  turn ();
  advance (1e9);
  turn ();
  EXPECT_THAT (got, IsPending ());

  patient.answer ("value");
  turn ();
  EXPECT_THAT (got, GotText ("value"));
}

TEST_F (TimeoutsTest, Rule10ATimeoutInARefreshLeavesTheOldEntry)
{
  set ("key", "old");
  memo_loader_set_error_ttl (loader_, 60.0);
  auto got = refresh ("key", loader_);
  turn ();
  advance (1.0);
  turn ();

  EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
  EXPECT_THAT (lookup ("key"), HoldsText ("old"));
}

TEST_F (TimeoutsTest, Rule10ATimeoutIsRememberedAsLongAsTheErrorTtl)
{
  memo_loader_set_error_ttl (loader_, 2.0);
  auto first = get ("key", loader_);
  turn ();
  advance (1.0);
  turn ();
  EXPECT_THAT (first, GotError (G_IO_ERROR, G_IO_ERROR_TIMED_OUT));

  advance (1.5);
  auto second = get ("key", loader_);
  turn ();
  EXPECT_THAT (second, GotError (G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
  EXPECT_EQ (loader_.count (), 1);

  advance (0.5);
  auto third = get ("key", loader_);
  turn ();
  EXPECT_EQ (loader_.count (), 2);
  loader_.next ();
  loader_.answer ("value");
  turn ();
  EXPECT_THAT (third, GotText ("value"));
}

TEST_F (TimeoutsTest, Rule10ItTimesOutWhereAJoinerTurnsThoughTheStarterDoesNot)
{
  Context starters;
  auto starter = starters.within ([&] { return get ("key", loader_); });
  starters.turn ();
  auto joiner = get ("key");
  advance (1.0);
  turn ();

  EXPECT_THAT (joiner, GotError (G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
  EXPECT_TRUE (is_cancelled (loader_.front ()));
  EXPECT_THAT (starter, IsPending ());
  starters.turn ();
  EXPECT_THAT (starter, GotError (G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
}

TEST_F (TimeoutsTest, Rule10ItTimesOutThoughTheLoaderWasNeverCalled)
{
  Context starters;
  auto starter = starters.within ([&] { return get ("key", loader_); });
  auto joiner = get ("key");
  advance (1.0);
  turn ();
  EXPECT_THAT (joiner, GotError (G_IO_ERROR, G_IO_ERROR_TIMED_OUT));

  starters.turn ();
  EXPECT_THAT (starter, GotError (G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
  EXPECT_EQ (loader_.count (), 0);
}

TEST_F (TimeoutsTest, Rule10ItTimesOutWhereTheStarterWasWhenTheStarterHasGone)
{
  Context others;
  auto cancellable = adopt (g_cancellable_new ());
  auto starter = get ("key", loader_, cancellable.get ());
  auto joiner = others.within ([&] { return get ("key"); });
  turn ();
  g_cancellable_cancel (cancellable.get ());
  turn ();
  EXPECT_THAT (starter, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));

  advance (1.0);
  others.turn ();
  EXPECT_THAT (joiner, GotError (G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
}

TEST_F (TimeoutsTest, Rule10ThoseWhoMovedToAFresherLoadTimeOutInTheirOwnContexts)
{
  Context others;
  auto early = get ("key", loader_);
  turn ();
  memo_cache_invalidate_tags (cache (), Tags { "tag" });
  auto late_here = get ("key");
  auto late_there = others.within ([&] { return get ("key"); });
  loader_.answer (entry ("old", MEMO_TTL_DEFAULT, { "tag" }));
  turn ();
  EXPECT_THAT (early, GotText ("old"));
  ASSERT_EQ (loader_.count (), 2);

  // This context is not turned any more, and theirs must not depend on it.
  advance (1.0);
  others.turn ();
  EXPECT_THAT (late_there, GotError (G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
  turn ();
  EXPECT_THAT (late_here, GotError (G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
}

TEST_F (TimeoutsTest, Rule10AnOutdatedLoadTimesOutToo)
{
  auto got = get ("key", loader_);
  turn ();
  memo_cache_delete (cache (), "key");
  advance (1.0);
  turn ();

  EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
  EXPECT_TRUE (is_cancelled (loader_.front ()));
}

TEST_F (TimeoutsTest, Rule10AnInThreadLoadTimesOutWhileItsFunctionIsBusy)
{
  Gate gate;
  bool cancelled = false;
  auto busy = loader_of ([&] (MemoCall *call) {
    gate.pass ();
    cancelled = is_cancelled (call);
    memo_call_return_entry (call, entry ("late").release ());
  }, {}, true);
  memo_loader_set_max_threads (busy.get (), 1);
  memo_loader_set_timeout (busy.get (), 1.0);
  auto first = get ("key", busy.get ());
  gate.wait_for_somebody ();
  advance (1.0);
  turn ();
  EXPECT_THAT (first, GotError (G_IO_ERROR, G_IO_ERROR_TIMED_OUT));

  gate.open ();
  // The only thread comes to this one when it is done with the first.
  auto second = get ("another key", busy.get ());
  wait_until ([&] { return second->done (); });
  EXPECT_THAT (second, GotText ("late"));
  EXPECT_FALSE (contains ("key"));
  EXPECT_EQ (first->callbacks, 1);
}

TEST_F (TimeoutsTest, Rule10AnInThreadLoadTimesOutWhileItWaitsForAThread)
{
  Gate gate;
  std::vector<std::string> called;
  auto busy = loader_of ([&] (MemoCall *call) {
    called.push_back (memo_call_get_key (call));
    gate.pass ();
    memo_call_return_entry (call, entry ("value").release ());
  }, {}, true);
  memo_loader_set_max_threads (busy.get (), 1);
  auto first = get ("first", busy.get ());
  gate.wait_for_somebody ();

  memo_loader_set_timeout (busy.get (), 1.0);
  auto queued = get ("queued", busy.get ());
  advance (1.0);
  turn ();
  EXPECT_THAT (queued, GotError (G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
  EXPECT_THAT (first, IsPending ());

  gate.open ();
  auto third = get ("third", busy.get ());
  wait_until ([&] { return third->done (); });
  EXPECT_THAT (first, GotText ("value"));
  EXPECT_THAT (called, ::testing::ElementsAre ("first", "third")) << "nobody waits for the one between";
}
