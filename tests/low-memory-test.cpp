// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/memo-test.hpp"
#include "support/tracking.hpp"

#include <thread>

using namespace memo_test;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::Le;
using ::testing::SizeIs;

namespace {

// The memory monitor of these tests, which warns when it is told to.
struct TestMonitor { GObject parent_instance; };
struct TestMonitorClass { GObjectClass parent_class; };

GType test_monitor_get_type ();

void
test_monitor_initable_init (GInitableIface *iface)
{
  iface->init = [] (GInitable *, GCancellable *, GError **) -> gboolean { return TRUE; };
}

G_DEFINE_TYPE_WITH_CODE (TestMonitor, test_monitor, G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (G_TYPE_INITABLE, test_monitor_initable_init)
                         G_IMPLEMENT_INTERFACE (G_TYPE_MEMORY_MONITOR, nullptr))

void test_monitor_class_init (TestMonitorClass *) {}
void test_monitor_init (TestMonitor *) {}

// A clock at which something happens as it is looked at: in another thread, at the worst moment.
struct BusyClock
{
  GObject                 parent_instance;
  std::function<void ()> *happens;
};
struct BusyClockClass { GObjectClass parent_class; };

GType busy_clock_get_type ();

void
busy_clock_iface_init (MemoClockInterface *iface)
{
  iface->get_time = [] (MemoClock *self) -> gint64 {
    if (auto happens = std::exchange (reinterpret_cast<BusyClock *> (self)->happens, nullptr))
      std::thread (*happens).join ();
    return 0;
  };
  iface->create_source = [] (MemoClock *, gint64) { return g_cancellable_source_new (nullptr); };
}

G_DEFINE_TYPE_WITH_CODE (BusyClock, busy_clock, G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (MEMO_TYPE_CLOCK, busy_clock_iface_init))

void busy_clock_class_init (BusyClockClass *) {}
void busy_clock_init (BusyClock *) {}

// Before anybody asks for a monitor: the first one that is found is the one of the process.
class MonitorEnvironment : public ::testing::Environment
{
  void SetUp () override
  {
    g_setenv ("GIO_USE_MEMORY_MONITOR", "memo-test", TRUE);
    g_io_extension_point_register (G_MEMORY_MONITOR_EXTENSION_POINT_NAME);
    g_io_extension_point_implement (G_MEMORY_MONITOR_EXTENSION_POINT_NAME, test_monitor_get_type (), "memo-test", 0);
  }
};

const auto environment [[maybe_unused]] = ::testing::AddGlobalTestEnvironment (new MonitorEnvironment);

} // namespace

class TrimTest : public CacheTest
{
protected:
  void use_cache (guint maxsize) { cache_ = new_cache (maxsize); }
  void trim (guint percent) { memo_async_cache_trim (cache_.get (), percent); }

  Tracker tracker_;
};

class LowMemoryTest : public TrimTest
{
protected:
  void SetUp () override
  {
    ASSERT_EQ (G_OBJECT_TYPE (monitor_.get ()), test_monitor_get_type ());
    ASSERT_FALSE (is_listened_to ());
  }

  void warn (int level) { g_signal_emit_by_name (monitor_.get (), "low-memory-warning", level); }
  void listen (bool on = true) { memo_async_cache_set_trim_on_low_memory (cache_.get (), on); }

  bool is_listened_to ()
  {
    return g_signal_has_handler_pending (monitor_.get (), g_signal_lookup ("low-memory-warning", G_TYPE_MEMORY_MONITOR),
                                         0, TRUE);
  }

  Ref<GMemoryMonitor> monitor_ = adopt (g_memory_monitor_dup_default ());
};

// --- trimming by hand ---

TEST_F (TrimTest, NothingOfAHundredIsNothing)
{
  tracker_.fill (cache (), "key", 100);
  trim (0);
  turn ();

  EXPECT_EQ (tracker_.alive (), 100);
  EXPECT_EQ (metrics ()->evictions, 0u);
}

TEST_F (TrimTest, APartIsThatManyOfAHundredAndTheLeastRecentOfThem)
{
  tracker_.fill (cache (), "key", 100);
  lookup ("key 0");
  trim (33);

  EXPECT_EQ (tracker_.alive (), 67);
  EXPECT_EQ (metrics ()->size, 67u);
  EXPECT_EQ (metrics ()->evictions, 33u);
  EXPECT_TRUE (contains ("key 0"));
  EXPECT_FALSE (contains ("key 33"));
  EXPECT_TRUE (contains ("key 34"));
}

TEST_F (TrimTest, AllOfAHundredIsAll)
{
  tracker_.fill (cache (), "key", 100);
  trim (100);

  EXPECT_EQ (tracker_.alive (), 0);
  EXPECT_EQ (metrics ()->size, 0u);
}

TEST_F (TrimTest, AnEmptyCacheIsNotMindful)
{
  trim (100);
  trim (0);
  turn ();

  set ("key", "value");
  turn ();
  EXPECT_TRUE (contains ("key"));
}

TEST_F (TrimTest, TheExpiredGoBeforeTheLive)
{
  Tracker expired;

  tracker_.fill (cache (), "live", 50);
  expired.fill (cache (), "short", 50, 1.0);
  advance (1.0);
  trim (50);

  EXPECT_EQ (expired.alive (), 0);
  EXPECT_EQ (tracker_.alive (), 50);
  EXPECT_EQ (metrics ()->evictions, 0u);
}

TEST_F (TrimTest, ManyGoInSlices)
{
  use_cache (MEMO_UNLIMITED);
  tracker_.fill (cache (), "key", 6000);
  trim (50);
  EXPECT_LE (tracker_.gone (), slice);
  auto turns = gone_by_turn (context_, tracker_);

  EXPECT_THAT (turns, Each (Le (slice)));
  EXPECT_THAT (turns, SizeIs (Ge (5u)));
  EXPECT_EQ (tracker_.alive (), 3000);
  EXPECT_FALSE (contains ("key 2999"));
  EXPECT_TRUE (contains ("key 3000"));
}

TEST_F (TrimTest, AfterwardsAsManyAsEverAreKept)
{
  for (int size : { 100, 3000 })
    for (guint percent : { 0u, 33u, 100u })
      {
        SCOPED_TRACE (::testing::Message () << percent << " % of " << size);
        Tracker later;

        use_cache (size);
        tracker_.fill (cache (), "old", size);
        trim (percent);
        turn ();
        later.fill (cache (), "new", size);
        turn ();

        EXPECT_EQ (later.alive (), size);
        EXPECT_EQ (metrics ()->size, static_cast<guint64> (size));
      }
}

TEST_F (TrimTest, WhatIsSetWhileATrimIsUnderWayStays)
{
  Tracker later;

  use_cache (MEMO_UNLIMITED);
  tracker_.fill (cache (), "old", 5000);
  trim (100);
  later.fill (cache (), "new", 100);
  turn ();

  EXPECT_EQ (tracker_.alive (), 0);
  EXPECT_EQ (later.alive (), 100) << "it was not there when the cache was trimmed";
}

TEST_F (TrimTest, WhatIsSetAfterAClearStays)
{
  Tracker later;

  use_cache (MEMO_UNLIMITED);
  tracker_.fill (cache (), "old", 5000);
  trim (100);
  memo_cache_clear (cache ());
  later.fill (cache (), "new", 100);
  turn ();

  EXPECT_EQ (tracker_.alive (), 0);
  EXPECT_EQ (later.alive (), 100);
}

TEST_F (TrimTest, WhatIsReplacedWhileATrimIsUnderWayStays)
{
  Tracker later;

  use_cache (MEMO_UNLIMITED);
  tracker_.fill (cache (), "key", 2000);
  trim (100);
  later.fill (cache (), "key", 2000);
  turn ();

  EXPECT_EQ (tracker_.alive (), 0);
  EXPECT_EQ (later.alive (), 2000);
}

TEST_F (TrimTest, WhatIsDeletedWhileATrimIsUnderWayCountsAsTrimmed)
{
  Tracker later;

  use_cache (MEMO_UNLIMITED);
  tracker_.fill (cache (), "old", 5000);
  trim (100);
  for (int i = 3000; i < 4000; i++)
    memo_cache_delete (cache (), ("old " + std::to_string (i)).c_str ());
  later.fill (cache (), "new", 100);
  turn ();

  EXPECT_EQ (tracker_.alive (), 0) << "the trim was given up";
  EXPECT_EQ (later.alive (), 100);
}

TEST_F (TrimTest, WhatIsDeletedWhileATrimIsUnderWayLeavesNoTrimForLater)
{
  Tracker later;

  use_cache (MEMO_UNLIMITED);
  tracker_.fill (cache (), "old", 5000);
  trim (100);
  for (int i = 0; i < 5000; i++)
    memo_cache_delete (cache (), ("old " + std::to_string (i)).c_str ());
  turn ();
  later.fill (cache (), "new", 6000);
  turn ();

  EXPECT_EQ (tracker_.alive (), 0);
  EXPECT_EQ (later.alive (), 6000);
}

TEST_F (TrimTest, WhatIsRemovedBySetsWhileATrimIsUnderWayLeavesNoTrimForLater)
{
  Tracker later;

  use_cache (MEMO_UNLIMITED);
  tracker_.fill (cache (), "old", 2000);
  trim (50);
  tracker_.fill (cache (), "old", 2000, 0.0);
  turn ();
  later.fill (cache (), "new", 3000);
  turn ();

  EXPECT_EQ (tracker_.alive (), 0);
  EXPECT_EQ (later.alive (), 3000);
}

TEST_F (TrimTest, ASmallerTrimDoesNotTakeALargerOneBack)
{
  use_cache (MEMO_UNLIMITED);
  tracker_.fill (cache (), "key", 5000);
  trim (100);
  trim (0);
  turn ();

  EXPECT_EQ (tracker_.alive (), 0);
}

TEST_F (TrimTest, ALoadIsLeftAlone)
{
  ScriptedLoader loader;
  auto got = get ("key", loader);

  turn ();
  trim (100);
  loader.answer ("value");
  turn ();

  EXPECT_THAT (got, GotText ("value"));
  EXPECT_TRUE (contains ("key"));
}

TEST_F (TrimTest, MayBeCalledInAnyThread)
{
  use_cache (MEMO_UNLIMITED);
  tracker_.fill (cache (), "key", 2000);
  std::thread thread ([this] { trim (100); });
  thread.join ();
  turn ();

  EXPECT_EQ (tracker_.alive (), 0);
}

TEST_F (TrimTest, DoesNotTakeBackASizeThatAnotherThreadSetsMeanwhile)
{
  auto clock = adopt (static_cast<BusyClock *> (g_object_new (busy_clock_get_type (), nullptr)));
  std::function<void ()> lower_size = [this] { memo_async_cache_set_maxsize (cache_.get (), 10); };

  cache_ = adopt (MEMO_ASYNC_CACHE (g_object_new (MEMO_TYPE_ASYNC_CACHE, "clock", clock.get (), nullptr)));
  tracker_.fill (cache (), "key", 100);
  clock->happens = &lower_size;
  trim (1);

  EXPECT_EQ (memo_async_cache_get_maxsize (cache_.get ()), 10u);
  EXPECT_LE (tracker_.alive (), 10);
}

// --- trimming when memory is low ---

TEST_F (LowMemoryTest, IsOffUnlessAskedFor)
{
  tracker_.fill (cache (), "key", 100);
  EXPECT_FALSE (is_listened_to ());
  warn (G_MEMORY_MONITOR_WARNING_LEVEL_CRITICAL);
  turn ();

  EXPECT_EQ (tracker_.alive (), 100);
}

TEST_F (LowMemoryTest, DropsAQuarterHalfOrAllOfTheEntriesByTheLevel)
{
  struct { int level; int left; } cases[] = {
    { G_MEMORY_MONITOR_WARNING_LEVEL_LOW, 75 },
    { G_MEMORY_MONITOR_WARNING_LEVEL_MEDIUM, 50 },
    { G_MEMORY_MONITOR_WARNING_LEVEL_CRITICAL, 0 },

    // GIO may come to have more of them.
    { G_MEMORY_MONITOR_WARNING_LEVEL_LOW + 1, 75 },
    { G_MEMORY_MONITOR_WARNING_LEVEL_MEDIUM + 1, 50 },
    { G_MEMORY_MONITOR_WARNING_LEVEL_CRITICAL - 1, 50 },
  };

  listen ();
  for (auto [level, left] : cases)
    {
      SCOPED_TRACE (level);
      memo_cache_clear (cache ());
      tracker_.fill (cache (), "key", 100);
      warn (level);
      turn ();

      EXPECT_EQ (tracker_.alive (), left);
      EXPECT_EQ (contains ("key 99"), left > 0);
      EXPECT_FALSE (contains ("key 0")) << "the least recent go first";
    }
}

TEST_F (LowMemoryTest, ManyGoInSlices)
{
  use_cache (MEMO_UNLIMITED);
  listen ();
  tracker_.fill (cache (), "key", 5000);
  warn (G_MEMORY_MONITOR_WARNING_LEVEL_CRITICAL);
  EXPECT_LE (tracker_.gone (), slice);

  EXPECT_THAT (gone_by_turn (context_, tracker_), Each (Le (slice)));
  EXPECT_EQ (tracker_.alive (), 0);
}

TEST_F (LowMemoryTest, AfterwardsAsManyAsEverAreKept)
{
  listen ();
  tracker_.fill (cache (), "key", 128);
  warn (G_MEMORY_MONITOR_WARNING_LEVEL_CRITICAL);
  turn ();
  tracker_.fill (cache (), "key", 128);
  turn ();

  EXPECT_EQ (tracker_.alive (), 128);
}

TEST_F (LowMemoryTest, SwitchedOnTwiceItListensOnce)
{
  listen ();
  listen ();
  tracker_.fill (cache (), "key", 100);
  warn (G_MEMORY_MONITOR_WARNING_LEVEL_LOW);

  EXPECT_EQ (tracker_.alive (), 75);
  listen (false);
  EXPECT_FALSE (is_listened_to ());
}

TEST_F (LowMemoryTest, SwitchedOffItDoesNotListen)
{
  listen ();
  EXPECT_TRUE (is_listened_to ());
  listen (false);
  EXPECT_FALSE (is_listened_to ());
  tracker_.fill (cache (), "key", 100);
  warn (G_MEMORY_MONITOR_WARNING_LEVEL_CRITICAL);
  EXPECT_EQ (tracker_.alive (), 100);

  listen ();
  warn (G_MEMORY_MONITOR_WARNING_LEVEL_CRITICAL);
  EXPECT_EQ (tracker_.alive (), 0);
}

TEST_F (LowMemoryTest, IsAPropertyThatNotifiesOfChangesOnly)
{
  std::vector<std::string> notified;
  gboolean on = TRUE;

  g_signal_connect (cache_.get (), "notify", G_CALLBACK (+[] (GObject *, GParamSpec *pspec, gpointer data) {
    static_cast<std::vector<std::string> *> (data)->push_back (pspec->name);
  }), &notified);

  g_object_get (cache_.get (), "trim-on-low-memory", &on, nullptr);
  EXPECT_FALSE (on);
  g_object_set (cache_.get (), "trim-on-low-memory", TRUE, nullptr);
  EXPECT_TRUE (memo_async_cache_get_trim_on_low_memory (cache_.get ()));
  memo_async_cache_set_trim_on_low_memory (cache_.get (), 42);
  listen (false);
  listen (false);

  EXPECT_THAT (notified, ElementsAre ("trim-on-low-memory", "trim-on-low-memory"));
  g_signal_handlers_disconnect_by_data (cache_.get (), &notified);
}

TEST_F (LowMemoryTest, ACacheThatGoesWhileItListensListensNoMore)
{
  listen ();
  tracker_.fill (cache (), "key", 100);
  cache_.reset ();

  EXPECT_EQ (tracker_.alive (), 0);
  EXPECT_FALSE (is_listened_to ());
  warn (G_MEMORY_MONITOR_WARNING_LEVEL_CRITICAL);
}

TEST_F (LowMemoryTest, ListeningDoesNotKeepTheCache)
{
  gpointer weak = cache_.get ();

  listen ();
  g_object_add_weak_pointer (G_OBJECT (cache_.get ()), &weak);
  cache_.reset ();

  EXPECT_EQ (weak, nullptr);
}

TEST_F (LowMemoryTest, EveryCacheThatListensIsTrimmedAndNoOther)
{
  Tracker of_second, of_third;
  auto second = new_cache (), third = new_cache ();

  listen ();
  memo_async_cache_set_trim_on_low_memory (second.get (), TRUE);
  tracker_.fill (cache (), "key", 100);
  of_second.fill (MEMO_CACHE (second.get ()), "key", 50);
  of_third.fill (MEMO_CACHE (third.get ()), "key", 50);
  warn (G_MEMORY_MONITOR_WARNING_LEVEL_CRITICAL);

  EXPECT_EQ (tracker_.alive (), 0);
  EXPECT_EQ (of_second.alive (), 0);
  EXPECT_EQ (of_third.alive (), 50);
}

TEST_F (LowMemoryTest, AWarningMayComeInAnyThread)
{
  use_cache (MEMO_UNLIMITED);
  listen ();
  tracker_.fill (cache (), "key", 2000);
  std::thread thread ([this] { warn (G_MEMORY_MONITOR_WARNING_LEVEL_CRITICAL); });
  thread.join ();
  turn ();

  EXPECT_EQ (tracker_.alive (), 0);
}
