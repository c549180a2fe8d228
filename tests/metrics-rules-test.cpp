// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/memo-test.hpp"
#include "support/tracking.hpp"

using namespace memo_test;

// Rule 23, as far as it concerns memory: what is counted, and as what.
class MetricsRulesTest : public CacheTest
{
protected:
  // Counters that are zero unless they are named.
  struct Expected
  {
    guint64 hits = 0, misses = 0, coalesced = 0, loads = 0, load_failures = 0;
    guint64 evictions = 0, expirations = 0, invalidations = 0, size = 0;
  };

  // All of them, so that what should not have been counted shows too.
  void expect (const Expected &expected)
  {
    Metrics all = metrics ();

    EXPECT_EQ (all->hits, expected.hits);
    EXPECT_EQ (all->misses, expected.misses);
    EXPECT_EQ (all->coalesced, expected.coalesced);
    EXPECT_EQ (all->loads, expected.loads);
    EXPECT_EQ (all->load_failures, expected.load_failures);
    EXPECT_EQ (all->evictions, expected.evictions);
    EXPECT_EQ (all->expirations, expected.expirations);
    EXPECT_EQ (all->invalidations, expected.invalidations);
    EXPECT_EQ (all->size, expected.size);
  }

  // A get that is answered with VALUE when it has to be loaded.
  std::shared_ptr<Got> load (const char *key, Entry value, MemoGetFlags flags = MEMO_GET_NONE)
  {
    auto got = get (key, loader_, nullptr, flags);

    turn ();
    if (loader_.pending () > 0)
      loader_.answer (std::move (value));
    turn ();

    return got;
  }

  void fail (const char *key)
  {
    auto got = get (key, loader_);

    turn ();
    loader_.fail (make_error ("down"));
    turn ();
  }

  ScriptedLoader loader_;
};

TEST_F (MetricsRulesTest, Rule23AtFirstEverythingIsZeroTheHitRateToo)
{
  expect ({});
  EXPECT_EQ (metrics ()->hit_rate, 0.0);
}

// --- hits and misses ---

TEST_F (MetricsRulesTest, Rule23LookupsAreHitsOrMisses)
{
  set ("key", "value");
  lookup ("key");
  lookup ("key");
  lookup ("other");

  expect ({ .hits = 2, .misses = 1, .size = 1 });
}

TEST_F (MetricsRulesTest, Rule23GetsAreHitsOrMisses)
{
  load ("key", entry ("value"));
  load ("key", entry ("value"));
  get ("other");
  turn ();

  expect ({ .hits = 1, .misses = 2, .loads = 1, .size = 1 });
}

TEST_F (MetricsRulesTest, Rule23CachedNothingIsAHit)
{
  set ("key", Entry (memo_entry_new (nullptr)));
  lookup ("key");
  get ("key");
  turn ();

  expect ({ .hits = 2, .size = 1 });
}

TEST_F (MetricsRulesTest, Rule23AnExpiredEntryIsAMiss)
{
  set ("key", entry ("value", 1.0));
  advance (1.0);
  lookup ("key");
  get ("key");
  turn ();

  expect ({ .misses = 2, .expirations = 1 });
}

TEST_F (MetricsRulesTest, Rule23TheHitRateIsHitsByAllThatWasAsked)
{
  set ("key", "value");
  lookup ("other");
  EXPECT_EQ (metrics ()->hit_rate, 0.0);
  lookup ("key");
  EXPECT_EQ (metrics ()->hit_rate, 0.5);
  lookup ("key");
  lookup ("key");
  EXPECT_EQ (metrics ()->hit_rate, 0.75);
}

TEST_F (MetricsRulesTest, Rule23LookingWithoutAskingCountsNothing)
{
  set ("key", "value");
  peek ("key");
  peek ("other");
  contains ("key");
  contains ("other");

  expect ({ .size = 1 });
}

TEST_F (MetricsRulesTest, Rule23AWarmUpCountsNeitherHitsNorMisses)
{
  Done done;
  auto warmup = adopt (memo_warmup_new ());

  set ("fresh", "value");
  memo_warmup_add (warmup.get (), "fresh", loader_);
  memo_warmup_add (warmup.get (), "missing", loader_);
  memo_cache_warmup_async (cache (), warmup.get (), nullptr, done_cb<memo_cache_warmup_finish>, done.keep ());
  turn ();
  loader_.answer ("value");
  turn ();

  EXPECT_THAT (done, Succeeded ());
  expect ({ .loads = 1, .size = 2 });
}

TEST_F (MetricsRulesTest, Rule23ARefreshIsAMiss)
{
  set ("key", "old");
  load ("key", entry ("new"), MEMO_GET_REFRESH);

  expect ({ .misses = 1, .loads = 1, .size = 1 });
}

TEST_F (MetricsRulesTest, Rule23AGetThatIsCancelledWhileItWaitsIsAMiss)
{
  auto cancellable = adopt (g_cancellable_new ());
  auto got = get ("key", loader_, cancellable.get ());

  turn ();
  g_cancellable_cancel (cancellable.get ());
  turn ();

  EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  expect ({ .misses = 1, .loads = 1 });
}

TEST_F (MetricsRulesTest, Rule23AGetThatWasCancelledBeforeIsCountedToo)
{
  auto cancellable = adopt (g_cancellable_new ());

  g_cancellable_cancel (cancellable.get ());
  auto got = get ("key", loader_, cancellable.get ());
  turn ();

  EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  expect ({ .misses = 1 });
}

TEST_F (MetricsRulesTest, Rule23AGetOfAClosedCacheIsAMissAndSoIsALookup)
{
  memo_cache_close_async (cache (), nullptr, nullptr, nullptr);
  auto got = get ("key", loader_);
  turn ();
  EXPECT_THAT (got, GotError (MEMO_ERROR, MEMO_ERROR_CLOSED));
  expect ({ .misses = 1 });

  lookup ("key");
  expect ({ .misses = 2 });
}

TEST_F (MetricsRulesTest, Rule23AGetThatWouldWaitForItselfIsAMiss)
{
  std::shared_ptr<Got> inner;

  loader_.on_call = [&] (MemoCall *call) {
    inner = get ("key", loader_);
    memo_call_return_nothing (call);
  };
  auto outer = get ("key", loader_);
  turn ();

  EXPECT_THAT (outer, GotMiss ());
  EXPECT_THAT (inner, GotError (MEMO_ERROR, MEMO_ERROR_RECURSION));
  expect ({ .misses = 2, .loads = 1 });
}

TEST_F (MetricsRulesTest, Rule23AGetThatIsCancelledBeforeItsLoadBeganIsNoLoad)
{
  auto cancellable = adopt (g_cancellable_new ());
  auto got = get ("key", loader_, cancellable.get ());

  g_cancellable_cancel (cancellable.get ());
  turn ();

  EXPECT_EQ (loader_.count (), 0);
  expect ({ .misses = 1 });
}

// --- loads ---

TEST_F (MetricsRulesTest, Failure13AHundredCallersAreOneLoadAndNinetyNineWhoJoined)
{
  std::vector<std::shared_ptr<Got>> all;

  for (int i = 0; i < 100; i++)
    all.push_back (get ("key", loader_));
  turn ();
  loader_.answer ("value");
  turn ();

  expect ({ .misses = 100, .coalesced = 99, .loads = 1, .size = 1 });
  EXPECT_EQ (loader_.count (), 1);
}

TEST_F (MetricsRulesTest, Rule23WhoJoinsWithoutALoaderOrToRefreshHasJoined)
{
  auto first = get ("key", loader_);
  turn ();
  auto second = get ("key");
  auto third = refresh ("key", loader_);
  turn ();
  loader_.answer ("value");
  turn ();

  EXPECT_THAT (second, GotText ("value"));
  EXPECT_THAT (third, GotText ("value"));
  expect ({ .misses = 3, .coalesced = 2, .loads = 1, .size = 1 });
}

TEST_F (MetricsRulesTest, Rule23WhoAsksWhileTheOldValueIsRefreshedHits)
{
  set ("key", "old");
  auto refreshed = refresh ("key", loader_);
  turn ();
  get ("key", loader_);
  turn ();
  loader_.answer ("new");
  turn ();

  expect ({ .hits = 1, .misses = 1, .loads = 1, .size = 1 });
}

TEST_F (MetricsRulesTest, Rule23AFailureIsCountedOnceHoweverManyWait)
{
  auto one = get ("key", loader_);
  auto two = get ("key", loader_);
  turn ();
  loader_.fail (make_error ("down"));
  turn ();

  expect ({ .misses = 2, .coalesced = 1, .loads = 1, .load_failures = 1 });
}

TEST_F (MetricsRulesTest, Rule23DroppedAndTimedOutLoadsAreFailures)
{
  get ("dropped", loader_);
  turn ();
  loader_.drop ();
  turn ();
  expect ({ .misses = 1, .loads = 1, .load_failures = 1 });

  memo_loader_set_timeout (loader_, 5.0);
  auto got = get ("late", loader_);
  turn ();
  advance (5.0);
  turn ();
  loader_.answer ("too late");
  turn ();
  EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
  expect ({ .misses = 2, .loads = 2, .load_failures = 2 });
}

TEST_F (MetricsRulesTest, Rule23AnAnswerOfNullIsNoFailure)
{
  load ("key", Entry ());

  expect ({ .misses = 1, .loads = 1 });
}

TEST_F (MetricsRulesTest, Rule23ARememberedErrorIsAMissWithoutALoad)
{
  memo_loader_set_error_ttl (loader_, 10.0);
  fail ("key");
  auto got = get ("key", loader_);
  turn ();
  lookup ("key");

  EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_FAILED));
  expect ({ .misses = 3, .loads = 1, .load_failures = 1 });
}

TEST_F (MetricsRulesTest, Rule23LoadsOfAnOutdatedKeyAreCountedEach)
{
  auto before = get ("key", loader_);
  turn ();
  memo_cache_delete (cache (), "key");
  auto after = get ("key", loader_);
  turn ();
  loader_.answer ("old");
  loader_.answer ("new");
  turn ();

  EXPECT_THAT (before, GotText ("old"));
  EXPECT_THAT (after, GotText ("new"));
  expect ({ .misses = 2, .loads = 2, .size = 1 });
}

// --- what goes ---

TEST_F (MetricsRulesTest, Rule23WhatMakesRoomIsAnEviction)
{
  cache_ = new_cache (3);
  for (auto key : { "a", "b", "c", "d", "e" })
    set (key, "value");
  expect ({ .evictions = 2, .size = 3 });

  memo_async_cache_set_maxsize (cache_.get (), 2);
  expect ({ .evictions = 3, .size = 2 });
  memo_async_cache_trim (cache_.get (), 50);
  expect ({ .evictions = 4, .size = 1 });
}

TEST_F (MetricsRulesTest, Rule23WhatExpiresIsAnExpirationHoweverItGoes)
{
  for (auto key : { "swept", "replaced", "deleted", "looked up" })
    set (key, entry ("value", 1.0));
  advance (1.0);
  lookup ("looked up");
  set ("replaced", "value");
  memo_cache_delete (cache (), "deleted");
  turn ();

  expect ({ .misses = 1, .expirations = 4, .size = 1 });
}

TEST_F (MetricsRulesTest, Rule23WhatIsDeletedClearedOrTaggedIsAnInvalidation)
{
  for (auto key : { "a", "b", "c", "d" })
    set (key, entry ("value", MEMO_TTL_DEFAULT, { key }));

  memo_cache_delete (cache (), "a");
  memo_cache_delete (cache (), "a");
  memo_cache_delete (cache (), "never there");
  expect ({ .invalidations = 1, .size = 3 });
  memo_cache_invalidate_tags (cache (), Tags ({ "b", "unheard of" }));
  turn ();
  expect ({ .invalidations = 2, .size = 2 });
  memo_cache_clear (cache ());
  expect ({ .invalidations = 4 });
}

TEST_F (MetricsRulesTest, Rule23WhatIsReplacedIsNoneOfThese)
{
  set ("key", "old");
  set ("key", "new");
  load ("key", entry ("newer"), MEMO_GET_REFRESH);

  expect ({ .misses = 1, .loads = 1, .size = 1 });
}

TEST_F (MetricsRulesTest, Rule23ManyThatGoInSlicesAreAllCountedInTheEnd)
{
  Tracker tracker;

  cache_ = new_cache (MEMO_UNLIMITED);
  tracker.fill (cache (), "tagged", 2000, MEMO_TTL_DEFAULT, { "tag" });
  tracker.fill (cache (), "short", 2000, 1.0);
  tracker.fill (cache (), "plain", 2000);
  memo_cache_invalidate_tags (cache (), Tags ({ "tag" }));
  advance (1.0);
  memo_async_cache_set_maxsize (cache_.get (), 500);
  turn ();

  expect ({ .evictions = 1500, .expirations = 2000, .invalidations = 2000, .size = 500 });
}

// --- clear and reset ---

TEST_F (MetricsRulesTest, Rule23AClearEmptiesTheCacheAndKeepsTheMetrics)
{
  load ("key", entry ("value"));
  lookup ("key");
  fail ("other");
  memo_cache_clear (cache ());

  expect ({ .hits = 1, .misses = 2, .loads = 2, .load_failures = 1, .invalidations = 1 });
}

TEST_F (MetricsRulesTest, Rule23AResetKeepsTheEntries)
{
  cache_ = new_cache (3);
  for (auto key : { "a", "b", "c", "d" })
    load (key, entry ("value"));
  set ("c", entry ("value", 1.0));
  advance (1.0);
  turn ();
  lookup ("d");
  fail ("e");
  memo_cache_delete (cache (), "b");
  expect ({ .hits = 1, .misses = 5, .loads = 5, .load_failures = 1,
            .evictions = 1, .expirations = 1, .invalidations = 1, .size = 1 });

  memo_cache_reset_metrics (cache ());
  expect ({ .size = 1 });
  EXPECT_EQ (metrics ()->hit_rate, 0.0);
  EXPECT_TRUE (contains ("d"));
  lookup ("d");
  expect ({ .hits = 1, .size = 1 });
}

TEST_F (MetricsRulesTest, Rule23MetricsAreASnapshot)
{
  Metrics before = metrics ();

  set ("key", "value");
  lookup ("key");

  EXPECT_EQ (before->hits, 0u);
  EXPECT_EQ (before->size, 0u);
}

TEST_F (MetricsRulesTest, Rule23EachCacheCountsForItself)
{
  auto other = new_cache ();

  set ("key", "value");
  lookup ("key");

  Metrics of_other (memo_cache_get_metrics (MEMO_CACHE (other.get ())));
  EXPECT_EQ (of_other->hits + of_other->misses + of_other->size, 0u);
}
