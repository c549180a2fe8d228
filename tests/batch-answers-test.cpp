// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/batch-test.hpp"

using namespace memo_test;
using ::testing::ElementsAre;

// What becomes of the answers to a batch.
class AnswersTest : public BatchTest
{
protected:
  // A call for some keys, whose waiters are in `all_`.
  Ref<MemoCall> call_for (std::initializer_list<const char *> keys)
  {
    all_ = leave (keys);
    return batch_.next ();
  }

  // Answers all keys at once, from an array in which "" stands for no entry.
  static void return_texts (MemoCall *call, std::initializer_list<const char *> texts)
  {
    std::vector<Entry> owned;
    std::vector<MemoEntry *> entries;

    for (const char *text : texts)
      {
        owned.push_back (*text != '\0' ? entry (text) : Entry ());
        entries.push_back (owned.back ().get ());
      }
    memo_call_return_entries (call, entries.data (), entries.size ());
  }

  std::vector<std::shared_ptr<Got>> all_;
};

// --- key by key ---

TEST_F (AnswersTest, Rule21WhoWaitsForAKeyIsToldWhenItIsAnsweredAndNotAtTheEnd)
{
  auto call = call_for ({ "a", "b", "c" });

  answer (call.get (), "b", "value of b");
  EXPECT_THAT (all_[1], IsPending ()) << "no callback inside of memo_call_answer()";
  turn ();
  EXPECT_THAT (all_[1], GotText ("value of b"));
  EXPECT_THAT (lookup ("b"), HoldsText ("value of b"));
  EXPECT_THAT (all_[0], IsPending ());
  EXPECT_THAT (all_[2], IsPending ());

  answer (call.get (), "c", "value of c");
  turn ();
  EXPECT_THAT (all_[2], GotText ("value of c"));
  EXPECT_THAT (all_[0], IsPending ());
  answer (call.get (), "a", "value of a");
  turn ();
  EXPECT_THAT (all_[0], GotText ("value of a"));
}

TEST_F (AnswersTest, Rule21AKeyIsAHitAsSoonAsItIsAnswered)
{
  auto call = call_for ({ "a", "b" });

  answer (call.get (), "a", "value");
  auto later = ask ("a");
  turn ();
  EXPECT_THAT (later, GotText ("value"));
  EXPECT_EQ (metrics ()->hits, 1u);
}

TEST_F (AnswersTest, Rule21AllWhoWaitForAKeyGetTheSameEntry)
{
  auto first = ask ("a");
  auto second = ask ("a");
  close_window ();
  auto third = ask ("a");
  Entry value = entry ("value");
  const MemoEntry *identity = value.get ();

  answer (batch_.next ().get (), "a", std::move (value));
  turn ();
  EXPECT_EQ (first->entry.get (), identity);
  EXPECT_EQ (second->entry.get (), identity);
  EXPECT_EQ (third->entry.get (), identity);
  EXPECT_EQ (lookup ("a").get (), identity);
}

TEST_F (AnswersTest, Rule21EachKeyMayBeAnsweredInAnotherThread)
{
  auto call = call_for ({ "a", "b", "c", "d", "e", "f", "g", "h" });
  std::vector<std::thread> threads;

  for (const std::string &key : keys_of (call.get ()))
    threads.emplace_back ([&call, key] { answer (call.get (), key.c_str (), key.c_str ()); });
  for (std::thread &thread : threads)
    thread.join ();
  turn ();

  for (size_t i = 0; i < all_.size (); i++)
    EXPECT_THAT (all_[i], GotText (std::string (1, "abcdefgh"[i])));
}

TEST_F (AnswersTest, Rule21ABatchMayBeFinishedInAnotherThread)
{
  auto call = call_for ({ "a", "b" });

  in_thread ([&] {
    answer (call.get (), "b", "value");
    memo_call_finish_batch (call.get ());
    call.reset ();
  });
  turn ();
  EXPECT_THAT (all_[0], GotError (MEMO_ERROR, MEMO_ERROR_NOT_FOUND));
  EXPECT_THAT (all_[1], GotText ("value"));
}

TEST_F (AnswersTest, Rule21ABatchMayBeAnsweredBeforeItsFunctionReturns)
{
  batch_.on_call ([] (MemoCall *call) { return_texts (call, { "one", "two" }); });
  auto all = leave ({ "a", "b" });

  EXPECT_THAT (all[0], GotText ("one"));
  EXPECT_THAT (all[1], GotText ("two"));
}

TEST_F (AnswersTest, Rule21NoEntryIsAMissAndIsNotKept)
{
  auto call = call_for ({ "a", "b" });

  answer (call.get (), "a", Entry ());
  turn ();
  EXPECT_THAT (all_[0], GotMiss ());
  EXPECT_THAT (all_[1], IsPending ());
  EXPECT_FALSE (contains ("a"));
  ask ("a");
  close_window ();
  EXPECT_THAT (batch_.asked ()[1], ElementsAre ("a")) << "so it is loaded again";
}

TEST_F (AnswersTest, Rule21NothingIsKeptLikeAnyValue)
{
  auto call = call_for ({ "a", "b" });

  answer (call.get (), "a", Entry (memo_entry_new (nullptr)));
  turn ();
  EXPECT_THAT (all_[0]->entry, IsNothing ());
  EXPECT_THAT (lookup ("a"), IsNothing ());
}

TEST_F (AnswersTest, Rule21AnErrorIsForOneKey)
{
  auto call = call_for ({ "a", "b" });

  memo_call_answer_error (call.get (), "a", make_error ("the row is locked", G_IO_ERROR, G_IO_ERROR_BUSY).release ());
  answer (call.get (), "b", "value");
  turn ();
  EXPECT_THAT (all_[0], GotError (G_IO_ERROR, G_IO_ERROR_BUSY));
  EXPECT_STREQ (all_[0]->error->message, "the row is locked");
  EXPECT_THAT (all_[1], GotText ("value"));
  EXPECT_FALSE (contains ("a"));
}

// --- all at once ---

TEST_F (AnswersTest, Rule21AnArrayAnswersTheKeysInTheirOrder)
{
  auto call = call_for ({ "b", "a", "c" });

  return_texts (call.get (), { "first", "second", "third" });
  EXPECT_THAT (all_[0], IsPending ()) << "no callback inside of memo_call_return_entries()";
  turn ();
  EXPECT_THAT (all_[0], GotText ("first"));
  EXPECT_THAT (all_[1], GotText ("second"));
  EXPECT_THAT (all_[2], GotText ("third"));
  EXPECT_THAT (lookup ("a"), HoldsText ("second"));
}

TEST_F (AnswersTest, Rule21NoEntryInAnArrayIsAMiss)
{
  return_texts (call_for ({ "a", "b", "c" }).get (), { "", "value", "" });
  turn ();

  EXPECT_THAT (all_[0], GotMiss ());
  EXPECT_THAT (all_[1], GotText ("value"));
  EXPECT_THAT (all_[2], GotMiss ());
  EXPECT_FALSE (contains ("a"));
}

TEST_F (AnswersTest, Failure07WhatIsMissingFromAShortArrayIsNotFoundAndNotKept)
{
  return_texts (call_for ({ "a", "b", "c" }).get (), { "value" });
  turn ();

  EXPECT_THAT (all_[0], GotText ("value"));
  EXPECT_THAT (all_[1], GotError (MEMO_ERROR, MEMO_ERROR_NOT_FOUND));
  EXPECT_THAT (all_[2], GotError (MEMO_ERROR, MEMO_ERROR_NOT_FOUND));
  EXPECT_THAT (lookup ("b"), IsMiss ()) << "nor as nothing";

  auto again = leave ({ "a", "b" });
  EXPECT_THAT (again[0], GotText ("value"));
  ASSERT_THAT (batch_.asked (), ElementsAre (Keys { "a", "b", "c" }, Keys { "b" }));
  batch_.answer_all ();
  turn ();
  EXPECT_THAT (again[1], GotText ("b"));
}

TEST_F (AnswersTest, Failure07AnEmptyArrayAnswersNothing)
{
  memo_call_return_entries (call_for ({ "a", "b" }).get (), nullptr, 0);
  turn ();

  EXPECT_THAT (all_[0], GotError (MEMO_ERROR, MEMO_ERROR_NOT_FOUND));
  EXPECT_THAT (all_[1], GotError (MEMO_ERROR, MEMO_ERROR_NOT_FOUND));
}

TEST_F (AnswersTest, Rule21AnArrayThatIsTooLongIsAMistakeAndItsEndIsIgnored)
{
  Complaints complaints;

  return_texts (call_for ({ "a", "b" }).get (), { "one", "two", "three" });
  EXPECT_THAT (complaints.take (), IsOne ("critical", "2 keys was answered with 3 entries"));
  turn ();
  EXPECT_THAT (all_[0], GotText ("one"));
  EXPECT_THAT (all_[1], GotText ("two"));
  EXPECT_EQ (metrics ()->size, 2u);
}

TEST_F (AnswersTest, Rule21AnArrayStaysTheCallers)
{
  Tracker tracker;
  MemoEntry *entries[] = { tracker.entry (0.0).release (), tracker.entry (0.0).release () };

  memo_call_return_entries (call_for ({ "a" , "b" }).get (), entries, 2);
  turn ();
  all_.clear ();
  EXPECT_EQ (tracker.alive (), 2);
  memo_entry_unref (entries[0]);
  memo_entry_unref (entries[1]);
  EXPECT_EQ (tracker.alive (), 0);
}

// --- the end ---

TEST_F (AnswersTest, Rule21WhatIsNotAnsweredWhenTheBatchIsFinishedIsNotFound)
{
  auto call = call_for ({ "a", "b", "c" });

  answer (call.get (), "b", "value");
  memo_call_finish_batch (call.get ());
  EXPECT_THAT (all_[0], IsPending ()) << "no callback inside of memo_call_finish_batch()";
  turn ();
  EXPECT_THAT (all_[0], GotError (MEMO_ERROR, MEMO_ERROR_NOT_FOUND));
  EXPECT_THAT (all_[1], GotText ("value"));
  EXPECT_THAT (all_[2], GotError (MEMO_ERROR, MEMO_ERROR_NOT_FOUND));
  EXPECT_THAT (lookup ("a"), IsMiss ());
}

TEST_F (AnswersTest, Rule21AnErrorIsForAllThatWereNotAnswered)
{
  auto call = call_for ({ "a", "b", "c" });

  answer (call.get (), "b", "value");
  memo_call_return_error (call.get (), make_error ("connection lost", G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED).release ());
  EXPECT_THAT (all_[0], IsPending ()) << "no callback inside of memo_call_return_error()";
  turn ();
  EXPECT_THAT (all_[0], GotError (G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED));
  EXPECT_STREQ (all_[2]->error->message, "connection lost");
  EXPECT_THAT (all_[1], GotText ("value"));
  EXPECT_THAT (lookup ("b"), HoldsText ("value"));
}

TEST_F (AnswersTest, Rule21ADroppedCallAbandonsWhatWasNotAnswered)
{
  auto call = call_for ({ "a", "b" });

  answer (call.get (), "a", "value");
  call.reset ();
  EXPECT_THAT (all_[1], IsPending ()) << "no callback where the last reference goes";
  turn ();
  EXPECT_THAT (all_[0], GotText ("value"));
  EXPECT_THAT (all_[1], GotError (MEMO_ERROR, MEMO_ERROR_ABANDONED));
  EXPECT_FALSE (contains ("b"));
}

TEST_F (AnswersTest, Rule21AFunctionThatDropsItsCallAbandonsAll)
{
  batch_.on_call ([] (MemoCall *) {});
  auto all = leave ({ "a", "b" });

  EXPECT_THAT (all[0], GotError (MEMO_ERROR, MEMO_ERROR_ABANDONED));
  EXPECT_THAT (all[1], GotError (MEMO_ERROR, MEMO_ERROR_ABANDONED));
}

TEST_F (AnswersTest, Rule21ACallMayBeDroppedWhenAllOfItIsAnswered)
{
  Complaints complaints;
  auto call = call_for ({ "a", "b" });

  answer (call.get (), "a", "one");
  answer (call.get (), "b", "two");
  call.reset ();
  turn ();
  EXPECT_THAT (all_[0], GotText ("one"));
  EXPECT_THAT (all_[1], GotText ("two"));
  EXPECT_EQ (metrics ()->load_failures, 0u);
}

// --- mistakes ---

TEST_F (AnswersTest, Rule10OfTwoAnswersToAKeyTheFirstStands)
{
  Complaints complaints;
  auto call = call_for ({ "a", "b" });

  answer (call.get (), "a", "first");
  answer (call.get (), "a", "second");
  EXPECT_THAT (complaints.take (), IsOne ("critical", "“a” was answered twice"));
  fail (call.get (), "a");
  EXPECT_THAT (complaints.take (), IsOne ("critical", "“a” was answered twice"));
  turn ();
  answer (call.get (), "a", "third");
  EXPECT_THAT (complaints.take (), IsOne ("critical", "“a” was answered twice"));

  EXPECT_THAT (all_[0], GotText ("first"));
  EXPECT_THAT (lookup ("a"), HoldsText ("first"));
  answer (call.get (), "b", "value");
  turn ();
  EXPECT_THAT (all_[1], GotText ("value")) << "the batch goes on";
}

TEST_F (AnswersTest, Rule10OfAnArrayThatAnswersAKeyAgainTheRestCounts)
{
  Complaints complaints;
  auto call = call_for ({ "a", "b" });

  answer (call.get (), "a", "first");
  return_texts (call.get (), { "second", "value" });
  EXPECT_THAT (complaints.take (), IsOne ("critical", "“a” was answered twice"));
  turn ();
  EXPECT_THAT (all_[0], GotText ("first"));
  EXPECT_THAT (all_[1], GotText ("value"));
}

TEST_F (AnswersTest, Rule10AnAnswerAfterTheEndIsAMistake)
{
  Complaints complaints;
  auto call = call_for ({ "a" });

  memo_call_finish_batch (call.get ());
  answer (call.get (), "a", "late");
  EXPECT_THAT (complaints.take (), IsOne ("critical", "“a” was answered after its batch was finished"));
  fail (call.get (), "a");
  EXPECT_THAT (complaints.take (), IsOne ("critical", "“a” was answered after its batch was finished"));
  turn ();
  EXPECT_THAT (all_[0], GotError (MEMO_ERROR, MEMO_ERROR_NOT_FOUND));
  EXPECT_FALSE (contains ("a"));
}

TEST_F (AnswersTest, Rule10ABatchEndsOnce)
{
  Complaints complaints;
  auto call = call_for ({ "a" });

  memo_call_return_error (call.get (), make_error ("first").release ());
  memo_call_finish_batch (call.get ());
  EXPECT_THAT (complaints.take (), IsOne ("critical", "answered twice"));
  memo_call_return_error (call.get (), make_error ("second").release ());
  EXPECT_THAT (complaints.take (), IsOne ("critical", "answered twice"));
  turn ();
  ASSERT_THAT (all_[0], GotError (G_IO_ERROR, G_IO_ERROR_FAILED));
  EXPECT_STREQ (all_[0]->error->message, "first");
}

TEST_F (AnswersTest, Rule21AnAnswerForAKeyThatWasNotAskedForIsIgnoredWithAWarning)
{
  Complaints complaints;
  auto call = call_for ({ "a" });

  answer (call.get (), "other", "value");
  EXPECT_THAT (complaints.take (), IsOne ("warning", "“other”"));
  fail (call.get (), "other");
  EXPECT_THAT (complaints.take (), IsOne ("warning", "“other”"));
  answer (call.get (), "other", Entry ());
  EXPECT_THAT (complaints.take (), IsOne ("warning", "“other”"));

  EXPECT_FALSE (contains ("other"));
  answer (call.get (), "a", "value");
  turn ();
  EXPECT_THAT (all_[0], GotText ("value"));
}

TEST_F (AnswersTest, ABatchIsNotAnsweredAsIfItWereOneKey)
{
  Complaints complaints;
  auto call = call_for ({ "a", "b" });
  GValue value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_INT);
  memo_call_return_entry (call.get (), nullptr);
  EXPECT_THAT (complaints.take (), IsOne ("critical", "memo_call_is_batch"));
  memo_call_return_value (call.get (), &value);
  EXPECT_THAT (complaints.take (), IsOne ("critical", "memo_call_is_batch"));
  memo_call_return_nothing (call.get ());
  EXPECT_THAT (complaints.take (), IsOne ("critical", "memo_call_is_batch"));

  turn ();
  EXPECT_THAT (all_[0], IsPending ());
  ScriptedBatch::answer_all (call.get ());
  turn ();
  EXPECT_THAT (all_[0], GotText ("a"));
}

TEST_F (AnswersTest, OneKeyIsNotAnsweredAsIfItWereABatch)
{
  Complaints complaints;
  ScriptedLoader single;
  auto got = get ("a", single);
  turn ();
  MemoCall *call = single.front ();

  memo_call_answer (call, "a", nullptr);
  EXPECT_THAT (complaints.take (), IsOne ("critical", "memo_call_is_batch"));
  Error error = make_error ("no");
  memo_call_answer_error (call, "a", error.get ());
  EXPECT_THAT (complaints.take (), IsOne ("critical", "memo_call_is_batch"));
  memo_call_return_entries (call, nullptr, 0);
  EXPECT_THAT (complaints.take (), IsOne ("critical", "memo_call_is_batch"));
  memo_call_finish_batch (call);
  EXPECT_THAT (complaints.take (), IsOne ("critical", "memo_call_is_batch"));

  single.answer ("value");
  turn ();
  EXPECT_THAT (got, GotText ("value"));
}

// --- what a call says ---

TEST_F (AnswersTest, ACallSaysWhatItAsks)
{
  ScriptedLoader single;
  auto call = call_for ({ "a", "b" });
  get ("c", single);
  turn ();

  EXPECT_EQ (memo_call_get_key (call.get ()), nullptr) << "it asks for several";
  EXPECT_THAT (keys_of (call.get ()), ElementsAre ("a", "b"));
  EXPECT_EQ (memo_call_get_args (call.get ()), nullptr);
  EXPECT_EQ (memo_call_get_instance (call.get ()), nullptr);
  EXPECT_EQ (memo_call_get_entry (call.get ()), nullptr);
  EXPECT_FALSE (is_cancelled (call.get ()));
  EXPECT_STREQ (memo_call_get_key (single.front ()), "c");
  EXPECT_THAT (keys_of (single.front ()), ElementsAre ("c"));
}

TEST_F (AnswersTest, TheKeysOutliveTheAnswer)
{
  auto call = call_for ({ "a", "b" });

  memo_call_finish_batch (call.get ());
  turn ();
  EXPECT_THAT (keys_of (call.get ()), ElementsAre ("a", "b"));
}

// --- how long it is kept ---

TEST_F (AnswersTest, Rule05TheLoadersTimeToLiveIsForEveryKeyThatDoesNotSay)
{
  memo_loader_set_ttl (batch_, 10.0);
  auto call = call_for ({ "a", "b", "c" });

  answer (call.get (), "a", "loader's");
  answer (call.get (), "b", entry ("its own", 20.0));
  answer (call.get (), "c", entry ("its own", 5.0));
  advance (4.999999);
  EXPECT_TRUE (contains ("c"));
  advance (0.000001);
  EXPECT_FALSE (contains ("c"));
  advance (4.999999);
  EXPECT_TRUE (contains ("a"));
  advance (0.000001);
  EXPECT_FALSE (contains ("a"));
  advance (9.999999);
  EXPECT_TRUE (contains ("b"));
  advance (0.000001);
  EXPECT_FALSE (contains ("b"));
}

TEST_F (AnswersTest, Rule05AKeyLivesFromWhenItIsAnswered)
{
  memo_loader_set_ttl (batch_, 10.0);
  auto call = call_for ({ "a", "b" });

  answer (call.get (), "a", "value");
  advance (6.0);
  answer (call.get (), "b", "value");
  advance (5.0);
  EXPECT_FALSE (contains ("a"));
  EXPECT_TRUE (contains ("b"));
}

TEST_F (AnswersTest, Rule05ATimeToLiveOfZeroIsForThoseWhoWait)
{
  set ("a", "old");
  auto a = get ("a", batch_, nullptr, MEMO_GET_REFRESH);
  auto b = ask ("b");
  close_window ();
  auto call = batch_.next ();

  answer (call.get (), "a", entry ("passing", 0.0));
  answer (call.get (), "b", entry ("passing", 0.0));
  turn ();
  EXPECT_THAT (a, GotText ("passing"));
  EXPECT_THAT (b, GotText ("passing"));
  EXPECT_FALSE (contains ("a")) << "and the old one is removed";
  EXPECT_FALSE (contains ("b"));
}

TEST_F (AnswersTest, Rule08EachErrorOfABatchIsRememberedByItself)
{
  memo_loader_set_error_ttl (batch_, 10.0);
  auto call = call_for ({ "a", "b", "c" });

  fail (call.get (), "a", "a is broken");
  answer (call.get (), "b", "value");
  memo_call_finish_batch (call.get ());
  turn ();

  auto again = leave ({ "a", "b", "c" });
  EXPECT_EQ (batch_.count (), 1);
  ASSERT_THAT (again[0], GotError (G_IO_ERROR, G_IO_ERROR_FAILED));
  EXPECT_STREQ (again[0]->error->message, "a is broken");
  EXPECT_THAT (again[1], GotText ("value"));
  EXPECT_THAT (again[2], GotError (MEMO_ERROR, MEMO_ERROR_NOT_FOUND));
  EXPECT_THAT (lookup ("c"), IsMiss ());

  advance (10.0);
  leave ({ "a", "c" });
  EXPECT_EQ (batch_.count (), 2);
}

// --- metrics ---

TEST_F (AnswersTest, Rule23ALoadIsCountedForEachKeyAndABatchForEachCall)
{
  set ("there", "value");
  ask ("there");
  ask ("a");
  ask ("b");
  ask ("a");
  close_window ();
  EXPECT_EQ (metrics ()->batches, 1u);
  EXPECT_EQ (metrics ()->loads, 2u);
  ask ("b");
  leave ({ "c" });

  auto counted = metrics ();
  EXPECT_EQ (counted->batches, 2u);
  EXPECT_EQ (counted->loads, 3u);
  EXPECT_EQ (counted->misses, 5u);
  EXPECT_EQ (counted->coalesced, 2u);
  EXPECT_EQ (counted->hits, 1u);
  EXPECT_EQ (counted->load_failures, 0u);
}

TEST_F (AnswersTest, Rule23WhatIsStillBeingGatheredIsNoLoad)
{
  ask ("a");
  turn ();
  EXPECT_EQ (metrics ()->loads, 0u);
  EXPECT_EQ (metrics ()->batches, 0u);
}

TEST_F (AnswersTest, Rule23AFailureIsCountedForEachKey)
{
  auto call = call_for ({ "a", "b", "c", "d" });

  fail (call.get (), "a");
  answer (call.get (), "b", "value");
  EXPECT_EQ (metrics ()->load_failures, 1u);
  memo_call_finish_batch (call.get ());
  EXPECT_EQ (metrics ()->load_failures, 3u);
  EXPECT_EQ (metrics ()->loads, 4u);
}

TEST_F (AnswersTest, Rule23ALoadThatOutdatedAndNewCallersShareFailsOnce)
{
  ask ("a");
  memo_cache_delete (cache (), "a");
  ask ("a");
  close_window ();
  ASSERT_THAT (batch_.asked (), ElementsAre (Keys { "a" }));
  memo_call_finish_batch (batch_.next ().get ());

  EXPECT_EQ (metrics ()->loads, 1u);
  EXPECT_EQ (metrics ()->load_failures, 1u) << "failures are never more than loads";
}
