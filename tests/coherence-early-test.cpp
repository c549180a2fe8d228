// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/coherence-test.hpp"

using namespace memo_test;

namespace {

// Refreshing early, where several processes share a server: docs/coherence-protocol.md, “Refreshing early”.
class CoherenceEarlyTest : public CoherenceTest
{
protected:
  CoherenceEarlyTest ()
  {
    for (auto process : { &a_, &b_ })
      memo_async_cache_set_early_refresh (process->cache.get (), 1e12);
    memo_loader_set_ttl (loader_a_, 100.0);
    memo_loader_set_ttl (loader_b_, 100.0);
  }

  // Has A load the key, which takes a second, and both have it in memory.
  void share (std::initializer_list<const char *> tags = {})
  {
    if (tags.size () > 0)
      memo_loader_set_tags (loader_a_, Tags (tags));
    auto first = get (a_, "key", loader_a_);
    settle ();
    ASSERT_EQ (loader_a_.pending (), 1u);
    pass (1.0);
    loader_a_.answer ("old");
    settle ();
    auto second = get (b_, "key");
    settle ();
    ASSERT_THAT (first, GotText ("old"));
    ASSERT_THAT (second, GotText ("old"));
    ASSERT_EQ (memory (a_, "key"), "old");
    ASSERT_EQ (memory (b_, "key"), "old");
  }

  // The links stay up.
  void pass (double seconds)
  {
    for (; seconds > 0.0; seconds -= 1.0)
      {
        advance (std::min (seconds, 1.0));
        a_.link.echo ();
        b_.link.echo ();
        settle ();
      }
  }

  ScriptedLoader loader_a_;
  ScriptedLoader loader_b_;
};

TEST_F (CoherenceEarlyTest, RefreshExpectsItsId)
{
  share ();
  auto got = get (a_, "key", loader_a_);
  settle ();
  EXPECT_THAT (got, GotText ("old"));
  ASSERT_EQ (loader_a_.pending (), 1u);
  EXPECT_EQ (server_.kind ("d:key"), 'V') << "the old value is there meanwhile";
  EXPECT_EQ (memory (b_, "key"), "old");
  EXPECT_TRUE (server_.has ("r:key"));

  loader_a_.answer ("new");
  settle ();
  EXPECT_EQ (memory (a_, "key"), "new");
  EXPECT_EQ (memory (b_, "key"), "nothing") << "the others are told";
  EXPECT_EQ (read (b_, "key", "not this"), "new");
  EXPECT_FALSE (server_.has ("r:key"));
}

TEST_F (CoherenceEarlyTest, OneProcessRefreshesAndTheOthersGoOnWithWhatTheyHave)
{
  share ();
  auto first = get (a_, "key", loader_a_);
  auto second = get (b_, "key", loader_b_);
  settle ();
  EXPECT_THAT (first, GotText ("old"));
  EXPECT_THAT (second, GotText ("old"));
  EXPECT_EQ (loader_a_.pending () + loader_b_.pending (), 1u);
  EXPECT_EQ (memory (a_, "key"), "old");
  EXPECT_EQ (memory (b_, "key"), "old");

  auto third = get (b_, "key", loader_b_);
  settle ();
  EXPECT_THAT (third, GotText ("old"));
  EXPECT_EQ (loader_a_.pending () + loader_b_.pending (), 1u);
  (loader_a_.pending () > 0 ? loader_a_ : loader_b_).answer ("new");
  settle ();
  EXPECT_EQ (read (a_, "key", "not this"), "new");
  EXPECT_EQ (read (b_, "key", "not this"), "new");
}

TEST_F (CoherenceEarlyTest, WhoFindsItRefreshedTakesThat)
{
  share ();
  get (a_, "key", loader_a_);
  settle ({ &a_ });
  pass (5.0);
  loader_a_.answer ("new");
  // A is done before B, whose message is still on its way, begins.
  for (int i = 0; i < 20; i++)
    {
      while (a_.link.perform () || a_.link.hear_reply ())
        ;
      turn ();
    }
  ASSERT_FALSE (server_.has ("r:key"));
  ASSERT_EQ (memory (b_, "key"), "old");
  get (b_, "key", loader_b_);
  settle ();
  EXPECT_EQ (loader_b_.count (), 0);
  EXPECT_EQ (memory (b_, "key"), "new");
  EXPECT_FALSE (server_.has ("r:key"));
}

TEST_F (CoherenceEarlyTest, WhatIsDeletedMeanwhileStaysDeleted)
{
  share ();
  get (a_, "key", loader_a_);
  settle ();
  ASSERT_EQ (loader_a_.pending (), 1u);
  remove (b_, "key");
  settle ();
  loader_a_.answer ("read before the delete");
  settle ();
  EXPECT_FALSE (server_.has ("d:key"));
  EXPECT_EQ (memory (a_, "key"), "nothing");
  EXPECT_FALSE (server_.has ("r:key"));
}

TEST_F (CoherenceEarlyTest, ATagThatIsInvalidatedMeanwhileOutdatesIt)
{
  share ({ "tag" });
  get (a_, "key", loader_a_);
  settle ();
  ASSERT_EQ (loader_a_.pending (), 1u);
  memo_cache_invalidate_tags (b_, Tags { "tag" });
  settle ();
  loader_a_.answer ("read before the invalidation");
  settle ();
  EXPECT_EQ (memory (a_, "key"), "nothing");
  EXPECT_EQ (read (b_, "key", "new", { "tag" }), "new");
}

TEST_F (CoherenceEarlyTest, WhereTheLoadFailsTheValueStays)
{
  share ();
  get (a_, "key", loader_a_);
  settle ();
  loader_a_.fail (make_error ("no connection"));
  settle ();
  EXPECT_EQ (memory (a_, "key"), "old");
  EXPECT_EQ (server_.kind ("d:key"), 'V');
  EXPECT_TRUE (server_.has ("r:key"));
  get (b_, "key", loader_b_);
  settle ();
  EXPECT_EQ (loader_b_.pending (), 0u) << "a source that fails is not asked by one process after the other";
  pass (11.0);
  EXPECT_FALSE (server_.has ("r:key")) << "not for long";
}

TEST_F (CoherenceEarlyTest, WhatIsDeletedBeforeItIsReadIsNotLoaded)
{
  share ();
  get (a_, "key", loader_a_);
  a_.link.perform ();
  remove (b_, "key");
  b_.link.settle ();
  settle ();
  EXPECT_EQ (loader_a_.count (), 1);
  EXPECT_EQ (server_.kind ("d:key"), '-');
  EXPECT_FALSE (server_.has ("r:key"));
}

TEST_F (CoherenceEarlyTest, UnlessSomebodyWaitsForIt)
{
  share ();
  get (a_, "key", loader_a_);
  a_.link.perform ();
  remove (b_, "key");
  b_.link.settle ();
  a_.link.hear_message ();
  auto got = get (a_, "key", loader_a_);
  settle ();
  ASSERT_EQ (loader_a_.pending (), 1u);
  loader_a_.answer ("new");
  settle ();
  EXPECT_THAT (got, GotText ("new"));
  EXPECT_EQ (read (b_, "key", "not this"), "new");
}

TEST_F (CoherenceEarlyTest, Rule1ASourceThatHasNoneAnyMoreEndsTheValueForAll)
{
  share ();
  get (a_, "key", loader_a_);
  settle ();
  loader_a_.answer (Entry ());
  settle ();
  EXPECT_EQ (memory (a_, "key"), "nothing");
  EXPECT_EQ (memory (b_, "key"), "nothing");
  EXPECT_FALSE (server_.has ("d:key"));
}

TEST_F (CoherenceEarlyTest, Rule1AlsoWhereTheRefreshIsForced)
{
  share ();
  auto got = get (a_, "key", loader_a_, MEMO_GET_REFRESH);
  settle ();
  loader_a_.answer (Entry ());
  settle ();
  EXPECT_THAT (got, GotMiss ());
  EXPECT_FALSE (server_.has ("d:key"));
  EXPECT_EQ (memory (b_, "key"), "nothing");
}

TEST_F (CoherenceEarlyTest, WithoutAServerNothingIsRefreshedEarly)
{
  share ();
  complaints_.allow ();
  auto got = get (a_, "key", loader_a_);
  a_.link.break_off ();
  turn ();
  EXPECT_THAT (got, GotText ("old"));
  EXPECT_EQ (loader_a_.pending (), 0u) << "it could not be stored";
  auto again = get (a_, "key", loader_a_);
  turn ();
  EXPECT_THAT (again, GotText ("old")) << "within the time lease";
  EXPECT_EQ (loader_a_.pending (), 0u);
}

TEST_F (CoherenceEarlyTest, WhileItIsChangedNothingIsRefreshedEarly)
{
  share ();
  get (a_, "key", loader_a_);
  Change change (b_, { "key" });
  change.begin ();
  b_.link.perform ();
  settle ({ &a_ });
  EXPECT_EQ (loader_a_.pending (), 0u) << "it would not be stored";
  change.begun.reset ();
  settle ();
  change.end ();
  settle ();
}

TEST_F (CoherenceEarlyTest, WhoComesWhenItIsSomebodyElsesTurnIsAnswered)
{
  share ();
  get (b_, "key", loader_b_);
  settle ({ &b_ });
  ASSERT_EQ (loader_b_.pending (), 1u);
  get (a_, "key", loader_a_);
  ASSERT_GT (a_.link.requests (), 0u);
  // Before it is told whose turn it is, somebody comes who wants a fresh one.
  auto fresh = get (a_, "key", loader_a_, MEMO_GET_REFRESH);
  settle ({ &a_ });
  ASSERT_EQ (loader_a_.pending (), 1u);
  loader_a_.answer ("fresh");
  settle ();
  EXPECT_THAT (fresh, GotText ("fresh"));
  loader_b_.answer ("late");
  settle ();
  EXPECT_EQ (read (a_, "key", "not this"), "fresh") << "the value that B saw is not there any more";
}

TEST_F (CoherenceEarlyTest, ATurnEndsByItselfWhereItsProcessDies)
{
  share ();
  server_.put ("r:key", "of one that died");
  get (a_, "key", loader_a_);
  settle ();
  EXPECT_EQ (loader_a_.pending (), 0u);
  server_.evict ("r:key");
  get (b_, "key", loader_b_);
  settle ({ &b_ });
  ASSERT_EQ (loader_b_.pending (), 1u);
  ASSERT_TRUE (server_.has ("r:key"));
  pass (11.0);
  EXPECT_FALSE (server_.has ("r:key"));
  loader_b_.answer ("new");
  settle ();
  EXPECT_EQ (read (a_, "key", "not this"), "new");
}

TEST_F (CoherenceEarlyTest, ACacheThatIsGoneWhileItWaitsForItsTurnLeavesNothing)
{
  share ();
  get (a_, "key", loader_a_);
  memo_cache_close_async (a_, nullptr, nullptr, nullptr);
  settle ();
  EXPECT_EQ (loader_a_.pending (), 0u);
  pass (11.0);
  EXPECT_FALSE (server_.has ("r:key"));
}

TEST_F (CoherenceEarlyTest, AValueThatCameFromTheServerIsRefreshedAsOneThatWasLoadedHere)
{
  share ();
  get (b_, "key", loader_b_);
  settle ();
  EXPECT_EQ (loader_b_.pending (), 1u) << "the time that A took is in the record";
  loader_b_.answer ("new");
  settle ();
}

TEST_F (CoherenceEarlyTest, WhatIsOnlyInThisProcessIsNot)
{
  complaints_.allow ();
  a_.link.break_off ();
  auto first = get (a_, "alone", loader_a_);
  settle ();
  advance (0.5);
  loader_a_.answer ("short");
  settle ();
  auto second = get (a_, "alone", loader_a_);
  settle ();
  EXPECT_THAT (first, GotText ("short"));
  EXPECT_THAT (second, GotText ("short"));
  EXPECT_EQ (loader_a_.count (), 1) << "it is over in two seconds, and so is what would take its place";
}

} // namespace
