// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/batch-test.hpp"

using namespace memo_test;
using ::testing::ElementsAre;
using ::testing::SizeIs;

// What is gathered for one call of a batch loader, and when it leaves.
class GatheringTest : public BatchTest
{
protected:
  // Does something from a source of its own, some turns in a row.
  void in_turns (int priority, std::vector<std::function<void ()>> what)
  {
    using Steps = std::deque<std::function<void ()>>;

    GSource *source = g_idle_source_new ();

    g_source_set_priority (source, priority);
    g_source_set_callback (source, [] (gpointer data) -> gboolean {
      auto &steps = *static_cast<Steps *> (data);

      steps.front () ();
      steps.pop_front ();
      return !steps.empty ();
    }, new Steps (what.begin (), what.end ()), [] (gpointer data) { delete static_cast<Steps *> (data); });
    g_source_attach (source, context_);
    g_source_unref (source);
  }
};

// --- the window ---

TEST_F (GatheringTest, Rule19TheKeysOfAWindowAreOneCall)
{
  auto a = ask ("a");
  auto b = ask ("b");
  turn ();
  auto c = ask ("c");
  turn ();
  ASSERT_EQ (batch_.count (), 0) << "the window is open";

  close_window ();
  ASSERT_THAT (batch_.asked (), ElementsAre (Keys { "a", "b", "c" }));
  batch_.answer_all ();
  turn ();

  EXPECT_THAT (a, GotText ("a"));
  EXPECT_THAT (b, GotText ("b"));
  EXPECT_THAT (c, GotText ("c"));
  EXPECT_THAT (lookup ("a"), HoldsText ("a"));
  EXPECT_THAT (lookup ("b"), HoldsText ("b"));
  EXPECT_THAT (lookup ("c"), HoldsText ("c"));
}

TEST_F (GatheringTest, Rule19AWindowLastsFiveMillisecondsUnlessTheCacheSaysOtherwise)
{
  ask ("a");
  advance (0.004999);
  turn ();
  EXPECT_EQ (batch_.count (), 0);
  advance (0.000001);
  EXPECT_EQ (batch_.count (), 0) << "it is for the main loop to notice";
  turn ();
  EXPECT_EQ (batch_.count (), 1);
}

TEST_F (GatheringTest, Rule19AWindowLastsAsLongAsItWasSet)
{
  set_window (20);
  ask ("a");
  advance (0.019999);
  turn ();
  EXPECT_EQ (batch_.count (), 0);
  advance (0.000001);
  turn ();
  EXPECT_EQ (batch_.count (), 1);
}

TEST_F (GatheringTest, Rule19AWindowIsCountedFromItsFirstKey)
{
  ask ("a");
  advance (0.003);
  turn ();
  ask ("b");
  advance (0.001999);
  turn ();
  EXPECT_EQ (batch_.count (), 0);
  advance (0.000001);
  turn ();
  EXPECT_THAT (batch_.asked (), ElementsAre (Keys { "a", "b" }));
}

TEST_F (GatheringTest, Rule19TheNextWindowIsCountedFromItsOwnFirstKey)
{
  leave ({ "a" });
  advance (0.003);
  ask ("b");
  advance (0.004999);
  turn ();
  EXPECT_EQ (batch_.count (), 1);
  advance (0.000001);
  turn ();
  EXPECT_THAT (batch_.asked (), ElementsAre (Keys { "a" }, Keys { "b" }));
}

TEST_F (GatheringTest, Rule19AWindowOfZeroClosesWhenTheMainLoopIsIdle)
{
  set_window (0);
  ask ("a");
  in_turns (G_PRIORITY_DEFAULT, { [&] { ask ("b"); }, [&] { EXPECT_EQ (batch_.count (), 0); },
                                  [&] { ask ("c"); }, [&] { EXPECT_EQ (batch_.count (), 0); } });
  turn ();

  EXPECT_THAT (batch_.asked (), ElementsAre (Keys { "a", "b", "c" })) << "and no time has passed";
}

TEST_F (GatheringTest, Rule19AWindowOfZeroDoesNotWaitForWhatIsLessUrgent)
{
  int before = -1;

  set_window (0);
  ask ("a");
  in_turns (G_PRIORITY_LOW, { [&] { before = batch_.count (); } });
  turn ();

  EXPECT_EQ (before, 1);
}

TEST_F (GatheringTest, Rule19WhatIsAskedForAfterAWindowOfZeroIsForTheNext)
{
  set_window (0);
  ask ("a");
  turn ();
  ask ("b");
  turn ();

  EXPECT_THAT (batch_.asked (), ElementsAre (Keys { "a" }, Keys { "b" }));
}

// --- whose window it is ---

TEST_F (GatheringTest, Rule19TheFunctionIsCalledInTheContextOfWhoAskedFirst)
{
  Context openers, others;
  auto a = ask_in (openers, "a");
  auto b = ask_in (others, "b");
  auto c = ask ("c");
  auto a_again = ask_in (others, "a");

  advance (window);
  turn ();
  others.turn ();
  EXPECT_EQ (batch_.count (), 0);
  openers.turn ();
  ASSERT_THAT (batch_.asked (), ElementsAre (Keys { "a", "b", "c" }));
  EXPECT_EQ (batch_.called_in (), static_cast<GMainContext *> (openers));

  batch_.answer_all ();
  openers.turn ();
  EXPECT_THAT (a, GotText ("a"));
  EXPECT_THAT (b, IsPending ()) << "everybody is told where they asked";
  EXPECT_THAT (c, IsPending ());
  turn ();
  EXPECT_THAT (c, GotText ("c"));
  EXPECT_THAT (b, IsPending ());
  others.turn ();
  EXPECT_THAT (b, GotText ("b"));
  EXPECT_THAT (a_again, GotText ("a"));
}

TEST_F (GatheringTest, Rule19AFullBatchLeavesFromTheContextOfWhoAskedFirst)
{
  Context openers;
  set_size (2);
  ask_in (openers, "a");
  ask ("b");

  turn ();
  EXPECT_EQ (batch_.count (), 0);
  openers.turn ();
  EXPECT_THAT (batch_.asked (), ElementsAre (Keys { "a", "b" }));
  EXPECT_EQ (batch_.called_in (), static_cast<GMainContext *> (openers));
}

TEST_F (GatheringTest, Rule19AWindowOfZeroWaitsForTheLoopOfWhoAskedFirst)
{
  Context openers;
  set_window (0);
  ask_in (openers, "a");
  ask ("b");

  turn ();
  EXPECT_EQ (batch_.count (), 0);
  openers.turn ();
  EXPECT_THAT (batch_.asked (), ElementsAre (Keys { "a", "b" }));
}

TEST_F (GatheringTest, Rule19TheNextWindowIsThatOfWhoAsksFirstThen)
{
  Context first, second;
  ask_in (first, "a");
  advance (window);
  first.turn ();
  ask_in (second, "b");
  ask_in (first, "c");
  advance (window);

  first.turn ();
  EXPECT_EQ (batch_.count (), 1);
  second.turn ();
  EXPECT_THAT (batch_.asked (), ElementsAre (Keys { "a" }, Keys { "b", "c" }));
}

// --- how many ---

TEST_F (GatheringTest, Rule19AFullBatchLeavesAtOnce)
{
  set_size (3);
  ask ("a");
  ask ("b");
  turn ();
  EXPECT_EQ (batch_.count (), 0);
  ask ("c");
  EXPECT_EQ (batch_.count (), 0) << "no function of a loader inside of a get";
  EXPECT_TRUE (g_main_context_iteration (context_, FALSE));

  EXPECT_THAT (batch_.asked (), ElementsAre (Keys { "a", "b", "c" })) << "and no time has passed";
}

TEST_F (GatheringTest, Rule19WhatComesAfterAFullBatchHasAWindowOfItsOwn)
{
  set_size (2);
  ask ("a");
  advance (0.004);
  ask ("b");
  ask ("c");
  turn ();
  EXPECT_THAT (batch_.asked (), ElementsAre (Keys { "a", "b" }));

  advance (0.004999);
  turn ();
  EXPECT_EQ (batch_.count (), 1) << "the window of the first batch is nothing to the second";
  advance (0.000001);
  turn ();
  EXPECT_THAT (batch_.asked (), ElementsAre (Keys { "a", "b" }, Keys { "c" }));
}

TEST_F (GatheringTest, Rule19AFullBatchIsNotCalledAgainWhenItsWindowWouldClose)
{
  set_size (2);
  ask ("a");
  ask ("b");
  turn ();
  close_window ();
  close_window ();

  EXPECT_EQ (batch_.count (), 1);
}

TEST_F (GatheringTest, Rule19ManyKeysAreAsManyBatchesAsItTakes)
{
  set_size (3);
  for (auto key : { "a", "b", "c", "d", "e", "f", "g" })
    ask (key);
  turn ();
  EXPECT_THAT (batch_.asked (), ElementsAre (Keys { "a", "b", "c" }, Keys { "d", "e", "f" }));
  close_window ();
  EXPECT_THAT (batch_.asked (), ElementsAre (Keys { "a", "b", "c" }, Keys { "d", "e", "f" }, Keys { "g" }));
}

TEST_F (GatheringTest, Rule19ABatchOfOneLeavesWithEachKey)
{
  set_size (1);
  ask ("a");
  ask ("b");
  ask ("a");
  turn ();

  EXPECT_THAT (batch_.asked (), ElementsAre (Keys { "a" }, Keys { "b" }));
}

TEST_F (GatheringTest, Rule19AHundredKeysAreFullUnlessTheCacheSaysOtherwise)
{
  for (int i = 0; i < 99; i++)
    ask (std::to_string (i).c_str ());
  turn ();
  EXPECT_EQ (batch_.count (), 0);
  ask ("99");
  turn ();
  ASSERT_EQ (batch_.count (), 1);
  EXPECT_THAT (batch_.asked ()[0], SizeIs (100));
}

TEST_F (GatheringTest, Rule19AWindowOfZeroIsLeftEarlyByAFullBatchToo)
{
  int before = -1;

  set_window (0);
  set_size (2);
  ask ("a");
  ask ("b");
  in_turns (G_PRIORITY_DEFAULT_IDLE - 1, { [&] { before = batch_.count (); } });
  turn ();

  EXPECT_EQ (before, 1) << "it does not wait until the loop is idle";
}

// --- which keys ---

TEST_F (GatheringTest, Failure05AKeyThatIsAskedForTwiceIsInTheBatchOnce)
{
  std::vector<std::shared_ptr<Got>> all;

  for (auto key : { "b", "a", "b", "c", "a", "b" })
    all.push_back (ask (key));
  close_window ();
  ASSERT_THAT (batch_.asked (), ElementsAre (Keys { "b", "a", "c" })) << "each once, in the order they came";
  batch_.answer_all ();
  turn ();

  EXPECT_THAT (all[0], GotText ("b"));
  EXPECT_THAT (all[1], GotText ("a"));
  EXPECT_THAT (all[2], GotText ("b"));
  EXPECT_THAT (all[4], GotText ("a"));
  EXPECT_THAT (all[5], GotText ("b"));
}

TEST_F (GatheringTest, Rule19AKeyThatIsAskedForAgainFillsNoRoom)
{
  set_size (3);
  for (auto key : { "a", "a", "b", "a", "b" })
    ask (key);
  turn ();
  EXPECT_EQ (batch_.count (), 0);
  ask ("c");
  turn ();
  EXPECT_THAT (batch_.asked (), ElementsAre (Keys { "a", "b", "c" }));
}

TEST_F (GatheringTest, Rule19AnyTextIsAKey)
{
  const std::string large (100000, 'x');
  auto empty = ask ("");
  auto long_one = ask (large.c_str ());
  auto foreign = ask ("Übergrößenträger\n😀");
  close_window ();

  ASSERT_THAT (batch_.asked (), ElementsAre (Keys { "", large, "Übergrößenträger\n😀" }));
  batch_.answer_all ();
  turn ();
  EXPECT_THAT (empty, GotText (""));
  EXPECT_THAT (long_one, GotText (large));
  EXPECT_THAT (foreign, GotText ("Übergrößenträger\n😀"));
}

TEST_F (GatheringTest, Rule19WhoHitsWaitsForNoWindow)
{
  set ("there", "value");
  ask ("missing");
  auto hit = ask ("there");
  turn ();
  EXPECT_THAT (hit, GotText ("value"));
  close_window ();

  EXPECT_THAT (batch_.asked (), ElementsAre (Keys { "missing" }));
}

TEST_F (GatheringTest, Rule19WhoHitsOpensNoWindow)
{
  set ("there", "value");
  ask ("there");
  advance (0.004);
  ask ("missing");
  advance (0.004999);
  turn ();
  EXPECT_EQ (batch_.count (), 0);
  advance (0.000001);
  turn ();
  EXPECT_THAT (batch_.asked (), ElementsAre (Keys { "missing" }));
}

// --- several batches ---

TEST_F (GatheringTest, Rule20AKeyThatIsBeingLoadedIsInNoOtherBatch)
{
  auto first = leave ({ "a", "b" });
  auto a = ask ("a");
  auto c = ask ("c");
  close_window ();
  ASSERT_THAT (batch_.asked (), ElementsAre (Keys { "a", "b" }, Keys { "c" }));

  batch_.answer_all ();
  turn ();
  EXPECT_THAT (first[0], GotText ("a"));
  EXPECT_THAT (a, GotText ("a"));
  EXPECT_THAT (c, IsPending ());
}

TEST_F (GatheringTest, Rule20AKeyThatJoinsABatchUnderWayOpensNoWindow)
{
  leave ({ "a" });
  ask ("a");
  close_window ();

  EXPECT_EQ (batch_.count (), 1);
}

TEST_F (GatheringTest, Failure06BatchesRunSideBySide)
{
  auto first = leave ({ "a" });
  auto second = leave ({ "b" });
  auto third = leave ({ "c" });
  ASSERT_EQ (batch_.pending (), 3u);

  auto slow = batch_.next ();
  batch_.answer_all ();
  turn ();
  EXPECT_THAT (second[0], GotText ("b"));
  batch_.answer_all ();
  turn ();
  EXPECT_THAT (third[0], GotText ("c"));
  EXPECT_THAT (first[0], IsPending ());

  batch_.answer_all (slow.get ());
  turn ();
  EXPECT_THAT (first[0], GotText ("a"));
}

TEST_F (GatheringTest, Rule20DifferentLoadersNeverShareABatch)
{
  ScriptedBatch other;
  auto a = ask ("a");
  auto x = get ("x", other);
  auto b = ask ("b");
  auto y = get ("y", other);
  close_window ();

  EXPECT_THAT (batch_.asked (), ElementsAre (Keys { "a", "b" }));
  EXPECT_THAT (other.asked (), ElementsAre (Keys { "x", "y" }));
  other.answer_all ();
  turn ();
  EXPECT_THAT (x, GotText ("x"));
  EXPECT_THAT (y, GotText ("y"));
  EXPECT_THAT (a, IsPending ());
  EXPECT_THAT (b, IsPending ());
}

TEST_F (GatheringTest, Rule20DifferentCachesNeverShareABatch)
{
  auto other = new_cache ();
  ask ("a");
  AsyncTest::get (MEMO_CACHE (other.get ()), "a", batch_);
  AsyncTest::get (MEMO_CACHE (other.get ()), "b", batch_);
  close_window ();

  EXPECT_THAT (batch_.asked (), ::testing::UnorderedElementsAre (Keys { "a" }, Keys { "a", "b" }));
}

TEST_F (GatheringTest, Rule20AKeyOfAWindowIsLoadedByTheLoaderOfWhoAskedFirst)
{
  ScriptedBatch other;
  ScriptedLoader single;
  auto first = ask ("a");
  auto second = get ("a", other);
  auto third = get ("a", single);
  auto fourth = get ("a");
  close_window ();

  EXPECT_EQ (other.count (), 0);
  EXPECT_EQ (single.count (), 0);
  ASSERT_EQ (batch_.count (), 1);
  batch_.answer_all ();
  turn ();
  for (auto &got : { first, second, third, fourth })
    EXPECT_THAT (got, GotText ("a"));
}

TEST_F (GatheringTest, Rule20AKeyThatASingleLoaderLoadsIsInNoBatch)
{
  ScriptedLoader single;
  auto first = get ("a", single);
  auto second = ask ("a");
  ask ("b");
  close_window ();

  EXPECT_THAT (batch_.asked (), ElementsAre (Keys { "b" }));
  single.answer ("value");
  turn ();
  EXPECT_THAT (first, GotText ("value"));
  EXPECT_THAT (second, GotText ("value"));
}

// --- warming up ---

TEST_F (GatheringTest, Rule14AWarmUpFillsWholeBatches)
{
  auto warmup = adopt (memo_warmup_new ());
  Done done;

  set_size (10);
  batch_.on_call ([] (MemoCall *call) { ScriptedBatch::answer_all (call); });
  set ("key 3", "there already");
  for (int i = 0; i < 36; i++)
    memo_warmup_add (warmup.get (), ("key " + std::to_string (i)).c_str (), batch_);
  memo_cache_warmup_async (cache (), warmup.get (), nullptr, done_cb<memo_cache_warmup_finish>, done.keep ());
  turn ();
  EXPECT_EQ (batch_.count (), 3) << "a full batch does not wait for its window";
  close_window ();

  EXPECT_THAT (done, Succeeded ());
  ASSERT_EQ (batch_.count (), 4);
  EXPECT_THAT (batch_.asked ()[0], SizeIs (10));
  EXPECT_THAT (batch_.asked ()[3], SizeIs (5));
  EXPECT_EQ (metrics ()->loads, 35u);
  EXPECT_EQ (metrics ()->hits + metrics ()->misses, 0u);
  EXPECT_THAT (lookup ("key 35"), HoldsText ("key 35"));
  EXPECT_THAT (lookup ("key 3"), HoldsText ("there already"));
}

TEST_F (GatheringTest, Rule14AWarmUpReportsWhatABatchDidNotBring)
{
  auto warmup = adopt (memo_warmup_new ());
  Done done;

  for (auto key : { "a", "b", "c", "d" })
    memo_warmup_add (warmup.get (), key, batch_);
  memo_cache_warmup_async (cache (), warmup.get (), nullptr, done_cb<memo_cache_warmup_finish>, done.keep ());
  close_window ();
  auto call = batch_.next ();
  answer (call.get (), "a", "value");
  fail (call.get (), "b");
  answer (call.get (), "c", Entry ());
  memo_call_finish_batch (call.get ());
  turn ();

  EXPECT_THAT (done, FailedWith (MEMO_ERROR, MEMO_ERROR_FAILED));
  char **failed = memo_warmup_dup_failed_keys (warmup.get ());
  EXPECT_THAT (std::vector<std::string> (failed, failed + g_strv_length (failed)), ElementsAre ("b", "d"));
  g_strfreev (failed);
  EXPECT_TRUE (g_error_matches (memo_warmup_get_error (warmup.get (), "d"), MEMO_ERROR, MEMO_ERROR_NOT_FOUND));
  EXPECT_THAT (lookup ("a"), HoldsText ("value"));
}

// --- the options ---

TEST_F (GatheringTest, TheOptionsOfBatchesAreProperties)
{
  int notified = 0;
  guint milliseconds, size;

  g_signal_connect_swapped (cache_.get (), "notify::batch-window-ms", G_CALLBACK (+[] (int *n) { ++*n; }), &notified);
  g_signal_connect_swapped (cache_.get (), "notify::max-batch-size", G_CALLBACK (+[] (int *n) { ++*n; }), &notified);
  g_object_get (cache_.get (), "batch-window-ms", &milliseconds, "max-batch-size", &size, nullptr);
  EXPECT_EQ (milliseconds, 5u);
  EXPECT_EQ (size, 100u);

  g_object_set (cache_.get (), "batch-window-ms", 5, "max-batch-size", 100, nullptr);
  EXPECT_EQ (notified, 0) << "nothing changed";
  g_object_set (cache_.get (), "batch-window-ms", 0, "max-batch-size", 1, nullptr);
  EXPECT_EQ (notified, 2);
  EXPECT_EQ (memo_async_cache_get_batch_window_ms (cache_.get ()), 0u);
  EXPECT_EQ (memo_async_cache_get_max_batch_size (cache_.get ()), 1u);
}

TEST_F (GatheringTest, ABatchHasRoomForAKey)
{
  Complaints complaints;

  memo_async_cache_set_max_batch_size (cache_.get (), 0);
  EXPECT_THAT (complaints.take (), IsOne ("critical", "max_batch_size >= 1"));
  EXPECT_EQ (memo_async_cache_get_max_batch_size (cache_.get ()), 100u);
}

TEST_F (GatheringTest, Rule19ALongerWindowIsForThoseThatOpenFromThenOn)
{
  ask ("a");
  set_window (1000);
  close_window ();
  EXPECT_EQ (batch_.count (), 1);
  ask ("b");
  close_window ();
  EXPECT_EQ (batch_.count (), 1);
  advance (0.995);
  turn ();
  EXPECT_EQ (batch_.count (), 2);
}
