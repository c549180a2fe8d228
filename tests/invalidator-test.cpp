// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/mutation-test.hpp"

using namespace memo_test;

// A bracket around a function: get_user() is remembered, update_user() makes it wrong.
class BracketTest : public InvalidatorTest
{
protected:
  void cancel () { g_cancellable_cancel (cancellable_.get ()); }
  bool remembers_user () { return get_user_.remembers (args (1)); }
  bool keeps_user () { return keeps (get_user_, args (1)); }

  // A read that is under way until the test answers it.
  std::shared_ptr<Got> ask ()
  {
    auto got = get_user_.ask (args (1));

    turn ();
    return got;
  }

  // A change whose function was called and has not answered.
  std::shared_ptr<Got> start (GCancellable *cancellable = nullptr)
  {
    auto got = update_user_.call (args (1), cancellable);

    turn ();
    EXPECT_EQ (update_user_.function.pending (), 1u);
    return got;
  }

  Read              get_user_ { "get_user", clock_.get () };
  Change            update_user_ { get_user_ };
  Ref<GCancellable> cancellable_ = adopt (g_cancellable_new ());
};

// --- what the caller gets ---

TEST_F (BracketTest, Rule18TheAnswerReachesTheCallerUntouched)
{
  auto changed = start ();
  auto answer = entry ("changed", 7.0, { "tag" });
  const MemoEntry *identity = answer.get ();

  update_user_.function.answer (std::move (answer));
  turn ();
  EXPECT_THAT (changed, GotText ("changed"));
  EXPECT_EQ (changed->entry.get (), identity);
  EXPECT_EQ (memo_entry_get_ttl (changed->entry.get ()), 7.0);
}

TEST_F (BracketTest, Rule18NoEntryAndAnEntryThatHoldsNothingReachTheCaller)
{
  auto none = start ();
  update_user_.function.answer (Entry ());
  turn ();
  EXPECT_THAT (none, GotMiss ());

  auto nothing = start ();
  update_user_.function.answer (Entry (memo_entry_new (nullptr)));
  turn ();
  EXPECT_EQ (nothing->callbacks, 1);
  EXPECT_THAT (nothing->entry, IsNothing ());

  auto done = start ();
  memo_call_return_nothing (update_user_.function.next ().get ());
  turn ();
  EXPECT_THAT (done, GotMiss ());
}

TEST_F (BracketTest, Rule18AnErrorReachesTheCallerUntouched)
{
  auto changed = start ();
  update_user_.function.fail (make_error ("duplicate name", g_quark_from_static_string ("shop-error"), 23));
  turn ();
  EXPECT_THAT (changed, GotError (g_quark_from_static_string ("shop-error"), 23));
  EXPECT_STREQ (changed->error->message, "duplicate name");
}

TEST_F (BracketTest, Rule18TheAnswerIsNotRemembered)
{
  for (auto text : { "first", "second" })
    {
      auto changed = start ();
      update_user_.function.answer (text);
      turn ();
      EXPECT_THAT (changed, GotText (text));
      EXPECT_FALSE (remembers_user ());
    }
  EXPECT_EQ (update_user_.function.count (), 2);
}

TEST_F (BracketTest, Rule11TheFunctionRunsInTheContextOfTheCallerAndLater)
{
  Context other;
  GMainContext *called_in = nullptr;

  update_user_.function.on_call = [&] (MemoCall *call) {
    called_in = g_main_context_get_thread_default ();
    memo_call_return_nothing (call);
  };
  auto changed = other.within ([&] { return update_user_.call (args (1)); });
  EXPECT_EQ (update_user_.function.count (), 0) << "never inside the call";
  turn ();
  EXPECT_EQ (update_user_.function.count (), 0);
  other.turn ();
  EXPECT_EQ (called_in, static_cast<GMainContext *> (other));
  EXPECT_THAT (changed, GotMiss ());
}

TEST_F (BracketTest, Rule11TheCallbackRunsNeitherInsideTheAnswerNorElsewhere)
{
  auto changed = start ();
  auto call = update_user_.function.next ();

  in_thread ([&] {
    memo_call_return_entry (call.get (), entry ("changed").release ());
    EXPECT_THAT (changed, IsPending ());
  });
  EXPECT_THAT (changed, IsPending ());
  turn ();
  EXPECT_THAT (changed, GotText ("changed"));
}

// --- before, during and after ---

TEST_F (BracketTest, Failure03AReadDuringTheChangeDoesNotOutliveIt)
{
  std::string database = "old";
  get_user_.function.on_call = [&] (MemoCall *call) {
    memo_call_return_entry (call, entry (database.c_str ()).release ());
  };

  auto changed = start ();
  auto during = ask ();
  EXPECT_THAT (during, GotText ("old"));
  database = "new";
  EXPECT_THAT (ask (), GotText ("new")) << "the old value was kept while the source changed";
  update_user_.function.answer ("done");
  turn ();
  EXPECT_THAT (changed, GotText ("done"));
  EXPECT_THAT (ask (), GotText ("new"));
  EXPECT_TRUE (remembers_user ());
}

TEST_F (BracketTest, Rule18WhatItTouchesIsDroppedBeforeTheFunctionIsCalled)
{
  remember (get_user_, args (1));
  remember (get_user_, args (2));
  auto changed = update_user_.call (args (1));
  EXPECT_FALSE (remembers_user ()) << "as soon as the change is asked for";
  EXPECT_TRUE (get_user_.remembers (args (2)));
  EXPECT_EQ (update_user_.function.count (), 0);
  EXPECT_FALSE (keeps_user ()) << "and nothing is kept from then on";
  update_user_.function.answer ("done");
}

TEST_F (BracketTest, Rule18TheLastInvalidationComesBeforeTheAnswerIsDelivered)
{
  bool remembered = true;
  std::shared_ptr<Got> after;
  auto changed = update_user_.call (args (1), nullptr, nullptr, [&] {
    remembered = remembers_user ();
    after = get_user_.ask (args (1));
  });
  turn ();
  auto during = ask ();

  // The change is answered first, and then the read that began during it.
  update_user_.function.answer ("done");
  get_user_.function.answer ("read during");
  turn ();
  ASSERT_THAT (changed, GotText ("done"));
  EXPECT_THAT (during, GotText ("read during"));
  EXPECT_FALSE (remembered);
  ASSERT_EQ (get_user_.function.pending (), 1u) << "who asks in the callback does not join an older read";
  get_user_.function.answer ("read after");
  turn ();
  EXPECT_THAT (after, GotText ("read after"));
  EXPECT_TRUE (remembers_user ());
}

TEST_F (BracketTest, Rule18ReadsBeforeDuringAndAfterAreThreeLoads)
{
  auto before = ask ();
  start ();
  auto during = ask ();
  auto with_it = ask ();
  update_user_.function.answer ("done");
  auto after = ask ();
  ASSERT_EQ (get_user_.function.count (), 3);

  get_user_.function.answer ("before");
  EXPECT_FALSE (remembers_user ());
  get_user_.function.answer ("during");
  EXPECT_FALSE (remembers_user ());
  get_user_.function.answer ("after");
  EXPECT_TRUE (remembers_user ());
  turn ();
  EXPECT_THAT (before, GotText ("before"));
  EXPECT_THAT (during, GotText ("during"));
  EXPECT_THAT (with_it, GotText ("during"));
  EXPECT_THAT (after, GotText ("after"));
}

// --- how a change ends ---

class EndingTest : public BracketTest, public ::testing::WithParamInterface<const char *>
{
protected:
  // The function is over, in one of the ways. Where it has answered, it keeps its call, so that the answer alone ends
  // the change.
  void end ()
  {
    const std::string how = GetParam ();

    if (how.find ("Dropped") != 0)
      kept_.push_back (share (update_user_.function.front ()));
    if (how == "Success")
      update_user_.function.answer ("done");
    else if (how == "Error")
      update_user_.function.fail (make_error ("no connection"));
    else if (how == "DroppedCall")
      update_user_.function.drop ();
    else
      end_in_a_thread (how == "SuccessInAThread");
  }

  bool succeeds () { return std::string (GetParam ()).find ("Success") == 0; }

  void end_in_a_thread (bool success)
  {
    auto call = update_user_.function.next ();

    in_thread ([&] {
      if (success)
        memo_call_return_entry (call.get (), entry ("done").release ());
      else
        call.reset ();
    });
  }

  std::vector<Ref<MemoCall>> kept_;
};

INSTANTIATE_TEST_SUITE_P (By, EndingTest,
                          ::testing::Values ("Success", "Error", "DroppedCall", "SuccessInAThread", "DroppedCallInAThread"),
                          [] (const auto &info) { return std::string (info.param); });

TEST_P (EndingTest, Rule18TheEndInvalidatesAndCloses)
{
  auto changed = start ();
  auto during = ask ();
  EXPECT_FALSE (get_user_.remembers (args (1)));
  end ();
  auto after = ask ();
  ASSERT_EQ (get_user_.function.pending (), 2u);
  get_user_.function.answer ("during");
  EXPECT_FALSE (remembers_user ());
  get_user_.function.answer ("after");
  EXPECT_TRUE (remembers_user ());
  turn ();

  EXPECT_THAT (during, GotText ("during"));
  EXPECT_THAT (after, GotText ("after"));
  EXPECT_EQ (changed->callbacks, 1);
  if (succeeds ())
    EXPECT_THAT (changed, GotText ("done"));
  else if (std::string (GetParam ()) == "Error")
    EXPECT_THAT (changed, GotError (G_IO_ERROR, G_IO_ERROR_FAILED));
  else
    EXPECT_THAT (changed, GotError (MEMO_ERROR, MEMO_ERROR_ABANDONED));
}

TEST_P (EndingTest, Rule18TheCallersContextNeedNotTurnForThat)
{
  Context callers;
  auto changed = callers.within ([&] { return update_user_.call (args (1)); });
  callers.turn ();
  EXPECT_FALSE (keeps_user ());
  end ();
  EXPECT_TRUE (keeps_user ());
  EXPECT_THAT (changed, IsPending ());
  callers.turn ();
  EXPECT_EQ (changed->callbacks, 1);
}

TEST_P (EndingTest, Rule18CancellingTheCallerDoesNotEndIt)
{
  Criticals criticals;
  auto changed = start (cancellable_.get ());

  EXPECT_EQ (memo_call_get_cancellable (update_user_.function.front ()), cancellable_.get ());
  cancel ();
  EXPECT_THAT (changed, IsPending ()) << "no callback inside g_cancellable_cancel()";
  turn ();
  EXPECT_THAT (changed, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED)) << "at once";
  EXPECT_FALSE (keeps_user ()) << "the function may still change the source";

  auto during = ask ();
  end ();
  get_user_.function.answer ("during");
  turn ();
  EXPECT_THAT (during, GotText ("during"));
  EXPECT_FALSE (remembers_user ());
  EXPECT_TRUE (keeps_user ());
  EXPECT_EQ (changed->callbacks, 1);
  EXPECT_THAT (criticals.take (), ::testing::IsEmpty ()) << "a late answer is no mistake";
}

TEST_P (EndingTest, Rule18CancelledItClosesThoughTheCallersContextIsNeverTurnedAgain)
{
  Context callers;
  auto changed = callers.within ([&] { return update_user_.call (args (1), cancellable_.get ()); });
  callers.turn ();
  cancel ();
  EXPECT_FALSE (keeps_user ());
  end ();
  EXPECT_TRUE (keeps_user ());
  EXPECT_THAT (changed, IsPending ());
}

TEST_P (EndingTest, Rule18ItClosesThoughTheCallersContextIsGone)
{
  Context callers;
  auto changed = callers.within ([&] { return update_user_.call (args (1), cancellable_.get ()); });
  callers.turn ();
  cancel ();
  callers.destroy ();
  EXPECT_FALSE (keeps_user ());
  end ();
  EXPECT_TRUE (keeps_user ());
  EXPECT_THAT (changed, IsPending ()) << "its context went away before it could be told";
}

TEST_P (EndingTest, Rule18EachOfTwoThatOverlapOutdatesAndTheLastCloses)
{
  auto first = start ();
  auto second = update_user_.call (args (1));
  turn ();
  ASSERT_EQ (update_user_.function.pending (), 2u) << "they are not one after the other";
  auto read_before = ask ();

  end ();
  auto read_between = ask ();
  ASSERT_EQ (get_user_.function.pending (), 2u) << "the first end outdates, too";
  get_user_.function.answer ("before");
  get_user_.function.answer ("between");
  EXPECT_FALSE (remembers_user ());
  EXPECT_FALSE (keeps_user ());
  auto read_last = ask ();
  end ();
  get_user_.function.answer ("last");
  EXPECT_FALSE (remembers_user ());
  EXPECT_TRUE (keeps_user ());
  turn ();

  EXPECT_THAT (read_before, GotText ("before"));
  EXPECT_THAT (read_between, GotText ("between"));
  EXPECT_THAT (read_last, GotText ("last"));
  EXPECT_EQ (first->callbacks, 1);
  EXPECT_EQ (second->callbacks, 1);
}

TEST_F (BracketTest, Rule18AFunctionThatAnswersAtOnceIsAChangeToo)
{
  update_user_.function.on_call = [&] (MemoCall *call) {
    EXPECT_FALSE (remembers_user ());
    memo_call_return_entry (call, entry ("done").release ());
  };
  remember (get_user_, args (1));
  auto before = get_user_.ask (args (1), MEMO_GET_REFRESH);
  turn ();
  auto changed = update_user_.call (args (1));
  turn ();
  EXPECT_THAT (changed, GotText ("done"));
  get_user_.function.answer ("before");
  turn ();
  EXPECT_THAT (before, GotText ("before"));
  EXPECT_FALSE (remembers_user ());
  EXPECT_TRUE (keeps_user ());
}

TEST_F (BracketTest, Rule10TwoAnswersAreACriticalAndOneEnd)
{
  Criticals criticals;
  auto first = start ();
  auto call = share (update_user_.function.front ());
  update_user_.function.answer ("first");
  auto second = start ();

  memo_call_return_entry (call.get (), entry ("again").release ());
  EXPECT_THAT (criticals.take (), IsCritical ("answered twice"));
  EXPECT_FALSE (keeps_user ()) << "the other change is still open";
  update_user_.function.answer ("second");
  turn ();
  EXPECT_TRUE (keeps_user ());
  EXPECT_THAT (first, GotText ("first"));
  EXPECT_THAT (second, GotText ("second"));
}

// --- cancelled before the function is called ---

TEST_F (BracketTest, Rule18CancelledBeforeItWasCalledNothingHappens)
{
  remember (get_user_, args (1));
  cancel ();
  auto changed = update_user_.call (args (1), cancellable_.get ());
  EXPECT_TRUE (remembers_user ());
  turn ();
  EXPECT_THAT (changed, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_EQ (update_user_.function.count (), 0);
  EXPECT_TRUE (remembers_user ());
  EXPECT_TRUE (keeps_user ());
}

TEST_F (BracketTest, Rule18CancelledBetweenTheStartAndTheFunctionIsNotCalled)
{
  auto changed = update_user_.call (args (1), cancellable_.get ());
  auto during = get_user_.ask (args (1));
  cancel ();
  turn ();
  EXPECT_THAT (changed, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_EQ (update_user_.function.count (), 0);
  get_user_.function.answer ("during");
  turn ();
  EXPECT_THAT (during, GotText ("during"));
  EXPECT_FALSE (remembers_user ()) << "the end outdates, though nothing was changed";
  EXPECT_TRUE (keeps_user ());
}

TEST_F (BracketTest, Rule18CancelledBetweenItClosesThoughTheContextGoesAway)
{
  Context callers;
  auto changed = callers.within ([&] { return update_user_.call (args (1), cancellable_.get ()); });
  cancel ();
  callers.destroy ();
  EXPECT_EQ (update_user_.function.count (), 0);
  EXPECT_TRUE (keeps_user ());
  EXPECT_THAT (changed, IsPending ()) << "its context went away before it could be told";
}

// The function cannot be called any more, so there is nothing to wait for.
TEST_F (BracketTest, Rule18CancelledBetweenItClosesThoughTheContextIsNeverTurned)
{
  Context callers;
  auto changed = callers.within ([&] { return update_user_.call (args (1), cancellable_.get ()); });
  EXPECT_FALSE (keeps_user ());
  cancel ();
  EXPECT_TRUE (keeps_user ());
  callers.turn ();
  EXPECT_THAT (changed, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_EQ (update_user_.function.count (), 0);
  EXPECT_TRUE (keeps_user ());
}

TEST_F (BracketTest, Rule18CancelledInAnotherThread)
{
  auto between = update_user_.call (args (1), cancellable_.get ());
  in_thread ([&] { cancel (); });
  turn ();
  EXPECT_THAT (between, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_EQ (update_user_.function.count (), 0);
  EXPECT_TRUE (keeps_user ());

  g_cancellable_reset (cancellable_.get ());
  auto during = start (cancellable_.get ());
  in_thread ([&] { cancel (); });
  turn ();
  EXPECT_THAT (during, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_FALSE (keeps_user ());
  update_user_.function.answer ("done");
  EXPECT_TRUE (keeps_user ());
}

TEST_F (BracketTest, Rule18CancelledAfterTheAnswerItIsTooLate)
{
  auto changed = start (cancellable_.get ());
  update_user_.function.answer ("done");
  cancel ();
  turn ();
  EXPECT_THAT (changed, GotText ("done"));
}
