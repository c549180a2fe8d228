// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/agent-test.hpp"

using namespace memo_test;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// What enters the history of a session, and what is done about a loop.

namespace {

class AgentLoopActionsTest : public AgentTest
{
protected:
  AgentLoopActionsTest () { read_.answers ("text"); }

  // Calls until a loop is found, and says which call that was.
  int calls_until_loop (const Ref<MemoAgentCacheSession> &session, AgentFunction &function, int limit = 150)
  {
    for (int i = 1; i <= limit; i++)
      {
        last_ = done (session, function);
        if (g_error_matches (last_->error.get (), MEMO_ERROR, MEMO_ERROR_AGENT_LOOP))
          return i;
      }

    return 0;
  }

  // What a handler of the signal does.
  void on_loop (const Ref<MemoAgentCacheSession> &session, std::function<void (MemoAgentLoop *)> what)
  {
    using What = std::function<void (MemoAgentLoop *)>;

    g_signal_connect_data (session.get (), "loop-detected",
                           G_CALLBACK (+[] (MemoAgentCacheSession *, MemoAgentLoop *loop, gpointer data) {
      (*static_cast<What *> (data)) (loop);
    }), new What (std::move (what)), [] (gpointer data, GClosure *) { delete static_cast<What *> (data); },
    GConnectFlags (0));
  }

  Tool                       read_ { agent (), "read", global ({ "file" }) };
  Ref<MemoAgentCacheSession> session_ = new_session ();
  std::shared_ptr<Got>       last_;
};

TEST_F (AgentLoopActionsTest, TheSixthCallIsRefusedAndSaysWhy)
{
  EXPECT_EQ (calls_until_loop (session_, read_), 6);
  EXPECT_THAT (last_->error->message,
               AllOf (HasSubstr ("repeat"), HasSubstr ("“read”"), HasSubstr ("count 6"), HasSubstr ("cycle “read”")));
  EXPECT_EQ (read_.count (), 1) << "hits count as calls";
}

TEST_F (AgentLoopActionsTest, WhatIsRefusedIsNotExecuted)
{
  Options options = global ();

  options.ttl = 0.0;
  Tool fetch (agent (), "fetch", options);
  AgentChange add (agent (), "add");

  fetch.answers ("text");
  add.answers ("done");
  EXPECT_EQ (calls_until_loop (session_, fetch), 6);
  EXPECT_EQ (fetch.count (), 5);
  EXPECT_EQ (calls_until_loop (session_, add), 11);
  EXPECT_EQ (add.count (), 10);
}

TEST_F (AgentLoopActionsTest, SessionsHaveTheirOwnStreaks)
{
  auto other = new_session ();

  for (int i = 0; i < 5; i++)
    {
      EXPECT_THAT (done (session_, read_), GotText ("text"));
      EXPECT_THAT (done (other, read_), GotText ("text"));
    }
  EXPECT_THAT (done (session_, read_), GotLoop ());
  EXPECT_THAT (done (other, read_), GotLoop ());
  EXPECT_THAT (done (new_session (), read_), GotText ("text"));
}

TEST_F (AgentLoopActionsTest, ThoseWhoJoinOneLoadAreOneCall)
{
  Tool slow (agent (), "slow");
  std::vector<std::shared_ptr<Got>> all;

  for (int i = 0; i < 20; i++)
    all.push_back (call (session_, slow));
  turn ();
  slow.function.answer ("text");
  turn ();
  for (auto &got : all)
    EXPECT_THAT (got, GotText ("text"));
  EXPECT_EQ (calls_until_loop (session_, slow), 5) << "one of the five was made";
}

TEST_F (AgentLoopActionsTest, HitsSideBySideAreOneCall)
{
  done (session_, read_);
  for (int i = 0; i < 20; i++)
    call (session_, read_);
  turn ();
  EXPECT_EQ (calls_until_loop (session_, read_), 4);
}

TEST_F (AgentLoopActionsTest, TwoLoadsThatOverlapAreTwoCalls)
{
  Tool slow (agent (), "slow", global ({ "file" }));
  AgentChange write (agent (), "write", global ({ "file" }));
  auto other = new_session ();
  auto before = call (session_, slow);

  write.answers ("done");
  turn ();
  done (other, write);
  auto after = call (session_, slow);
  turn ();
  EXPECT_EQ (slow.count (), 2);
  slow.function.answer ("text");
  slow.function.answer ("text");
  turn ();
  EXPECT_THAT (before, GotText ("text"));
  EXPECT_THAT (after, GotText ("text"));
  EXPECT_EQ (calls_until_loop (session_, slow), 4) << "two of the five were made";
}

TEST_F (AgentLoopActionsTest, ACallThatWasCancelledDidNotComplete)
{
  Tool slow (agent (), "slow");

  for (int i = 0; i < 10; i++)
    {
      auto cancellable = adopt (g_cancellable_new ());
      auto got = call (session_, slow, "()", nullptr, MEMO_GET_NONE, cancellable.get ());

      turn ();
      g_cancellable_cancel (cancellable.get ());
      turn ();
      EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
    }
  slow.answers ("text");
  EXPECT_EQ (calls_until_loop (session_, slow), 6);
}

TEST_F (AgentLoopActionsTest, AChangeByAnotherSessionEndsAStreak)
{
  AgentChange write (agent (), "write", global ({ "file" })), other (agent (), "other", global ({ "else" }));
  AgentChange own (agent (), "own", of_session ({ "file" }));
  auto elsewhere = new_session ();

  for (auto *change : { &write, &other, &own })
    change->answers ("done");
  for (int i = 0; i < 5; i++)
    done (session_, read_);
  done (elsewhere, other);
  done (elsewhere, own);
  EXPECT_THAT (done (session_, read_), GotLoop ());
  done (elsewhere, write);
  EXPECT_EQ (calls_until_loop (session_, read_), 6);
}

TEST_F (AgentLoopActionsTest, WhatSomebodyElseChangedEndsAStreak)
{
  for (int i = 0; i < 5; i++)
    done (session_, read_);
  memo_agent_cache_invalidate_resources (agent (), Tags { "file" });
  EXPECT_EQ (calls_until_loop (session_, read_), 6);
}

TEST_F (AgentLoopActionsTest, ProgressAndTimeEndAStreak)
{
  for (int i = 0; i < 5; i++)
    done (session_, read_);
  memo_agent_cache_session_mark_progress (session_.get ());
  for (int i = 0; i < 5; i++)
    EXPECT_THAT (done (session_, read_), GotText ("text"));
  advance (599.0);
  EXPECT_THAT (done (session_, read_), GotLoop ());
  advance (600.0);
  EXPECT_THAT (done (session_, read_), GotText ("text"));
}

TEST_F (AgentLoopActionsTest, AnErrorIsAnOutcome)
{
  Tool fetch (agent (), "fetch"), busy (agent (), "busy");

  fetch.fails ("request 17 failed at 12:03");
  EXPECT_EQ (calls_until_loop (session_, fetch), 4);
  EXPECT_THAT (last_->error->message, HasSubstr ("retry-storm"));
  busy.fails ("busy", G_IO_ERROR_BUSY);
  EXPECT_EQ (calls_until_loop (session_, busy), 6);
}

TEST_F (AgentLoopActionsTest, TheNumberOfARequestMakesNoOtherError)
{
  Tool fetch (agent (), "fetch");
  int n = 0;

  fetch.function.on_call = [&] (MemoCall *call) {
    n++;
    memo_call_return_error (call, make_error ("request req-" + std::to_string (n * 7919) + "f" + std::to_string (n) + " failed").release ());
  };
  EXPECT_EQ (calls_until_loop (session_, fetch), 4);
}

TEST_F (AgentLoopActionsTest, AnotherErrorIsAnotherOutcome)
{
  Tool fetch (agent (), "fetch");
  int n = 0;

  fetch.function.on_call = [&] (MemoCall *call) {
    memo_call_return_error (call, make_error (n++ % 2 == 0 ? "no such host" : "no such page").release ());
  };
  EXPECT_EQ (calls_until_loop (session_, fetch), 21);
}

TEST_F (AgentLoopActionsTest, ValuesAreComparedByWhatTheyAre)
{
  Options options = global ();

  options.ttl = 0.0;
  const std::vector<std::function<MemoEntry * (int)>> same = {
    [] (int) { return memo_entry_new_string ("text"); },
    [] (int) { return memo_entry_new_variant (g_variant_new_parsed ("{'a': <1>, 'b': <'x'>}")); },
    [] (int) { return memo_entry_new_bytes (Bytes (g_bytes_new ("bytes", 5)).get ()); },
    [] (int) { return memo_entry_new_int64 (7); },
    [] (int) { return memo_entry_new_double (0.5); },
    [] (int) { return memo_entry_new_boolean (TRUE); },
    [] (int) { return memo_entry_new (nullptr); },
    [] (int) { return static_cast<MemoEntry *> (nullptr); },
  }, different = {
    [] (int i) { return memo_entry_new_string (std::to_string (i).c_str ()); },
    [] (int i) { return memo_entry_new_variant (g_variant_new_int32 (i)); },
    [] (int i) { return memo_entry_new_bytes (Bytes (g_bytes_new (&i, sizeof i)).get ()); },
    [] (int i) { return memo_entry_new_int64 (i); },
    [] (int i) { return memo_entry_new_double (i); },
    [] (int) { return memo_entry_new_object (adopt (G_OBJECT (g_object_new (G_TYPE_OBJECT, nullptr))).get ()); },
    [] (int i) { return i % 2 == 0 ? memo_entry_new (nullptr) : nullptr; },
    [] (int i) { return i % 2 == 0 ? memo_entry_new_int64 (1) : memo_entry_new_double (1); },
    [] (int i) { return i % 2 == 0 ? memo_entry_new_string ("x") : memo_entry_new_variant (g_variant_new_string ("x")); },
  };
  auto until = [&] (const char *name, const std::function<MemoEntry * (int)> &make) {
    Tool fetch (agent (), name, options);
    std::vector<Entry> kept;
    int n = 0;

    fetch.function.on_call = [&] (MemoCall *call) {
      Entry entry (make (n++));

      if (entry != nullptr)
        kept.emplace_back (memo_entry_ref (entry.get ()));
      memo_call_return_entry (call, entry.release ());
    };
    return calls_until_loop (new_session (), fetch);
  };

  for (size_t i = 0; i < same.size (); i++)
    EXPECT_EQ (until (("same " + std::to_string (i)).c_str (), same[i]), 6) << i;
  for (size_t i = 0; i < different.size (); i++)
    EXPECT_EQ (until (("different " + std::to_string (i)).c_str (), different[i]), 21) << i;
}

TEST_F (AgentLoopActionsTest, AToolMaySayByWhatItsOutcomesAreCompared)
{
  Options options = global ();

  options.ttl = 0.0;
  Tool fetch (agent (), "fetch", options);
  int n = 0;

  fetch.function.on_call = [&] (MemoCall *call) {
    memo_call_return_entry (call, memo_entry_new_string (("at " + std::to_string (n++) + ": nothing new").c_str ()));
  };
  g_signal_connect (static_cast<MemoAgentFunction *> (fetch), "describe-outcome",
                    G_CALLBACK (+[] (MemoAgentFunction *, MemoEntry *entry, gpointer) -> char * {
    return g_strdup (strchr (memo_entry_get_string (entry), ':'));
  }), nullptr);
  EXPECT_EQ (calls_until_loop (session_, fetch), 6);
}

/* --- what is done --- */

TEST_F (AgentLoopActionsTest, TheSignalHasTheLoop)
{
  int emitted = 0;

  on_loop (session_, [&] (MemoAgentLoop *loop) {
    emitted++;
    EXPECT_EQ (memo_agent_loop_get_detector (loop), MEMO_AGENT_DETECTOR_REPEAT);
    EXPECT_STREQ (memo_agent_loop_get_tool (loop), "read");
    EXPECT_EQ (memo_agent_loop_get_count (loop), 6u);
    EXPECT_THAT (texts (memo_agent_loop_get_cycle (loop)), ElementsAre ("read"));
    EXPECT_EQ (memo_agent_loop_get_action (loop), MEMO_AGENT_LOOP_ACTION_RAISE);
  });
  calls_until_loop (session_, read_);
  EXPECT_EQ (emitted, 1);
  done (session_, read_);
  EXPECT_EQ (emitted, 2);
}

TEST_F (AgentLoopActionsTest, AWarningIsLoggedOnceAStreak)
{
  memo_agent_cache_session_set_on_loop (session_.get (), MEMO_AGENT_LOOP_ACTION_WARN);
  for (int i = 0; i < 5; i++)
    done (session_, read_);
  EXPECT_THAT (complaints_of ([&] {
    for (int i = 0; i < 5; i++)
      EXPECT_THAT (done (session_, read_), GotText ("text"));
  }), ElementsAre (AllOf (HasSubstr ("“test”"), HasSubstr ("repeat"), HasSubstr ("count 6"))));
  done (session_, read_, "(1,)");
  for (int i = 0; i < 5; i++)
    EXPECT_THAT (complaints_of ([&] { done (session_, read_); }), IsEmpty ());
  EXPECT_THAT (complaints_of ([&] { done (session_, read_); }), ElementsAre (HasSubstr ("count 6")))
    << "that is another streak";
}

TEST_F (AgentLoopActionsTest, AShortCircuitGivesWhatIsThere)
{
  memo_agent_cache_session_set_on_loop (session_.get (), MEMO_AGENT_LOOP_ACTION_SHORT_CIRCUIT);
  EXPECT_EQ (calls_until_loop (session_, read_), 0);
  EXPECT_EQ (read_.count (), 1);
  EXPECT_GT (metrics (session_)->loop_detections, 100u);
}

TEST_F (AgentLoopActionsTest, AShortCircuitWithNothingThereIsAnError)
{
  Options options = global ();

  options.ttl = 0.0;
  Tool fetch (agent (), "fetch", options);
  AgentChange add (agent (), "add");

  fetch.answers ("text");
  add.answers ("done");
  memo_agent_cache_session_set_on_loop (session_.get (), MEMO_AGENT_LOOP_ACTION_SHORT_CIRCUIT);
  EXPECT_EQ (calls_until_loop (session_, fetch), 6);
  EXPECT_EQ (fetch.count (), 5);
  EXPECT_EQ (calls_until_loop (session_, add), 11);
}

TEST_F (AgentLoopActionsTest, AShortCircuitNeverGivesWhatWasChanged)
{
  AgentChange write (agent (), "write", of_session ({ "other" }));

  memo_agent_cache_session_set_on_loop (session_.get (), MEMO_AGENT_LOOP_ACTION_SHORT_CIRCUIT);
  for (int i = 0; i < 8; i++)
    EXPECT_THAT (done (session_, read_), GotText ("text"));
  memo_decorator_clear (read_);
  EXPECT_THAT (done (session_, read_), GotLoop ()) << "nothing is live, so nothing is given";
}

TEST_F (AgentLoopActionsTest, AHandlerMaySayOtherwise)
{
  int emitted = 0;

  on_loop (session_, [&] (MemoAgentLoop *loop) {
    emitted++;
    memo_agent_loop_set_action (loop, MEMO_AGENT_LOOP_ACTION_SHORT_CIRCUIT);
  });
  EXPECT_EQ (calls_until_loop (session_, read_, 10), 0);
  EXPECT_EQ (emitted, 5);
}

TEST_F (AgentLoopActionsTest, AHandlerMayDoAnything)
{
  std::shared_ptr<Got> inner;

  on_loop (session_, [&] (MemoAgentLoop *) {
    memo_agent_cache_session_mark_progress (session_.get ());
    inner = call (session_, read_, "('inner',)");
    memo_agent_cache_session_close (session_.get ());
    session_.reset ();
  });
  for (int i = 0; i < 5; i++)
    done (session_, read_);

  auto got = call (share (session_.get ()), read_);

  turn ();
  EXPECT_THAT (got, GotLoop ());
  EXPECT_THAT (inner, GotError (MEMO_ERROR, MEMO_ERROR_CLOSED));
}

TEST_F (AgentLoopActionsTest, WhoIsLetGoOnInASessionThatWasClosedIsTold)
{
  on_loop (session_, [&] (MemoAgentLoop *loop) {
    memo_agent_loop_set_action (loop, MEMO_AGENT_LOOP_ACTION_WARN);
    memo_agent_cache_session_close (session_.get ());
  });
  for (int i = 0; i < 5; i++)
    done (session_, read_);
  complaints_of ([&] { last_ = done (session_, read_); });
  EXPECT_THAT (last_, GotError (MEMO_ERROR, MEMO_ERROR_CLOSED));
}

TEST_F (AgentLoopActionsTest, AllCallsCountForTheBudget)
{
  AgentChange add (agent (), "add");

  add.answers ("done");
  memo_agent_cache_session_set_max_calls (session_.get (), 3);
  done (session_, read_);
  done (session_, read_);
  done (session_, add);

  auto got = done (session_, read_);

  EXPECT_THAT (got, GotLoop ());
  EXPECT_THAT (got->error->message, AllOf (HasSubstr ("budget"), HasSubstr ("count 4")));
  memo_agent_cache_session_set_max_calls (session_.get (), 4);
  EXPECT_THAT (done (session_, read_), GotText ("text"));
}

TEST_F (AgentLoopActionsTest, PollsHaveABudgetOfTheirOwn)
{
  Options options = global ();

  options.poll = true;
  Tool status (agent (), "status", options);
  status.answers ("working");
  EXPECT_EQ (calls_until_loop (session_, status), 101);
  memo_agent_cache_session_set_max_polls (session_.get (), 120);
  EXPECT_EQ (calls_until_loop (session_, status), 21);
}

TEST_F (AgentLoopActionsTest, LoopsAreCountedByToolBySessionAndInAll)
{
  Tool other (agent (), "other");

  other.answers ("text");
  calls_until_loop (session_, read_);
  done (session_, read_);
  calls_until_loop (session_, other);
  EXPECT_EQ (read_.metrics ()->loop_detections, 2u);
  EXPECT_EQ (other.metrics ()->loop_detections, 1u);
  EXPECT_EQ (metrics (session_)->loop_detections, 3u);
  EXPECT_EQ (Metrics (memo_agent_cache_get_metrics (agent ()))->loop_detections, 3u);
}

TEST_F (AgentLoopActionsTest, SettingsAreKeptAndNotified)
{
  int notified = 0;

  g_signal_connect (session_.get (), "notify", G_CALLBACK (+[] (GObject *, GParamSpec *, gpointer data) {
    ++*static_cast<int *> (data);
  }), &notified);
  g_object_set (session_.get (), "loop-detection", MEMO_AGENT_LOOP_DETECTION_ARGS, "max-tool-repeats", 2,
                "max-execution-depth", 3, "max-calls", 40, "max-polls", 5, "on-loop", MEMO_AGENT_LOOP_ACTION_WARN,
                nullptr);
  EXPECT_EQ (notified, 6);
  g_object_set (session_.get (), "max-polls", 5, nullptr);
  EXPECT_EQ (notified, 6);
  EXPECT_EQ (memo_agent_cache_session_get_loop_detection (session_.get ()), MEMO_AGENT_LOOP_DETECTION_ARGS);
  EXPECT_EQ (memo_agent_cache_session_get_max_tool_repeats (session_.get ()), 2u);
  EXPECT_EQ (memo_agent_cache_session_get_max_execution_depth (session_.get ()), 3u);
  EXPECT_EQ (memo_agent_cache_session_get_max_calls (session_.get ()), 40u);
  EXPECT_EQ (memo_agent_cache_session_get_max_polls (session_.get ()), 5u);
  EXPECT_EQ (memo_agent_cache_session_get_on_loop (session_.get ()), MEMO_AGENT_LOOP_ACTION_WARN);
}

TEST_F (AgentLoopActionsTest, ByArgumentsOrNotAtAll)
{
  Options options = global ();

  options.ttl = 0.0;
  Tool fetch (agent (), "fetch", options);
  int n = 0;

  fetch.function.on_call = [&] (MemoCall *call) { memo_call_return_entry (call, memo_entry_new_int64 (n++)); };
  memo_agent_cache_session_set_loop_detection (session_.get (), MEMO_AGENT_LOOP_DETECTION_ARGS);
  EXPECT_EQ (calls_until_loop (session_, fetch), 6);
  memo_agent_cache_session_set_loop_detection (session_.get (), MEMO_AGENT_LOOP_DETECTION_OFF);
  EXPECT_EQ (calls_until_loop (session_, fetch), 0);
}

} // namespace
