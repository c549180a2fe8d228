// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/coherence-test.hpp"

using namespace memo_test;

namespace {

// How a cache reads a remote tier that keeps processes coherent: the rules of “Reading” in docs/coherence-protocol.md, by their names.
class CoherenceReadTest : public CoherenceTest
{
protected:
  // A value that A has loaded, and both have in memory.
  void share (const char *key, const char *value)
  {
    EXPECT_EQ (read (a_, key, value), value);
    EXPECT_EQ (read (b_, key, "not this"), value);
  }
};

TEST_F (CoherenceReadTest, WhatOneHasLoadedTheOtherFinds)
{
  EXPECT_EQ (read (a_, "key", "value"), "value");
  EXPECT_EQ (server_.kind ("d:key"), 'V');
  EXPECT_EQ (read (b_, "key", "other"), "value");
  EXPECT_EQ (loads_, 1);
  EXPECT_EQ (metrics (b_)->remote_hits, 1u);
  EXPECT_EQ (memory (b_, "key"), "value");
}

TEST_F (CoherenceReadTest, ServeWithinTheLease)
{
  share ("key", "value");
  advance (1.9);
  EXPECT_EQ (memory (b_, "key"), "value");
  advance (0.2);
  EXPECT_EQ (memory (b_, "key"), "nothing") << "nothing was heard of the server for two seconds";
  b_.link.echo ();
  EXPECT_EQ (memory (b_, "key"), "value") << "it was kept, and an echo makes it good again";
}

TEST_F (CoherenceReadTest, BeyondTheLeaseAGetAsksTheServer)
{
  share ("key", "value");
  advance (2.5);
  ScriptedLoader loader;
  auto got = get (b_, "key", loader);
  EXPECT_GT (b_.link.requests (), 0u);
  settle ();
  EXPECT_THAT (got, GotText ("value"));
  EXPECT_EQ (loader.count (), 0);
}

TEST_F (CoherenceReadTest, ALoadIsInMemoryOnlyForAWhileUntilTheServerHasIt)
{
  ScriptedLoader loader;
  auto got = get (a_, "key", loader);
  settle ();
  loader.answer ("value");
  turn ();
  EXPECT_THAT (got, GotText ("value")) << "whoever waits does not wait for the server";
  EXPECT_EQ (memory (a_, "key"), "value");
  ASSERT_EQ (a_.link.next_step (), MEMO_REMOTE_FILL);
  for (int i = 0; i < 6; i++)
    {
      advance (0.5);
      a_.link.echo ();
    }
  EXPECT_EQ (memory (a_, "key"), "nothing") << "that the lease goes on says nothing about what the server does not have";
  settle ();
  EXPECT_EQ (memory (a_, "key"), "value");
}

TEST_F (CoherenceReadTest, OneLoadWhenAllMissAtOnce)
{
  ScriptedLoader loader_a, loader_b;
  auto first = get (a_, "key", loader_a);
  auto second = get (b_, "key", loader_b);
  settle ();
  EXPECT_EQ (loader_a.count () + loader_b.count (), 1);
  loader_a.answer ("value");
  settle ();
  EXPECT_THAT (first, GotText ("value"));
  EXPECT_THAT (second, GotText ("value"));
  EXPECT_EQ (loader_b.count (), 0);
}

TEST_F (CoherenceReadTest, WaitingHasAnEnd)
{
  ScriptedLoader loader_a, loader_b;
  auto first = get (a_, "key", loader_a);
  settle ();
  auto second = get (b_, "key", loader_b);
  settle ();
  EXPECT_EQ (loader_b.count (), 0);
  for (int i = 0; i < 11; i++)
    {
      advance (1.0);
      b_.link.echo ();
    }
  turn ();
  EXPECT_EQ (loader_b.count (), 1) << "a lease lives for ten seconds";
  loader_b.answer ("own");
  settle ({ &b_ });
  EXPECT_THAT (second, GotText ("own"));
  loader_a.answer ("value");
  settle ();
  EXPECT_THAT (first, GotText ("value"));
}

TEST_F (CoherenceReadTest, WhoLoadsForLongKeepsItsLease)
{
  ScriptedLoader loader_a, loader_b;
  auto first = get (a_, "key", loader_a);
  settle ();
  auto second = get (b_, "key", loader_b);
  settle ();
  for (int i = 0; i < 25; i++)
    {
      advance (1.0);
      a_.link.echo ();
      b_.link.echo ();
      server_.expire ();
      settle ();
    }
  EXPECT_EQ (loader_b.count (), 0) << "it was told again and again that somebody loads";
  loader_a.answer ("value");
  settle ();
  EXPECT_THAT (first, GotText ("value"));
  EXPECT_THAT (second, GotText ("value"));
}

TEST_F (CoherenceReadTest, AHolderThatDiesIsReplacedWhenItsLeaseEnds)
{
  ScriptedLoader loader_a, loader_b;
  auto first = get (a_, "key", loader_a);
  settle ();
  auto second = get (b_, "key", loader_b);
  settle ();
  complaints_.allow ();
  a_.link.break_off ();
  advance (10.0);
  server_.expire ();
  settle ({ &b_ });
  EXPECT_EQ (loader_b.count (), 1);
  loader_b.answer ("value");
  settle ({ &b_ });
  EXPECT_THAT (second, GotText ("value"));
  EXPECT_EQ (server_.kind ("d:key"), 'V');
  loader_a.answer ("late");
  settle ();
  EXPECT_THAT (first, GotText ("late"));
}

TEST_F (CoherenceReadTest, ALoadThatFailedGivesItsLeaseBack)
{
  ScriptedLoader loader_a, loader_b;
  auto first = get (a_, "key", loader_a);
  settle ();
  auto second = get (b_, "key", loader_b);
  settle ();
  loader_a.fail (make_error ("no luck"));
  settle ();
  EXPECT_EQ (loader_b.count (), 1) << "it need not wait until the lease ends";
  loader_b.answer ("value");
  settle ();
  EXPECT_THAT (first, GotError (G_IO_ERROR, G_IO_ERROR_FAILED));
  EXPECT_THAT (second, GotText ("value"));
}

TEST_F (CoherenceReadTest, SoDoOneThatFoundNothingAndOneThatNobodyWaitsFor)
{
  ScriptedLoader loader;
  auto got = get (a_, "none", loader);
  settle ();
  EXPECT_EQ (server_.kind ("d:none"), 'L');
  loader.answer (Entry ());
  settle ();
  EXPECT_EQ (server_.kind ("d:none"), '-');

  Ref<GCancellable> cancellable (g_cancellable_new ());
  auto left = AsyncTest::get (a_, "left", loader, cancellable.get ());
  settle ();
  EXPECT_EQ (server_.kind ("d:left"), 'L');
  g_cancellable_cancel (cancellable.get ());
  settle ();
  EXPECT_EQ (server_.kind ("d:left"), '-');
}

TEST_F (CoherenceReadTest, OneThatIsCancelledWhileItsLeaseIsGrantedGivesItBack)
{
  ScriptedLoader loader;
  Ref<GCancellable> cancellable (g_cancellable_new ());
  auto got = AsyncTest::get (a_, "key", loader, cancellable.get ());

  while (a_.link.asked (MEMO_REMOTE_ACQUIRE) == 0)
    ASSERT_TRUE (a_.link.hear_reply () || a_.link.perform ());
  EXPECT_TRUE (a_.link.perform ());
  g_cancellable_cancel (cancellable.get ());
  settle ();
  EXPECT_EQ (loader.count (), 0);
  EXPECT_EQ (server_.kind ("d:key"), '-');
}

TEST_F (CoherenceReadTest, OutdateOnAMessage)
{
  share ("key", "old");
  auto removed = remove (a_, "key");
  a_.link.settle ();
  turn ();
  EXPECT_TRUE (removed->well ());
  EXPECT_EQ (memory (b_, "key"), "old") << "the message is on its way";
  EXPECT_TRUE (b_.link.hear_message ());
  EXPECT_EQ (memory (b_, "key"), "nothing");
}

TEST_F (CoherenceReadTest, DoomCountsUntilItIsStored)
{
  share ("key", "old");
  advance (2.1);
  ScriptedLoader loader;
  auto got = get (b_, "key", loader);
  while (b_.link.perform ())
    ;
  remove (a_, "key");
  a_.link.settle ();
  // The message overtakes the reply: the streams are unordered.
  while (b_.link.hear_message ())
    ;
  while (b_.link.hear_reply ())
    ;
  settle ();
  if (loader.pending () > 0)
    loader.answer ("new");
  settle ();
  EXPECT_EQ (got->callbacks, 1);
  EXPECT_NE (memory (b_, "key"), "old");
}

TEST_F (CoherenceReadTest, OutdatedWaiterLooksAgain)
{
  ScriptedLoader loader_a, loader_b;
  auto first = get (a_, "key", loader_a);
  settle ({ &a_ });
  auto second = get (b_, "key", loader_b);
  while (b_.link.perform () || b_.link.replies () > 1)
    {
      if (b_.link.replies () > 1)
        b_.link.hear_reply ();
    }
  // It has read the lease, and does not know yet; what it would wait for comes first.
  loader_a.answer ("value");
  settle ({ &a_ });
  while (b_.link.hear_message ())
    ;
  settle ();
  EXPECT_THAT (second, GotText ("value")) << "it does not wait for a message that has come already";
  EXPECT_EQ (loader_b.count (), 0);
}

TEST_F (CoherenceReadTest, JoinWithinTheLease)
{
  share ("key", "old");
  advance (2.1);
  ScriptedLoader loader;
  auto first = get (b_, "key", loader);
  while (b_.link.perform ())
    ;
  // The link freezes with the old value on its way; meanwhile it is changed.
  remove (a_, "key");
  a_.link.settle ();
  advance (2.1);
  auto second = get (b_, "key", loader);
  while (b_.link.hear_reply ())
    ;
  turn ();
  EXPECT_THAT (first, GotText ("old")) << "it began before";
  EXPECT_THAT (second, IsPending ()) << "it began more than two seconds after the change";
  settle ();
  if (loader.pending () > 0)
    loader.answer ("new");
  settle ();
  EXPECT_THAT (second, GotText ("new"));
}

TEST_F (CoherenceReadTest, ValuesNameTheirServer)
{
  share ("key", "old");
  auto snapshot = *server_.get ("d:key");
  remove (a_, "key");
  settle ();
  // It starts again from an old snapshot.
  a_.link.break_off ();
  b_.link.break_off ();
  server_.restart ();
  server_.put ("d:key", snapshot);
  a_.link.connect ();
  b_.link.connect ();
  EXPECT_EQ (read (b_, "key", "new"), "new");
}

TEST_F (CoherenceReadTest, OutdateWithTheLink)
{
  share ("key", "old");
  b_.link.break_off ();
  remove (a_, "key");
  settle ({ &a_ });
  EXPECT_EQ (memory (b_, "key"), "old") << "within the time lease";
  b_.link.connect ();
  EXPECT_EQ (memory (b_, "key"), "nothing") << "nobody told it what was changed meanwhile";
}

TEST_F (CoherenceReadTest, OutdateAllOnAFlush)
{
  share ("key", "old");
  server_.flush ();
  settle ();
  EXPECT_EQ (memory (a_, "key"), "nothing");
  EXPECT_EQ (memory (b_, "key"), "nothing");
}

TEST_F (CoherenceReadTest, DegradedCountsFromTheStart)
{
  complaints_.allow ();
  b_.link.break_off ();
  ScriptedLoader loader;
  auto got = get (b_, "key", loader);
  turn ();
  advance (1.5);
  loader.answer ("value");
  turn ();
  EXPECT_THAT (got, GotText ("value"));
  EXPECT_EQ (memory (b_, "key"), "value") << "a herd is kept off";
  advance (0.6);
  EXPECT_EQ (memory (b_, "key"), "nothing") << "two seconds after the load began";
}

TEST_F (CoherenceReadTest, WhatTheServerHasThatIsNoneOfOursIsReplaced)
{
  server_.put ("d:key", "garbage");
  EXPECT_EQ (read (a_, "key", "value"), "value");
  EXPECT_EQ (server_.kind ("d:key"), 'V');
  EXPECT_EQ (read (b_, "key", "other"), "value");

  auto damaged = *server_.get ("d:key");
  damaged[40] ^= 1;
  server_.put ("d:key", damaged);
  settle ();
  EXPECT_EQ (read (b_, "key", "again"), "again");
  EXPECT_EQ (loads_, 2);
}

TEST_F (CoherenceReadTest, AReadThatFailsCostsItsLoaderAndStoresNothing)
{
  ScriptedLoader loader;
  complaints_.allow ();
  auto got = get (a_, "key", loader);
  while (a_.link.lose_request ())
    ;
  turn ();
  ASSERT_EQ (loader.count (), 1);
  loader.answer ("value");
  settle ();
  EXPECT_THAT (got, GotText ("value"));
  EXPECT_EQ (server_.kind ("d:key"), '-');
  EXPECT_EQ (memory (a_, "key"), "nothing") << "nobody would be told";
}

TEST_F (CoherenceReadTest, ARefreshReplacesTheValueItSaw)
{
  share ("key", "old");
  ScriptedLoader loader;
  auto got = get (a_, "key", loader, MEMO_GET_REFRESH);
  settle ();
  ASSERT_EQ (loader.count (), 1);
  EXPECT_EQ (memory (b_, "key"), "old") << "it is served meanwhile";
  loader.answer ("new");
  settle ();
  EXPECT_THAT (got, GotText ("new"));
  EXPECT_EQ (memory (a_, "key"), "new");
  EXPECT_EQ (read (b_, "key", "not this"), "new");
}

TEST_F (CoherenceReadTest, RefreshExpectsItsId)
{
  share ("key", "old");
  ScriptedLoader loader;
  auto got = get (a_, "key", loader, MEMO_GET_REFRESH);
  settle ();
  remove (b_, "key");
  settle ();
  EXPECT_EQ (read (b_, "key", "newest"), "newest");
  loader.answer ("late");
  settle ();
  EXPECT_EQ (read (a_, "key", "no"), "newest");
}

TEST_F (CoherenceReadTest, TokensAreReadBeforeTheLoad)
{
  ScriptedLoader loader;
  memo_loader_set_tags (loader, Tags { "tag" });
  auto got = get (a_, "key", loader);
  settle ();
  const char *tags[] = { "tag", nullptr };
  memo_cache_invalidate_tags (b_, tags);
  settle ();
  loader.answer ("old");
  settle ();
  EXPECT_EQ (read (b_, "key", "new", { "tag" }), "new") << "what began before the invalidation has the old token";
}

TEST_F (CoherenceReadTest, TokensWithinTheLease)
{
  EXPECT_EQ (read (a_, "key", "old", { "tag" }), "old");
  EXPECT_EQ (read (b_, "key", "old", { "tag" }), "old");
  const char *tags[] = { "tag", nullptr };
  memo_cache_invalidate_tags (a_, tags);
  settle ({ &a_ });
  // B is not told.  Beyond its lease it asks, the token, too.
  advance (2.5);
  ScriptedLoader loader;
  memo_loader_set_tags (loader, Tags { "tag" });
  auto got = get (b_, "key", loader);
  while (b_.link.hear_reply () || b_.link.perform ())
    ;
  turn ();
  ASSERT_EQ (loader.count (), 1);
  loader.answer ("new");
  settle ();
  EXPECT_THAT (got, GotText ("new"));
}

TEST_F (CoherenceReadTest, ATagThatOnlyTheAnswerBringsIsLearned)
{
  ScriptedLoader loader;
  auto first = get (a_, "key", loader);
  settle ();
  loader.answer (entry ("value", MEMO_TTL_DEFAULT, { "late" }));
  settle ();
  EXPECT_EQ (server_.kind ("d:key"), '-') << "its token was not known when the load began";
  auto second = get (a_, "key", loader);
  settle ();
  loader.answer (entry ("value", MEMO_TTL_DEFAULT, { "late" }));
  settle ();
  EXPECT_EQ (server_.kind ("d:key"), 'V');
  const char *tags[] = { "late", nullptr };
  memo_cache_invalidate_tags (b_, tags);
  settle ();
  EXPECT_EQ (memory (a_, "key"), "nothing");
}

TEST_F (CoherenceReadTest, TwoCachesOnOneBackendTellEachOther)
{
  auto other = new_cache_on (a_.link);
  EXPECT_EQ (read (a_, "key", "old"), "old");
  auto got = AsyncTest::get (MEMO_CACHE (other.get ()), "key");
  settle ();
  EXPECT_THAT (got, GotText ("old"));
  remove (a_, "key");
  settle ();
  Entry left (memo_cache_peek (MEMO_CACHE (other.get ()), "key"));
  EXPECT_THAT (left, IsMiss ()) << "the server does not tell a link what that did itself";
}

TEST_F (CoherenceReadTest, DroppingTheCacheAtAnyStepDoesNoHarm)
{
  for (int steps = 0; steps < 12; steps++)
    {
      auto link = std::make_unique<ScriptedLink> (server_, clock_.get ());
      auto cache = new_cache_on (*link);
      ScriptedLoader loader;
      Ref<GCancellable> cancellable (g_cancellable_new ());
      auto got = AsyncTest::get (MEMO_CACHE (cache.get ()), ("key" + std::to_string (steps)).c_str (), loader,
                                 cancellable.get ());
      memo_cache_set (MEMO_CACHE (cache.get ()), "other", entry ("value").release ());
      memo_cache_delete (MEMO_CACHE (cache.get ()), "third");
      for (int i = 0; i < steps; i++)
        {
          if (!link->hear_reply ())
            link->perform ();
        }
      turn ();
      g_cancellable_cancel (cancellable.get ());
      turn ();
      cache.reset ();
      link->settle ();
      turn ();
      EXPECT_EQ (got->callbacks, 1);
    }
}

} // namespace
