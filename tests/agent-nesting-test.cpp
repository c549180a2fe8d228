// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/agent-test.hpp"

using namespace memo_test;
using ::testing::HasSubstr;

// Tools that call tools, by the handle that their functions are given.

namespace {

class AgentNestingTest : public AgentTest
{
protected:
  // Has a function call another when it is called, and answer with what that answers.
  void forwards (AgentFunction &from, AgentFunction &to, std::string arguments = "()")
  {
    from.function.on_call = [this, &to, arguments] (MemoCall *parent) {
      auto session = adopt (memo_call_dup_agent_session (parent));

      struct Data { Ref<MemoCall> parent; };
      GClosure *closure = g_cclosure_new (G_CALLBACK (+[] (MemoAgentCacheSession *session, GAsyncResult *result, gpointer data) {
        Error error;
        Entry entry (memo_agent_cache_session_call_finish (session, result, ErrorOut (error)));
        auto parent = static_cast<Data *> (data)->parent.get ();

        if (error != nullptr)
          memo_call_return_error (parent, error.release ());
        else
          memo_call_return_entry (parent, entry.release ());
      }), new Data { share (parent) }, [] (gpointer data, GClosure *) { delete static_cast<Data *> (data); });

      depth_++;
      memo_agent_cache_session_call_with_closure (session.get (), to, parsed (arguments.c_str ()).get (), parent,
                                                  MEMO_GET_NONE, nullptr, closure);
    };
  }

  int depth_ = 0;
};

TEST_F (AgentNestingTest, AToolKnowsItsSession)
{
  Tool read (agent (), "read");
  auto session = new_session ();
  auto got = call (session, read), alone = call_alone (read, "(1,)");

  turn ();
  EXPECT_EQ (adopt (memo_call_dup_agent_session (read.function.next ().get ())), session);
  EXPECT_EQ (memo_call_dup_agent_session (read.function.next ().get ()), nullptr);
  turn ();
}

TEST_F (AgentNestingTest, AToolMayCallAnother)
{
  Tool report (agent (), "report"), read (agent (), "read");
  auto session = new_session ();

  read.answers ("text");
  forwards (report, read);
  EXPECT_THAT (done (session, report), GotText ("text"));
}

TEST_F (AgentNestingTest, WhatIsMadeOfAResultGoesWithIt)
{
  Tool report (agent (), "report"), summary (agent (), "summary"), read (agent (), "read", global ({ "file" }));
  AgentChange write (agent (), "write", global ({ "file" }));
  auto session = new_session ();

  read.answers ("text");
  write.answers ("done");
  forwards (summary, read);
  forwards (report, summary);
  EXPECT_THAT (done (session, report), GotText ("text"));
  EXPECT_TRUE (remembers (session, report));
  done (session, write);
  read.answers ("new");
  EXPECT_THAT (done (session, report), GotText ("new"));
}

TEST_F (AgentNestingTest, Rule15WhatIsBeingMadeOfAChangedResultIsNotKept)
{
  Tool report (agent (), "report", of_session ()), read (agent (), "read", of_session ({ "file" }));
  AgentChange write (agent (), "write", of_session ({ "file" }));
  auto session = new_session ();

  forwards (report, read);
  write.answers ("done");

  auto got = call (session, report);

  turn ();
  auto changed = call (session, write);
  turn ();
  read.function.answer ("old");
  turn ();
  EXPECT_THAT (got, GotText ("old"));
  read.answers ("new");
  EXPECT_THAT (done (session, report), GotText ("new"));
}

TEST_F (AgentNestingTest, WhatIsForAllIsNotMadeOfOneSessionsData)
{
  Tool report (agent (), "report"), middle (agent (), "middle", of_session ()), cart (agent (), "cart", of_session ());
  auto session = new_session ();

  cart.answers ("mine");
  forwards (report, cart);

  auto got = done (session, report);

  EXPECT_THAT (got, GotError (MEMO_ERROR, MEMO_ERROR_NO_SESSION));
  EXPECT_THAT (got->error->message, HasSubstr ("“report”"));
  EXPECT_EQ (cart.count (), 0);
  forwards (middle, cart);
  EXPECT_THAT (done (session, middle), GotText ("mine"));
}

TEST_F (AgentNestingTest, ACallThatWouldWaitForItselfIsRefusedAtOnce)
{
  Tool a (agent (), "a"), b (agent (), "b", of_session ()), c (agent (), "c");
  auto session = new_session ();

  forwards (a, c);
  forwards (c, a);

  auto got = done (session, a);

  EXPECT_THAT (got, GotLoop ());
  EXPECT_THAT (got->error->message, HasSubstr ("nesting"));
  EXPECT_THAT (got->error->message, HasSubstr ("cycle “a, c”"));
  EXPECT_EQ (depth_, 2);
  forwards (b, b);
  EXPECT_THAT (done (session, b), GotLoop ());
}

TEST_F (AgentNestingTest, AlsoWhenNobodyLooksForLoops)
{
  Tool a (agent (), "a"), b (agent (), "b");
  auto off = new_session (), warned = new_session ();

  memo_agent_cache_session_set_loop_detection (off.get (), MEMO_AGENT_LOOP_DETECTION_OFF);
  memo_agent_cache_session_set_on_loop (warned.get (), MEMO_AGENT_LOOP_ACTION_WARN);
  forwards (a, b);
  forwards (b, a);
  EXPECT_THAT (done (off, a), GotError (MEMO_ERROR, MEMO_ERROR_RECURSION));
  EXPECT_THAT (complaints_of ([&] {
    EXPECT_THAT (done (warned, a), GotError (MEMO_ERROR, MEMO_ERROR_RECURSION));
  }), ::testing::ElementsAre (HasSubstr ("nesting")));
}

TEST_F (AgentNestingTest, OtherArgumentsAreAnotherCall)
{
  Tool fib (agent (), "fib");
  auto session = new_session ();

  fib.function.on_call = [&] (MemoCall *call) {
    gint32 n;

    g_variant_get (memo_call_get_args (call), "(i)", &n);
    if (n == 0)
      {
        memo_call_return_entry (call, memo_entry_new_string ("0"));
        return;
      }
    auto session = adopt (memo_call_dup_agent_session (call));
    GClosure *closure = g_cclosure_new (G_CALLBACK (+[] (MemoAgentCacheSession *session, GAsyncResult *result, gpointer data) {
      Error error;
      Entry entry (memo_agent_cache_session_call_finish (session, result, ErrorOut (error)));

      if (error != nullptr)
        memo_call_return_error (MEMO_CALL (data), error.release ());
      else
        memo_call_return_entry (MEMO_CALL (data), entry.release ());
    }), g_object_ref (call), [] (gpointer data, GClosure *) { g_object_unref (data); });

    memo_agent_cache_session_call_with_closure (session.get (), fib, g_variant_new ("(i)", n - 1), call,
                                                MEMO_GET_NONE, nullptr, closure);
  };
  EXPECT_THAT (done (session, fib, "(49,)"), GotText ("0")) << "fifty deep";
  memo_decorator_clear (fib);

  auto got = done (session, fib, "(50,)");

  EXPECT_THAT (got, GotLoop ()) << "and one more";
  EXPECT_THAT (got->error->message, HasSubstr ("count 51"));
}

TEST_F (AgentNestingTest, CallsSideBySideAddNoDepth)
{
  Tool all (agent (), "all"), one (agent (), "one");
  auto session = new_session ();
  int left = 200;

  memo_agent_cache_session_set_max_execution_depth (session.get (), 2);
  one.answers ("text");
  all.function.on_call = [&] (MemoCall *parent) {
    for (int i = 0; i < 200; i++)
      {
        struct Data { Ref<MemoCall> parent; int *left; };
        GClosure *closure = g_cclosure_new (G_CALLBACK (+[] (MemoAgentCacheSession *session, GAsyncResult *result, gpointer data) {
          Error error;
          Entry entry (memo_agent_cache_session_call_finish (session, result, ErrorOut (error)));

          EXPECT_EQ (error, nullptr);
          if (--*static_cast<Data *> (data)->left == 0)
            memo_call_return_entry (static_cast<Data *> (data)->parent.get (), entry.release ());
        }), new Data { share (parent), &left }, [] (gpointer data, GClosure *) { delete static_cast<Data *> (data); });

        memo_agent_cache_session_call_with_closure (session.get (), one, g_variant_new ("(i)", i), parent,
                                                    MEMO_GET_NONE, nullptr, closure);
      }
  };
  EXPECT_THAT (done (session, all), GotText ("text"));
}

TEST_F (AgentNestingTest, TheDepthGoesThroughSessions)
{
  Tool outer (agent (), "outer"), inner (agent (), "inner", of_session ());
  auto session = new_session (), own = new_session ();
  std::shared_ptr<Got> got;

  inner.answers ("text");
  memo_agent_cache_session_set_max_execution_depth (own.get (), 1);
  outer.function.on_call = [&] (MemoCall *parent) {
    got = call (own, inner, "()", parent);
    memo_call_return_nothing (parent);
  };
  done (session, outer);
  EXPECT_THAT (got, GotLoop ()) << "a tool's own session is called by the tool";
  memo_agent_cache_session_set_max_execution_depth (own.get (), 2);
  memo_decorator_clear (outer);
  done (session, outer);
  EXPECT_THAT (got, GotText ("text")) << "and its data is the tool's";
}

TEST_F (AgentNestingTest, AParentMustBeACallOfAnAgent)
{
  Tool read (agent (), "read");
  auto session = new_session ();
  ScriptedLoader loader;
  auto cache = new_cache ();
  auto got = get (MEMO_CACHE (cache.get ()), "key", loader);

  turn ();
  auto wrong = done (session, read, "()", loader.front ());

  EXPECT_THAT (wrong, GotError (MEMO_ERROR, MEMO_ERROR_FAILED));
  loader.answer ("value");
  turn ();
}

TEST_F (AgentNestingTest, AChangeMayReadAndAReadMayChange)
{
  Tool cart (agent (), "cart", global ({ "cart" })), refill (agent (), "refill");
  AgentChange add (agent (), "add", global ({ "cart" }));
  auto session = new_session ();

  cart.answers ("cart");
  forwards (add, cart);
  EXPECT_THAT (done (session, add), GotText ("cart"));
  forwards (refill, add);
  EXPECT_THAT (done (session, refill), GotText ("cart"));
}

TEST_F (AgentNestingTest, WhatOthersWaitForDoesNotEndWithTheSessionThatAskedFirst)
{
  Tool report (agent (), "report"), read (agent (), "read");
  auto one = new_session ("one"), two = new_session ("two");
  auto first = call (one, report), other = call (two, report);

  turn ();
  read.answers ("text");

  auto parent = report.function.next ();
  auto asked_in = adopt (memo_call_dup_agent_session (parent.get ()));

  EXPECT_EQ (asked_in, one);
  memo_agent_cache_session_close (one.get ());
  turn ();
  EXPECT_THAT (done (asked_in, read, "()", parent.get ()), GotText ("text"));
  memo_call_return_entry (parent.get (), memo_entry_new_string ("report"));
  turn ();
  EXPECT_THAT (other, GotText ("report"));
  EXPECT_THAT (first, GotError (MEMO_ERROR, MEMO_ERROR_CLOSED));
}

TEST_F (AgentNestingTest, WhatNobodyWaitsForEndsWithItsSession)
{
  Tool report (agent (), "report"), read (agent (), "read");
  auto session = new_session ();
  auto got = call (session, report);

  turn ();
  auto parent = report.function.next ();

  memo_agent_cache_session_close (session.get ());
  turn ();
  EXPECT_THAT (done (session, read, "()", parent.get ()), GotError (MEMO_ERROR, MEMO_ERROR_CLOSED));
}

} // namespace
