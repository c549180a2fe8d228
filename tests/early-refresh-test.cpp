// SPDX-License-Identifier: LGPL-2.1-or-later
#include <cmath>

#include "support/contexts.hpp"

using namespace memo_test;

namespace {

// So large that every get that hits an entry which took any time to load draws the load.
constexpr double ALWAYS = 1e12;

} // namespace

// What is soon over is loaded before it is, and nobody waits.
class EarlyRefreshTest : public CacheTest
{
protected:
  EarlyRefreshTest () { early (ALWAYS); memo_loader_set_ttl (loader_, 10.0); }

  void early (double factor) { memo_async_cache_set_early_refresh (MEMO_ASYNC_CACHE (cache ()), factor); }

  // Has the key loaded, which takes that many seconds.
  void load (const char *key, const char *value, double seconds = 1.0)
  {
    auto got = get (key, loader_);

    turn ();
    ASSERT_EQ (loader_.pending (), 1);
    advance (seconds);
    loader_.answer (value);
    turn ();
    ASSERT_THAT (got, GotText (value));
  }

  ScriptedLoader loader_;
};

TEST_F (EarlyRefreshTest, Rule13WhoHitsIsAnsweredAtOnceAndNobodyWaitsForTheLoad)
{
  load ("key", "old");
  advance (5.0);
  auto got = get ("key", loader_);
  turn ();
  EXPECT_THAT (got, GotText ("old"));
  ASSERT_EQ (loader_.pending (), 1);
  EXPECT_THAT (lookup ("key"), HoldsText ("old"));

  loader_.answer ("new");
  EXPECT_THAT (lookup ("key"), HoldsText ("new"));
  turn ();
  EXPECT_EQ (loader_.count (), 2);
}

TEST_F (EarlyRefreshTest, Rule13WhatItBringsHasALifeOfItsOwn)
{
  load ("key", "old");
  advance (9.0);
  get ("key", loader_);
  turn ();
  loader_.answer ("new");
  turn ();
  advance (9.5);
  EXPECT_THAT (lookup ("key"), HoldsText ("new"));
  advance (0.5);
  EXPECT_FALSE (contains ("key"));
}

TEST_F (EarlyRefreshTest, NothingIsRefreshedEarlyUnlessItIsAskedFor)
{
  early (0.0);
  load ("key", "old");
  advance (9.999999);
  for (int i = 0; i < 100; i++)
    get ("key", loader_);
  turn ();
  EXPECT_EQ (loader_.count (), 1);
  EXPECT_EQ (memo_async_cache_get_early_refresh (MEMO_ASYNC_CACHE (new_cache ().get ())), 0.0);
}

TEST_F (EarlyRefreshTest, WhatWasSetOrTookNoTimeIsNot)
{
  set ("set", entry ("old", 10.0));
  load ("fast", "old", 0.0);
  advance (9.999999);
  get ("set", loader_);
  get ("fast", loader_);
  turn ();
  EXPECT_EQ (loader_.count (), 1) << "the first load of the fast one";
}

TEST_F (EarlyRefreshTest, WhatNeverExpiresIsNot)
{
  memo_loader_set_ttl (loader_, MEMO_TTL_FOREVER);
  early (G_MAXDOUBLE);
  load ("key", "old");
  get ("key", loader_);
  turn ();
  EXPECT_EQ (loader_.count (), 1);
}

TEST_F (EarlyRefreshTest, AGetWithoutALoaderAndALookUpRefreshNothing)
{
  load ("key", "old");
  advance (9.0);
  auto got = get ("key");
  lookup ("key");
  turn ();
  EXPECT_THAT (got, GotText ("old"));
  EXPECT_EQ (loader_.count (), 1);
}

TEST_F (EarlyRefreshTest, Rule8OneAtATimeIsEnough)
{
  load ("key", "old");
  for (int i = 0; i < 100; i++)
    get ("key", loader_);
  turn ();
  EXPECT_EQ (loader_.count (), 2);
  EXPECT_EQ (loader_.pending (), 1);
  loader_.answer ("new");
  turn ();
  get ("key", loader_);
  turn ();
  EXPECT_EQ (loader_.count (), 2) << "the new one took no time";
}

TEST_F (EarlyRefreshTest, Rule13WhereItFailsTheEntryStaysAndIsNotRefreshedEarlyAgain)
{
  load ("key", "old");
  get ("key", loader_);
  turn ();
  loader_.fail (make_error ("no connection"));
  turn ();
  EXPECT_THAT (lookup ("key"), HoldsText ("old"));

  auto got = get ("key", loader_);
  turn ();
  EXPECT_THAT (got, GotText ("old"));
  EXPECT_EQ (loader_.count (), 2);
  advance (10.0);
  get ("key", loader_);
  turn ();
  EXPECT_EQ (loader_.count (), 3) << "it has expired";
  EXPECT_EQ (metrics ()->load_failures, 1u);
  loader_.answer ("new");
}

TEST_F (EarlyRefreshTest, Failure11ARememberedErrorDoesNotHideTheEntry)
{
  memo_loader_set_error_ttl (loader_, 60.0);
  load ("key", "old");
  get ("key", loader_);
  turn ();
  loader_.fail (make_error ("no connection"));
  turn ();
  auto got = get ("key", loader_);
  turn ();
  EXPECT_THAT (got, GotText ("old"));
}

TEST_F (EarlyRefreshTest, Rule1ASourceThatHasNoneAnyMoreEndsTheEntry)
{
  load ("key", "old");
  get ("key", loader_);
  turn ();
  loader_.answer (Entry ());
  turn ();
  EXPECT_FALSE (contains ("key"));
}

TEST_F (EarlyRefreshTest, Rule17WhatIsDeletedMeanwhileStaysDeleted)
{
  load ("key", "old");
  get ("key", loader_);
  turn ();
  memo_cache_delete (cache (), "key");
  loader_.answer ("read before the delete");
  turn ();
  EXPECT_FALSE (contains ("key"));
}

TEST_F (EarlyRefreshTest, Rule16WhatIsSetMeanwhileStays)
{
  load ("key", "old");
  get ("key", loader_);
  turn ();
  set ("key", "set");
  loader_.answer ("read before the set");
  turn ();
  EXPECT_THAT (lookup ("key"), HoldsText ("set"));
}

TEST_F (EarlyRefreshTest, Rule15ATagThatIsInvalidatedMeanwhileOutdatesIt)
{
  memo_loader_set_tags (loader_, Tags ({ "tag" }));
  load ("key", "old");
  get ("key", loader_);
  turn ();
  memo_cache_invalidate_tags (cache (), Tags ({ "tag" }));
  loader_.answer ("read before the invalidation");
  turn ();
  EXPECT_FALSE (contains ("key"));
}

TEST_F (EarlyRefreshTest, Rule13WhenTheEntryExpiresMeanwhileOthersJoin)
{
  load ("key", "old");
  get ("key", loader_);
  turn ();
  advance (10.0);
  auto got = get ("key", loader_);
  turn ();
  EXPECT_THAT (got, IsPending ());
  EXPECT_EQ (loader_.count (), 2);
  loader_.answer ("new");
  turn ();
  EXPECT_THAT (got, GotText ("new"));
}

TEST_F (EarlyRefreshTest, Rule9WhoWaitsDoesNotWaitForAContextThatDoesNotTurn)
{
  load ("key", "old");
  Context idle;
  ScriptedLoader never;
  auto hit = idle.within ([&] { return get ("key", never); });
  advance (10.0);
  auto got = get ("key", loader_);
  turn ();
  ASSERT_EQ (loader_.pending (), 1u);
  loader_.answer ("new");
  turn ();
  EXPECT_THAT (got, GotText ("new"));

  idle.turn ();
  EXPECT_THAT (hit, GotText ("old"));
  EXPECT_EQ (never.count (), 0) << "it was overtaken";
  EXPECT_THAT (lookup ("key"), HoldsText ("new"));
}

TEST_F (EarlyRefreshTest, Rule13ARefreshTakesThePlaceOfOneThatHasNotBegun)
{
  load ("key", "old");
  Context idle;
  ScriptedLoader never;
  idle.within ([&] { return get ("key", never); });
  auto got = refresh ("key", loader_);
  turn ();
  loader_.answer ("new");
  turn ();
  EXPECT_THAT (got, GotText ("new"));
  idle.turn ();
  EXPECT_EQ (never.count (), 0);
}

TEST_F (EarlyRefreshTest, WhereItsContextGoesAwayNothingIsLeft)
{
  load ("key", "old");
  ScriptedLoader never;
  {
    Context gone;
    gone.within ([&] { memo_cache_get_async (cache (), "key", MEMO_GET_NONE, never, nullptr, nullptr, nullptr); });
  }
  turn ();
  EXPECT_EQ (never.count (), 0);
  auto got = get ("key", loader_);
  turn ();
  EXPECT_THAT (got, GotText ("old"));
}

TEST_F (EarlyRefreshTest, Rule10OneThatTakesTooLongEnds)
{
  memo_loader_set_timeout (loader_, 2.0);
  load ("key", "old");
  get ("key", loader_);
  turn ();
  advance (2.0);
  turn ();
  EXPECT_TRUE (g_cancellable_is_cancelled (memo_call_get_cancellable (loader_.front ())));
  EXPECT_THAT (lookup ("key"), HoldsText ("old"));
  loader_.answer ("late");
  turn ();
  EXPECT_THAT (lookup ("key"), HoldsText ("old"));
}

TEST_F (EarlyRefreshTest, Rule12ALoaderThatAsksForWhatItLoadsStartsNone)
{
  load ("key", "old");

  struct Inner
  {
    MemoCache  *cache;
    MemoLoader *loader;
    int         calls = 0;
  } inner { cache (), nullptr };
  auto nested = adopt (memo_loader_new ([] (MemoCall *call, gpointer data) {
    auto inner = static_cast<Inner *> (data);

    inner->calls++;
    memo_cache_get_async (inner->cache, "key", MEMO_GET_NONE, inner->loader, nullptr, nullptr, nullptr);
    memo_call_return_entry (call, entry ("new").release ());
  }, &inner, nullptr));

  inner.loader = nested.get ();
  auto got = refresh ("key", nested.get ());
  turn ();
  EXPECT_THAT (got, GotText ("new"));
  EXPECT_EQ (inner.calls, 1);
}

TEST_F (EarlyRefreshTest, Rule23ItIsALoadAndNeitherAHitNorAMiss)
{
  load ("key", "old");
  memo_cache_reset_metrics (cache ());
  get ("key", loader_);
  turn ();
  loader_.answer ("new");
  turn ();
  auto counted = metrics ();
  EXPECT_EQ (counted->hits, 1u);
  EXPECT_EQ (counted->misses, 0u);
  EXPECT_EQ (counted->coalesced, 0u);
  EXPECT_EQ (counted->loads, 1u);
}

TEST_F (EarlyRefreshTest, AWarmUpRefreshesNothing)
{
  load ("key", "old");
  get ("key", loader_, nullptr, MEMO_GET_WARMUP);
  turn ();
  EXPECT_EQ (loader_.count (), 1);
}

TEST_F (EarlyRefreshTest, Rule28AClosedCacheRefreshesNothingMore)
{
  load ("key", "old");
  get ("key", loader_);
  turn ();
  memo_cache_close_async (cache (), nullptr, nullptr, nullptr);
  turn ();
  EXPECT_TRUE (g_cancellable_is_cancelled (memo_call_get_cancellable (loader_.front ())));
  loader_.answer ("late");
  turn ();
}

TEST_F (EarlyRefreshTest, TheCacheLastsAsLongAsTheLoadAndNoLonger)
{
  auto small = new_cache ();
  g_object_set (small.get (), "early-refresh", ALWAYS, nullptr);
  auto first = AsyncTest::get (MEMO_CACHE (small.get ()), "key", loader_);
  turn ();
  advance (1.0);
  loader_.answer ("old");
  turn ();
  AsyncTest::get (MEMO_CACHE (small.get ()), "key", loader_);
  turn ();
  ASSERT_EQ (loader_.pending (), 1);

  MemoAsyncCache *watched = small.get ();
  g_object_add_weak_pointer (G_OBJECT (watched), reinterpret_cast<gpointer *> (&watched));
  small.reset ();
  turn ();
  EXPECT_NE (watched, nullptr);
  loader_.answer ("new");
  turn ();
  EXPECT_EQ (watched, nullptr);
}

// The lots.  The draws are those of a generator that begins with a number of the test's.
class EarlyRefreshDrawsTest : public EarlyRefreshTest
{
protected:
  // How many of N gets, each of an entry of its own that lives LEFT seconds more and took SECONDS to load, have it loaded again.
  int draw (int n, double left, double seconds)
  {
    g_random_set_seed (7);
    memo_async_cache_set_maxsize (MEMO_ASYNC_CACHE (cache ()), MEMO_UNLIMITED);
    for (int i = 0; i < n; i++)
      get (std::to_string (i).c_str (), loader_);
    turn ();
    advance (seconds);
    for (int i = 0; i < n; i++)
      loader_.answer ("old");
    turn ();
    advance (10.0 - left);
    for (int i = 0; i < n; i++)
      get (std::to_string (i).c_str (), loader_);
    turn ();

    const int drawn = static_cast<int> (loader_.pending ());
    while (loader_.pending () > 0)
      loader_.answer ("new");
    turn ();
    memo_cache_clear (cache ());
    return drawn;
  }

  // Five times the standard deviation of what N draws with this chance give.
  static double tolerance (int n, double chance) { return 5.0 * std::sqrt (n * chance * (1.0 - chance)); }
};

TEST_F (EarlyRefreshDrawsTest, TheChanceFallsWithTheTimeThatIsLeft)
{
  early (1.0);
  for (double left : { 0.1, 0.5, 1.0, 2.0 })
    EXPECT_NEAR (draw (2000, left, 1.0), 2000 * std::exp (-left), tolerance (2000, std::exp (-left))) << left;
}

TEST_F (EarlyRefreshDrawsTest, AndRisesWithTheTimeOfTheLoadAndWithTheFactor)
{
  early (1.0);
  EXPECT_NEAR (draw (2000, 2.0, 4.0), 2000 * std::exp (-0.5), tolerance (2000, std::exp (-0.5)));
  early (3.0);
  EXPECT_NEAR (draw (2000, 3.0, 1.0), 2000 * std::exp (-1.0), tolerance (2000, std::exp (-1.0)));
}

TEST_F (EarlyRefreshDrawsTest, LongBeforeTheEndNobodyDraws)
{
  early (1.0);
  EXPECT_EQ (draw (2000, 9.0, 0.2), 0);
}

TEST_F (EarlyRefreshDrawsTest, AnEntryThatIsAskedForAllTheTimeIsLoadedOnceALife)
{
  int loads = 0;

  early (1.0);
  g_random_set_seed (11);
  load ("key", "value");
  for (int i = 0; i < 100000; i++)
    {
      auto got = get ("key", loader_);

      turn ();
      if (loader_.pending () > 0)
        {
          loads++;
          advance (1.0);
          loader_.answer ("value");
          turn ();
        }
      ASSERT_THAT (got, GotText ("value"));
      advance (0.01);
    }
  // A life of 10 s, of which the end is drawn some seconds before.
  EXPECT_GT (loads, 100);
  EXPECT_LT (loads, 250);
  EXPECT_EQ (metrics ()->expirations, 0u) << "nobody has waited";
  EXPECT_EQ (metrics ()->misses, 1u);
}

// For language bindings, which look a key up before they ask for it.
TEST_F (EarlyRefreshTest, ALookUpForAGetFindsNothingWhereTheGetIsToRefresh)
{
  load ("key", "old");
  early (0.0);
  memo_cache_reset_metrics (cache ());
  EXPECT_STREQ (g_value_get_string (memo_cache_lookup_for_get (cache (), "key")), "old");
  EXPECT_EQ (memo_cache_lookup_for_get (cache (), "other"), nullptr);
  EXPECT_EQ (metrics ()->hits, 1u);
  EXPECT_EQ (metrics ()->misses, 1u);

  early (ALWAYS);
  EXPECT_EQ (memo_cache_lookup_for_get (cache (), "key"), nullptr);
  auto got = get ("key", loader_, nullptr, MEMO_GET_LOOKED_UP);
  turn ();
  EXPECT_THAT (got, GotText ("old"));
  EXPECT_EQ (metrics ()->hits, 2u) << "both together are one";
  EXPECT_EQ (metrics ()->misses, 1u);
  EXPECT_EQ (loader_.pending (), 1u);
  loader_.answer ("new");
  turn ();
}

TEST_F (EarlyRefreshTest, AGetAfterALookUpThatMissedDoesNotRefreshWhatIsFresh)
{
  early (0.001);
  load ("key", "value");
  auto got = get ("key", loader_, nullptr, MEMO_GET_LOOKED_UP);
  turn ();
  EXPECT_THAT (got, GotText ("value")) << "somebody else has just loaded it";
  EXPECT_EQ (loader_.count (), 1);
}
