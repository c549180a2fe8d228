// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/contexts.hpp"

using namespace memo_test;

// A call is answered exactly once: dropped calls and second answers.
class AnsweringTest : public CacheTest
{
protected:
  // The code to run is one that answers a call for the second time.
  static void expect_critical (const std::function<void ()> &what)
  {
    g_test_expect_message ("Memo", G_LOG_LEVEL_CRITICAL, "*“key” was answered twice; the first answer stands*");
    what ();
    g_test_assert_expected_messages ();
  }

  static void return_text (const Ref<MemoCall> &call, const char *text)
  {
    memo_call_return_entry (call.get (), entry (text).release ());
  }

  static void return_failure (const Ref<MemoCall> &call)
  {
    memo_call_return_error (call.get (), make_error ("failed").release ());
  }

  ScriptedLoader loader_;
};

TEST_F (AnsweringTest, Rule10ADroppedCallIsAbandonedForAllWhoWait)
{
  std::vector<std::shared_ptr<Got>> all;

  for (int i = 0; i < 10; i++)
    all.push_back (get ("key", loader_));
  turn ();
  loader_.drop ();
  for (auto &got : all)
    EXPECT_THAT (got, IsPending ()) << "no callback while a reference is dropped";
  turn ();

  for (auto &got : all)
    EXPECT_THAT (got, GotError (MEMO_ERROR, MEMO_ERROR_ABANDONED));
  EXPECT_FALSE (contains ("key"));
}

TEST_F (AnsweringTest, Rule10AFunctionThatKeepsNothingAndAnswersNothingAbandons)
{
  int calls = 0;
  auto forgetful = loader_of ([&] (MemoCall *) { calls++; });
  auto got = get ("key", forgetful.get ());
  turn ();

  EXPECT_EQ (calls, 1);
  EXPECT_THAT (got, GotError (MEMO_ERROR, MEMO_ERROR_ABANDONED));
}

TEST_F (AnsweringTest, Rule10ADropInACallbackOfTheLoopIsNotToldInTheSameTurn)
{
  auto got = get ("key", loader_);
  turn ();
  in_callback_of (context_, [&] {
    loader_.drop ();
    EXPECT_THAT (got, IsPending ());
  });
  EXPECT_THAT (got, IsPending ());
  turn ();

  EXPECT_THAT (got, GotError (MEMO_ERROR, MEMO_ERROR_ABANDONED));
}

TEST_F (AnsweringTest, Rule10ADropInAnotherThreadIsToldInTheCallers)
{
  GThread *told = nullptr;
  get_with (cache (), "key", loader_, nullptr, [&] (Entry, Error error) {
    told = g_thread_self ();
    EXPECT_THAT (error, IsGError (MEMO_ERROR, MEMO_ERROR_ABANDONED));
  });
  turn ();
  in_thread ([&] { loader_.drop (); });
  EXPECT_EQ (told, nullptr);
  turn ();

  EXPECT_EQ (told, g_thread_self ());
}

TEST_F (AnsweringTest, Rule10ADropByAnInThreadLoaderIsTold)
{
  auto forgetful = loader_of ([] (MemoCall *) {}, {}, true);
  auto got = get ("key", forgetful.get ());
  wait_until ([&] { return got->done (); });

  EXPECT_THAT (got, GotError (MEMO_ERROR, MEMO_ERROR_ABANDONED));
}

TEST_F (AnsweringTest, Rule10AfterADropTheNextWhoAsksStartsAnew)
{
  auto first = get ("key", loader_);
  turn ();
  loader_.drop ();
  auto second = get ("key", loader_);
  turn ();
  EXPECT_THAT (first, GotError (MEMO_ERROR, MEMO_ERROR_ABANDONED));
  ASSERT_EQ (loader_.count (), 2);
  loader_.answer ("value");
  turn ();

  EXPECT_THAT (second, GotText ("value"));
}

TEST_F (AnsweringTest, Rule10TheLastOfSeveralReferencesAbandons)
{
  auto got = get ("key", loader_);
  turn ();
  auto first = loader_.next ();
  auto second = share (first.get ());
  first.reset ();
  turn ();
  EXPECT_THAT (got, IsPending ());
  second.reset ();
  turn ();

  EXPECT_THAT (got, GotError (MEMO_ERROR, MEMO_ERROR_ABANDONED));
}

TEST_F (AnsweringTest, Rule10DroppingAnAnsweredCallIsNoMistake)
{
  auto got = get ("key", loader_);
  turn ();
  auto call = loader_.next ();
  return_text (call, "value");
  call.reset ();
  turn ();

  EXPECT_THAT (got, GotText ("value"));
}

TEST_F (AnsweringTest, Rule10ADroppedRefreshLeavesTheOldEntry)
{
  set ("key", "old");
  auto got = refresh ("key", loader_);
  turn ();
  loader_.drop ();
  turn ();

  EXPECT_THAT (got, GotError (MEMO_ERROR, MEMO_ERROR_ABANDONED));
  EXPECT_THAT (lookup ("key"), HoldsText ("old"));
}

TEST_F (AnsweringTest, Rule10AnsweredTwiceIsACriticalAndTheFirstStands)
{
  auto got = get ("key", loader_);
  turn ();
  auto call = loader_.next ();
  return_text (call, "first");
  expect_critical ([&] { return_text (call, "second"); });
  turn ();

  EXPECT_THAT (got, GotText ("first"));
  EXPECT_THAT (lookup ("key"), HoldsText ("first"));
}

TEST_F (AnsweringTest, Rule10AnErrorAfterAValueIsACriticalAndTheValueStands)
{
  memo_loader_set_error_ttl (loader_, 60.0);
  auto got = get ("key", loader_);
  turn ();
  auto call = loader_.next ();
  return_text (call, "value");
  expect_critical ([&] { return_failure (call); });
  turn ();

  EXPECT_THAT (got, GotText ("value"));
  EXPECT_THAT (lookup ("key"), HoldsText ("value"));
}

TEST_F (AnsweringTest, Rule10AValueAfterAnErrorIsACriticalAndTheErrorStands)
{
  auto got = get ("key", loader_);
  turn ();
  auto call = loader_.next ();
  return_failure (call);
  expect_critical ([&] { return_text (call, "value"); });
  turn ();

  EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_FAILED));
  EXPECT_FALSE (contains ("key"));
}

TEST_F (AnsweringTest, Rule10NothingAfterAMissIsACriticalAndTheMissStands)
{
  auto got = get ("key", loader_);
  turn ();
  auto call = loader_.next ();
  memo_call_return_nothing (call.get ());
  expect_critical ([&] { memo_call_return_nothing (call.get ()); });
  expect_critical ([&] { return_text (call, "value"); });
  turn ();

  EXPECT_THAT (got, GotMiss ());
  EXPECT_FALSE (contains ("key"));
}

TEST_F (AnsweringTest, Rule10ASecondAnswerAfterTheDeliveryIsACriticalToo)
{
  auto got = get ("key", loader_);
  turn ();
  auto call = loader_.next ();
  return_text (call, "first");
  turn ();
  memo_cache_delete (cache (), "key");
  expect_critical ([&] { return_text (call, "second"); });
  turn ();

  EXPECT_THAT (got, GotText ("first"));
  EXPECT_FALSE (contains ("key"));
}

TEST_F (AnsweringTest, Rule10ASecondAnswerFromAnotherThreadIsACriticalToo)
{
  auto got = get ("key", loader_);
  turn ();
  auto call = loader_.next ();
  in_thread ([&] { return_text (call, "first"); });
  expect_critical ([&] { in_thread ([&] { return_text (call, "second"); }); });
  turn ();

  EXPECT_THAT (got, GotText ("first"));
}

TEST_F (AnsweringTest, Rule10OfAnswersThatRaceOneStandsAndTheOtherIsACritical)
{
  auto got = get ("key", loader_);
  turn ();
  auto call = loader_.next ();
  expect_critical ([&] {
    std::thread one ([&] { return_text (call, "value"); });
    std::thread another ([&] { return_text (call, "value"); });
    one.join ();
    another.join ();
  });
  turn ();

  EXPECT_THAT (got, GotText ("value"));
}

TEST_F (AnsweringTest, Rule10TheEntryOfASecondAnswerIsNotLeaked)
{
  bool ended = false;
  auto got = get ("key", loader_);
  turn ();
  auto call = loader_.next ();
  return_text (call, "first");
  expect_critical ([&] {
    memo_call_return_entry (call.get (), entry_ending_with ([&] { ended = true; }).release ());
  });
  EXPECT_TRUE (ended);
  turn ();
  EXPECT_THAT (got, GotText ("first"));
}
