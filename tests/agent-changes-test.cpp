// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/agent-test.hpp"

using namespace memo_test;
using ::testing::HasSubstr;

// What a change reaches: results that are there, and reads that are in flight.

namespace {

class AgentChangesTest : public AgentTest
{
protected:
  // A change, from its beginning to its answer.
  std::shared_ptr<Got> change (const Ref<MemoAgentCacheSession> &session, AgentFunction &function,
                               const char *arguments = "()")
  {
    function.answers ("done");
    auto got = call (session, function, arguments);
    turn ();
    EXPECT_THAT (got, GotText ("done"));
    return got;
  }
};

TEST_F (AgentChangesTest, AChangeDropsWhatReadsItsResource)
{
  Tool read (agent (), "read", global ({ "file:{path}" })), list (agent (), "list", global ({ "folder" }));
  AgentChange write (agent (), "write", global ({ "file:{path}" }));
  auto session = new_session ();

  for (auto path : { "({'path': <'a'>},)", "({'path': <'b'>},)" })
    remembers (session, read, path);
  remembers (session, list);
  change (session, write, "({'path': <'a'>, 'text': <'x'>},)");
  EXPECT_FALSE (remembers (session, read, "({'path': <'a'>},)"));
  EXPECT_TRUE (remembers (session, read, "({'path': <'b'>},)"));
  EXPECT_TRUE (remembers (session, list));
}

TEST_F (AgentChangesTest, APlainTextAndATemplateMeanTheSameResource)
{
  Tool read (agent (), "read", global ({ "cart:{0}" }));
  AgentChange clear (agent (), "clear", global ({ "cart:42" }));
  auto session = new_session ();

  remembers (session, read, "('42',)");
  remembers (session, read, "(int64 42,)");
  change (session, clear);
  EXPECT_FALSE (remembers (session, read, "('42',)"));
  EXPECT_FALSE (remembers (session, read, "(int64 42,)"));
}

TEST_F (AgentChangesTest, AGlobalChangeReachesAllSessionsAndWhatIsForAll)
{
  Tool cart (agent (), "cart", of_session ({ "cart" })), stock (agent (), "stock", global ({ "cart" }));
  AgentChange add (agent (), "add", global ({ "cart" }));
  auto one = new_session (), two = new_session ();

  remembers (one, cart);
  remembers (two, cart);
  remembers (one, stock);
  change (one, add);
  EXPECT_FALSE (remembers (one, cart));
  EXPECT_FALSE (remembers (two, cart));
  EXPECT_FALSE (remembers (one, stock));
}

TEST_F (AgentChangesTest, AChangeOfASessionReachesThatSessionAlone)
{
  Tool cart (agent (), "cart", of_session ({ "cart" })), stock (agent (), "stock", global ({ "cart" }));
  AgentChange add (agent (), "add", of_session ({ "cart" }));
  auto one = new_session (), two = new_session ();

  remembers (one, cart);
  remembers (two, cart);
  remembers (one, stock);
  change (one, add);
  EXPECT_FALSE (remembers (one, cart));
  EXPECT_TRUE (remembers (two, cart));
  EXPECT_TRUE (remembers (one, stock));
}

TEST_F (AgentChangesTest, WhatAChangeAnswersIsNotRemembered)
{
  AgentChange add (agent (), "add", global ({ "cart" }));
  auto session = new_session ();

  change (session, add);
  change (session, add);
  EXPECT_EQ (add.count (), 2);
}

TEST_F (AgentChangesTest, AChangeThatFailsDropsAsWell)
{
  Tool cart (agent (), "cart", global ({ "cart" }));
  AgentChange add (agent (), "add", global ({ "cart" }));
  auto session = new_session ();

  remembers (session, cart);
  add.fails ("no");
  EXPECT_THAT (done (session, add), GotError (G_IO_ERROR, G_IO_ERROR_FAILED));
  EXPECT_FALSE (remembers (session, cart));
}

TEST_F (AgentChangesTest, ResourcesThatSomebodyElseChangedAreDroppedByHand)
{
  Tool cart (agent (), "cart", of_session ({ "cart" })), stock (agent (), "stock", global ({ "stock:{0}" }));
  auto session = new_session ();

  remembers (session, cart);
  remembers (session, stock, "(1,)");
  remembers (session, stock, "(2,)");
  memo_agent_cache_invalidate_resources (agent (), Tags { "cart", "stock:1" });
  EXPECT_FALSE (remembers (session, cart));
  EXPECT_FALSE (remembers (session, stock, "(1,)"));
  EXPECT_TRUE (remembers (session, stock, "(2,)"));
}

TEST_F (AgentChangesTest, AToolSaysWhatElseItReads)
{
  Tool global_search (agent (), "search"), own_search (agent (), "own", of_session ());
  AgentChange write (agent (), "write", global ({ "file:{0}" })), note (agent (), "note", of_session ({ "file:{0}" }));
  auto session = new_session ();
  auto search = [] (MemoCall *call) {
    memo_call_add_resources (call, Tags { "file:a", "file:b" });
    memo_call_return_entry (call, memo_entry_new_string ("found"));
  };

  global_search.function.on_call = search;
  own_search.function.on_call = search;
  for (auto *tool : { &global_search, &own_search })
    {
      done (session, *tool);
      EXPECT_TRUE (remembers (session, *tool));
    }
  change (session, write, "('c',)");
  EXPECT_TRUE (remembers (session, global_search));
  change (session, note, "('b',)");
  EXPECT_TRUE (remembers (session, global_search));
  EXPECT_FALSE (remembers (session, own_search));
  change (session, write, "('b',)");
  EXPECT_FALSE (remembers (session, global_search));
  EXPECT_FALSE (remembers (session, own_search));
}

/* --- what is in flight --- */

// The scopes of a read and of a change of it, in the same session or in another, and whether it reaches it.
struct Reach
{
  MemoAgentScope read, change;
  bool           same_session;
  bool           reaches;
};

void
PrintTo (const Reach &reach, std::ostream *os)
{
  *os << (reach.read == MEMO_AGENT_SCOPE_SESSION ? "a session's read, " : "a read for all, ")
      << (reach.change == MEMO_AGENT_SCOPE_SESSION ? "a session's change, " : "a change for all, ")
      << (reach.same_session ? "one session" : "two sessions");
}

class AgentBracketsTest : public AgentChangesTest, public ::testing::WithParamInterface<Reach>
{
protected:
  AgentBracketsTest ()
  {
    Options read = global ({ "cart" }), change = global ({ "cart" });

    read.scope = GetParam ().read;
    change.scope = GetParam ().change;
    cart_.reset (new Tool (agent (), "cart", read));
    add_.reset (new AgentChange (agent (), "add", change));
    reader_ = new_session ("reader");
    writer_ = GetParam ().same_session ? share (reader_.get ()) : new_session ("writer");
  }

  std::unique_ptr<Tool>        cart_;
  std::unique_ptr<AgentChange> add_;
  Ref<MemoAgentCacheSession>   reader_, writer_;
  const bool                   reached_ = GetParam ().reaches;
};

TEST_P (AgentBracketsTest, Rule18AReadBeforeTheChangeIsNotKept)
{
  auto read = call (reader_, *cart_);

  turn ();
  auto changed = call (writer_, *add_);
  turn ();
  cart_->function.answer ("old");
  add_->function.answer ("done");
  turn ();
  EXPECT_THAT (read, GotText ("old"));
  EXPECT_THAT (changed, GotText ("done"));
  EXPECT_EQ (remembers (reader_, *cart_), !reached_);
}

TEST_P (AgentBracketsTest, Rule18AReadThatOutlivesTheChangeIsNotKept)
{
  auto read = call (reader_, *cart_);

  turn ();
  auto changed = call (writer_, *add_);
  turn ();
  add_->function.answer ("done");
  turn ();
  EXPECT_THAT (changed, GotText ("done"));
  cart_->function.answer ("old");
  turn ();
  EXPECT_THAT (read, GotText ("old"));
  EXPECT_EQ (remembers (reader_, *cart_), !reached_);
}

TEST_P (AgentBracketsTest, Rule18AReadDuringTheChangeIsNotKept)
{
  auto changed = call (writer_, *add_);

  turn ();
  auto read = call (reader_, *cart_);
  turn ();
  cart_->function.answer ("old");
  turn ();
  EXPECT_THAT (read, GotText ("old"));
  EXPECT_EQ (remembers (reader_, *cart_), !reached_) << "the change is under way";
  add_->function.answer ("done");
  turn ();
  EXPECT_THAT (changed, GotText ("done"));
}

TEST_P (AgentBracketsTest, Rule18AReadThatBeganDuringTheChangeIsNotKeptAfterIt)
{
  auto changed = call (writer_, *add_);

  turn ();
  auto read = call (reader_, *cart_);
  turn ();
  add_->function.answer ("done");
  turn ();
  cart_->function.answer ("old");
  turn ();
  EXPECT_THAT (read, GotText ("old"));
  EXPECT_THAT (changed, GotText ("done"));
  EXPECT_EQ (remembers (reader_, *cart_), !reached_);
}

TEST_P (AgentBracketsTest, Rule18WhoAsksAfterTheChangeJoinsNoReadFromBeforeIt)
{
  auto read = call (reader_, *cart_);

  turn ();
  auto changed = call (writer_, *add_);
  turn ();
  add_->function.answer ("done");
  turn ();

  auto later = call (reader_, *cart_);

  turn ();
  EXPECT_EQ (cart_->count (), reached_ ? 2 : 1);
  cart_->function.answer ("old");
  turn ();
  EXPECT_THAT (read, GotText ("old"));
  if (reached_)
    {
      cart_->function.answer ("new");
      turn ();
    }
  EXPECT_THAT (later, GotText (reached_ ? "new" : "old"));
  EXPECT_TRUE (remembers (reader_, *cart_));
}

TEST_P (AgentBracketsTest, Rule18ACancelledChangeHoldsItsBracketOpen)
{
  auto cancellable = adopt (g_cancellable_new ());
  auto changed = call (writer_, *add_, "()", nullptr, MEMO_GET_NONE, cancellable.get ());

  turn ();
  g_cancellable_cancel (cancellable.get ());
  turn ();
  EXPECT_THAT (changed, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  remembers (reader_, *cart_);
  EXPECT_EQ (remembers (reader_, *cart_), !reached_);
  add_->function.answer ("done");
  turn ();
  remembers (reader_, *cart_);
  EXPECT_TRUE (remembers (reader_, *cart_));
}

TEST_P (AgentBracketsTest, Rule18TheChangeOfAClosedSessionGoesOnToItsEnd)
{
  auto changed = call (writer_, *add_);

  turn ();
  memo_agent_cache_session_close (writer_.get ());
  turn ();
  EXPECT_THAT (changed, GotError (MEMO_ERROR, MEMO_ERROR_CLOSED));
  if (GetParam ().same_session)
    {
      add_->function.answer ("done");
      turn ();
      return;
    }
  remembers (reader_, *cart_);
  EXPECT_EQ (remembers (reader_, *cart_), !reached_) << "the function has not answered";
  add_->function.answer ("done");
  turn ();
  remembers (reader_, *cart_);
  EXPECT_TRUE (remembers (reader_, *cart_));
}

constexpr MemoAgentScope G = MEMO_AGENT_SCOPE_GLOBAL, S = MEMO_AGENT_SCOPE_SESSION;

INSTANTIATE_TEST_SUITE_P (, AgentBracketsTest,
                          ::testing::Values (Reach { G, G, true, true }, Reach { G, G, false, true },
                                             Reach { S, G, true, true }, Reach { S, G, false, true },
                                             Reach { S, S, true, true }, Reach { S, S, false, false },
                                             Reach { G, S, true, false }, Reach { G, S, false, false }));

} // namespace
