// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/batch-test.hpp"

using namespace memo_test;
using ::testing::ElementsAre;

// A batch loader whose answers may take a second.
class BatchTimeoutsTest : public BatchTest
{
protected:
  BatchTimeoutsTest () { memo_loader_set_timeout (batch_, 1.0); }
};

TEST_F (BatchTimeoutsTest, Rule10EachKeyTimesOutAtItsOwnTime)
{
  auto a = ask ("a");
  advance (0.002);
  auto b = ask ("b");
  advance (0.003);
  turn ();
  auto call = batch_.next ();

  advance (0.994999);
  turn ();
  EXPECT_THAT (a, IsPending ());
  advance (0.000001);
  turn ();
  EXPECT_THAT (a, GotError (G_IO_ERROR, G_IO_ERROR_TIMED_OUT)) << "a second after it was asked for";
  EXPECT_THAT (b, IsPending ());
  EXPECT_FALSE (is_cancelled (call.get ())) << "somebody waits for b";

  Complaints complaints;
  ScriptedBatch::answer_all (call.get ());
  turn ();
  EXPECT_THAT (b, GotText ("b"));
  EXPECT_FALSE (contains ("a")) << "it came too late";
}

TEST_F (BatchTimeoutsTest, Rule10TheCallIsCancelledWhenAllKeysAreOutOfTime)
{
  auto all = leave ({ "a", "b" });
  auto call = batch_.next ();
  advance (1.0);
  turn ();
  EXPECT_THAT (all[0], GotError (G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
  EXPECT_THAT (all[1], GotError (G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
  EXPECT_TRUE (is_cancelled (call.get ()));
  EXPECT_EQ (metrics ()->load_failures, 2u);

  Complaints complaints;
  ScriptedBatch::answer_all (call.get ());
  turn ();
  EXPECT_FALSE (contains ("a"));
}

TEST_F (BatchTimeoutsTest, Rule10WhatWasAnsweredInTimeDoesNotTimeOut)
{
  auto all = leave ({ "a", "b" });
  auto call = batch_.next ();
  answer (call.get (), "a", "value");
  advance (1.0);
  turn ();

  EXPECT_THAT (all[0], GotText ("value"));
  EXPECT_THAT (all[1], GotError (G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
  EXPECT_TRUE (is_cancelled (call.get ()));
  EXPECT_EQ (metrics ()->load_failures, 1u);
}

TEST_F (BatchTimeoutsTest, Rule10AKeyThatTimedOutIsLoadedAnew)
{
  leave ({ "a" });
  advance (1.0);
  turn ();
  auto again = leave ({ "a" });
  ASSERT_EQ (batch_.count (), 2);
  batch_.next ();
  batch_.answer_all ();
  turn ();
  EXPECT_THAT (again[0], GotText ("a"));
}

TEST_F (BatchTimeoutsTest, Rule10TheTimeInTheWindowCounts)
{
  set_window (2000);
  auto a = ask ("a");
  advance (0.5);
  auto b = ask ("b");
  advance (0.5);
  turn ();
  EXPECT_THAT (a, GotError (G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
  EXPECT_THAT (b, IsPending ());
  auto c = ask ("c");
  advance (0.5);
  turn ();
  EXPECT_THAT (b, GotError (G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
  advance (0.499999);
  turn ();
  EXPECT_THAT (c, IsPending ());
  EXPECT_EQ (batch_.count (), 0);
  EXPECT_EQ (metrics ()->load_failures, 0u) << "nothing was loaded";
}

TEST_F (BatchTimeoutsTest, Rule10AKeyThatTimedOutInTheWindowIsNotInTheBatch)
{
  set_window (1200);
  auto a = ask ("a");
  advance (0.5);
  auto b = ask ("b");
  advance (0.7);
  turn ();

  EXPECT_THAT (a, GotError (G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
  ASSERT_THAT (batch_.asked (), ElementsAre (Keys { "b" }));
  batch_.answer_all ();
  turn ();
  EXPECT_THAT (b, GotText ("b"));
}

TEST_F (BatchTimeoutsTest, Rule10NothingIsCalledWhenAllKeysTimedOutInTheWindow)
{
  set_window (2000);
  auto a = ask ("a");
  advance (2.0);
  turn ();
  EXPECT_THAT (a, GotError (G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
  EXPECT_EQ (batch_.count (), 0);
}

TEST_F (BatchTimeoutsTest, Rule10ANewBatchIsNotCancelledForThoseWhoTimedOutBeforeIt)
{
  set_window (1200);
  ask ("a");
  advance (1.0);
  turn ();
  memo_loader_set_timeout (batch_, 0.0);
  auto b = ask ("b");
  advance (0.2);
  turn ();
  advance (1.0);
  turn ();

  ASSERT_THAT (batch_.asked (), ElementsAre (Keys { "b" }));
  EXPECT_FALSE (is_cancelled (batch_.front ())) << "somebody waits for it";
}

TEST_F (BatchTimeoutsTest, Rule19AWindowThatEverybodyTimedOutOfIsClosed)
{
  set_window (1200);
  ask ("a");
  advance (1.0);
  turn ();
  memo_loader_set_timeout (batch_, 0.0);
  ask ("b");
  advance (1.199999);
  turn ();
  EXPECT_EQ (batch_.count (), 0) << "the window is that of b";
  advance (0.000001);
  turn ();
  EXPECT_THAT (batch_.asked (), ElementsAre (Keys { "b" }));
}

TEST_F (BatchTimeoutsTest, Rule09AWindowMovesFromWhereEverybodyTimedOut)
{
  Context openers;
  set_window (1200);
  auto a = ask_in (openers, "a");
  auto a_here = ask ("a");
  advance (0.5);
  auto b = ask ("b");
  advance (0.5);
  turn ();
  EXPECT_THAT (a_here, GotError (G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
  advance (0.2);
  turn ();

  EXPECT_THAT (batch_.asked (), ElementsAre (Keys { "b" })) << "nobody waits in the other context any more";
  EXPECT_THAT (b, IsPending ());
  openers.turn ();
  EXPECT_THAT (a, GotError (G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
}

TEST_F (BatchTimeoutsTest, Rule10ItTimesOutInWhicheverContextTurns)
{
  Context openers;
  auto a = ask_in (openers, "a");
  auto a_here = ask ("a");
  advance (window);
  openers.turn ();
  ASSERT_EQ (batch_.count (), 1);
  advance (1.0);
  turn ();

  EXPECT_THAT (a_here, GotError (G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
  EXPECT_THAT (a, IsPending ());
  EXPECT_TRUE (is_cancelled (batch_.front ()));
  openers.turn ();
  EXPECT_THAT (a, GotError (G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
}

TEST_F (BatchTimeoutsTest, Rule10AnOutdatedKeyTimesOutToo)
{
  auto all = leave ({ "a", "b" });
  memo_cache_delete (cache (), "a");
  advance (1.0);
  turn ();

  EXPECT_THAT (all[0], GotError (G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
  EXPECT_TRUE (is_cancelled (batch_.front ()));
}
