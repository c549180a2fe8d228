// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/batch-test.hpp"

using namespace memo_test;
using ::testing::ElementsAre;

// Who does not wait any more for a key of a batch: cancelled, or out of time.
class BatchCancellingTest : public BatchTest
{
protected:
  Ref<GCancellable> one_ = new_cancellable ();
  Ref<GCancellable> two_ = new_cancellable ();
};

// --- while the window is open ---

TEST_F (BatchCancellingTest, Rule22AKeyThatNobodyWantsAnyMoreIsNotInTheBatch)
{
  auto a = ask ("a");
  auto b = ask ("b", one_.get ());
  auto c = ask ("c");
  cancel (one_);
  EXPECT_THAT (b, IsPending ()) << "no callback inside of g_cancellable_cancel()";
  turn ();
  EXPECT_THAT (b, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED)) << "at once, and not when the window closes";

  close_window ();
  ASSERT_THAT (batch_.asked (), ElementsAre (Keys { "a", "c" }));
  batch_.answer_all ();
  turn ();
  EXPECT_THAT (a, GotText ("a"));
  EXPECT_THAT (c, GotText ("c"));
  EXPECT_EQ (metrics ()->loads, 2u);
}

TEST_F (BatchCancellingTest, Rule22AKeyThatSomebodyElseWantsStays)
{
  auto leaving = ask ("a", one_.get ());
  auto staying = ask ("a");
  auto late = ask ("a", two_.get ());
  cancel (one_);
  cancel (two_);
  close_window ();

  ASSERT_THAT (batch_.asked (), ElementsAre (Keys { "a" }));
  EXPECT_THAT (leaving, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_THAT (late, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  batch_.answer_all ();
  turn ();
  EXPECT_THAT (staying, GotText ("a"));
}

TEST_F (BatchCancellingTest, Rule22AKeyGoesWithTheLastWhoWantsIt)
{
  ask ("a", one_.get ());
  ask ("a", two_.get ());
  ask ("b");
  cancel (one_);
  cancel (two_);
  close_window ();

  EXPECT_THAT (batch_.asked (), ElementsAre (Keys { "b" }));
}

TEST_F (BatchCancellingTest, Rule22NothingIsCalledWhenNobodyWantsAnything)
{
  auto a = ask ("a", one_.get ());
  auto b = ask ("b", two_.get ());
  cancel (two_);
  cancel (one_);
  close_window ();

  EXPECT_EQ (batch_.count (), 0);
  EXPECT_THAT (a, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_THAT (b, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_EQ (metrics ()->batches, 0u);
  EXPECT_EQ (metrics ()->loads, 0u);
}

TEST_F (BatchCancellingTest, Rule22AWindowThatEverybodyLeftIsClosed)
{
  ask ("a", one_.get ());
  advance (0.003);
  cancel (one_);
  auto b = ask ("b");
  advance (0.004999);
  turn ();
  EXPECT_EQ (batch_.count (), 0) << "the window is that of b";
  advance (0.000001);
  turn ();

  ASSERT_THAT (batch_.asked (), ElementsAre (Keys { "b" }));
  EXPECT_FALSE (is_cancelled (batch_.front ()));
}

TEST_F (BatchCancellingTest, Rule22AKeyMayComeBack)
{
  ask ("a", one_.get ());
  ask ("b");
  cancel (one_);
  auto a = ask ("a");
  close_window ();

  ASSERT_EQ (batch_.count (), 1);
  EXPECT_THAT (batch_.asked ()[0], ::testing::UnorderedElementsAre ("a", "b"));
  batch_.answer_all ();
  turn ();
  EXPECT_THAT (a, GotText ("a"));
}

TEST_F (BatchCancellingTest, Rule22AKeyThatWasTakenOutFillsNoRoom)
{
  set_size (3);
  ask ("a", one_.get ());
  ask ("b");
  cancel (one_);
  ask ("c");
  turn ();
  EXPECT_EQ (batch_.count (), 0);
  ask ("d");
  turn ();
  EXPECT_THAT (batch_.asked (), ElementsAre (Keys { "b", "c", "d" }));
}

TEST_F (BatchCancellingTest, Rule22AKeyMayBeTakenOutOfAFullBatchThatHasNotLeftYet)
{
  set_size (2);
  ask ("a", one_.get ());
  ask ("b");
  cancel (one_);
  turn ();

  EXPECT_THAT (batch_.asked (), ElementsAre (Keys { "b" }));
}

TEST_F (BatchCancellingTest, Rule22NothingIsCalledWhenAFullBatchIsNotWantedAnyMore)
{
  set_size (2);
  ask ("a", one_.get ());
  ask ("b", one_.get ());
  cancel (one_);
  turn ();
  close_window ();

  EXPECT_EQ (batch_.count (), 0);
}

TEST_F (BatchCancellingTest, Rule22WhoWasCancelledBeforeAskingOpensNoWindow)
{
  cancel (one_);
  auto a = ask ("a", one_.get ());
  turn ();
  EXPECT_THAT (a, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  close_window ();
  EXPECT_EQ (batch_.count (), 0);
}

TEST_F (BatchCancellingTest, Rule22AnAnswerForAKeyThatWasTakenOutIsOneThatNobodyAskedFor)
{
  Complaints complaints;
  auto a = ask ("a");
  ask ("b", one_.get ());
  cancel (one_);
  close_window ();
  auto call = batch_.next ();

  answer (call.get (), "b", "value");
  EXPECT_THAT (complaints.take (), IsOne ("warning", "“b”"));
  EXPECT_FALSE (contains ("b"));
}

// --- while the batch is under way ---

TEST_F (BatchCancellingTest, Failure04OneWhoIsCancelledLeavesTheOthersWaiting)
{
  auto a = ask ("a");
  auto leaving = ask ("b", one_.get ());
  auto staying = ask ("b");
  auto c = ask ("c");
  close_window ();
  cancel (one_);
  turn ();
  EXPECT_THAT (leaving, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_FALSE (is_cancelled (batch_.front ()));

  batch_.answer_all ();
  turn ();
  EXPECT_THAT (a, GotText ("a"));
  EXPECT_THAT (staying, GotText ("b"));
  EXPECT_THAT (c, GotText ("c"));
  EXPECT_THAT (lookup ("b"), HoldsText ("b"));
}

TEST_F (BatchCancellingTest, Failure04AllWhoWantAKeyMayBeCancelled)
{
  auto a = ask ("a");
  auto b = ask ("b", one_.get ());
  auto b_too = ask ("b", two_.get ());
  close_window ();
  cancel (one_);
  cancel (two_);
  turn ();
  EXPECT_THAT (b, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_THAT (b_too, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_FALSE (is_cancelled (batch_.front ())) << "somebody waits for a";

  Complaints complaints;
  batch_.answer_all ();
  turn ();
  EXPECT_THAT (a, GotText ("a"));
  EXPECT_FALSE (contains ("b")) << "nothing of an abandoned load is kept";
}

TEST_F (BatchCancellingTest, Rule09ABatchIsCancelledWhenNobodyWaitsForAnyKey)
{
  ask ("a", one_.get ());
  ask ("b", two_.get ());
  close_window ();
  auto call = batch_.next ();
  cancel (one_);
  EXPECT_FALSE (is_cancelled (call.get ()));
  cancel (two_);
  EXPECT_TRUE (is_cancelled (call.get ()));

  Complaints complaints;
  ScriptedBatch::answer_all (call.get ());
  call.reset ();
  turn ();
  EXPECT_FALSE (contains ("a"));
  EXPECT_FALSE (contains ("b"));
}

TEST_F (BatchCancellingTest, Rule09ABatchIsCancelledWhenTheRestOfItIsAnswered)
{
  ask ("a");
  ask ("b", one_.get ());
  close_window ();
  auto call = batch_.next ();
  answer (call.get (), "a", "value");
  turn ();
  EXPECT_FALSE (is_cancelled (call.get ()));
  cancel (one_);

  EXPECT_TRUE (is_cancelled (call.get ()));
}

TEST_F (BatchCancellingTest, Rule09ABatchThatIsAnsweredIsNotCancelled)
{
  leave ({ "a", "b" });
  auto call = batch_.next ();
  answer (call.get (), "a", "value");
  answer (call.get (), "b", "value");
  turn ();
  EXPECT_FALSE (is_cancelled (call.get ()));
  memo_call_finish_batch (call.get ());
  EXPECT_FALSE (is_cancelled (call.get ()));
}

TEST_F (BatchCancellingTest, Rule08AKeyThatNobodyWaitedForIsLoadedAnew)
{
  ask ("a");
  ask ("b", one_.get ());
  close_window ();
  cancel (one_);
  auto again = ask ("b");
  close_window ();
  ASSERT_THAT (batch_.asked (), ElementsAre (Keys { "a", "b" }, Keys { "b" }));

  batch_.answer_all ();
  turn ();
  EXPECT_THAT (again, IsPending ()) << "it did not join what was abandoned";
  answer (batch_.next ().get (), "b", "new");
  turn ();
  EXPECT_THAT (again, GotText ("new"));
}

TEST_F (BatchCancellingTest, Rule09WhoIsCancelledAfterTheAnswerGetsIt)
{
  auto a = ask ("a", one_.get ());
  close_window ();
  batch_.answer_all ();
  cancel (one_);
  turn ();

  EXPECT_THAT (a, GotText ("a"));
}

// --- who opened the window leaves ---

TEST_F (BatchCancellingTest, Rule09TheWindowMovesToTheContextOfWhoStays)
{
  Context openers;
  auto a = ask_in (openers, "a", one_.get ());
  advance (0.003);
  auto b = ask ("b");
  cancel (one_);
  EXPECT_EQ (batch_.count (), 0);
  advance (0.001999);
  turn ();
  EXPECT_EQ (batch_.count (), 0) << "it closes when it would have";
  advance (0.000001);
  turn ();

  ASSERT_THAT (batch_.asked (), ElementsAre (Keys { "b" }));
  EXPECT_EQ (batch_.called_in (), context_);
  batch_.answer_all ();
  turn ();
  EXPECT_THAT (b, GotText ("b"));
  EXPECT_THAT (a, IsPending ()) << "its context was not turned again";
  openers.turn ();
  EXPECT_THAT (a, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_EQ (batch_.count (), 1);
}

TEST_F (BatchCancellingTest, Rule09TheWindowMovesForTheSameKeyToo)
{
  Context openers;
  ask_in (openers, "a", one_.get ());
  auto a = ask ("a");
  cancel (one_);
  close_window ();

  ASSERT_THAT (batch_.asked (), ElementsAre (Keys { "a" }));
  batch_.answer_all ();
  turn ();
  EXPECT_THAT (a, GotText ("a"));
}

TEST_F (BatchCancellingTest, Rule09TheWindowStaysWhereSomebodyElseOfItsContextStays)
{
  Context openers;
  ask_in (openers, "a", one_.get ());
  ask ("b");
  ask_in (openers, "c", two_.get ());
  cancel (one_);
  close_window ();
  EXPECT_EQ (batch_.count (), 0);
  openers.turn ();

  EXPECT_THAT (batch_.asked (), ElementsAre (Keys { "b", "c" }));
  EXPECT_EQ (batch_.called_in (), static_cast<GMainContext *> (openers));
}

TEST_F (BatchCancellingTest, Rule09TheContextOfWhoOpenedAWindowMayGo)
{
  Context openers;
  ask_in (openers, "a", one_.get ());
  auto b = ask ("b");
  cancel (one_);
  openers.destroy ();
  close_window ();

  ASSERT_THAT (batch_.asked (), ElementsAre (Keys { "b" }));
  batch_.answer_all ();
  turn ();
  EXPECT_THAT (b, GotText ("b"));
}

TEST_F (BatchCancellingTest, Rule09AWindowThatIsOverdueMovesAndLeavesAtOnce)
{
  Context openers;
  ask_in (openers, "a", one_.get ());
  ask ("b");
  close_window ();
  EXPECT_EQ (batch_.count (), 0);
  cancel (one_);
  turn ();

  EXPECT_THAT (batch_.asked (), ElementsAre (Keys { "b" })) << "its time is over already";
}

TEST_F (BatchCancellingTest, Rule09AWindowOfZeroMovesToo)
{
  Context openers;
  set_window (0);
  ask_in (openers, "a", one_.get ());
  ask ("b");
  cancel (one_);
  turn ();

  EXPECT_THAT (batch_.asked (), ElementsAre (Keys { "b" }));
}

TEST_F (BatchCancellingTest, Rule09AFullBatchMovesToo)
{
  Context openers;
  set_size (3);
  ask_in (openers, "a", one_.get ());
  ask ("b");
  ask ("c");
  cancel (one_);
  openers.turn ();
  EXPECT_EQ (batch_.count (), 0) << "nobody waits there any more";
  turn ();
  EXPECT_THAT (batch_.asked (), ElementsAre (Keys { "b", "c" }));
  EXPECT_EQ (batch_.called_in (), context_);
  openers.turn ();
  close_window ();
  EXPECT_EQ (batch_.count (), 1);
}

TEST_F (BatchCancellingTest, Rule09AWindowMovesAsOftenAsItHasToAndBack)
{
  Context first, second;
  auto three = new_cancellable ();
  ask_in (first, "a", one_.get ());
  ask_in (second, "b", two_.get ());
  cancel (one_);
  ask_in (first, "c", three.get ());
  cancel (two_);
  close_window ();
  second.turn ();
  EXPECT_EQ (batch_.count (), 0);
  first.turn ();

  EXPECT_THAT (batch_.asked (), ElementsAre (Keys { "c" }));
  EXPECT_EQ (batch_.called_in (), static_cast<GMainContext *> (first));
}

TEST_F (BatchCancellingTest, Rule09AWindowMovesIntoAnotherThread)
{
  Context stayers;
  std::shared_ptr<Got> b;
  GThread *stayers_thread = nullptr;
  ask ("a", one_.get ());
  in_thread ([&] { b = ask_in (stayers, "b"); });
  in_thread ([&] { cancel (one_); });
  close_window ();
  EXPECT_EQ (batch_.count (), 0);
  in_thread ([&] {
    stayers_thread = g_thread_self ();
    stayers.turn ();
  });

  EXPECT_THAT (batch_.asked (), ElementsAre (Keys { "b" }));
  EXPECT_EQ (batch_.called_by (), stayers_thread);
}

TEST_F (BatchCancellingTest, Rule09ABatchThatHasLeftStaysWhereItIs)
{
  Context openers;
  ask_in (openers, "a", one_.get ());
  auto b = ask ("b");
  advance (window);
  openers.turn ();
  cancel (one_);
  close_window ();
  openers.turn ();
  EXPECT_THAT (batch_.asked (), ElementsAre (Keys { "a", "b" })) << "once";

  batch_.answer_all ();
  turn ();
  EXPECT_THAT (b, GotText ("b"));
}
