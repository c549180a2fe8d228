// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/clock-test.hpp"

#include <algorithm>
#include <cstdlib>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

using namespace memo_test;
using ::testing::IsEmpty;

// The time as this program sees it, the library in it included: by so many seconds the machine was suspended
// longer, and its wall clock was set forward.
static gint64 slept, set_forward;

extern "C" int
clock_gettime (clockid_t id, timespec *time) noexcept
{
  const int result = syscall (SYS_clock_gettime, id, time);

  if (id == CLOCK_BOOTTIME)
    time->tv_sec += slept;
  else if (id == CLOCK_REALTIME)
    time->tv_sec += set_forward;

  return result;
}

extern "C" int
gettimeofday (timeval *time, void *zone) noexcept
{
  const int result = syscall (SYS_gettimeofday, time, zone);

  time->tv_sec += set_forward;

  return result;
}

namespace {

class BootClockTest : public ClockTest
{
protected:
  ~BootClockTest () override { slept = set_forward = 0; }

  static gint64 boot_time ()
  {
    timespec now;

    clock_gettime (CLOCK_BOOTTIME, &now);
    return now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1'000;
  }

  // What the main loop would wait for: the descriptors but its own one, and how many milliseconds.
  std::vector<int> polled (int &timeout)
  {
    std::vector<GPollFD> fds (10);
    std::vector<int> numbers;
    int priority;

    EXPECT_TRUE (g_main_context_acquire (context_));
    g_main_context_prepare (context_, &priority);
    const int n = g_main_context_query (context_, G_MAXINT, &timeout, fds.data (), fds.size ());
    g_main_context_check (context_, priority, fds.data (), n);
    g_main_context_release (context_);

    for (int i = 0; i < n; i++)
      numbers.push_back (fds[i].fd);
    if (idle_fds_.empty ())
      idle_fds_ = numbers;

    auto is_idle = [this] (int fd) { return std::count (idle_fds_.begin (), idle_fds_.end (), fd) > 0; };
    numbers.erase (std::remove_if (numbers.begin (), numbers.end (), is_idle), numbers.end ());

    return numbers;
  }

  BootClockTest () { int timeout; EXPECT_THAT (polled (timeout), IsEmpty ()); }

  MemoClock        *boot_ = memo_clock_get_default ();
  std::vector<int>  idle_fds_;    // of a context without sources
};

TEST_F (BootClockTest, ThereIsOneDefaultClock)
{
  EXPECT_TRUE (MEMO_IS_CLOCK (boot_));
  EXPECT_EQ (memo_clock_get_default (), boot_);

  auto plain = adopt (memo_async_cache_new (1, 1.0));
  EXPECT_EQ (memo_async_cache_get_clock (plain.get ()), boot_);
  EXPECT_EQ (memo_async_cache_get_clock (new_cache ().get ()), MEMO_CLOCK (clock_.get ()));
}

TEST_F (BootClockTest, Rule05ItIsBootTimeAndNeverGoesBack)
{
  gint64 last = boot_time ();

  for (int i = 0; i < 10'000; i++)
    {
      const gint64 time = memo_clock_get_time (boot_);

      ASSERT_GE (time, last);
      last = boot_time ();
      ASSERT_GE (last, time);
    }
}

TEST_F (BootClockTest, Rule05ANightInSuspendCounts)
{
  auto plain = adopt (memo_async_cache_new (10, 3600.0));
  const gint64 before = memo_clock_get_time (boot_);

  memo_cache_set (MEMO_CACHE (plain.get ()), "key", entry ("value").release ());
  slept = 8 * 3600;
  EXPECT_GE (memo_clock_get_time (boot_), before + 8 * G_TIME_SPAN_HOUR);
  EXPECT_FALSE (memo_cache_contains (MEMO_CACHE (plain.get ()), "key"));
}

TEST_F (BootClockTest, Rule05AChangeOfTheWallClockMovesNothing)
{
  auto plain = adopt (memo_async_cache_new (10, 3600.0));
  const gint64 before = memo_clock_get_time (boot_);

  memo_cache_set (MEMO_CACHE (plain.get ()), "key", entry ("value").release ());
  for (gint64 seconds : { 365 * 24 * 3600, -365 * 24 * 3600 })
    {
      const gint64 wall = g_get_real_time ();

      set_forward += seconds;
      ASSERT_GT (std::abs (g_get_real_time () - wall), G_TIME_SPAN_DAY);
      EXPECT_LT (memo_clock_get_time (boot_), before + G_TIME_SPAN_HOUR);
      EXPECT_TRUE (memo_cache_contains (MEMO_CACHE (plain.get ()), "key"));
    }
}

TEST_F (BootClockTest, ItsWallClockIsThatOfTheSystemAndMayGoBack)
{
  for (gint64 seconds : { 0, 365 * 24 * 3600, -365 * 24 * 3600 })
    {
      set_forward += seconds;
      const gint64 before = g_get_real_time ();
      const gint64 says = memo_clock_get_real_time (boot_);

      EXPECT_GE (says, before);
      EXPECT_LE (says, before + G_TIME_SPAN_HOUR);
    }
}

TEST_F (BootClockTest, ItsOriginIsTheSameEveryTime)
{
  // Whether there is one depends on the machine.
  for (int i = 0; i < 3; i++)
    EXPECT_EQ (origin_of (boot_), origin_of (memo_clock_get_default ()));
  EXPECT_THAT (origin_of (boot_), ::testing::AnyOf ("", ::testing::SizeIs (36)));
}

TEST_F (BootClockTest, ADeadlineThatIsOverIsReadyAtOnce)
{
  const gint64 time = memo_clock_get_time (boot_);

  for (gint64 deadline : { time, time - 1, time - G_TIME_SPAN_DAY, G_GINT64_CONSTANT (0), G_GINT64_CONSTANT (-1) })
    {
      auto one = timer (boot_, deadline);

      EXPECT_EQ (one->runs, 0);
      turn ();
      EXPECT_EQ (one->runs, 1) << "deadline " << deadline;
    }
}

TEST_F (BootClockTest, TheBeginningOfTimeIsReadyAtOnce)
{
  // How the library says "at once": the first moment there is.
  for (gint64 hours : { 0, 1, 1'000 })
    {
      slept = hours * 3600;
      auto one = timer (boot_, G_MININT64);

      turn ();
      EXPECT_EQ (one->runs, 1) << "after " << hours << " hours of suspend";
    }
}

TEST_F (BootClockTest, Rule06ALargeCacheOnTheDefaultClockIsSweptAtOnce)
{
  for (gint64 hours : { 0, 1 })
    {
      slept = hours * 3600;
      auto plain = adopt (memo_async_cache_new (MEMO_UNLIMITED, MEMO_TTL_FOREVER));

      for (int i = 0; i < 5'000; i++)
        memo_cache_set (MEMO_CACHE (plain.get ()), std::to_string (i).c_str (), entry ("value").release ());
      memo_async_cache_set_maxsize (plain.get (), 10);
      turn ();
      EXPECT_EQ (Metrics (memo_cache_get_metrics (MEMO_CACHE (plain.get ())))->size, 10u)
        << "after " << hours << " hours of suspend";
    }
}

TEST_F (BootClockTest, AReadySourceStaysSoUntilItIsDestroyed)
{
  auto one = timer (boot_, memo_clock_get_time (boot_));

  one->again = G_SOURCE_CONTINUE;
  for (int i = 1; i <= 3; i++)
    {
      g_main_context_iteration (context_, FALSE);
      EXPECT_EQ (one->runs, i);
    }
}

TEST_F (BootClockTest, AShortWaitCostsNoDescriptor)
{
  slept = 24 * 3600;

  const gint64 begin = boot_time ();
  auto one = timer (boot_, begin + 5 * G_USEC_PER_SEC);
  int timeout;

  EXPECT_THAT (polled (timeout), IsEmpty ());
  EXPECT_LE (timeout, 5'000);
  EXPECT_GE (timeout, 5'000 - (boot_time () - begin) / 1'000 - 1) << "nor is it woken too early";
  turn ();
  EXPECT_EQ (one->runs, 0);
}

TEST_F (BootClockTest, Rule05ALongWaitIsATimerThatGoesOnWhileTheMachineIsSuspended)
{
  const gint64 deadline = boot_time () + G_TIME_SPAN_HOUR;
  auto one = timer (boot_, deadline);
  int timeout;

  const auto fds = polled (timeout);
  ASSERT_EQ (fds.size (), 1u);
  EXPECT_EQ (timeout, -1) << "poll itself stands still during suspend";
  turn ();
  EXPECT_EQ (one->runs, 0);

  itimerspec left;
  const gint64 before = boot_time ();
  ASSERT_EQ (timerfd_gettime (fds[0], &left), 0) << "it is a timer";
  const gint64 after = boot_time ();
  const gint64 says = left.it_value.tv_sec * G_USEC_PER_SEC + left.it_value.tv_nsec / 1'000;
  EXPECT_GE (says, deadline - after - 1);
  EXPECT_LE (says, deadline - before);

  const std::string file = "/proc/self/fdinfo/" + std::to_string (fds[0]);
  char *text = nullptr;
  ASSERT_TRUE (g_file_get_contents (file.c_str (), &text, nullptr, nullptr));
  EXPECT_THAT (text, ::testing::HasSubstr ("clockid: " + std::to_string (CLOCK_BOOTTIME) + "\n"));
  g_free (text);
}

TEST_F (BootClockTest, TheLongestWaitIsOneOfThem)
{
  for (gint64 deadline : { G_MAXINT64, G_MAXINT64 - 1, boot_time () + 1'000 * 365 * G_TIME_SPAN_DAY })
    {
      auto one = timer (boot_, deadline);

      turn ();
      EXPECT_EQ (one->runs, 0) << "deadline " << deadline;
    }
}

TEST_F (BootClockTest, TheTimerGoesWithItsSource)
{
  auto one = timer (boot_, boot_time () + G_TIME_SPAN_HOUR);
  int timeout;
  const auto fds = polled (timeout);

  ASSERT_EQ (fds.size (), 1u);
  EXPECT_NE (fcntl (fds[0], F_GETFD), -1);
  EXPECT_NE (fcntl (fds[0], F_GETFD) & FD_CLOEXEC, 0) << "no child inherits it";
  one.reset ();
  EXPECT_EQ (fcntl (fds[0], F_GETFD), -1);
}

TEST_F (BootClockTest, AShortWaitThatEndsEarlyRunsNothing)
{
  slept = 24 * 3600;

  const gint64 deadline = boot_time () + 5 * G_USEC_PER_SEC;
  auto one = timer (boot_, deadline);
  const gint64 apart = boot_time () - g_get_monotonic_time ();

  g_source_set_ready_time (*one, 0);
  g_main_context_iteration (context_, FALSE);
  EXPECT_EQ (one->runs, 0);

  // It waits again, until the deadline and no longer.
  EXPECT_NEAR (g_source_get_ready_time (*one) + apart, deadline, G_USEC_PER_SEC);
  EXPECT_FALSE (g_main_context_iteration (context_, FALSE));
}

TEST_F (BootClockTest, AShortWaitThatASuspendMadeLateRunsWhenItIsWoken)
{
  auto one = timer (boot_, boot_time () + 5 * G_USEC_PER_SEC);

  slept = 3600;
  g_source_set_ready_time (*one, 0);
  turn ();
  EXPECT_EQ (one->runs, 1);
}

TEST_F (BootClockTest, ALongWaitThatEndsEarlyRunsNothing)
{
  auto one = timer (boot_, boot_time () + G_TIME_SPAN_HOUR);
  int timeout;
  const auto fds = polled (timeout);
  const itimerspec at_once = { {}, { 0, 1 } };

  ASSERT_EQ (fds.size (), 1u);
  ASSERT_EQ (timerfd_settime (fds[0], 0, &at_once, nullptr), 0);
  pollfd fd = { fds[0], POLLIN, 0 };
  ASSERT_EQ (poll (&fd, 1, 30'000), 1);

  g_main_context_iteration (context_, FALSE);
  EXPECT_EQ (one->runs, 0);
}

TEST_F (BootClockTest, ThreadsMayAskAtATime)
{
  std::vector<std::thread> threads;
  std::vector<int> wrong (4, 0);

  for (int i = 0; i < 4; i++)
    {
      threads.emplace_back ([this, &wrong, i] {
        gint64 last = 0;

        for (int step = 0; step < 10'000; step++)
          {
            const gint64 time = memo_clock_get_time (memo_clock_get_default ());

            wrong[i] += time < last || memo_clock_get_default () != boot_;
            last = time;
          }
      });
    }
  for (auto &thread : threads)
    thread.join ();
  EXPECT_THAT (wrong, ::testing::Each (0));
}

} // namespace
