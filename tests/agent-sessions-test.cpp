// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/agent-test.hpp"

using namespace memo_test;
using ::testing::HasSubstr;

// The life of a session: it is opened, closed and dropped, also while its calls are under way.

namespace {

class AgentSessionsTest : public AgentTest
{
protected:
  static void close (const Ref<MemoAgentCacheSession> &session) { memo_agent_cache_session_close (session.get ()); }
};

TEST_F (AgentSessionsTest, ClosingForgetsWhatIsTheSessions)
{
  Tracker tracker;
  Tool cart (agent (), "cart", of_session ()), read (agent (), "read");
  auto session = new_session ();

  for (auto *tool : { &cart, &read })
    {
      auto got = call (session, *tool);

      turn ();
      tool->function.answer (tracker.entry ());
      turn ();
      EXPECT_TRUE (got->done ());
    }
  EXPECT_EQ (tracker.alive (), 2);
  close (session);
  turn ();
  EXPECT_EQ (tracker.alive (), 1) << "what is for all stays";
}

TEST_F (AgentSessionsTest, ClosingTwiceIsHarmless)
{
  auto session = new_session ();

  EXPECT_FALSE (memo_agent_cache_session_is_closed (session.get ()));
  close (session);
  EXPECT_TRUE (memo_agent_cache_session_is_closed (session.get ()));
  close (session);
  EXPECT_TRUE (memo_agent_cache_session_is_closed (session.get ()));
}

TEST_F (AgentSessionsTest, AClosedSessionMakesNoCalls)
{
  Tool read (agent (), "read");
  AgentChange write (agent (), "write");
  auto session = new_session ();

  read.answers ("text");
  done (session, read);
  close (session);
  EXPECT_THAT (done (session, read), GotError (MEMO_ERROR, MEMO_ERROR_CLOSED)) << "not even those that hit";
  EXPECT_THAT (done (session, write), GotError (MEMO_ERROR, MEMO_ERROR_CLOSED));
  EXPECT_EQ (write.count (), 0);
}

TEST_F (AgentSessionsTest, ClosingAnswersEveryCallerAndCancelsTheLoads)
{
  Tool cart (agent (), "cart", of_session ()), read (agent (), "read");
  AgentChange write (agent (), "write", global ({ "file" }));
  auto session = new_session ();
  std::vector<std::shared_ptr<Got>> all;

  for (auto *function : { static_cast<AgentFunction *> (&cart), static_cast<AgentFunction *> (&read),
                          static_cast<AgentFunction *> (&write) })
    {
      all.push_back (call (session, *function, "(1,)"));
      all.push_back (call (session, *function, "(2,)"));
      all.push_back (call (session, *function, "(2,)"));
    }
  turn ();
  close (session);
  for (auto &got : all)
    EXPECT_EQ (got->callbacks, 0) << "no callback runs inside of it";
  turn ();
  for (auto &got : all)
    EXPECT_THAT (got, GotError (MEMO_ERROR, MEMO_ERROR_CLOSED));
  EXPECT_TRUE (g_cancellable_is_cancelled (memo_call_get_cancellable (cart.function.front ())));
  EXPECT_TRUE (g_cancellable_is_cancelled (memo_call_get_cancellable (read.function.front ())));
  EXPECT_EQ (write.count (), 3);
}

TEST_F (AgentSessionsTest, ALateAnswerIsNotKept)
{
  Tool cart (agent (), "cart", of_session ());
  Tracker tracker;
  auto session = new_session ();
  auto got = call (session, cart);

  turn ();
  close (session);
  cart.function.answer (tracker.entry ());
  turn ();
  EXPECT_THAT (got, GotError (MEMO_ERROR, MEMO_ERROR_CLOSED));
  EXPECT_EQ (tracker.alive (), 0);
}

TEST_F (AgentSessionsTest, ALoadThatOthersWaitForGoesOn)
{
  Tool read (agent (), "read");
  auto one = new_session (), two = new_session ();
  auto first = call (one, read), other = call (two, read);

  turn ();
  close (one);
  turn ();
  EXPECT_THAT (first, GotError (MEMO_ERROR, MEMO_ERROR_CLOSED));
  EXPECT_FALSE (g_cancellable_is_cancelled (memo_call_get_cancellable (read.function.front ())));
  read.function.answer ("text");
  turn ();
  EXPECT_THAT (other, GotText ("text"));
}

TEST_F (AgentSessionsTest, AChangeThatDidNotBeginIsNotMade)
{
  AgentChange write (agent (), "write", global ({ "file" }));
  Tool read (agent (), "read", global ({ "file" }));
  auto session = new_session (), other = new_session ();
  auto got = call (session, write);

  close (session);
  turn ();
  EXPECT_THAT (got, GotError (MEMO_ERROR, MEMO_ERROR_CLOSED));
  EXPECT_EQ (write.count (), 0);
  remembers (other, read);
  EXPECT_TRUE (remembers (other, read)) << "its bracket is closed";
}

TEST_F (AgentSessionsTest, DroppingASessionForgetsWhatIsIts)
{
  Tracker tracker;
  Tool cart (agent (), "cart", of_session ());
  auto session = new_session ();
  Watch watch (session.get ());
  auto got = call (session, cart);

  turn ();
  cart.function.answer (tracker.entry ());
  turn ();
  got.reset ();
  session.reset ();
  EXPECT_TRUE (watch.gone ());
  turn ();
  EXPECT_EQ (tracker.alive (), 0);
}

TEST_F (AgentSessionsTest, ACallHoldsItsSessionUntilItIsAnswered)
{
  Tool cart (agent (), "cart", of_session ());
  auto session = new_session ();
  Watch watch (session.get ());
  auto got = call (session, cart);

  session.reset ();
  turn ();
  EXPECT_FALSE (watch.gone ());
  cart.function.answer ("text");
  turn ();
  EXPECT_THAT (got, GotText ("text"));
  EXPECT_TRUE (watch.gone ());
}

TEST_F (AgentSessionsTest, AFunctionThatKeepsItsCallHoldsNoSession)
{
  Tool cart (agent (), "cart", of_session ());
  auto session = new_session ();
  Watch watch (session.get ());
  auto got = call (session, cart);

  turn ();
  auto kept = cart.function.next ();
  close (session);
  turn ();
  session.reset ();
  EXPECT_TRUE (watch.gone ());
  EXPECT_EQ (memo_call_dup_agent_session (kept.get ()), nullptr);
}

TEST_F (AgentSessionsTest, AnAgentCacheGoesWhenItsSessionsHaveGone)
{
  Watch watch (agent ());
  auto session = new_session ();

  agent_.reset ();
  EXPECT_FALSE (watch.gone ());
  session.reset ();
  EXPECT_TRUE (watch.gone ());
}

TEST_F (AgentSessionsTest, TenThousandSessionsLeaveNothingBehind)
{
  Tracker tracker;
  Tool cart (agent (), "cart", of_session ({ "cart" }));
  AgentChange add (agent (), "add", of_session ({ "cart" }));

  cart.function.on_call = [&] (MemoCall *call) { memo_call_return_entry (call, tracker.entry ().release ()); };
  add.answers ("done");
  for (int i = 0; i < 10000; i++)
    {
      auto session = new_session (nullptr);

      done (session, cart);
      if (i % 3 == 0)
        done (session, add);
      if (i % 2 == 0)
        close (session);
    }
  turn ();
  EXPECT_EQ (tracker.alive (), 0);
  EXPECT_EQ (Metrics (memo_agent_cache_get_metrics (agent ()))->size, 0u);
}

TEST_F (AgentSessionsTest, ASessionHasARandomNameUnlessItIsGivenOne)
{
  auto one = new_session (nullptr), two = new_session (nullptr), named = new_session ("mine");

  EXPECT_STRNE (memo_agent_cache_session_get_session_id (one.get ()),
                memo_agent_cache_session_get_session_id (two.get ()));
  EXPECT_STREQ (memo_agent_cache_session_get_session_id (named.get ()), "mine");
}

/* --- cancelling --- */

TEST_F (AgentSessionsTest, WhoWasCancelledBeforeAskingGetsThat)
{
  Tool read (agent (), "read");
  auto session = new_session ();
  auto cancellable = adopt (g_cancellable_new ());

  read.answers ("text");
  done (session, read);
  g_cancellable_cancel (cancellable.get ());

  auto got = call (session, read, "()", nullptr, MEMO_GET_NONE, cancellable.get ());

  turn ();
  EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_EQ (read.metrics ()->misses, 2u);
}

TEST_F (AgentSessionsTest, CancellingEndsOneWaitAndTheLoadWithTheLast)
{
  Tool read (agent (), "read");
  auto session = new_session ();
  auto first = adopt (g_cancellable_new ()), second = adopt (g_cancellable_new ());
  auto one = call (session, read, "()", nullptr, MEMO_GET_NONE, first.get ());
  auto two = call (session, read, "()", nullptr, MEMO_GET_NONE, second.get ());

  turn ();
  g_cancellable_cancel (first.get ());
  turn ();
  EXPECT_THAT (one, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_EQ (two->callbacks, 0);
  EXPECT_FALSE (g_cancellable_is_cancelled (memo_call_get_cancellable (read.function.front ())));
  g_cancellable_cancel (second.get ());
  turn ();
  EXPECT_THAT (two, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_TRUE (g_cancellable_is_cancelled (memo_call_get_cancellable (read.function.front ())));
}

TEST_F (AgentSessionsTest, CancellingAtEveryPointLeavesTheSessionAlone)
{
  Tool read (agent (), "read");
  AgentChange write (agent (), "write", global ({ "file" }));

  for (int point = 0; point < 4; point++)
    {
      for (auto *function : { static_cast<AgentFunction *> (&read), static_cast<AgentFunction *> (&write) })
        {
          auto session = new_session ();
          auto cancellable = adopt (g_cancellable_new ());
          const int before = function->count ();

          memo_decorator_clear (read);
          if (point == 0)
            g_cancellable_cancel (cancellable.get ());

          auto got = call (session, *function, "()", nullptr, MEMO_GET_NONE, cancellable.get ());

          if (point == 1)
            g_cancellable_cancel (cancellable.get ());
          turn ();
          if (point == 2)
            g_cancellable_cancel (cancellable.get ());
          if (function->count () > before)
            function->function.answer ("text");
          if (point == 3)
            g_cancellable_cancel (cancellable.get ());
          turn ();
          EXPECT_EQ (got->callbacks, 1) << "point " << point;
          if (point < 3)
            {
              EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED)) << "point " << point;
            }
          close (session);
        }
    }
}

TEST_F (AgentSessionsTest, ADroppedCallIsAbandoned)
{
  Tool read (agent (), "read");
  AgentChange write (agent (), "write", global ({ "file" }));
  auto session = new_session ();
  auto got = call (session, read), changed = call (session, write);

  turn ();
  read.function.drop ();
  write.function.drop ();
  turn ();
  EXPECT_THAT (got, GotError (MEMO_ERROR, MEMO_ERROR_ABANDONED));
  EXPECT_THAT (changed, GotError (MEMO_ERROR, MEMO_ERROR_ABANDONED));
}

TEST_F (AgentSessionsTest, AContextThatGoesAwayTakesItsCallsAlong)
{
  Tool read (agent (), "read");
  auto session = new_session ();
  Watch watch (session.get ());

  read.answers ("text");
  done (session, read);
  {
    Context context;

    context.within ([&] {
      GClosure *closure = g_cclosure_new (G_CALLBACK (+[] { ADD_FAILURE () << "nobody turns that context"; }), nullptr, nullptr);

      memo_agent_cache_session_call_with_closure (session.get (), read, nullptr, nullptr, MEMO_GET_NONE, nullptr, closure);
    });
  }
  session.reset ();
  EXPECT_TRUE (watch.gone ());
}

TEST_F (AgentSessionsTest, AForeignCacheThatDropsItsCallsKeepsNobodyWaiting)
{
  auto foreign = adopt (MEMO_CACHE (g_object_new (plain_cache_get_type (), nullptr)));

  agent_ = new_agent (nullptr, foreign.get ());

  Tool read (agent (), "read");
  AgentChange write (agent (), "write", global ({ "file" }));
  auto session = new_session ();

  EXPECT_THAT (done (session, read), GotError (MEMO_ERROR, MEMO_ERROR_NOT_SUPPORTED));
  EXPECT_THAT (done (session, write), GotError (MEMO_ERROR, MEMO_ERROR_NOT_SUPPORTED));
  EXPECT_EQ (write.count (), 0) << "nothing is changed that cannot be told";
}

/* --- from callbacks and from threads --- */

TEST_F (AgentSessionsTest, ACallbackMayDoAnything)
{
  Tool read (agent (), "read");
  AgentChange write (agent (), "write", global ({ "file" }));
  auto session = new_session ();
  std::shared_ptr<Got> inner, changed, late;
  struct All { AgentSessionsTest *test; std::function<void ()> what; } all { this, [&] {
    inner = call (session, read, "('inner',)");
    changed = call (session, write);
    memo_agent_cache_session_mark_progress (session.get ());
    memo_agent_cache_session_close (session.get ());
    late = call (session, read);
    session.reset ();
  } };

  read.answers ("text");
  GClosure *closure = g_cclosure_new (G_CALLBACK (+[] (MemoAgentCacheSession *, GAsyncResult *, gpointer data) {
    static_cast<All *> (data)->what ();
  }), &all, nullptr);
  memo_agent_cache_session_call_with_closure (session.get (), read, nullptr, nullptr, MEMO_GET_NONE, nullptr, closure);
  turn ();
  EXPECT_THAT (inner, GotError (MEMO_ERROR, MEMO_ERROR_CLOSED));
  EXPECT_THAT (changed, GotError (MEMO_ERROR, MEMO_ERROR_CLOSED));
  EXPECT_THAT (late, GotError (MEMO_ERROR, MEMO_ERROR_CLOSED));
}

TEST_F (AgentSessionsTest, ASessionMayBeUsedFromManyThreads)
{
  constexpr int n_threads = 4, rounds = 300;
  auto loader = make_loader ([] (MemoCall *call) { memo_call_return_entry (call, memo_entry_new_string ("text")); }, true);
  Options options = of_session ({ "n:{0}" });

  options.loader = loader.get ();
  Tool read (agent (), "read", options);
  AgentChange write (agent (), "write", options);
  auto session = new_session ();
  std::atomic<int> answered { 0 };
  std::vector<std::thread> threads;

  memo_agent_cache_session_set_loop_detection (session.get (), MEMO_AGENT_LOOP_DETECTION_OUTCOME);
  for (int t = 0; t < n_threads; t++)
    threads.emplace_back ([&, t] {
      Context context;

      for (int i = 0; i < rounds; i++)
        context.within ([&] {
          auto got = call (session, (i + t) % 7 == 0 ? static_cast<AgentFunction &> (write) : read,
                           ("(" + std::to_string (i % 5) + ",)").c_str ());

          while (got->callbacks == 0)
            g_main_context_iteration (context, TRUE);
          answered++;
          if (i == rounds - 20 && t == 0)
            memo_agent_cache_session_close (session.get ());
        });
    });
  for (auto &thread : threads)
    thread.join ();
  EXPECT_EQ (answered, n_threads * rounds) << "everybody is answered, closed or not";
}

} // namespace
