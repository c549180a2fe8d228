// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/batch-test.hpp"

#include <atomic>
#include <map>
#include <random>

using namespace memo_test;
using ::testing::ElementsAre;
using ::testing::Each;
using ::testing::Le;

// Functions of batch loaders that use the cache, lose it or close it; and many threads.
class BatchLifeTest : public BatchTest
{
protected:
  void close ()
  {
    memo_cache_close_async (cache (), nullptr, done_cb<memo_cache_close_finish>, closed_.keep ());
  }

  Done closed_;
};

// --- inside of the function ---

TEST_F (BatchLifeTest, Rule12ToAskForAKeyOfTheBatchInsideOfItIsRecursion)
{
  std::shared_ptr<Got> first, last, with_another;
  ScriptedLoader single;
  batch_.on_call ([&] (MemoCall *call) {
    first = ask ("a");
    last = ask ("c");
    with_another = get ("b", single);
    ScriptedBatch::answer_all (call);
  });
  auto all = leave ({ "a", "b", "c" });

  EXPECT_THAT (first, GotError (MEMO_ERROR, MEMO_ERROR_RECURSION));
  EXPECT_THAT (last, GotError (MEMO_ERROR, MEMO_ERROR_RECURSION));
  EXPECT_THAT (with_another, GotError (MEMO_ERROR, MEMO_ERROR_RECURSION));
  EXPECT_THAT (all[0], GotText ("a"));
  EXPECT_EQ (single.count (), 0);
}

TEST_F (BatchLifeTest, Rule12AfterTheFunctionHasReturnedItIsAJoinLikeAny)
{
  leave ({ "a", "b" });
  auto again = ask ("b");
  batch_.answer_all ();
  turn ();
  EXPECT_THAT (again, GotText ("b"));
}

TEST_F (BatchLifeTest, Rule12AFunctionMayAskForAKeyThatItHasAnswered)
{
  std::shared_ptr<Got> inner;
  batch_.on_call ([&] (MemoCall *call) {
    answer (call, "a", "value");
    inner = ask ("a");
  });
  leave ({ "a", "b" });

  EXPECT_THAT (inner, GotText ("value"));
}

TEST_F (BatchLifeTest, Rule12AFunctionMayAskForOtherKeysOfItsOwnLoader)
{
  Ref<MemoCall> outer;
  std::shared_ptr<Got> inner;
  batch_.on_call ([&] (MemoCall *call) {
    if (outer != nullptr)
      {
        ScriptedBatch::answer_all (call);
        return;
      }
    outer = share (call);
    inner = ask ("b");
  });
  auto all = leave ({ "a" });
  close_window ();
  ASSERT_THAT (batch_.asked (), ElementsAre (Keys { "a" }, Keys { "b" }));
  ASSERT_THAT (inner, GotText ("b"));
  answer (outer.get (), "a", std::string ("a of ").append (memo_entry_get_string (inner->entry.get ())).c_str ());
  turn ();

  EXPECT_THAT (all[0], GotText ("a of b"));
}

TEST_F (BatchLifeTest, Rule12AnotherCacheIsAnotherMatter)
{
  auto other = new_cache ();
  std::shared_ptr<Got> inner;
  int level = 0;
  batch_.on_call ([&] (MemoCall *call) {
    if (level++ == 0)
      inner = AsyncTest::get (MEMO_CACHE (other.get ()), "a", batch_);
    ScriptedBatch::answer_all (call);
  });
  leave ({ "a" });
  close_window ();

  EXPECT_THAT (inner, GotText ("a"));
  EXPECT_EQ (batch_.count (), 2);
}

TEST_F (BatchLifeTest, Rule12AFunctionMayDeleteWhatItLoads)
{
  batch_.on_call ([&] (MemoCall *call) {
    memo_cache_delete (cache (), "a");
    ScriptedBatch::answer_all (call);
    memo_cache_delete (cache (), "b");
  });
  auto all = leave ({ "a", "b", "c" });

  EXPECT_THAT (all[0], GotText ("a"));
  EXPECT_THAT (all[1], GotText ("b"));
  EXPECT_FALSE (contains ("a"));
  EXPECT_FALSE (contains ("b"));
  EXPECT_TRUE (contains ("c"));
}

TEST_F (BatchLifeTest, Rule12AFunctionMayCancelThoseWhoWait)
{
  auto one = new_cancellable ();
  batch_.on_call ([&] (MemoCall *call) {
    cancel (one);
    EXPECT_FALSE (is_cancelled (call)) << "somebody waits for b";
    ScriptedBatch::answer_all (call);
  });
  auto a = ask ("a", one.get ());
  auto b = ask ("b");
  close_window ();

  EXPECT_THAT (a, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_THAT (b, GotText ("b"));
  EXPECT_FALSE (contains ("a"));
}

TEST_F (BatchLifeTest, Rule12AFunctionMayIterateTheLoopThatCalledIt)
{
  std::shared_ptr<Got> later;
  int level = 0;
  set_window (0);
  batch_.on_call ([&] (MemoCall *call) {
    if (level++ == 0)
      {
        later = ask ("b");
        answer (call, "a", "value");
        turn ();
        EXPECT_THAT (lookup ("a"), HoldsText ("value"));
      }
    ScriptedBatch::answer_all (call);
  });
  Complaints complaints;
  auto a = ask ("a");
  turn ();
  EXPECT_THAT (complaints.take (), IsOne ("critical", "“a” was answered twice"));

  EXPECT_THAT (a, GotText ("value"));
  EXPECT_THAT (later, GotText ("b"));
}

// --- the last references ---

TEST_F (BatchLifeTest, Rule12AFunctionMayDropTheLastReferenceToTheCache)
{
  Watch watch (cache_.get ());
  batch_.on_call ([&] (MemoCall *call) {
    cache_.reset ();
    EXPECT_FALSE (watch.gone ()) << "who waits holds it";
    ScriptedBatch::answer_all (call);
  });
  auto all = leave ({ "a", "b" });

  EXPECT_THAT (all[0], GotText ("a"));
  EXPECT_THAT (all[1], GotText ("b"));
  EXPECT_TRUE (watch.gone ());
}

TEST_F (BatchLifeTest, Rule12AFunctionMayDropTheLastReferenceToItsLoader)
{
  Watch watch (batch_.get ());
  batch_.on_call ([&] (MemoCall *call) {
    batch_.forget_loader ();
    ScriptedBatch::answer_all (call);
  });
  auto all = leave ({ "a", "b" });

  EXPECT_THAT (all[1], GotText ("b"));
  EXPECT_TRUE (watch.gone ());
}

TEST_F (BatchLifeTest, AWindowHoldsItsLoader)
{
  Watch watch (batch_.get ());
  auto a = ask ("a");
  batch_.forget_loader ();
  EXPECT_FALSE (watch.gone ());
  close_window ();
  batch_.answer_all ();
  turn ();
  EXPECT_THAT (a, GotText ("a"));
  EXPECT_TRUE (watch.gone ());
}

TEST_F (BatchLifeTest, WhoWaitsInAWindowHoldsTheCache)
{
  Watch watch (cache_.get ());
  auto a = ask ("a");
  cache_.reset ();
  EXPECT_FALSE (watch.gone ());
  close_window ();
  batch_.answer_all ();
  turn ();
  EXPECT_THAT (a, GotText ("a"));
  EXPECT_TRUE (watch.gone ());
}

TEST_F (BatchLifeTest, ACacheThatNobodyWaitsForEndsThoughABatchIsUnderWay)
{
  Watch watch (cache_.get ());
  auto one = new_cancellable ();
  ask ("a", one.get ());
  close_window ();
  cancel (one);
  turn ();
  cache_.reset ();
  EXPECT_TRUE (watch.gone ());

  Complaints complaints;
  auto call = batch_.next ();
  memo_call_add_tags (call.get (), Tags { "late" });
  ScriptedBatch::answer_all (call.get ());
}

TEST_F (BatchLifeTest, NothingIsLeftOfAWindowThatEverybodyLeft)
{
  Watch loader (batch_.get ());
  auto one = new_cancellable ();
  ask ("a", one.get ());
  cancel (one);
  turn ();
  cache_.reset ();
  batch_.forget_loader ();
  EXPECT_TRUE (loader.gone ()) << "though its time is not over";
}

TEST_F (BatchLifeTest, NothingIsLeftOfAWindowThatEverybodyTimedOutOf)
{
  Watch loader (batch_.get ());
  memo_loader_set_timeout (batch_, 1.0);
  set_window (2000);
  ask ("a");
  advance (1.0);
  turn ();
  cache_.reset ();
  batch_.forget_loader ();
  advance (1.0);
  turn ();
  EXPECT_TRUE (loader.gone ());
}

// --- closing ---

TEST_F (BatchLifeTest, Rule28ClosingEndsThoseWhoWaitInAWindow)
{
  auto a = ask ("a");
  close ();
  turn ();
  EXPECT_THAT (a, GotError (MEMO_ERROR, MEMO_ERROR_CLOSED));
  EXPECT_THAT (closed_, Succeeded ());
  close_window ();
  EXPECT_EQ (batch_.count (), 0);
}

TEST_F (BatchLifeTest, Rule28NothingIsLeftOfAWindowThatWasClosedWithItsCache)
{
  Watch loader (batch_.get ());
  ask ("a");
  ask ("b");
  close ();
  turn ();
  cache_.reset ();
  batch_.forget_loader ();
  close_window ();
  EXPECT_TRUE (loader.gone ());
}

TEST_F (BatchLifeTest, Rule28ClosingEndsThoseWhoWaitForABatchAndCancelsIt)
{
  auto all = leave ({ "a", "b" });
  auto call = batch_.next ();
  answer (call.get (), "a", "value");
  close ();
  EXPECT_TRUE (is_cancelled (call.get ()));
  turn ();
  EXPECT_THAT (all[0], GotText ("value"));
  EXPECT_THAT (all[1], GotError (MEMO_ERROR, MEMO_ERROR_CLOSED));

  Complaints complaints;
  answer (call.get (), "b", "late");
  memo_call_finish_batch (call.get ());
  EXPECT_EQ (metrics ()->size, 0u);
  EXPECT_EQ (metrics ()->load_failures, 0u);
}

TEST_F (BatchLifeTest, Rule28AFunctionMayCloseItsCache)
{
  batch_.on_call ([&] (MemoCall *call) {
    close ();
    EXPECT_TRUE (is_cancelled (call));
    ScriptedBatch::answer_all (call);
  });
  auto all = leave ({ "a", "b" });

  EXPECT_THAT (all[0], GotError (MEMO_ERROR, MEMO_ERROR_CLOSED));
  EXPECT_THAT (all[1], GotError (MEMO_ERROR, MEMO_ERROR_CLOSED));
  EXPECT_FALSE (contains ("a"));
}

TEST_F (BatchLifeTest, Rule28AClosedCacheOpensNoWindow)
{
  close ();
  auto a = ask ("a");
  close_window ();
  EXPECT_THAT (a, GotError (MEMO_ERROR, MEMO_ERROR_CLOSED));
  EXPECT_EQ (batch_.count (), 0);
}

// --- many threads ---

// Asks in threads with contexts of their own, whose loops turn until all is answered.
class BatchThreadsTest : public BatchTest
{
protected:
  static constexpr int n_threads = 8;
  static constexpr int n_keys = 40;
  static constexpr int n_rounds = 150;

  BatchThreadsTest ()
  {
    set_window (0);
    set_size (7);
  }

  // A loader that counts, per key, and answers before it returns or in another thread.
  Ref<MemoLoader> new_loader ()
  {
    return adopt (memo_loader_new_batch ([] (MemoCall *call, gpointer data) {
      static_cast<BatchThreadsTest *> (data)->load (call);
    }, this, nullptr));
  }

  void load (MemoCall *call)
  {
    int n = calls_++;

    {
      std::lock_guard<std::mutex> lock (mutex_);
      Keys keys = keys_of (call);

      sizes_.push_back (keys.size ());
      for (const std::string &key : keys)
        loads_[key]++;
    }

    if (n % 2 == 0)
      ScriptedBatch::answer_all (call);
    else
      answer_in_thread (call);
  }

  void answer_in_thread (MemoCall *call)
  {
    std::lock_guard<std::mutex> lock (mutex_);

    answering_.emplace_back ([kept = share (call)] { ScriptedBatch::answer_all (kept.get ()); });
  }

  // In each of the threads: asks for keys at random, and cancels some.
  void run (MemoLoader *loader, bool cancelling)
  {
    std::vector<std::thread> threads;

    for (int i = 0; i < n_threads; i++)
      threads.emplace_back ([this, loader, cancelling, i] { ask_many (loader, cancelling, i); });
    for (std::thread &thread : threads)
      thread.join ();
    for (std::thread &thread : answering_)
      thread.join ();
  }

  void ask_many (MemoLoader *loader, bool cancelling, int seed)
  {
    std::mt19937 random (seed);
    Context context;

    context.within ([&] {
      std::vector<std::pair<std::string, std::shared_ptr<Got>>> all;
      Ref<GCancellable> cancellable;

      for (int i = 0; i < n_rounds; i++)
        {
          std::string key = "key " + std::to_string (random () % n_keys);

          if (i % 4 == 0)
            cancellable = new_cancellable ();
          all.emplace_back (key, AsyncTest::get (cache (), key.c_str (), loader,
                                                 cancelling ? cancellable.get () : nullptr));
          if (cancelling && random () % 8 == 0)
            cancel (cancellable);
          if (cancelling && random () % 8 == 0)
            memo_cache_delete (cache (), key.c_str ());
          if (random () % 4 == 0)
            g_main_context_iteration (context, FALSE);
        }

      for (auto &[key, got] : all)
        {
          while (got->callbacks == 0)
            g_main_context_iteration (context, TRUE);
          if (got->error != nullptr)
            cancelled_ += g_error_matches (got->error.get (), G_IO_ERROR, G_IO_ERROR_CANCELLED);
          else
            answered_ += got->entry != nullptr && key == memo_entry_get_string (got->entry.get ());
        }
      context.turn ();
      for (auto &[key, got] : all)
        twice_ += got->callbacks != 1;
    });
  }

  std::mutex                 mutex_;
  std::map<std::string, int> loads_;
  std::vector<size_t>        sizes_;
  std::vector<std::thread>   answering_;
  std::atomic<int>           calls_ { 0 }, answered_ { 0 }, cancelled_ { 0 }, twice_ { 0 };
};

TEST_F (BatchThreadsTest, Rule11ManyThreadsShareTheBatchesOfALoader)
{
  auto loader = new_loader ();
  run (loader.get (), false);
  auto counted = metrics ();

  EXPECT_EQ (answered_, n_threads * n_rounds);
  EXPECT_EQ (twice_, 0);
  EXPECT_EQ (loads_.size (), size_t (n_keys));
  for (auto &[key, n] : loads_)
    EXPECT_EQ (n, 1) << key << " is loaded once, however many ask in however many threads";
  EXPECT_THAT (sizes_, Each (Le (7u)));
  EXPECT_EQ (counted->loads, guint64 (n_keys));
  EXPECT_EQ (counted->batches, sizes_.size ());
  EXPECT_EQ (counted->hits + counted->misses, guint64 (n_threads * n_rounds));
  EXPECT_EQ (counted->load_failures, 0u);
}

TEST_F (BatchThreadsTest, Rule11NobodyIsLeftWaitingWhenManyThreadsCancelAndDelete)
{
  auto loader = new_loader ();
  int loads = 0;
  run (loader.get (), true);
  auto counted = metrics ();

  EXPECT_EQ (answered_ + cancelled_, n_threads * n_rounds);
  EXPECT_GT (answered_, 0);
  EXPECT_GT (cancelled_, 0);
  EXPECT_EQ (twice_, 0);
  for (auto &[key, n] : loads_)
    loads += n;
  EXPECT_THAT (sizes_, Each (Le (7u)));
  EXPECT_EQ (counted->loads, guint64 (loads));
  EXPECT_LE (counted->loads, counted->misses);
  EXPECT_EQ (counted->batches, sizes_.size ());
}
