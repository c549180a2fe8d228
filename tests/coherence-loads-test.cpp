// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/batch-test.hpp"
#include "support/coherence-test.hpp"

using namespace memo_test;

namespace {

// Loads of other kinds than one of a get, in two processes that share a server: batches, warm-ups, and answers without a value.
class CoherenceLoadsTest : public CoherenceTest
{
protected:
  // Until windows of batches are over as well.
  void settle_windows ()
  {
    for (int i = 0; i < 5; i++)
      {
        settle ();
        advance (0.005);
      }
    settle ();
  }

  static memo_test::Done warm_up (Process &process, MemoWarmup *warmup)
  {
    memo_test::Done done;

    memo_cache_warmup_async (process, warmup, nullptr, done_cb<memo_cache_warmup_finish>, done.keep ());
    return done;
  }
};

TEST_F (CoherenceLoadsTest, ABatchOfTwoProcessesAsksForEachKeyOnce)
{
  ScriptedBatch batch_a, batch_b;
  std::vector<std::shared_ptr<Got>> all;
  for (auto key : { "one", "two", "three" })
    {
      all.push_back (get (a_, key, batch_a));
      all.push_back (get (b_, key, batch_b));
    }
  all.push_back (get (b_, "four", batch_b));
  settle_windows ();
  Keys asked;
  for (auto batch : { &batch_a, &batch_b })
    {
      for (const auto &keys : batch->asked ())
        asked.insert (asked.end (), keys.begin (), keys.end ());
    }
  EXPECT_THAT (asked, ::testing::UnorderedElementsAre ("one", "two", "three", "four"));
  while (batch_a.pending () > 0)
    batch_a.answer_all ();
  while (batch_b.pending () > 0)
    batch_b.answer_all ();
  settle_windows ();
  for (const auto &got : all)
    {
      ASSERT_EQ (got->callbacks, 1);
      EXPECT_NE (got->entry, nullptr);
    }
  for (auto key : { "one", "two", "three", "four" })
    {
      EXPECT_EQ (memory (a_, key), std::string (key) == "four" ? "nothing" : key);
      EXPECT_EQ (memory (b_, key), key);
      EXPECT_EQ (server_.kind (std::string ("d:") + key), 'V');
    }
}

TEST_F (CoherenceLoadsTest, AKeyOfABatchThatIsDeletedMeanwhileIsNotStored)
{
  ScriptedBatch batch;
  auto one = get (a_, "one", batch);
  auto two = get (a_, "two", batch);
  settle_windows ();
  ASSERT_EQ (batch.pending (), 1u);
  remove (b_, "one");
  settle ();
  batch.answer_all ();
  settle ();
  EXPECT_THAT (one, GotText ("one"));
  EXPECT_THAT (two, GotText ("two"));
  EXPECT_EQ (server_.kind ("d:one"), '-');
  EXPECT_EQ (server_.kind ("d:two"), 'V');
  EXPECT_EQ (read (a_, "one", "new"), "new");
  EXPECT_EQ (read (b_, "one", "not this"), "new");
}

TEST_F (CoherenceLoadsTest, AKeyThatABatchLeavesOutKeepsNobodyWaiting)
{
  ScriptedBatch batch;
  ScriptedLoader other;
  auto one = get (a_, "one", batch);
  settle_windows ();
  auto waits = get (b_, "one", other);
  settle ();
  ASSERT_EQ (other.count (), 0);
  memo_call_finish_batch (batch.next ().get ());
  settle ();
  EXPECT_EQ (one->callbacks, 1);
  ASSERT_EQ (other.count (), 1) << "the lease is given back";
  other.answer ("value");
  settle ();
  EXPECT_THAT (waits, GotText ("value"));
}

TEST_F (CoherenceLoadsTest, TwoProcessesThatWarmUpLoadEachKeyOnce)
{
  ScriptedLoader loader;
  auto warmup_a = adopt (memo_warmup_new ());
  auto warmup_b = adopt (memo_warmup_new ());
  for (auto key : { "one", "two" })
    {
      memo_warmup_add (warmup_a.get (), key, loader);
      memo_warmup_add (warmup_b.get (), key, loader);
    }
  auto a = warm_up (a_, warmup_a.get ());
  auto b = warm_up (b_, warmup_b.get ());
  settle ();
  EXPECT_EQ (loader.count (), 2);
  while (loader.pending () > 0)
    loader.answer ("value");
  settle ();
  EXPECT_EQ (a->callbacks, 1);
  EXPECT_EQ (b->callbacks, 1);
  for (auto process : { &a_, &b_ })
    {
      EXPECT_EQ (memory (*process, "one"), "value");
      EXPECT_EQ (memory (*process, "two"), "value");
    }
  EXPECT_TRUE (remove (a_, "one") != nullptr);
  settle ();
  EXPECT_EQ (memory (b_, "one"), "nothing") << "what is warm is told of changes";
}

TEST_F (CoherenceLoadsTest, NothingIsRememberedByBothUntilOneOfThemChangesIt)
{
  ScriptedLoader loader;
  auto a = get (a_, "key", loader);
  settle ();
  loader.answer (Entry (memo_entry_new (nullptr)));
  settle ();
  ASSERT_EQ (a->callbacks, 1);
  EXPECT_THAT (a->entry, IsNothing ());

  auto b = get (b_, "key", loader);
  settle ();
  EXPECT_EQ (loader.count (), 1) << "that there is nothing is an answer as well";
  ASSERT_EQ (b->callbacks, 1);
  EXPECT_THAT (b->entry, IsNothing ());

  remove (a_, "key");
  settle ();
  EXPECT_EQ (read (b_, "key", "made"), "made");
  EXPECT_EQ (read (a_, "key", "not this"), "made");
}

TEST_F (CoherenceLoadsTest, AnErrorIsRememberedWhereItWasMetAndEndsWithAChange)
{
  ScriptedLoader loader_a, loader_b;
  memo_loader_set_error_ttl (loader_a, 60.0);
  auto a = get (a_, "key", loader_a);
  settle ();
  loader_a.fail (make_error ("no"));
  settle ();
  EXPECT_EQ (a->callbacks, 1);
  EXPECT_EQ (server_.kind ("d:key"), '-') << "its lease is given back";
  auto again = get (a_, "key", loader_a);
  settle ();
  EXPECT_EQ (loader_a.count (), 1);
  EXPECT_NE (again->error, nullptr);

  EXPECT_EQ (read (b_, "key", "value"), "value") << "an error is not shared";
  remove (a_, "key");
  settle ();
  EXPECT_EQ (read (a_, "key", "new"), "new");
  EXPECT_EQ (read (b_, "key", "not this"), "new");
}

} // namespace
