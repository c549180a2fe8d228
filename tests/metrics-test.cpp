// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/complaints.hpp"

#include <algorithm>

using namespace memo_test;

namespace {

class MetricsTest : public CacheTest
{
protected:
  static bool all_zero (const Metrics &metrics)
  {
    const auto *words = reinterpret_cast<const guint64 *> (metrics.get ());

    return std::all_of (words, words + sizeof (MemoMetrics) / sizeof *words, [] (guint64 word) { return word == 0; });
  }
};

TEST_F (MetricsTest, NewOnesAreAllZero)
{
  EXPECT_TRUE (all_zero (Metrics (memo_metrics_new ())));
}

TEST_F (MetricsTest, ThereIsRoomForMore)
{
  // What is counted later takes from the padding; the size is part of the binary interface.
  EXPECT_EQ (sizeof (MemoMetrics), 24 * sizeof (guint64));
}

// Every field another number.
Metrics
make_metrics ()
{
  Metrics metrics (memo_metrics_new ());

  metrics->hits = 1;
  metrics->misses = 2;
  metrics->coalesced = 3;
  metrics->loads = 4;
  metrics->load_failures = 5;
  metrics->evictions = 6;
  metrics->expirations = 7;
  metrics->invalidations = 8;
  metrics->size = 9;
  metrics->hit_rate = 0.5;

  return metrics;
}

void
expect_made (const MemoMetrics *metrics)
{
  EXPECT_EQ (metrics->hits, 1u);
  EXPECT_EQ (metrics->misses, 2u);
  EXPECT_EQ (metrics->coalesced, 3u);
  EXPECT_EQ (metrics->loads, 4u);
  EXPECT_EQ (metrics->load_failures, 5u);
  EXPECT_EQ (metrics->evictions, 6u);
  EXPECT_EQ (metrics->expirations, 7u);
  EXPECT_EQ (metrics->invalidations, 8u);
  EXPECT_EQ (metrics->size, 9u);
  EXPECT_EQ (metrics->hit_rate, 0.5);
}

TEST_F (MetricsTest, ACopyIsAnotherWithTheSameNumbers)
{
  Metrics original = make_metrics ();
  Metrics copy (memo_metrics_copy (original.get ()));

  ASSERT_NE (copy.get (), original.get ());
  original->hits = 100;
  original.reset ();
  expect_made (copy.get ());
}

TEST_F (MetricsTest, TheyAreABoxedType)
{
  EXPECT_TRUE (G_TYPE_IS_BOXED (MEMO_TYPE_METRICS));
  EXPECT_STREQ (g_type_name (MEMO_TYPE_METRICS), "MemoMetrics");

  Metrics original = make_metrics ();
  GValue value = G_VALUE_INIT;

  g_value_init (&value, MEMO_TYPE_METRICS);
  g_value_set_boxed (&value, original.get ());
  EXPECT_NE (g_value_get_boxed (&value), original.get ());
  original.reset ();
  expect_made (static_cast<MemoMetrics *> (g_value_get_boxed (&value)));
  g_value_unset (&value);
}

TEST_F (MetricsTest, ThereIsNoCopyOfNothing)
{
  EXPECT_THAT (complaints_of ([] { EXPECT_EQ (memo_metrics_copy (nullptr), nullptr); }),
               ::testing::ElementsAre (::testing::HasSubstr ("self != NULL")));
}

TEST_F (MetricsTest, Rule23ACacheThatWasAskedNothingCountedNothing)
{
  EXPECT_TRUE (all_zero (metrics ()));
  EXPECT_EQ (metrics ()->hit_rate, 0.0) << "and no division by nothing";
}

TEST_F (MetricsTest, Rule23LookUpsAreHitsAndMisses)
{
  set ("key", "value");
  for (int i = 0; i < 3; i++)
    lookup ("key");
  lookup ("other");

  Metrics now = metrics ();
  EXPECT_EQ (now->hits, 3u);
  EXPECT_EQ (now->misses, 1u);
  EXPECT_EQ (now->hit_rate, 0.75);
  EXPECT_EQ (now->size, 1u);
  EXPECT_EQ (now->loads, 0u);
}

TEST_F (MetricsTest, Rule23PeekAndContainsCountAsNeither)
{
  set ("key", "value");
  peek ("key");
  peek ("other");
  contains ("key");
  contains ("other");

  EXPECT_EQ (metrics ()->hits + metrics ()->misses, 0u);
}

TEST_F (MetricsTest, Rule23EachReasonToGoHasItsCount)
{
  memo_async_cache_set_maxsize (cache_.get (), 2);
  set ("evicted", "value");
  set ("replaced", "value");
  set ("replaced", "value");
  set ("expired", entry ("value", 1.0));    // puts the first out
  EXPECT_EQ (metrics ()->evictions, 1u);

  advance (1.0);
  turn ();
  EXPECT_EQ (metrics ()->expirations, 1u);
  EXPECT_EQ (metrics ()->size, 1u);
  EXPECT_EQ (metrics ()->invalidations, 0u) << "what is replaced counts as nothing";

  memo_cache_delete (cache (), "replaced");
  EXPECT_EQ (metrics ()->invalidations, 1u);
  set ("tagged", entry ("value", MEMO_TTL_DEFAULT, { "tag" }));
  memo_cache_invalidate_tags (cache (), Tags { "tag" });
  EXPECT_EQ (metrics ()->invalidations, 2u);
  set ("cleared", "value");
  memo_cache_clear (cache ());
  EXPECT_EQ (metrics ()->invalidations, 3u);

  Metrics now = metrics ();
  EXPECT_EQ (now->evictions, 1u);
  EXPECT_EQ (now->expirations, 1u);
  EXPECT_EQ (now->size, 0u);
}

TEST_F (MetricsTest, Rule23LoadsAndTheirFailuresAreCounted)
{
  ScriptedLoader loader;

  get ("good", loader);
  get ("good", loader);
  get ("bad", loader);
  turn ();
  loader.answer ("value");
  loader.fail (make_error ("out of order"));
  turn ();

  Metrics now = metrics ();
  EXPECT_EQ (now->loads, 2u);
  EXPECT_EQ (now->load_failures, 1u);
  EXPECT_EQ (now->misses, 3u);
  EXPECT_EQ (now->coalesced, 1u);
  EXPECT_EQ (now->hits, 0u);
}

TEST_F (MetricsTest, Failure13AHundredCallersAreOneLoadAndNinetyNineThatJoined)
{
  ScriptedLoader loader;

  for (int i = 0; i < 100; i++)
    get ("key", loader);
  turn ();
  loader.answer ("value");
  turn ();

  Metrics now = metrics ();
  EXPECT_EQ (now->loads, 1u);
  EXPECT_EQ (now->misses, 100u);
  EXPECT_EQ (now->coalesced, 99u);
}

TEST_F (MetricsTest, TheyAreASnapshot)
{
  Metrics before = metrics ();

  set ("key", "value");
  lookup ("key");
  EXPECT_EQ (before->hits, 0u);
  EXPECT_EQ (before->size, 0u);
}

TEST_F (MetricsTest, Rule23ResettingEmptiesTheCountsAndNotTheCache)
{
  set ("key", "value");
  lookup ("key");
  lookup ("other");
  memo_cache_delete (cache (), "key");
  set ("kept", "value");
  memo_cache_reset_metrics (cache ());

  Metrics now = metrics ();
  EXPECT_EQ (now->hits + now->misses + now->invalidations, 0u);
  EXPECT_EQ (now->hit_rate, 0.0);
  EXPECT_EQ (now->size, 1u);
  EXPECT_TRUE (contains ("kept"));
}

TEST_F (MetricsTest, Rule23ClearingEmptiesTheCacheAndNotTheCounts)
{
  set ("key", "value");
  lookup ("key");
  memo_cache_clear (cache ());

  Metrics now = metrics ();
  EXPECT_EQ (now->hits, 1u);
  EXPECT_EQ (now->size, 0u);
  EXPECT_FALSE (contains ("key"));
}

} // namespace
