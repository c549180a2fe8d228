// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/coherence-test.hpp"

using namespace memo_test;

namespace {

// Changes that other processes hear of: the rules of “Changes” in docs/coherence-protocol.md, by their names.
class CoherenceChangeTest : public CoherenceTest
{
protected:
  void share (const char *key, const char *value, std::initializer_list<const char *> tags = {})
  {
    EXPECT_EQ (read (a_, key, value, tags), value);
    EXPECT_EQ (read (b_, key, "not this", tags), value);
  }
};

TEST_F (CoherenceChangeTest, ADeleteIsAcknowledgedWhenTheServerHasDoneIt)
{
  share ("key", "old");
  auto done = remove (a_, "key");
  turn ();
  EXPECT_EQ (memory (a_, "key"), "nothing") << "outdate-at-the-call";
  EXPECT_EQ (done->callbacks, 0);
  settle ();
  EXPECT_TRUE (done->well ());
  EXPECT_EQ (memory (b_, "key"), "nothing");
  EXPECT_EQ (server_.kind ("d:key"), '-');
}

TEST_F (CoherenceChangeTest, OutdateWhenInvalidated)
{
  share ("key", "old");
  advance (2.1);
  ScriptedLoader loader;
  auto got = get (a_, "key", loader);
  EXPECT_TRUE (a_.link.perform ());
  // The delete comes after the GET has been answered, and before that is heard.
  auto done = remove (a_, "key");
  settle ();
  if (loader.pending () > 0)
    loader.answer ("new");
  settle ();
  EXPECT_TRUE (done->well ());
  EXPECT_EQ (got->callbacks, 1);
  EXPECT_NE (memory (a_, "key"), "old");
  EXPECT_NE (server_.kind ("d:key"), 'L') << "nobody is left who would fill it";
}

TEST_F (CoherenceChangeTest, PendingIsNotRead)
{
  share ("key", "old");
  complaints_.allow ();
  auto done = remove (a_, "key");
  EXPECT_TRUE (a_.link.lose_request ());
  turn ();
  EXPECT_TRUE (done->failed ());
  EXPECT_EQ (metrics (a_)->pending_invalidations, 1u);
  ASSERT_EQ (server_.kind ("d:key"), 'V') << "the server never heard of it";
  ScriptedLoader loader;
  auto got = get (a_, "key", loader);
  turn ();
  ASSERT_EQ (loader.count (), 1);
  loader.answer ("new");
  turn ();
  EXPECT_THAT (got, GotText ("new"));
}

TEST_F (CoherenceChangeTest, PendingIsSentAgainWithTheNextLink)
{
  share ("key", "old");
  complaints_.allow ();
  a_.link.break_off ();
  auto done = remove (a_, "key");
  turn ();
  EXPECT_TRUE (done->failed ());
  auto first = flush (a_);
  turn ();
  EXPECT_TRUE (first->failed ()) << "nobody waits for a server that is away";
  a_.link.connect ();
  settle ();
  EXPECT_EQ (metrics (a_)->pending_invalidations, 0u);
  EXPECT_EQ (memory (b_, "key"), "nothing");
  auto second = flush (a_);
  settle ();
  EXPECT_TRUE (second->well ());
}

TEST_F (CoherenceChangeTest, AndWithTheNextBeat)
{
  share ("key", "old");
  complaints_.allow ();
  remove (a_, "key");
  EXPECT_TRUE (a_.link.lose_request ());
  a_.link.beat ();
  settle ();
  EXPECT_EQ (metrics (a_)->pending_invalidations, 0u);
  EXPECT_EQ (memory (b_, "key"), "nothing");
}

TEST_F (CoherenceChangeTest, WhatIsPendingIsBounded)
{
  complaints_.allow ();
  share ("kept", "old");
  a_.link.break_off ();
  for (int i = 0; i < 10001; i++)
    memo_cache_delete (a_, ("key" + std::to_string (i)).c_str ());
  turn ();
  EXPECT_EQ (metrics (a_)->pending_invalidations, 1u) << "everything, in place of each";
  a_.link.connect ();
  settle ();
  EXPECT_EQ (metrics (a_)->pending_invalidations, 0u);
  EXPECT_EQ (memory (b_, "kept"), "nothing");
}

TEST_F (CoherenceChangeTest, AClearIsHeardByAll)
{
  share ("one", "1");
  share ("two", "2");
  memo_cache_clear (a_);
  settle ();
  EXPECT_EQ (memory (b_, "one"), "nothing");
  EXPECT_EQ (memory (b_, "two"), "nothing");
  EXPECT_EQ (read (b_, "one", "new"), "new") << "what the server has is void";
}

TEST_F (CoherenceChangeTest, ATagIsHeardByAll)
{
  share ("tagged", "1", { "tag" });
  share ("other", "2");
  const char *tags[] = { "tag", nullptr };
  memo_cache_invalidate_tags (a_, tags);
  EXPECT_EQ (memory (a_, "tagged"), "nothing");
  settle ();
  EXPECT_EQ (memory (b_, "tagged"), "nothing");
  EXPECT_EQ (memory (b_, "other"), "2");
  EXPECT_EQ (read (b_, "tagged", "new", { "tag" }), "new");
}

TEST_F (CoherenceChangeTest, AChangeIsFencedFromItsBeginningToItsEnd)
{
  share ("key", "old");
  Change change (a_, { "key" });
  change.begin ();
  settle ();
  EXPECT_TRUE (change.begun->well ());
  EXPECT_EQ (server_.kind ("d:key"), 'F');
  EXPECT_EQ (memory (b_, "key"), "nothing");
  EXPECT_EQ (read (b_, "key", "during"), "during");
  EXPECT_EQ (memory (b_, "key"), "nothing") << "what is loaded meanwhile is stored nowhere";
  EXPECT_EQ (server_.kind ("d:key"), 'F');
  change.end ();
  EXPECT_EQ (change.ended->callbacks, 0);
  settle ();
  EXPECT_TRUE (change.ended->well ());
  EXPECT_EQ (server_.kind ("d:key"), '-');
  EXPECT_EQ (read (b_, "key", "new"), "new");
}

TEST_F (CoherenceChangeTest, ALoadThatBeganBeforeTheFenceStoresNothing)
{
  ScriptedLoader loader;
  auto got = get (b_, "key", loader);
  settle ();
  Change change (a_, { "key" });
  change.begin ();
  settle ();
  change.end ();
  settle ();
  loader.answer ("old");
  settle ();
  EXPECT_THAT (got, GotText ("old"));
  EXPECT_NE (server_.kind ("d:key"), 'V');
  EXPECT_EQ (read (a_, "key", "new"), "new");
}

TEST_F (CoherenceChangeTest, TheFencesOfTwoChangesEndOneByOne)
{
  Change first (a_, { "key" }), second (b_, { "key" });
  first.begin ();
  settle ();
  second.begin ();
  settle ();
  first.end ();
  settle ();
  EXPECT_EQ (server_.kind ("d:key"), 'F') << "unfence-leaves-others";
  second.end ();
  settle ();
  EXPECT_EQ (server_.kind ("d:key"), '-');
}

TEST_F (CoherenceChangeTest, AFenceLastsAsLongAsItsChange)
{
  Change change (a_, { "key" });
  change.begin ();
  settle ();
  for (int i = 0; i < 90; i++)
    {
      advance (1.0);
      a_.link.echo ();
      b_.link.echo ();
      server_.expire ();
      settle ();
    }
  EXPECT_EQ (server_.kind ("d:key"), 'F') << "it was renewed";
  change.end ();
  settle ();
  EXPECT_EQ (server_.kind ("d:key"), '-');
}

TEST_F (CoherenceChangeTest, TheFenceOfOneWhoDiedEnds)
{
  Change change (a_, { "key" });
  change.begin ();
  settle ();
  a_.link.break_off ();
  for (int i = 0; i < 30; i++)
    {
      advance (1.0);
      b_.link.echo ();
    }
  server_.expire ();
  settle ({ &b_ });
  EXPECT_EQ (read (b_, "key", "new"), "new");
  EXPECT_EQ (server_.kind ("d:key"), 'V');
  complaints_.allow ();
  change.end ();
  turn ();
}

TEST_F (CoherenceChangeTest, AStrictChangeDoesNotBeginWithoutItsFence)
{
  complaints_.allow ();
  g_object_set (a_.cache.get (), "strict-changes", TRUE, nullptr);
  Change change (a_, { "key" });
  change.begin ();
  EXPECT_TRUE (a_.link.lose_request ());
  settle ();
  EXPECT_TRUE (change.begun->failed ());
  EXPECT_THAT (change.begun->error, IsGError (MEMO_ERROR, MEMO_ERROR_UNAVAILABLE));
  change.end ();
  settle ();
  EXPECT_TRUE (change.ended->well ());
  EXPECT_EQ (server_.kind ("d:key"), '-');
}

TEST_F (CoherenceChangeTest, AnotherGoesOnAndIsAcknowledgedLater)
{
  share ("key", "old");
  complaints_.allow ();
  a_.link.break_off ();
  Change change (a_, { "key" });
  change.begin ();
  settle ();
  EXPECT_TRUE (change.begun->well ()) << "it is available";
  change.end ();
  settle ();
  EXPECT_TRUE (change.ended->failed ()) << "unanswered-is-pending";
  EXPECT_EQ (metrics (a_)->pending_invalidations, 1u);
  EXPECT_EQ (memory (b_, "key"), "old");
  a_.link.connect ();
  settle ();
  EXPECT_EQ (metrics (a_)->pending_invalidations, 0u);
  EXPECT_EQ (memory (b_, "key"), "nothing") << "what UNFENCE finds goes";
}

TEST_F (CoherenceChangeTest, AFenceThatWasLostDoesNotLeaveWhatCameInItsPlace)
{
  Change change (a_, { "key" });
  change.begin ();
  settle ();
  server_.evict ("d:key");
  settle ();
  EXPECT_EQ (read (b_, "key", "old"), "old");
  EXPECT_EQ (server_.kind ("d:key"), 'V');
  change.end ();
  settle ();
  EXPECT_EQ (server_.kind ("d:key"), '-') << "unfence-removes-values";
  EXPECT_EQ (memory (b_, "key"), "nothing");
}

TEST_F (CoherenceChangeTest, AChangeOfATagKeepsWhatCarriesItFromBeingStored)
{
  share ("key", "old", { "tag" });
  Change change (a_, {}, { "tag" });
  change.begin ();
  settle ();
  EXPECT_EQ (memory (b_, "key"), "nothing");
  EXPECT_EQ (read (b_, "key", "during", { "tag" }), "during");
  EXPECT_EQ (memory (b_, "key"), "nothing");
  change.end ();
  settle ();
  EXPECT_EQ (read (b_, "key", "new", { "tag" }), "new");
  EXPECT_EQ (read (a_, "key", "not this", { "tag" }), "new");
}

// --- sets ---

TEST_F (CoherenceChangeTest, ASetIsServedAtOnceAndTakesTwoSteps)
{
  share ("key", "old");
  auto done = set (a_, "key", entry ("new"));
  turn ();
  EXPECT_EQ (memory (a_, "key"), "new");
  EXPECT_EQ (a_.link.asked (MEMO_REMOTE_FILL), 1) << "that of the load";
  ASSERT_EQ (a_.link.next_step (), MEMO_REMOTE_CLAIM);
  EXPECT_TRUE (a_.link.perform ());
  EXPECT_EQ (a_.link.requests (), 0u) << "set-takes-two-steps";
  settle ();
  EXPECT_TRUE (done->well ());
  EXPECT_EQ (memory (a_, "key"), "new");
  EXPECT_EQ (read (b_, "key", "not this"), "new");
}

TEST_F (CoherenceChangeTest, SetEndsUnlessStored)
{
  complaints_.allow ();
  a_.link.break_off ();
  auto done = set (a_, "key", entry ("new"));
  turn ();
  EXPECT_TRUE (done->failed ());
  EXPECT_EQ (memory (a_, "key"), "new");
  advance (2.1);
  EXPECT_EQ (memory (a_, "key"), "nothing");
  EXPECT_EQ (metrics (a_)->pending_invalidations, 1u) << "what the server has must not stay";
}

TEST_F (CoherenceChangeTest, ClaimLeavesFences)
{
  Change change (b_, { "key" });
  change.begin ();
  settle ();
  auto done = set (a_, "key", entry ("new"));
  settle ();
  EXPECT_TRUE (done->well ()) << "nothing old is there";
  EXPECT_EQ (server_.kind ("d:key"), 'F');
  change.end ();
  settle ();
}

TEST_F (CoherenceChangeTest, OneSetOfAKeyAtATimeAndTheLastOneStays)
{
  EXPECT_EQ (read (a_, "other", "value"), "value");
  auto first = set (a_, "key", entry ("1"));
  auto second = set (a_, "key", entry ("2"));
  auto third = set (a_, "key", entry ("3"));
  settle ();
  EXPECT_TRUE (first->well ());
  EXPECT_TRUE (second->well ());
  EXPECT_TRUE (third->well ());
  EXPECT_EQ (a_.link.asked (MEMO_REMOTE_CLAIM), 2) << "the second was not begun, and gave way";
  EXPECT_EQ (memory (a_, "key"), "3");
  EXPECT_EQ (read (b_, "key", "not this"), "3");
}

TEST_F (CoherenceChangeTest, ASetThatIsDeletedWhileItIsOnItsWayDoesNotComeBack)
{
  EXPECT_EQ (read (a_, "other", "value"), "value");
  set (a_, "key", entry ("new"));
  EXPECT_TRUE (a_.link.perform ());
  auto done = remove (a_, "key");
  settle ();
  EXPECT_TRUE (done->well ());
  EXPECT_EQ (memory (a_, "key"), "nothing");
  EXPECT_NE (server_.kind ("d:key"), 'V');
}

TEST_F (CoherenceChangeTest, ASetIsStoredThoughOthersDeleteTheKeyBeforeIt)
{
  share ("key", "old");
  remove (b_, "key");
  b_.link.settle ();
  set (a_, "key", entry ("new"));
  // The message about what was there before comes after the set.
  EXPECT_TRUE (a_.link.hear_message ());
  settle ();
  EXPECT_EQ (server_.kind ("d:key"), 'V');
  EXPECT_EQ (read (b_, "key", "not this"), "new");
}

TEST_F (CoherenceChangeTest, ADeleteOvertakesASetThatWaitsForItsTurn)
{
  EXPECT_EQ (read (a_, "other", "value"), "value");
  for (int i = 0; i < 1000; i++)
    set (a_, ("key" + std::to_string (i)).c_str (), entry ("value"));
  auto waiting = set (a_, "late", entry ("value"));
  auto done = remove (a_, "late");
  settle ();
  EXPECT_TRUE (waiting->well ());
  EXPECT_TRUE (done->well ());
  EXPECT_EQ (server_.kind ("d:late"), '-');
  EXPECT_EQ (memory (a_, "late"), "nothing");
}

TEST_F (CoherenceChangeTest, OvertakenSetIsClaimed)
{
  set (a_, "key", entry ("older"));
  while (a_.link.asked (MEMO_REMOTE_FILL) == 0)
    ASSERT_TRUE (a_.link.hear_reply () || a_.link.perform ());
  auto waiting = set (a_, "key", entry ("newer"));
  auto done = remove (a_, "key");
  EXPECT_TRUE (a_.link.perform ());
  EXPECT_EQ (server_.kind ("d:key"), 'V') << "the set before it";
  ASSERT_EQ (a_.link.next_step (), MEMO_REMOTE_INVALIDATE);
  complaints_.allow ();
  EXPECT_TRUE (a_.link.lose_request ());
  settle ();
  EXPECT_TRUE (done->failed ());
  EXPECT_TRUE (waiting->well ());
  EXPECT_EQ (server_.kind ("d:key"), '-') << "what is older than a set that was acknowledged is gone";
}

TEST_F (CoherenceChangeTest, WhatWasSetBeforeTheFirstLinkStays)
{
  complaints_.allow ();
  ScriptedLink link (server_, clock_.get ());
  link.break_off ();
  auto cache = new_cache_on (link);
  memo_cache_set (MEMO_CACHE (cache.get ()), "key", entry ("value").release ());
  link.connect ();
  Entry found (memo_cache_peek (MEMO_CACHE (cache.get ()), "key"));
  EXPECT_THAT (found, HoldsText ("value")) << "nothing was read from the server before";
  link.settle ();
}

TEST_F (CoherenceChangeTest, ASetWithoutALifeIsADelete)
{
  share ("key", "old");
  auto done = set (a_, "key", entry ("gone", 0.0));
  settle ();
  EXPECT_TRUE (done->well ());
  EXPECT_EQ (memory (b_, "key"), "nothing");
}

TEST_F (CoherenceChangeTest, FlushWaitsForLoadsOnTheirWay)
{
  ScriptedLoader loader;
  auto got = get (a_, "key", loader);
  settle ();
  loader.answer ("value");
  turn ();
  auto done = flush (a_);
  turn ();
  EXPECT_EQ (done->callbacks, 0);
  settle ();
  EXPECT_TRUE (done->well ());
  EXPECT_EQ (server_.kind ("d:key"), 'V');
}

} // namespace
