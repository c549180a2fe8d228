// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/clock-test.hpp"
#include "support/contexts.hpp"

#include <cmath>
#include <thread>

using namespace memo_test;
using ::testing::ElementsAre;

namespace {

// --- the manual clock ---

using ManualClockTest = ClockTest;

TEST_F (ManualClockTest, ItStandsAtNothingUntilItIsMoved)
{
  EXPECT_EQ (now (), 0);
  EXPECT_EQ (now (), 0);
  advance (1.5);
  EXPECT_EQ (now (), 1'500'000);
  advance (0.5);
  EXPECT_EQ (now (), 2'000'000);
}

TEST_F (ManualClockTest, ItMovesByWholeMicrosecondsRoundedUp)
{
  advance (1e-9);
  EXPECT_EQ (now (), 1);
  advance (1.5e-6);
  EXPECT_EQ (now (), 3);
  advance (0.0);
  EXPECT_EQ (now (), 3);
}

TEST_F (ManualClockTest, ItNeverGoesBack)
{
  advance (1.0);
  for (double seconds : { -1.0, -1e-9, static_cast<double> (NAN), MEMO_TTL_FOREVER, -MEMO_TTL_FOREVER, 1.1e12 })
    {
      expect_complaint ("memo_manual_clock_advance", [&] { advance (seconds); });
      EXPECT_EQ (now (), 1'000'000);
    }
}

TEST_F (ManualClockTest, Rule05ASourceIsReadyExactlyAtItsDeadline)
{
  auto one = timer (1'000'000);

  turn ();
  EXPECT_EQ (one->runs, 0);
  advance (0.999999);
  turn ();
  EXPECT_EQ (one->runs, 0) << "a microsecond before";
  advance (0.000001);
  turn ();
  EXPECT_EQ (one->runs, 1);
  advance (100.0);
  turn ();
  EXPECT_EQ (one->runs, 1) << "its callback did not ask for more";
}

TEST_F (ManualClockTest, ADeadlineThatIsOverIsReadyAtOnce)
{
  advance (1.0);
  for (gint64 deadline : { G_GINT64_CONSTANT (1'000'000), G_GINT64_CONSTANT (999'999), G_GINT64_CONSTANT (0),
                           G_GINT64_CONSTANT (-1), G_MININT64 })
    {
      auto one = timer (deadline);

      EXPECT_EQ (one->runs, 0);
      turn ();
      EXPECT_EQ (one->runs, 1) << "deadline " << deadline;
    }
}

TEST_F (ManualClockTest, AdvanceRunsNothingItself)
{
  auto one = timer (1);

  advance (1.0);
  EXPECT_EQ (one->runs, 0);
  turn ();
  EXPECT_EQ (one->runs, 1);
}

TEST_F (ManualClockTest, ToAdvanceByNothingMakesNothingReady)
{
  auto one = timer (1);

  advance (0.0);
  turn ();
  EXPECT_EQ (one->runs, 0);
}

TEST_F (ManualClockTest, AReadySourceStaysSoUntilItIsDestroyed)
{
  auto one = timer (1);

  one->again = G_SOURCE_CONTINUE;
  advance (1.0);
  for (int i = 1; i <= 3; i++)
    {
      g_main_context_iteration (context_, FALSE);
      EXPECT_EQ (one->runs, i);
    }
  g_source_destroy (*one);
  turn ();
  EXPECT_EQ (one->runs, 3);
}

TEST_F (ManualClockTest, SourcesRunInTheOrderOfTheirDeadlinesAsTimeGoesOn)
{
  std::vector<int> order;
  auto third = timer (3'000'000), first = timer (1'000'000), second = timer (2'000'000);

  first->on_run = [&] { order.push_back (1); };
  second->on_run = [&] { order.push_back (2); };
  third->on_run = [&] { order.push_back (3); };
  for (int i = 0; i < 3; i++)
    {
      advance (1.0);
      turn ();
      ASSERT_EQ (order.size (), static_cast<size_t> (i + 1));
    }
  EXPECT_THAT (order, ElementsAre (1, 2, 3));
}

TEST_F (ManualClockTest, SourcesOfOneDeadlineRunInTheOrderInWhichTheyWereAttached)
{
  std::vector<int> order;
  std::vector<std::unique_ptr<Timer>> timers;

  for (int i = 0; i < 5; i++)
    {
      timers.push_back (timer (1));
      timers.back ()->on_run = [&order, i] { order.push_back (i); };
    }
  g_source_set_priority (*timers[3], G_PRIORITY_HIGH);
  advance (1.0);
  turn ();
  EXPECT_THAT (order, ElementsAre (3, 0, 1, 2, 4));
}

TEST_F (ManualClockTest, OnlyThoseThatAreDueRun)
{
  std::vector<std::unique_ptr<Timer>> timers;

  for (int i = 0; i < 1'000; i++)
    timers.push_back (timer ((i * 7'919) % 1'000 + 1));
  advance (500e-6);
  turn ();

  for (int i = 0; i < 1'000; i++)
    ASSERT_EQ (timers[i]->runs, (i * 7'919) % 1'000 + 1 <= 500 ? 1 : 0) << i;
}

TEST_F (ManualClockTest, ACallbackMayMoveTheTimeAndMakeSources)
{
  std::unique_ptr<Timer> next;
  auto first = timer (1'000'000);

  first->on_run = [&] {
    next = timer (now () + 1'000'000);
    advance (1.0);
  };
  advance (1.0);
  turn ();
  ASSERT_NE (next, nullptr);
  EXPECT_EQ (next->runs, 1);
  EXPECT_EQ (now (), 2'000'000);
}

TEST_F (ManualClockTest, ASourceWithoutACallbackGoesQuietly)
{
  GSource *source = memo_clock_create_source (MEMO_CLOCK (clock_.get ()), 1);

  g_source_attach (source, context_);
  advance (1.0);
  g_main_context_iteration (context_, FALSE);
  EXPECT_TRUE (g_source_is_destroyed (source));
  g_source_destroy (source);
  g_source_unref (source);
}

// How many sources are not freed yet:
// each holds its clock, and nothing else in these tests does.
guint
live_sources (gpointer clock)
{
  return G_OBJECT (clock)->ref_count - 1;
}

TEST_F (ManualClockTest, DestroyedSourcesAreForgotten)
{
  for (int i = 0; i < 1'000; i++)
    {
      auto one = timer (1'000'000);

      ASSERT_EQ (live_sources (clock_.get ()), 1u) << "they do not pile up while the time stands still";
    }

  EXPECT_EQ (live_sources (clock_.get ()), 0u);
}

TEST_F (ManualClockTest, AClockKeepsNoSourceThatIsReady)
{
  auto waiting = timer (1), ready = timer (0);

  advance (1.0);
  EXPECT_EQ (live_sources (clock_.get ()), 2u);
  waiting.reset ();
  ready.reset ();
  EXPECT_EQ (live_sources (clock_.get ()), 0u);
}

TEST_F (ManualClockTest, AClockLivesAsLongAsItsSources)
{
  auto own = adopt (memo_manual_clock_new ());
  Watch watch (own.get ());
  auto one = timer (MEMO_CLOCK (own.get ()), 1);

  own.reset ();
  turn ();
  EXPECT_EQ (one->runs, 0);
  EXPECT_FALSE (watch.gone ());
  one.reset ();
  EXPECT_TRUE (watch.gone ());
}

TEST_F (ManualClockTest, TheEndOfTimeIsNeverReached)
{
  auto never = timer (G_MAXINT64), last = timer (G_MAXINT64 - 1);

  for (int i = 0; i < 12; i++)
    {
      const gint64 before = now ();

      advance (1e12);
      ASSERT_GE (now (), before);
    }
  EXPECT_EQ (now (), G_MAXINT64 - 1);
  turn ();
  EXPECT_EQ (last->runs, 1);
  EXPECT_EQ (never->runs, 0);
}

TEST_F (ManualClockTest, Rule05AtTheEndOfTimeACacheStillKeeps)
{
  auto cache = new_cache ();

  memo_cache_set (MEMO_CACHE (cache.get ()), "old", entry ("value", 60.0).release ());
  for (int i = 0; i < 12; i++)
    advance (1e12);
  memo_cache_set (MEMO_CACHE (cache.get ()), "new", entry ("value", 60.0).release ());
  turn ();

  EXPECT_FALSE (memo_cache_contains (MEMO_CACHE (cache.get ()), "old"));
  EXPECT_TRUE (memo_cache_contains (MEMO_CACHE (cache.get ()), "new"));
}

TEST_F (ManualClockTest, AnotherThreadMayMoveTheTime)
{
  auto one = timer (1'000'000);
  std::thread thread ([this] { advance (1.0); });

  wait_until ([&] { return one->runs > 0; });   // it has to wake the loop
  thread.join ();
  EXPECT_EQ (one->runs, 1);
}

TEST_F (ManualClockTest, ManyThreadsMayMoveTheTime)
{
  std::vector<std::thread> threads;

  for (int i = 0; i < 4; i++)
    {
      threads.emplace_back ([this] {
        for (int step = 0; step < 5'000; step++)
          {
            GSource *source = memo_clock_create_source (MEMO_CLOCK (clock_.get ()), now () + 3);

            advance (1e-6);
            g_source_destroy (source);
            g_source_unref (source);
          }
      });
    }
  for (auto &thread : threads)
    thread.join ();
  EXPECT_EQ (now (), 20'000);
}

// --- its wall clock and its origin ---

constexpr gint64 first_real_time = G_GINT64_CONSTANT (946'684'800'000'000);

TEST_F (ManualClockTest, ItsWallClockBeginsWithTheYear2000AndGoesOnWithTheTime)
{
  std::unique_ptr<GDateTime, Deleter<GDateTime, g_date_time_unref>>
    year_2000 (g_date_time_new_utc (2000, 1, 1, 0, 0, 0));

  EXPECT_EQ (real_time (), first_real_time);
  EXPECT_EQ (real_time () / G_USEC_PER_SEC, g_date_time_to_unix (year_2000.get ()));
  advance (1.5);
  EXPECT_EQ (real_time (), first_real_time + 1'500'000);
  advance (1e-9);
  EXPECT_EQ (real_time (), first_real_time + 1'500'001);
}

TEST_F (ManualClockTest, Rule05ItsWallClockCanBeSetAndTheTimeStays)
{
  auto one = timer (1'000'000);

  advance (0.5);
  for (gint64 set : { G_GINT64_CONSTANT (0), first_real_time, G_MININT64, G_GINT64_CONSTANT (-1), G_MAXINT64 - 5 })
    {
      memo_manual_clock_set_real_time (clock_.get (), set);
      turn ();
      EXPECT_EQ (real_time (), set);
      EXPECT_EQ (now (), 500'000);
    }
  EXPECT_EQ (one->runs, 0);
  advance (0.5);
  turn ();
  EXPECT_EQ (real_time (), G_MAXINT64) << "it stops there";
  EXPECT_EQ (one->runs, 1);
}

TEST_F (ManualClockTest, EachHasAnOriginOfItsOwn)
{
  auto other = adopt (memo_manual_clock_new ());
  const std::string mine = origin_of (clock_.get ());

  EXPECT_NE (mine, "");
  EXPECT_NE (mine, origin_of (other.get ()));
  EXPECT_NE (mine, origin_of (memo_clock_get_default ()));
  advance (1.0);
  memo_manual_clock_set_real_time (clock_.get (), 0);
  EXPECT_EQ (mine, origin_of (clock_.get ()));
}

TEST_F (ManualClockTest, ManyThreadsMaySetAndReadItsWallClock)
{
  std::vector<std::thread> threads;

  for (int i = 0; i < 4; i++)
    {
      threads.emplace_back ([this, i] {
        for (int step = 0; step < 5'000; step++)
          {
            memo_manual_clock_set_real_time (clock_.get (), i);
            ASSERT_LT (real_time (), 4);
            g_free (memo_clock_dup_origin (MEMO_CLOCK (clock_.get ())));
          }
      });
    }
  for (auto &thread : threads)
    thread.join ();
}

// --- clocks of others ---

struct OtherClock { GObject parent; };
struct OtherClockClass { GObjectClass parent; };

gint64 other_time;
gint64 other_deadline;

// A type of its own; with FILLED, one that does what a clock has to do.
GType
make_type (const char *name, bool filled)
{
  const GInterfaceInfo info = {
    [] (gpointer iface, gpointer filled) {
      auto *clock = static_cast<MemoClockInterface *> (iface);

      if (filled == nullptr)
        return;
      clock->get_time = [] (MemoClock *) { return other_time; };
      clock->create_source = [] (MemoClock *, gint64 deadline) {
        other_deadline = deadline;
        return g_idle_source_new ();
      };
    }, nullptr, filled ? &other_time : nullptr
  };
  const GType type = g_type_register_static_simple (G_TYPE_OBJECT, name, sizeof (OtherClockClass), nullptr,
                                                    sizeof (OtherClock), nullptr, G_TYPE_FLAG_NONE);

  g_type_add_interface_static (type, MEMO_TYPE_CLOCK, &info);
  return type;
}

TEST_F (ClockTest, AClockOfSomebodyElseIsAsked)
{
  static const GType type = make_type ("OtherClock", true);
  auto other = adopt (G_OBJECT (g_object_new (type, nullptr)));
  auto cache = adopt (MEMO_ASYNC_CACHE (g_object_new (MEMO_TYPE_ASYNC_CACHE, "clock", other.get (), nullptr)));

  other_time = 42;
  EXPECT_EQ (memo_clock_get_time (MEMO_CLOCK (other.get ())), 42);
  auto one = timer (MEMO_CLOCK (other.get ()), 43);
  EXPECT_EQ (other_deadline, 43);

  memo_cache_set (MEMO_CACHE (cache.get ()), "key", entry ("value", 1.0).release ());
  EXPECT_EQ (other_deadline, 1'000'042) << "where the cache waits for the expiry";
  other_time = 1'000'041;
  EXPECT_TRUE (memo_cache_contains (MEMO_CACHE (cache.get ()), "key"));
  other_time = 1'000'042;
  EXPECT_FALSE (memo_cache_contains (MEMO_CACHE (cache.get ()), "key"));
}

TEST_F (ClockTest, AClockThatSaysNoMoreHasTheWallClockOfTheSystemAndNoOrigin)
{
  static const GType type = make_type ("TerseClock", true);
  auto other = adopt (G_OBJECT (g_object_new (type, nullptr)));
  const gint64 before = g_get_real_time ();
  const gint64 says = memo_clock_get_real_time (MEMO_CLOCK (other.get ()));

  EXPECT_GE (says, before);
  EXPECT_LE (says, g_get_real_time ());
  EXPECT_EQ (memo_clock_dup_origin (MEMO_CLOCK (other.get ())), nullptr);
}

TEST_F (ClockTest, AClockMayHaveAWallClockAndAnOriginOfItsOwn)
{
  const GInterfaceInfo info = {
    [] (gpointer iface, gpointer) {
      auto *clock = static_cast<MemoClockInterface *> (iface);

      clock->get_real_time = [] (MemoClock *) { return G_GINT64_CONSTANT (42); };
      clock->dup_origin = [] (MemoClock *) { return g_strdup ("the flood"); };
    }, nullptr, nullptr
  };
  const GType type = g_type_register_static_simple (G_TYPE_OBJECT, "WordyClock", sizeof (OtherClockClass), nullptr,
                                                    sizeof (OtherClock), nullptr, G_TYPE_FLAG_NONE);

  g_type_add_interface_static (type, MEMO_TYPE_CLOCK, &info);
  auto other = adopt (G_OBJECT (g_object_new (type, nullptr)));

  EXPECT_EQ (memo_clock_get_real_time (MEMO_CLOCK (other.get ())), 42);
  EXPECT_EQ (origin_of (other.get ()), "the flood");
}

TEST_F (ClockTest, AClockThatDoesNothingIsAMistake)
{
  static const GType type = make_type ("IdleClock", false);
  auto other = adopt (G_OBJECT (g_object_new (type, nullptr)));

  expect_complaint ("get_time != NULL", [&] { EXPECT_EQ (memo_clock_get_time (MEMO_CLOCK (other.get ())), 0); });
  expect_complaint ("create_source != NULL",
                   [&] { EXPECT_EQ (memo_clock_create_source (MEMO_CLOCK (other.get ()), 1), nullptr); });
}

} // namespace
