// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/backup-test.hpp"

#include "support/batch-test.hpp"
#include "support/complaints.hpp"

using namespace memo_test;

namespace {

// Loaders behind a backup: who is asked for what the backup does not have, where, and in what time.
class BackupLoadersTest : public BackupTest
{
protected:
  static constexpr double window = 0.005;

  void close_window ()
  {
    advance (window);
    turn ();
  }

  template <typename... Options>
  void restart_with (Options... options)
  {
    flush ();
    cache_ = new_cache_over (backend_, options...);
  }

  std::shared_ptr<Got> get_in (Context &context, const char *key, MemoLoader *loader = nullptr,
                               GCancellable *cancellable = nullptr)
  {
    return context.within ([&] { return get_by_closure (cache (), key, loader, cancellable); });
  }

  static Ref<GCancellable> new_cancellable () { return adopt (g_cancellable_new ()); }
  static void cancel (const Ref<GCancellable> &cancellable) { g_cancellable_cancel (cancellable.get ()); }

  ScriptedLoader loader_;
  ScriptedBatch  batch_;
};

// --- batches ---

TEST_F (BackupLoadersTest, Rule19OnlyWhatTheBackupDoesNotHaveJoinsTheBatch)
{
  set ("b", "from the backup");
  restart ();
  auto a = get ("a", batch_), b = get ("b", batch_), c = get ("c", batch_);
  turn ();
  EXPECT_THAT (b, GotText ("from the backup"));
  EXPECT_EQ (batch_.count (), 0);
  close_window ();
  ASSERT_EQ (batch_.count (), 1);
  EXPECT_EQ (batch_.asked ()[0], (Keys { "a", "c" }));
  batch_.answer_all ();
  turn ();
  EXPECT_THAT (a, GotText ("a"));
  EXPECT_THAT (c, GotText ("c"));
  EXPECT_EQ (metrics ()->loads, 2u);
  EXPECT_EQ (metrics ()->backup_hits, 1u);
}

TEST_F (BackupLoadersTest, Rule19TheWindowOpensWhenTheFirstIsMissed)
{
  backend_.hold (Ask::load);
  auto a = get ("a", batch_), b = get ("b", batch_);
  advance (1.0);
  backend_.let_go (1);
  turn ();
  EXPECT_EQ (batch_.count (), 0);
  advance (window / 2);
  backend_.let_go (1);
  turn ();
  advance (window / 2);
  turn ();
  ASSERT_EQ (batch_.count (), 1);
  EXPECT_EQ (batch_.asked ()[0], (Keys { "a", "b" }));
  batch_.answer_all ();
  turn ();
  EXPECT_THAT (a, GotText ("a"));
  EXPECT_THAT (b, GotText ("b"));
}

TEST_F (BackupLoadersTest, Rule19AFullBatchLeavesAtOnce)
{
  restart_with ("max-batch-size", 2);
  auto a = get ("a", batch_), b = get ("b", batch_), c = get ("c", batch_);
  turn ();
  ASSERT_EQ (batch_.count (), 1);
  EXPECT_EQ (batch_.asked ()[0], (Keys { "a", "b" }));
  close_window ();
  EXPECT_EQ (batch_.count (), 2);
  batch_.answer_all ();
  batch_.answer_all ();
  turn ();
  EXPECT_THAT (c, GotText ("c"));
}

TEST_F (BackupLoadersTest, Rule22WhoLeavesWhileTheBackupIsReadIsInNoBatch)
{
  auto cancellable = new_cancellable ();
  backend_.hold (Ask::load);
  auto a = get ("a", batch_, cancellable.get ()), b = get ("b", batch_);
  cancel (cancellable);
  backend_.let_go ();
  turn ();
  close_window ();
  ASSERT_EQ (batch_.count (), 1);
  EXPECT_EQ (batch_.asked ()[0], (Keys { "b" }));
  EXPECT_THAT (a, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
}

TEST_F (BackupLoadersTest, Rule22WhoLeavesBetweenTheBackupAndTheBatchIsInNone)
{
  auto cancellable = new_cancellable ();
  auto a = get ("a", batch_, cancellable.get ()), b = get ("b", batch_);
  ASSERT_EQ (backend_.answered (Ask::load), 2);
  cancel (cancellable);
  turn ();
  close_window ();
  ASSERT_EQ (batch_.count (), 1);
  EXPECT_EQ (batch_.asked ()[0], (Keys { "b" }));
}

TEST_F (BackupLoadersTest, Rule08ABatchLoaderIsGivenToWhoHasNone)
{
  backend_.hold (Ask::load);
  auto without = get ("a"), with = get ("a", batch_), other = get ("b", batch_);
  backend_.let_go ();
  turn ();
  close_window ();
  ASSERT_EQ (batch_.count (), 1);
  EXPECT_EQ (batch_.asked ()[0], (Keys { "a", "b" }));
  batch_.answer_all ();
  turn ();
  EXPECT_THAT (without, GotText ("a"));
  EXPECT_THAT (with, GotText ("a"));
  EXPECT_THAT (other, GotText ("b"));
}

TEST_F (BackupLoadersTest, Rule10ABatchThatIsDroppedLeavesTheBackupAlone)
{
  auto a = get ("a", batch_);
  turn ();
  close_window ();
  batch_.next ();
  turn ();
  EXPECT_THAT (a, GotError (MEMO_ERROR, MEMO_ERROR_ABANDONED));
  EXPECT_EQ (backend_.asked (Ask::store), 0);
}

TEST_F (BackupLoadersTest, Rule21WhatABatchBringsIsStored)
{
  get ("a", batch_);
  get ("b", batch_);
  turn ();
  close_window ();
  batch_.answer_all ();
  turn ();
  restart ();
  auto a = get ("a"), b = get ("b");
  turn ();
  EXPECT_THAT (a, GotText ("a"));
  EXPECT_THAT (b, GotText ("b"));
}

// --- threads ---

TEST_F (BackupLoadersTest, Rule11AnInThreadLoaderIsCalledInAThreadForWhatIsMissing)
{
  std::atomic<GThread *> called_by { nullptr };
  auto loader = loader_of ([&] (MemoCall *call) {
    called_by = g_thread_self ();
    memo_call_return_entry (call, entry ("value").release ());
  }, {}, true);

  set ("there", "from the backup");
  restart ();
  auto there = get ("there", loader.get ()), missing = get ("missing", loader.get ());
  wait_until ([&] { return missing->callbacks > 0; });
  turn ();
  EXPECT_THAT (there, GotText ("from the backup"));
  EXPECT_THAT (missing, GotText ("value"));
  EXPECT_NE (called_by, nullptr);
  EXPECT_NE (called_by, g_thread_self ());
  EXPECT_EQ (metrics ()->loads, 1u);
}

TEST_F (BackupLoadersTest, Rule11TheLoaderRunsInTheContextOfWhoAskedWhereverTheBackupAnswers)
{
  MemoryBackend threaded (Answers::in_a_thread, MEMO_CLOCK (clock_.get ()));
  GThread *called_by = nullptr;
  GMainContext *called_in = nullptr;

  cache_ = new_cache_over (threaded);
  loader_.on_call = [&] (MemoCall *call) {
    called_by = g_thread_self ();
    called_in = g_main_context_get_thread_default ();
    memo_call_return_entry (call, entry ("value").release ());
  };
  auto got = get ("key", loader_);
  wait_until ([&] { return got->callbacks > 0; });
  EXPECT_EQ (called_by, g_thread_self ());
  EXPECT_EQ (called_in, context_);
  flush ();
  wait_until ([&] { return threaded.place ().size () > 0; });

  cache_ = new_cache_over (threaded);
  got = get ("key");
  wait_until ([&] { return got->callbacks > 0; });
  EXPECT_THAT (got, GotText ("value"));
}

// --- the time it takes ---

TEST_F (BackupLoadersTest, Rule24ABackupThatNeverAnswersIsGivenUpInTime)
{
  restart_with ("tier-timeout", 2.0);
  backend_.hold (Ask::load);
  auto one = get ("one", loader_), two = get ("two");
  advance (1.999);
  turn ();
  EXPECT_THAT (two, IsPending ());
  const auto complaints = complaints_of ([&] {
    advance (0.001);
    turn ();
  });
  EXPECT_EQ (complaints.size (), 1u) << "said once";
  EXPECT_THAT (two, GotMiss ());
  ASSERT_EQ (loader_.count (), 1);
  loader_.answer ("loaded");
  turn ();
  EXPECT_THAT (one, GotText ("loaded"));
  EXPECT_EQ (metrics ()->backup_failures, 2u);
}

TEST_F (BackupLoadersTest, Rule24AnAnswerThatComesTooLateIsDropped)
{
  set ("key", entry ("old", MEMO_TTL_DEFAULT, { "tag" }));
  restart_with ("tier-timeout", 2.0);
  backend_.hold (Ask::load);
  auto got = get ("key", loader_);
  complaints_of ([&] { advance (2.0); turn (); });
  ASSERT_EQ (loader_.count (), 1);
  backend_.let_go ();
  turn ();
  backend_.let_go ();
  turn ();
  EXPECT_THAT (got, IsPending ());
  EXPECT_FALSE (memo_cache_contains (cache (), "key"));
  loader_.answer ("new");
  turn ();
  EXPECT_THAT (got, GotText ("new"));
}

TEST_F (BackupLoadersTest, Rule24TheTokensAreAPartOfTheTime)
{
  set ("key", entry ("value", MEMO_TTL_DEFAULT, { "tag" }));
  restart_with ("tier-timeout", 2.0);
  backend_.hold (Ask::load);
  auto got = get ("key");
  advance (1.5);
  turn ();
  backend_.let_go (1);
  ASSERT_EQ (backend_.held (), 1u) << "the token";
  complaints_of ([&] { advance (0.5); turn (); });
  EXPECT_THAT (got, GotMiss ());
}

TEST_F (BackupLoadersTest, Rule24ABackupThatAnswersAgainIsReadAgain)
{
  set ("key", "value");
  restart_with ("tier-timeout", 1.0);
  backend_.hold (Ask::load);
  auto got = get ("key");
  complaints_of ([&] { advance (1.0); turn (); });
  backend_.hold_no_more ();
  backend_.let_go ();
  turn ();
  got = get ("key");
  turn ();
  EXPECT_THAT (got, GotText ("value"));
}

TEST_F (BackupLoadersTest, Rule24AShorterTimeIsForThoseWhoAskFromThenOn)
{
  restart_with ("tier-timeout", 100.0);
  backend_.hold (Ask::load);
  auto patient = get ("patient");
  memo_async_cache_set_tier_timeout (cache_.get (), 1.0);
  auto hasty = get ("hasty");
  complaints_of ([&] { advance (1.0); turn (); });
  EXPECT_THAT (hasty, GotMiss ());
  EXPECT_THAT (patient, IsPending ());
  complaints_of ([&] { advance (99.0); turn (); });
  EXPECT_THAT (patient, GotMiss ());
}

TEST_F (BackupLoadersTest, Rule24WithoutATimeABackupMayTakeAny)
{
  set ("key", "value");
  restart_with ("tier-timeout", 0.0);
  backend_.hold (Ask::load);
  auto got = get ("key");
  advance (1e6);
  turn ();
  EXPECT_THAT (got, IsPending ());
  backend_.let_go ();
  turn ();
  EXPECT_THAT (got, GotText ("value"));
}

TEST_F (BackupLoadersTest, Rule10ALoadersTimeEndsTheReadToo)
{
  memo_loader_set_timeout (loader_, 1.0);
  backend_.hold (Ask::load);
  auto got = get ("key", loader_), joined = get ("key");
  advance (1.0);
  turn ();
  EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
  EXPECT_THAT (joined, GotError (G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
  EXPECT_EQ (metrics ()->load_failures, 0u) << "it was not called";
  backend_.let_go ();
  turn ();
  EXPECT_EQ (loader_.count (), 0);
}

TEST_F (BackupLoadersTest, Rule10TheTimeOfALoaderThatWasGivenIsKeptWhereverSomebodyWaits)
{
  Context other;
  memo_loader_set_timeout (loader_, 1.0);
  backend_.hold (Ask::load);
  auto without = get ("key"), with = get_in (other, "key", loader_);
  advance (1.0);
  turn ();
  EXPECT_THAT (without, GotError (G_IO_ERROR, G_IO_ERROR_TIMED_OUT)) << "the other context does not turn";
  other.turn ();
  EXPECT_THAT (with, GotError (G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
}

// --- who leaves ---

TEST_F (BackupLoadersTest, Rule09WhoStaysIsAnsweredWhereHeIs)
{
  Context starters;
  auto cancellable = new_cancellable ();
  GMainContext *called_in = nullptr;
  loader_.on_call = [&] (MemoCall *call) {
    called_in = g_main_context_get_thread_default ();
    memo_call_return_entry (call, entry ("value").release ());
  };
  backend_.hold (Ask::load);
  auto starter = get_in (starters, "key", loader_, cancellable.get ()), staying = get ("key");
  cancel (cancellable);
  backend_.let_go ();
  turn ();
  EXPECT_EQ (called_in, context_);
  EXPECT_THAT (staying, GotText ("value"));
  starters.turn ();
  EXPECT_THAT (starter, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
}

TEST_F (BackupLoadersTest, Rule09WhoLeavesWithTheAnswerThereMovesItToWhoStays)
{
  set ("key", "value");
  restart ();
  Context starters;
  auto cancellable = new_cancellable ();
  auto starter = get_in (starters, "key", nullptr, cancellable.get ()), staying = get ("key");
  ASSERT_EQ (backend_.answered (Ask::load), 1);
  turn ();
  EXPECT_THAT (staying, IsPending ()) << "the starter's context is to go on with it";
  cancel (cancellable);
  turn ();
  EXPECT_THAT (staying, GotText ("value"));
}

TEST_F (BackupLoadersTest, Rule09AContextMayGoAwayWhileItIsReadOrWithTheAnswerInIt)
{
  for (bool read_before : { false, true })
    {
      set ("key", "value");
      restart ();
      Context starters;
      auto cancellable = new_cancellable ();
      if (!read_before)
        backend_.hold (Ask::load);
      auto starter = get_in (starters, "key", nullptr, cancellable.get ()), staying = get ("key");
      cancel (cancellable);
      starters.destroy ();
      backend_.hold_no_more ();
      backend_.let_go ();
      turn ();
      EXPECT_THAT (staying, GotText ("value")) << read_before;
      EXPECT_THAT (starter, IsPending ());
      remove ("key");
    }
}

TEST_F (BackupLoadersTest, Rule09WhereNobodyIsLeftAContextMayGoAwayWithTheAnswerInIt)
{
  set ("key", "value");
  restart ();
  Context starters;
  auto cancellable = new_cancellable ();
  get_in (starters, "key", loader_, cancellable.get ());
  cancel (cancellable);
  starters.destroy ();
  turn ();
  auto got = get ("key");
  turn ();
  EXPECT_THAT (got, GotText ("value"));
  EXPECT_EQ (loader_.count (), 0);
}

TEST_F (BackupLoadersTest, Rule09TheLastWhoLeavesEndsTheRead)
{
  auto cancellable = new_cancellable ();
  set ("key", "value");
  restart ();
  backend_.hold (Ask::load);
  auto one = get ("key", loader_, cancellable.get ()), two = get ("key", nullptr, cancellable.get ());
  cancel (cancellable);
  turn ();
  EXPECT_THAT (one, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_THAT (two, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  auto later = get ("key");
  EXPECT_EQ (backend_.asked (Ask::load), 2) << "an abandoned read is not joined";
  backend_.let_go ();
  turn ();
  EXPECT_THAT (later, GotText ("value"));
  EXPECT_EQ (loader_.count (), 0);
}

TEST_F (BackupLoadersTest, Rule09AnAnswerFromAThreadAndALeaverDoNotMeet)
{
  MemoryBackend threaded (Answers::in_a_thread, MEMO_CLOCK (clock_.get ()));
  cache_ = new_cache_over (threaded);
  set ("key", "value");
  wait_until ([&] { g_main_context_wakeup (context_); return threaded.place ().size () > 0; });

  for (int i = 0; i < 200; i++)
    {
      auto cancellable = new_cancellable ();
      cache_ = new_cache_over (threaded);
      auto leaver = get ("key", loader_, cancellable.get ()), staying = get ("key", loader_);
      if (i % 2 == 0)
        in_thread ([&] { cancel (cancellable); });
      else
        cancel (cancellable);
      wait_until ([&] { return staying->callbacks > 0 && leaver->callbacks > 0; });
      EXPECT_THAT (staying, GotText ("value"));
      EXPECT_THAT (leaver, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
    }
}

// --- the end of the cache ---

TEST_F (BackupLoadersTest, Rule12TheLastReferenceWhileItIsReadIsThatOfWhoWaits)
{
  set ("key", "value");
  restart ();
  Watch watch (cache_.get ());
  backend_.hold (Ask::load);
  auto got = get ("key", loader_);
  cache_.reset ();
  EXPECT_FALSE (watch.gone ());
  backend_.let_go ();
  EXPECT_FALSE (watch.gone ());
  turn ();
  EXPECT_THAT (got, GotText ("value"));
  EXPECT_TRUE (watch.gone ());
}

TEST_F (BackupLoadersTest, Rule12ACacheThatNobodyWaitsForGoesWhileTheBackupReads)
{
  auto cancellable = new_cancellable ();
  Watch watch (cache_.get ());
  backend_.hold (Ask::load);
  auto got = get ("key", loader_, cancellable.get ());
  cache_.reset ();
  cancel (cancellable);
  turn ();
  EXPECT_TRUE (watch.gone ());
  backend_.let_go ();
  turn ();
  EXPECT_EQ (loader_.count (), 0);
  advance (100.0);
  turn ();
}

TEST_F (BackupLoadersTest, Rule28CloseEndsTheReads)
{
  set ("key", "value");
  restart ();
  backend_.hold (Ask::load);
  auto got = get ("key", loader_), without = get ("key");
  bool closed = false;
  memo_cache_close_async (cache (), nullptr, [] (GObject *, GAsyncResult *, gpointer data) {
    *static_cast<bool *> (data) = true;
  }, &closed);
  turn ();
  EXPECT_TRUE (closed);
  EXPECT_THAT (got, GotError (MEMO_ERROR, MEMO_ERROR_CLOSED));
  EXPECT_THAT (without, GotError (MEMO_ERROR, MEMO_ERROR_CLOSED));
  backend_.let_go ();
  turn ();
  EXPECT_EQ (loader_.count (), 0);
  EXPECT_FALSE (memo_cache_contains (cache (), "key"));
  EXPECT_TRUE (is_stored ("key")) << "what is in the backup stays";
}

} // namespace
