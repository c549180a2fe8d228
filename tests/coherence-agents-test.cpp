// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/agent-test.hpp"
#include "support/coherence-test.hpp"

using namespace memo_test;

namespace {

// The tools of agents in two processes that share a server: what an agent changes in one of them, an agent in the other reads anew.
class CoherenceAgentsTest : public AgentTest
{
protected:
  // A process: a link, a cache, an agent, and its tools.
  struct Process
  {
    explicit Process (CoherenceAgentsTest &test)
      : link (test.server_, test.clock_.get ()),
        cache (adopt (MEMO_ASYNC_CACHE (g_object_new (MEMO_TYPE_ASYNC_CACHE, "clock", test.clock_.get (), "remote-cache",
                                                      static_cast<MemoBackend *> (link), nullptr)))),
        agent (test.new_agent ("ada", MEMO_CACHE (cache.get ()))),
        read (agent.get (), "read_file", global ({ "file:{0}" })),
        write (agent.get (), "write_file", global ({ "file:{0}" })),
        session (adopt (memo_agent_cache_session_new (agent.get (), "test")))
    {
    }

    ScriptedLink                link;
    Ref<MemoAsyncCache>         cache;
    Ref<MemoAgentCache>         agent;
    Tool                        read;
    AgentChange                 write;
    Ref<MemoAgentCacheSession>  session;
  };

  void settle ()
  {
    for (int i = 0; i < 20; i++)
      {
        a_.link.settle ();
        b_.link.settle ();
        turn ();
      }
  }

  // What a call of the tool is answered; SOURCE is what the file has.
  std::string read (Process &process, const char *arguments, const char *source)
  {
    const int before = process.read.count ();
    auto got = call (process.session, process.read, arguments);

    settle ();
    if (process.read.count () > before)
      process.read.function.answer (source);
    settle ();
    EXPECT_EQ (got->callbacks, 1);
    return got->entry != nullptr ? memo_entry_get_string (got->entry.get ()) : "nothing";
  }

  ScriptedServer server_ { clock_.get () };
  Process        a_ { *this };
  Process        b_ { *this };
};

TEST_F (CoherenceAgentsTest, AToolIsCalledInOneProcess)
{
  auto a = call (a_.session, a_.read, "('notes',)");
  auto b = call (b_.session, b_.read, "('notes',)");
  settle ();
  ASSERT_EQ (a_.read.count () + b_.read.count (), 1);
  (a_.read.count () > 0 ? a_ : b_).read.function.answer ("text");
  settle ();
  EXPECT_THAT (a, GotText ("text"));
  EXPECT_THAT (b, GotText ("text"));
}

TEST_F (CoherenceAgentsTest, AChangeIsSeenByTheOtherProcess)
{
  EXPECT_EQ (read (a_, "('notes',)", "old"), "old");
  EXPECT_EQ (read (b_, "('notes',)", "not this"), "old");
  EXPECT_EQ (read (b_, "('other',)", "other"), "other");

  auto changed = call (a_.session, a_.write, "('notes',)");
  settle ();
  ASSERT_EQ (a_.write.count (), 1);
  a_.write.function.answer ("written");
  settle ();
  EXPECT_THAT (changed, GotText ("written"));
  EXPECT_EQ (read (b_, "('notes',)", "new"), "new");
  EXPECT_EQ (read (a_, "('notes',)", "not this"), "new");
  EXPECT_EQ (read (b_, "('other',)", "not this"), "other") << "another file";
}

TEST_F (CoherenceAgentsTest, WhatIsReadDuringAChangeIsKeptNowhere)
{
  EXPECT_EQ (read (b_, "('notes',)", "old"), "old");
  auto changed = call (a_.session, a_.write, "('notes',)");
  settle ();
  ASSERT_EQ (a_.write.count (), 1);
  EXPECT_EQ (read (b_, "('notes',)", "half of it"), "half of it");
  a_.write.function.answer ("written");
  settle ();
  EXPECT_THAT (changed, GotText ("written"));
  EXPECT_EQ (read (b_, "('notes',)", "new"), "new");
}

TEST_F (CoherenceAgentsTest, AStrictCacheRefusesAChangeThatItCannotTell)
{
  Warnings warnings;

  warnings.allow ();
  memo_async_cache_set_strict_changes (a_.cache.get (), TRUE);
  EXPECT_EQ (read (a_, "('notes',)", "old"), "old");
  a_.link.break_off ();
  auto changed = call (a_.session, a_.write, "('notes',)");
  settle ();
  EXPECT_EQ (a_.write.count (), 0) << "nothing was changed";
  EXPECT_EQ (changed->callbacks, 1);
  EXPECT_NE (changed->error, nullptr);
}

} // namespace
