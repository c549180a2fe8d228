// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/memo-test.hpp"
#include "support/tracking.hpp"

using namespace memo_test;
using ::testing::Each;
using ::testing::Ge;
using ::testing::Le;
using ::testing::SizeIs;

// Rule 6: when an entry expires, and that its memory comes back without being asked for.
class ExpiryTest : public CacheTest
{
protected:
  static constexpr double moment = 1e-6;
  static constexpr double year = 365.25 * 24 * 60 * 60;

  void use_cache (guint maxsize) { cache_ = new_cache (maxsize); }

  // A cache that is swept in a context of its own, which no one but the test iterates.
  void use_cache_of (GMainContext *context)
  {
    g_main_context_push_thread_default (context);
    use_cache (MEMO_UNLIMITED);
    g_main_context_pop_thread_default (context);
  }

  // How many turns did something.
  int count_turns ()
  {
    int turns = 0;

    while (g_main_context_iteration (context_, FALSE))
      turns++;

    return turns;
  }
};

using Context = std::unique_ptr<GMainContext, Deleter<GMainContext, g_main_context_unref>>;

// --- exactness ---

TEST_F (ExpiryTest, Rule06IsExactAtTheDeadline)
{
  auto set_all = [this] {
    for (auto key : { "lookup", "peek", "contains", "get", "delete" })
      set (key, entry ("value", 10.0));
  };

  set_all ();
  advance (10.0 - moment);
  auto early = get ("get");
  turn ();
  EXPECT_THAT (early, GotText ("value"));
  EXPECT_THAT (lookup ("lookup"), HoldsText ("value"));
  EXPECT_THAT (peek ("peek"), HoldsText ("value"));
  EXPECT_TRUE (contains ("contains"));
  EXPECT_TRUE (memo_cache_delete (cache (), "delete"));

  memo_cache_clear (cache ());
  set_all ();
  advance (10.0);
  EXPECT_THAT (lookup ("lookup"), IsMiss ());
  EXPECT_THAT (peek ("peek"), IsMiss ());
  EXPECT_FALSE (contains ("contains"));
  EXPECT_FALSE (memo_cache_delete (cache (), "delete"));
  auto late = get ("get");
  turn ();
  EXPECT_THAT (late, GotMiss ());
}

TEST_F (ExpiryTest, Rule06TheExpiredIsLoadedAgain)
{
  ScriptedLoader loader;

  set ("key", entry ("old", 10.0));
  advance (10.0);
  auto got = get ("key", loader);
  turn ();
  ASSERT_EQ (loader.count (), 1);
  EXPECT_EQ (memo_call_get_previous (loader.front ()), nullptr);
  loader.answer ("new");
  turn ();

  EXPECT_THAT (got, GotText ("new"));
}

TEST_F (ExpiryTest, Rule06AMicrosecondIsATimeToLive)
{
  set ("key", entry ("value", moment));

  EXPECT_TRUE (contains ("key"));
  advance (moment);
  EXPECT_FALSE (contains ("key"));
}

TEST_F (ExpiryTest, Rule06WhatIsMoreThanZeroIsNotZero)
{
  set ("key", entry ("value", 1e-300));

  EXPECT_TRUE (contains ("key"));
  advance (moment);
  EXPECT_FALSE (contains ("key"));
}

TEST_F (ExpiryTest, Rule06AThousandYearsAreATimeToLive)
{
  set ("key", entry ("value", 1000 * year));
  set ("other", entry ("value", 1.0));

  advance (1000 * year - 1.0);
  turn ();
  EXPECT_TRUE (contains ("key"));
  EXPECT_FALSE (contains ("other"));
  advance (1.0 - moment);
  turn ();
  EXPECT_TRUE (contains ("key"));
  advance (moment);
  EXPECT_FALSE (contains ("key"));
  turn ();
  EXPECT_EQ (metrics ()->size, 0u);
}

TEST_F (ExpiryTest, Rule06ForeverNeverEnds)
{
  set ("key", entry ("value", MEMO_TTL_FOREVER));
  for (int i = 0; i < 20; i++)
    advance (1e12);
  turn ();

  EXPECT_TRUE (contains ("key"));
}

TEST_F (ExpiryTest, Rule06WhoHoldsAnEntryKeepsItPastItsTime)
{
  set ("key", entry ("value", 1.0));
  auto held = lookup ("key");

  advance (1.0);
  turn ();

  EXPECT_EQ (metrics ()->size, 0u);
  EXPECT_THAT (held, HoldsText ("value"));
}

// --- memory comes back ---

TEST_F (ExpiryTest, Failure14ExpiredEntriesThatNobodyAsksForAreGivenBack)
{
  Tracker tracker;

  tracker.fill (cache (), "key", 100, 10.0);
  advance (10.0 - moment);
  turn ();
  EXPECT_EQ (tracker.alive (), 100);

  advance (moment);
  turn ();
  EXPECT_EQ (tracker.alive (), 0);
  EXPECT_EQ (metrics ()->size, 0u);
  EXPECT_EQ (metrics ()->expirations, 100u);
}

TEST_F (ExpiryTest, Rule06ALaterEntryWithAnEarlierDeadlineIsNotWaitedFor)
{
  Tracker tracker;

  set ("long", tracker.entry (1000.0));
  turn ();
  set ("short", tracker.entry (10.0));
  set ("shorter", tracker.entry (1.0));

  advance (1.0);
  turn ();
  EXPECT_EQ (tracker.alive (), 2);
  advance (9.0);
  turn ();
  EXPECT_EQ (tracker.alive (), 1);
  advance (990.0);
  turn ();
  EXPECT_EQ (tracker.alive (), 0);
}

TEST_F (ExpiryTest, Rule06WhatALoadBroughtGoesToo)
{
  Tracker tracker;
  ScriptedLoader loader;

  get ("key", loader);
  turn ();
  loader.answer (tracker.entry (5.0));
  turn ();
  EXPECT_EQ (tracker.alive (), 1);

  advance (5.0);
  turn ();
  EXPECT_EQ (tracker.alive (), 0);
}

TEST_F (ExpiryTest, Rule06MemoryIsBackWithinASecondOfTheDeadline)
{
  Tracker tracker;

  // Deadlines that follow each other closely, so that some come just after a sweep.
  for (int i = 0; i < 60; i++)
    set (std::to_string (i).c_str (), tracker.entry (10.0 + i * 0.05));

  for (int step = 0; step < 400; step++)
    {
      double now = step * 0.05;
      int expired_a_second_ago = CLAMP (static_cast<int> ((now - 1.0 - 10.0) / 0.05), 0, 60);

      turn ();
      ASSERT_GE (tracker.gone (), expired_a_second_ago) << "at " << now << " s";
      advance (0.05);
    }

  EXPECT_EQ (tracker.alive (), 0);
}

TEST_F (ExpiryTest, Rule06SizeIsExactOnceTheSweepHasRun)
{
  for (int i = 0; i < 100; i++)
    set (std::to_string (i).c_str (), entry ("value", i % 4 == 0 ? 10.0 : i % 4 == 1 ? 20.0 : MEMO_TTL_FOREVER));

  turn ();
  EXPECT_EQ (metrics ()->size, 100u);
  advance (10.0);
  turn ();
  EXPECT_EQ (metrics ()->size, 75u);
  advance (10.0);
  turn ();
  EXPECT_EQ (metrics ()->size, 50u);
  advance (1e6);
  turn ();
  EXPECT_EQ (metrics ()->size, 50u);
}

// --- the loop is not held, nor woken for nothing ---

TEST_F (ExpiryTest, Rule06ManyExpiredGoInSlices)
{
  Tracker tracker;

  use_cache (MEMO_UNLIMITED);
  tracker.fill (cache (), "key", 6000, 10.0);
  advance (10.0);
  auto turns = gone_by_turn (context_, tracker);

  EXPECT_THAT (turns, Each (Le (slice)));
  EXPECT_THAT (turns, SizeIs (Ge (11u)));
  EXPECT_EQ (tracker.alive (), 0);
}

TEST_F (ExpiryTest, Rule06OthersGetTheirTurnBetweenTheSlices)
{
  Tracker tracker;
  std::vector<int> seen;
  std::function<gboolean ()> look = [&] {
    seen.push_back (tracker.alive ());
    return tracker.alive () > 0;
  };
  GSource *other = g_idle_source_new ();

  use_cache (MEMO_UNLIMITED);
  tracker.fill (cache (), "key", 4000, 10.0);
  advance (10.0);
  g_source_set_priority (other, G_PRIORITY_DEFAULT);
  g_source_set_callback (other, [] (gpointer data) -> gboolean {
    return (*static_cast<std::function<gboolean ()> *> (data)) ();
  }, &look, nullptr);
  g_source_attach (other, context_);
  g_source_unref (other);
  turn ();

  EXPECT_THAT (seen, SizeIs (Ge (7u)));
  for (size_t i = 1; i < seen.size (); i++)
    EXPECT_LE (seen[i - 1] - seen[i], slice);
}

TEST_F (ExpiryTest, Rule06ManyDeadlinesAreFewTurnsOfTheLoop)
{
  Tracker tracker;
  int turns = 0;

  use_cache (MEMO_UNLIMITED);
  for (int i = 0; i < 1000; i++)
    set (std::to_string (i).c_str (), tracker.entry (10.0 + i * 100 * moment));

  advance (9.9);
  for (int i = 0; i < 2000; i++)
    {
      turns += count_turns ();
      advance (0.001);
    }

  EXPECT_EQ (tracker.alive (), 0);
  EXPECT_LE (turns, 10) << "for a thousand deadlines within 100 ms";
}

TEST_F (ExpiryTest, Rule06TheLoopSleepsUntilTheNextDeadline)
{
  set ("key", entry ("value", 100.0));
  turn ();

  for (int i = 0; i < 99; i++)
    {
      advance (1.0);
      EXPECT_EQ (count_turns (), 0);
    }
  advance (1.0);
  EXPECT_GT (count_turns (), 0);
  EXPECT_EQ (count_turns (), 0);
  advance (1000.0);
  EXPECT_EQ (count_turns (), 0) << "there is nothing left to wait for";
}

TEST_F (ExpiryTest, Rule06WhatLivesForEverWakesNobody)
{
  for (int i = 0; i < 100; i++)
    set (std::to_string (i).c_str (), "value");
  turn ();

  advance (1e9);
  EXPECT_EQ (count_turns (), 0);
}

// --- the context of the maker ---

TEST_F (ExpiryTest, Rule06TheSweepRunsInTheContextOfTheMaker)
{
  Tracker tracker;
  Context makers (g_main_context_new ());

  use_cache_of (makers.get ());
  tracker.fill (cache (), "key", 10, 1.0);
  advance (1.0);

  turn ();
  EXPECT_EQ (tracker.alive (), 10) << "swept in the context of who set";
  while (g_main_context_iteration (makers.get (), FALSE))
    ;
  EXPECT_EQ (tracker.alive (), 0);
}

TEST_F (ExpiryTest, Rule06WhereTheMakersLoopStandsStillALookUpIsExact)
{
  Context asleep (g_main_context_new ());

  use_cache_of (asleep.get ());
  set ("key", entry ("value", 1.0));
  advance (1.0 - moment);
  EXPECT_TRUE (contains ("key"));
  advance (moment);

  EXPECT_FALSE (contains ("key"));
  EXPECT_THAT (lookup ("key"), IsMiss ());
  auto got = get ("key");
  turn ();
  EXPECT_THAT (got, GotMiss ());
}

TEST_F (ExpiryTest, Rule06WhereTheMakersLoopStandsStillMemoryComesBackWithLaterSets)
{
  Tracker expired, live;
  Context asleep (g_main_context_new ());

  use_cache_of (asleep.get ());
  expired.fill (cache (), "old", 1000, 1.0);
  advance (1.0);
  live.fill (cache (), "new", 1000);

  EXPECT_EQ (expired.alive (), 0);
  EXPECT_EQ (live.alive (), 1000);
  EXPECT_EQ (metrics ()->size, 1000u);
  EXPECT_EQ (metrics ()->expirations, 1000u);
}

TEST_F (ExpiryTest, Rule06WhereTheMakersLoopStandsStillWhatWasClearedOrTaggedComesBackToo)
{
  Tracker cleared, tagged, live;
  Context asleep (g_main_context_new ());

  use_cache_of (asleep.get ());
  cleared.fill (cache (), "cleared", 1000);
  memo_cache_clear (cache ());
  tagged.fill (cache (), "tagged", 1000, MEMO_TTL_DEFAULT, { "tag" });
  memo_cache_invalidate_tags (cache (), Tags ({ "tag" }));
  live.fill (cache (), "new", 1000);

  EXPECT_EQ (cleared.alive (), 0);
  EXPECT_EQ (tagged.alive (), 0);
  EXPECT_EQ (live.alive (), 1000);
}

TEST_F (ExpiryTest, Rule06WhereTheMakersLoopStandsStillMemoryComesBackWithLaterLoads)
{
  Tracker expired;
  Context asleep (g_main_context_new ());
  ScriptedLoader loader;

  use_cache_of (asleep.get ());
  expired.fill (cache (), "old", 200, 1.0);
  advance (1.0);
  for (int i = 0; i < 200; i++)
    {
      get (std::to_string (i).c_str (), loader);
      turn ();
      loader.answer ("value");
      turn ();
    }

  EXPECT_EQ (expired.alive (), 0);
}

// --- what goes for other reasons goes in slices too ---

TEST_F (ExpiryTest, Rule06AnInvalidTagIsGoneAtOnceAndItsMemoryInSlices)
{
  Tracker tracker;

  use_cache (MEMO_UNLIMITED);
  tracker.fill (cache (), "key", 5000, MEMO_TTL_DEFAULT, { "tag" });
  memo_cache_invalidate_tags (cache (), Tags ({ "tag" }));
  EXPECT_LE (tracker.gone (), slice);
  for (int i = 0; i < 5000; i++)
    ASSERT_FALSE (contains (("key " + std::to_string (i)).c_str ()));

  EXPECT_THAT (gone_by_turn (context_, tracker), Each (Le (slice)));
  EXPECT_EQ (tracker.alive (), 0);
  EXPECT_EQ (metrics ()->size, 0u);
}

TEST_F (ExpiryTest, Rule06AClearedCacheIsEmptyAtOnceAndItsMemoryComesBackInSlices)
{
  Tracker tracker, later;

  use_cache (MEMO_UNLIMITED);
  tracker.fill (cache (), "key", 5000, 10.0, { "tag" });
  memo_cache_clear (cache ());
  EXPECT_LE (tracker.gone (), slice);
  EXPECT_EQ (metrics ()->size, 0u);
  EXPECT_FALSE (contains ("key 0"));
  EXPECT_FALSE (contains ("key 4999"));
  later.fill (cache (), "key", 100);
  memo_cache_invalidate_tags (cache (), Tags ({ "tag" }));

  EXPECT_THAT (gone_by_turn (context_, tracker), Each (Le (slice)));
  EXPECT_EQ (tracker.alive (), 0);
  EXPECT_EQ (later.alive (), 100);
  EXPECT_TRUE (contains ("key 0"));
}

TEST_F (ExpiryTest, Rule06WhatIsClearedAgainAndAgainComesBack)
{
  Tracker tracker;

  use_cache (MEMO_UNLIMITED);
  for (int i = 0; i < 5; i++)
    {
      tracker.fill (cache (), "key", 1500);
      memo_cache_clear (cache ());
    }
  turn ();

  EXPECT_EQ (tracker.alive (), 0);
  EXPECT_EQ (count_turns (), 0);
}

TEST_F (ExpiryTest, Rule06ADroppedCacheIsGivenBackInSlices)
{
  Tracker tracker;

  use_cache (MEMO_UNLIMITED);
  tracker.fill (cache (), "key", 5000, 10.0);
  cache_.reset ();
  EXPECT_LE (tracker.gone (), slice);

  EXPECT_THAT (gone_by_turn (context_, tracker), Each (Le (slice)));
  EXPECT_EQ (tracker.alive (), 0);
}

TEST_F (ExpiryTest, Rule06OfWhatIsLargeFewGoInATurn)
{
  Tracker expired, cleared, dropped;
  auto fill = [this] (Tracker &tracker, double ttl) {
    for (int i = 0; i < 100; i++)
      {
        Entry large = tracker.entry (ttl);
        memo_entry_set_size (large.get (), 2 * 1024 * 1024);
        memo_cache_set (cache (), ("key " + std::to_string (i)).c_str (), large.release ());
      }
  };

  use_cache (MEMO_UNLIMITED);
  fill (expired, 10.0);
  advance (10.0);
  EXPECT_THAT (gone_by_turn (context_, expired), Each (Le (2)));
  EXPECT_EQ (expired.alive (), 0);

  fill (cleared, MEMO_TTL_FOREVER);
  memo_cache_clear (cache ());
  EXPECT_LE (cleared.gone (), 2);
  EXPECT_THAT (gone_by_turn (context_, cleared), Each (Le (2)));
  EXPECT_EQ (cleared.alive (), 0);

  fill (dropped, MEMO_TTL_FOREVER);
  cache_.reset ();
  EXPECT_LE (dropped.gone (), 2);
  EXPECT_THAT (gone_by_turn (context_, dropped), Each (Le (2)));
  EXPECT_EQ (dropped.alive (), 0);
}

TEST_F (ExpiryTest, Rule06ACacheWhoseContextIsGoneIsGivenBackAtOnce)
{
  Tracker tracker;
  Context makers (g_main_context_new ());

  use_cache_of (makers.get ());
  tracker.fill (cache (), "key", 5000, 10.0);
  makers.reset ();
  memo_cache_clear (cache ());
  tracker.fill (cache (), "key", 5000, 10.0);
  cache_.reset ();

  EXPECT_EQ (tracker.alive (), 0);
}

TEST_F (ExpiryTest, Rule06ACacheDroppedBeforeItsDeadlinesIsGone)
{
  Tracker tracker;

  tracker.fill (cache (), "key", 10, 10.0);
  turn ();
  cache_.reset ();
  EXPECT_EQ (tracker.alive (), 0);

  advance (10.0);
  EXPECT_EQ (count_turns (), 0) << "a timer of a cache that is gone";
}
