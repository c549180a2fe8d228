// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/agent-test.hpp"
#include "support/memory-backend.hpp"

using namespace memo_test;

// Results that are for all, behind the memory of a process.

namespace {

class AgentTiersTest : public AgentTest, public ::testing::WithParamInterface<const char *>
{
protected:
  AgentTiersTest () { restart (); }

  // Another process, with the same tier.
  void restart ()
  {
    Ref<MemoAsyncCache> cache (MEMO_ASYNC_CACHE (g_object_new (MEMO_TYPE_ASYNC_CACHE, "clock", clock_.get (),
                                                               GetParam (), static_cast<MemoBackend *> (backend_),
                                                               nullptr)));

    agent_ = new_agent ("ada", MEMO_CACHE (cache.get ()));
  }

  // A tier holds something of this content.
  bool holds (AgentFunction &tool)
  {
    restart ();
    Tool again (agent (), memo_agent_function_get_name (tool));
    auto session = new_session ();

    return remembers (session, again);
  }

  MemoryBackend backend_ { Answers::at_once, MEMO_CLOCK (clock_.get ()) };
};

TEST_P (AgentTiersTest, AResultForAllOutlivesTheProcess)
{
  Tool read (agent (), "read");
  auto session = new_session ();

  EXPECT_FALSE (remembers (session, read));
  turn ();
  EXPECT_TRUE (holds (read));
}

TEST_P (AgentTiersTest, AResultOfASessionDoesNot)
{
  Tool cart (agent (), "cart", of_session ());
  auto session = new_session ();

  EXPECT_FALSE (remembers (session, cart));
  EXPECT_TRUE (remembers (session, cart));
  turn ();
  EXPECT_FALSE (holds (cart));
}

TEST_P (AgentTiersTest, Rule18AChangeReachesTheTierBeforeItIsAnswered)
{
  Tool read (agent (), "read", global ({ "file" }));
  AgentChange write (agent (), "write", global ({ "file" }));
  auto session = new_session ();

  EXPECT_FALSE (remembers (session, read));
  turn ();
  write.answers ("done");
  EXPECT_THAT (done (session, write), GotText ("done"));
  EXPECT_FALSE (holds (read));
}

TEST_P (AgentTiersTest, Rule18NothingReachesTheTierDuringAChange)
{
  Tool read (agent (), "read", global ({ "file" }));
  AgentChange write (agent (), "write", global ({ "file" }));
  auto session = new_session ();
  auto changed = call (session, write);

  turn ();
  EXPECT_EQ (write.count (), 1);
  EXPECT_FALSE (remembers (session, read));
  write.function.answer ("done");
  turn ();
  EXPECT_THAT (changed, GotText ("done"));
  EXPECT_FALSE (holds (read));
}

TEST_P (AgentTiersTest, AHitInTheTierIsACallThatIsNoLoad)
{
  Tool read (agent (), "read");
  auto session = new_session ();

  remembers (session, read);
  turn ();
  restart ();

  Tool again (agent (), "read");
  auto later = new_session ();

  for (int i = 0; i < 5; i++)
    EXPECT_TRUE (remembers (later, again));
  EXPECT_THAT (done (later, again), GotLoop ());
  EXPECT_EQ (again.metrics ()->loads, 0u);
  EXPECT_EQ (again.metrics ()->misses, 1u);
}

INSTANTIATE_TEST_SUITE_P (, AgentTiersTest, ::testing::Values ("backup", "remote-cache"),
                          [] (auto &info) { return info.param[0] == 'b' ? "Backup" : "RemoteCache"; });

} // namespace
