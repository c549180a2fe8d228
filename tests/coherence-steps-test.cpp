// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/coherence-test.hpp"

using namespace memo_test;

namespace {

// Steps of docs/coherence-protocol.md that fail, come late, or find something else than they expect.
class CoherenceStepsTest : public CoherenceTest
{
protected:
  // Everything until STEP is the next that the server would do for PROCESS.
  bool reach (Process &process, MemoRemoteStep step)
  {
    for (int i = 0; i < 100; i++)
      {
        if (process.link.requests () > 0 && process.link.next_step () == step)
          return true;
        if (!process.link.hear_message () && !process.link.hear_reply () && !process.link.perform ())
          turn ();
      }
    return false;
  }

  void lose (Process &process, MemoRemoteStep step)
  {
    complaints_.allow ();
    ASSERT_TRUE (reach (process, step));
    process.link.lose_request ();
    turn ();
  }
};

// --- loads ---

TEST_F (CoherenceStepsTest, ALeaseThatCannotBeHadCostsALoadThatIsNotStored)
{
  ScriptedLoader loader;
  auto got = get (a_, "key", loader);
  lose (a_, MEMO_REMOTE_ACQUIRE);
  settle ();
  ASSERT_EQ (loader.count (), 1);
  loader.answer ("value");
  settle ();
  EXPECT_THAT (got, GotText ("value"));
  EXPECT_EQ (memory (a_, "key"), "nothing");
  EXPECT_EQ (server_.kind ("d:key"), '-');
}

TEST_F (CoherenceStepsTest, ATokenThatCannotBeReadCostsALoadThatIsNotStored)
{
  EXPECT_EQ (read (a_, "other", "value"), "value");
  ScriptedLoader loader;
  memo_loader_set_tags (loader, Tags { "tag" });
  auto got = get (a_, "key", loader);
  ASSERT_TRUE (reach (a_, MEMO_REMOTE_LOAD));
  ASSERT_EQ (a_.link.next_key (), "t:tag");
  lose (a_, MEMO_REMOTE_LOAD);
  settle ();
  ASSERT_EQ (loader.count (), 1);
  loader.answer ("value");
  settle ();
  EXPECT_THAT (got, GotText ("value"));
  EXPECT_EQ (memory (a_, "key"), "nothing");
  EXPECT_EQ (server_.kind ("d:key"), '-');
}

TEST_F (CoherenceStepsTest, AFillThatIsLostLeavesNothingInMemoryForLong)
{
  ScriptedLoader loader;
  auto got = get (a_, "key", loader);
  settle ();
  loader.answer ("value");
  turn ();
  lose (a_, MEMO_REMOTE_FILL);
  settle ();
  EXPECT_THAT (got, GotText ("value"));
  EXPECT_EQ (server_.kind ("d:key"), '-') << "its lease is of no use any more";
  for (int i = 0; i < 5; i++)
    {
      advance (0.5);
      a_.link.echo ();
    }
  EXPECT_EQ (memory (a_, "key"), "nothing") << "nobody would be told of a change";
}

TEST_F (CoherenceStepsTest, NothingOfALoadIsSentOnAnotherLink)
{
  ScriptedLoader loader;
  auto got = get (a_, "key", loader);
  settle ();
  ASSERT_EQ (server_.kind ("d:key"), 'L');
  a_.link.break_off ();
  a_.link.connect ();
  complaints_.allow ();
  loader.answer ("value");
  settle ();
  EXPECT_THAT (got, GotText ("value"));
  EXPECT_EQ (server_.kind ("d:key"), 'L') << "the lease was granted on a link that is no more";
  EXPECT_EQ (memory (a_, "key"), "nothing");
}

TEST_F (CoherenceStepsTest, FillExpectsItsLease)
{
  ScriptedLoader loader_a, loader_b;
  auto first = get (a_, "key", loader_a);
  settle ();
  remove (b_, "key");
  b_.link.settle ();
  auto second = get (b_, "key", loader_b);
  b_.link.settle ();
  turn ();
  ASSERT_EQ (loader_b.count (), 1);
  // A has not heard of it.
  loader_a.answer ("old");
  while (a_.link.hear_reply () || a_.link.perform ())
    ;
  turn ();
  EXPECT_EQ (server_.kind ("d:key"), 'L') << "that of B";
  loader_b.answer ("new");
  settle ();
  EXPECT_THAT (first, GotText ("old"));
  EXPECT_THAT (second, GotText ("new"));
  EXPECT_EQ (read (a_, "key", "not this"), "new");
}

TEST_F (CoherenceStepsTest, WhoOnlyLooksTakesNoLease)
{
  auto got = get (a_, "key");
  settle ();
  EXPECT_THAT (got, GotMiss ());
  EXPECT_EQ (a_.link.asked (MEMO_REMOTE_ACQUIRE), 0);
  EXPECT_EQ (read (b_, "key", "value"), "value");
  auto again = get (a_, "key");
  settle ();
  EXPECT_THAT (again, GotText ("value"));
}

TEST_F (CoherenceStepsTest, WhatEndsInTheServerEndsInAllMemories)
{
  ScriptedLoader loader;
  auto got = get (a_, "key", loader);
  settle ();
  loader.answer (entry ("value", 1.0));
  settle ();
  EXPECT_EQ (read (b_, "key", "not this"), "value");
  advance (1.0);
  EXPECT_EQ (memory (a_, "key"), "nothing");
  EXPECT_EQ (memory (b_, "key"), "nothing");
  server_.expire ();
  EXPECT_EQ (read (b_, "key", "new"), "new");
}

TEST_F (CoherenceStepsTest, JoinWhatIsAnchored)
{
  ScriptedLoader loader;
  auto first = get (a_, "key", loader);
  settle ();
  ASSERT_EQ (server_.kind ("d:key"), 'L');
  for (int i = 0; i < 5; i++)
    {
      advance (0.5);
      a_.link.echo ();
    }
  auto second = get (a_, "key", loader);
  settle ();
  EXPECT_EQ (loader.count (), 1) << "its lease would have been invalidated";
  loader.answer ("value");
  settle ();
  EXPECT_THAT (first, GotText ("value"));
  EXPECT_THAT (second, GotText ("value"));
}

TEST_F (CoherenceStepsTest, JoinWithinTheLease)
{
  ScriptedLoader loader;
  auto first = get (a_, "key", loader);
  settle ();
  ASSERT_EQ (server_.kind ("d:key"), 'L');
  advance (2.1);
  auto second = get (a_, "key", loader);
  EXPECT_GT (a_.link.requests (), 0u) << "the message of a change may be on its way for two seconds";
  settle ();
  loader.answer ("old");
  settle ();
  EXPECT_THAT (first, GotText ("old"));
  EXPECT_THAT (second, IsPending ());
  ASSERT_EQ (loader.pending (), 1u);
  loader.answer ("new");
  settle ();
  EXPECT_THAT (second, GotText ("new"));
}

TEST_F (CoherenceStepsTest, RefreshExpectsItsIdAlsoWhereNobodyToldIt)
{
  EXPECT_EQ (read (a_, "key", "old"), "old");
  ScriptedLoader loader_a, loader_b;
  auto got = get (a_, "key", loader_a, MEMO_GET_REFRESH);
  settle ();
  ASSERT_EQ (loader_a.count (), 1);
  remove (b_, "key");
  b_.link.settle ();
  auto newer = get (b_, "key", loader_b);
  settle ({ &b_ });
  loader_b.answer ("newest");
  settle ({ &b_ });
  ASSERT_EQ (server_.kind ("d:key"), 'V');
  const auto there = server_.get ("d:key");
  loader_a.answer ("late");
  turn ();
  while (a_.link.hear_reply () || a_.link.perform ())
    ;
  EXPECT_EQ (server_.get ("d:key"), there) << "it is not the value that the refresh saw";
  settle ();
  EXPECT_THAT (got, GotText ("late"));
  EXPECT_THAT (newer, GotText ("newest"));
}

TEST_F (CoherenceStepsTest, WhatIsNotAnchoredIsNotJoinedForLong)
{
  EXPECT_EQ (read (a_, "other", "value"), "value");
  ScriptedLoader loader;
  auto first = get (a_, "key", loader);
  lose (a_, MEMO_REMOTE_ACQUIRE);
  ASSERT_EQ (loader.count (), 1);
  // There is nothing at the key, and so nothing that a change would be told by.
  EXPECT_TRUE (remove (b_, "key") != nullptr);
  for (int i = 0; i < 5; i++)
    {
      advance (0.5);
      a_.link.echo ();
      settle ();
    }
  auto second = get (a_, "key", loader);
  settle ();
  ASSERT_EQ (loader.count (), 2);
  loader.answer ("old");
  loader.answer ("new");
  settle ();
  EXPECT_THAT (first, GotText ("old"));
  EXPECT_THAT (second, GotText ("new"));
}

// --- waiting ---

TEST_F (CoherenceStepsTest, OwnWriteWakesOwnWaiters)
{
  ScriptedLoader loader_a, loader_b;
  auto first = get (b_, "key", loader_b);
  settle ();
  auto second = get (a_, "key", loader_a);
  settle ();
  ASSERT_EQ (loader_a.count (), 0);
  remove (a_, "key");
  while (a_.link.hear_reply () || a_.link.perform ())
    ;
  turn ();
  EXPECT_EQ (loader_a.count (), 1) << "the server does not tell it what it did itself";
  EXPECT_EQ (server_.kind ("d:key"), 'L') << "its own, since the delete is done";
  loader_a.answer ("new");
  loader_b.answer ("old");
  settle ();
  EXPECT_THAT (first, GotText ("old"));
  EXPECT_THAT (second, GotText ("new"));
  EXPECT_EQ (read (b_, "key", "not this"), "new");
}

TEST_F (CoherenceStepsTest, WhoWaitsIsGivenWhatItsOwnProcessSets)
{
  ScriptedLoader loader_a, loader_b;
  auto first = get (b_, "key", loader_b);
  settle ();
  auto second = get (a_, "key", loader_a);
  settle ();
  set (a_, "key", entry ("set"));
  settle ();
  EXPECT_THAT (second, GotText ("set"));
  EXPECT_EQ (loader_a.count (), 0);
  loader_b.answer ("old");
  settle ();
  EXPECT_THAT (first, GotText ("old"));
  EXPECT_EQ (read (b_, "key", "not this"), "set");
}

TEST_F (CoherenceStepsTest, ItsOwnTimeLimitIsHowLongItWaits)
{
  ScriptedLoader loader_a, loader_b;
  memo_loader_set_timeout (loader_a, 3.0);
  auto first = get (b_, "key", loader_b);
  settle ();
  auto second = get (a_, "key", loader_a);
  settle ();
  for (int i = 0; i < 3; i++)
    {
      advance (1.0);
      a_.link.echo ();
      settle ({ &a_ });
    }
  EXPECT_EQ (loader_a.count (), 0);
  EXPECT_THAT (second, IsPending ()) << "the time limit is that of its loader, which was not called yet";
  advance (1.0);
  a_.link.echo ();
  settle ({ &a_ });
  ASSERT_EQ (loader_a.count (), 1);
  loader_a.answer ("own");
  settle ({ &a_ });
  EXPECT_THAT (second, GotText ("own"));
  loader_b.answer ("value");
  settle ();
  EXPECT_THAT (first, GotText ("value"));
}

// --- changes ---

TEST_F (CoherenceStepsTest, FenceBeforeTheChange)
{
  Change change (a_, { "one", "two" });
  change.begin ();
  EXPECT_TRUE (a_.link.perform ());
  EXPECT_TRUE (a_.link.hear_reply ());
  turn ();
  EXPECT_EQ (change.begun->callbacks, 0) << "one of two is fenced";
  settle ();
  EXPECT_TRUE (change.begun->well ());
  change.end ();
  EXPECT_TRUE (a_.link.perform ());
  EXPECT_TRUE (a_.link.perform ());
  EXPECT_TRUE (a_.link.hear_reply ());
  turn ();
  EXPECT_EQ (change.ended->callbacks, 0) << "end-is-answered-first";
  settle ();
  EXPECT_TRUE (change.ended->well ());
}

TEST_F (CoherenceStepsTest, AnEndThatIsLostIsPendingAndSentAgain)
{
  EXPECT_EQ (read (b_, "key", "old"), "old");
  Change change (a_, { "key" });
  change.begin ();
  settle ();
  change.end ();
  lose (a_, MEMO_REMOTE_UNFENCE);
  settle ();
  EXPECT_TRUE (change.ended->failed ());
  EXPECT_EQ (metrics (a_)->pending_invalidations, 1u);
  ASSERT_EQ (server_.kind ("d:key"), 'F');
  EXPECT_EQ (read (a_, "key", "own"), "own");
  EXPECT_EQ (server_.kind ("d:key"), 'F');
  a_.link.beat ();
  settle ();
  EXPECT_EQ (metrics (a_)->pending_invalidations, 0u);
  EXPECT_EQ (server_.kind ("d:key"), '-');
  EXPECT_EQ (read (b_, "key", "new"), "new");
}

TEST_F (CoherenceStepsTest, AStrictChangeThatIsRefusedTakesItsFencesBack)
{
  g_object_set (a_.cache.get (), "strict-changes", TRUE, nullptr);
  Change change (a_, { "one", "two" });
  change.begin ();
  EXPECT_TRUE (a_.link.perform ());
  lose (a_, MEMO_REMOTE_FENCE);
  settle ();
  EXPECT_TRUE (change.begun->failed ());
  change.end ();
  settle ();
  EXPECT_EQ (server_.kind ("d:one"), '-');
  EXPECT_EQ (server_.kind ("d:two"), '-');
  EXPECT_EQ (read (b_, "one", "1"), "1");
  EXPECT_EQ (server_.kind ("d:one"), 'V');
}

TEST_F (CoherenceStepsTest, InvalidateLeavesFencesAndAnnouncesThem)
{
  Change change (b_, { "key" });
  change.begin ();
  settle ();
  ScriptedLoader loader;
  auto first = get (a_, "key", loader);
  settle ();
  ASSERT_EQ (loader.count (), 1) << "it loads without storing";
  auto done = remove (b_, "key");
  settle ();
  EXPECT_EQ (server_.kind ("d:key"), 'F');
  auto second = get (a_, "key", loader);
  settle ();
  EXPECT_EQ (loader.count (), 2) << "the first began before the delete";
  loader.answer ("old");
  loader.answer ("new");
  settle ();
  EXPECT_THAT (first, GotText ("old"));
  EXPECT_THAT (second, GotText ("new"));
  change.end ();
  settle ();
  EXPECT_TRUE (done->well ());
}

TEST_F (CoherenceStepsTest, ADeleteThatIsRepeatedWhileItIsOnItsWayIsDoneTwice)
{
  EXPECT_EQ (read (a_, "key", "old"), "old");
  auto first = remove (a_, "key");
  EXPECT_TRUE (a_.link.perform ());
  ScriptedLoader loader;
  auto between = get (b_, "key", loader);
  settle ({ &b_ });
  loader.answer ("between");
  b_.link.settle ();
  turn ();
  ASSERT_EQ (server_.kind ("d:key"), 'V');
  auto second = remove (a_, "key");
  while (a_.link.replies () > 0)
    a_.link.hear_reply ();
  turn ();
  EXPECT_TRUE (first->well ());
  EXPECT_EQ (second->callbacks, 0) << "the server had done the first before";
  settle ();
  EXPECT_TRUE (second->well ());
  EXPECT_EQ (server_.kind ("d:key"), '-');
  EXPECT_EQ (memory (b_, "key"), "nothing");
}

// --- sets ---

TEST_F (CoherenceStepsTest, ASetTakesThePlaceOfALoad)
{
  ScriptedLoader loader;
  auto got = get (b_, "key", loader);
  settle ();
  auto done = set (a_, "key", entry ("set"));
  settle ();
  EXPECT_TRUE (done->well ());
  loader.answer ("loaded");
  settle ();
  EXPECT_THAT (got, GotText ("loaded"));
  EXPECT_EQ (memory (b_, "key"), "nothing");
  EXPECT_EQ (read (b_, "key", "not this"), "set");
}

TEST_F (CoherenceStepsTest, ASetThatIsLostHalfwayIsInvalidated)
{
  EXPECT_EQ (read (b_, "key", "old"), "old");
  auto done = set (a_, "key", entry ("new"));
  lose (a_, MEMO_REMOTE_FILL);
  EXPECT_TRUE (done->failed ());
  settle ();
  EXPECT_EQ (server_.kind ("d:key"), '-');
  EXPECT_EQ (memory (b_, "key"), "nothing");
  EXPECT_EQ (metrics (a_)->pending_invalidations, 0u);
}

TEST_F (CoherenceStepsTest, AFlushWaitsForWhatTakesThePlaceOfALostSet)
{
  EXPECT_EQ (read (b_, "key", "old"), "old");
  set (a_, "key", entry ("new"));
  auto done = flush (a_);
  lose (a_, MEMO_REMOTE_CLAIM);
  EXPECT_EQ (done->callbacks, 0) << "others still have the old value";
  settle ();
  EXPECT_TRUE (done->failed ()) << "the server does not have what was set";
  EXPECT_EQ (memory (b_, "key"), "nothing");
  auto again = flush (a_);
  settle ();
  EXPECT_TRUE (again->well ()) << "that was said once";

  set (a_, "key", entry ("newer"));
  auto failed = flush (a_);
  lose (a_, MEMO_REMOTE_CLAIM);
  lose (a_, MEMO_REMOTE_INVALIDATE);
  EXPECT_TRUE (failed->failed ());
}

TEST_F (CoherenceStepsTest, AFlushWaitsForWhatTakesThePlaceOfTooMuchThatIsPending)
{
  complaints_.allow ();
  a_.link.break_off ();
  for (int i = 0; i < 10000; i++)
    memo_cache_delete (a_, ("key" + std::to_string (i)).c_str ());
  turn ();
  a_.link.connect ();
  memo_cache_delete (a_, "one more");
  auto done = flush (a_);
  a_.link.break_off ();
  turn ();
  EXPECT_LE (metrics (a_)->pending_invalidations, 1001u) << "everything, in place of each that was not about to be sent";
  EXPECT_TRUE (done->failed ()) << "the server was told nothing";
}

TEST_F (CoherenceStepsTest, ManySetsAndDeletesAtOnceTakeTurns)
{
  constexpr int n = 5000;
  size_t most = 0;

  for (int i = 0; i < n; i++)
    memo_cache_set (a_, ("key" + std::to_string (i)).c_str (), entry ("value").release ());
  for (int i = 0; i < n; i++)
    memo_cache_delete (a_, ("other" + std::to_string (i)).c_str ());
  auto done = flush (a_);
  do
    {
      most = std::max (most, a_.link.requests ());
      turn ();
    }
  while (a_.link.hear_message () || a_.link.hear_reply () || a_.link.perform ());
  turn ();
  EXPECT_TRUE (done->well ());
  EXPECT_LE (most, 2001u);
  EXPECT_EQ (a_.link.asked (MEMO_REMOTE_CREATE), 1) << "one token for all";
  EXPECT_EQ (server_.kind ("d:key0"), 'V');
  EXPECT_EQ (server_.kind ("d:key4999"), 'V');
}

} // namespace
