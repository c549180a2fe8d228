/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-boot-clock-private.h"
#include "memo-clock.h"

/**
 * MemoClock:
 *
 * Where time comes from.
 *
 * A clock says what time it is, in microseconds from a start of its own, and makes
 * sources that are ready at a given time. Nothing in libcache reads the time or
 * sets a timer in any other way, so that [class@Memo.ManualClock] lets a test
 * move the time by hand.
 *
 * The default clock is boot time: a change of the wall clock moves nothing, and
 * the time that a machine spends suspended counts.
 *
 * What outlives the program has to say when it expires in a way that another program understands: by the wall
 * clock, [method@Memo.Clock.get_real_time], and, where both count from the same moment, by the clock itself. That is
 * what [method@Memo.Clock.dup_origin] is for.
 *
 * Since: 0.1
 */

G_DEFINE_INTERFACE (MemoClock, memo_clock, G_TYPE_OBJECT)

static gint64
real_time_of_the_system (MemoClock *self)
{
  return g_get_real_time ();
}

static char *
unknown_origin (MemoClock *self)
{
  return NULL;
}

static void
memo_clock_default_init (MemoClockInterface *iface)
{
  iface->get_real_time = real_time_of_the_system;
  iface->dup_origin = unknown_origin;
}

/**
 * memo_clock_get_default:
 *
 * Gets the clock that caches use unless they are given another: boot time.
 *
 * May be called from any thread.
 *
 * Returns: (transfer none): the clock
 *
 * Since: 0.1
 */
MemoClock *
memo_clock_get_default (void)
{
  static MemoClock *clock;

  if (g_once_init_enter (&clock))
    g_once_init_leave (&clock, g_object_new (MEMO_TYPE_BOOT_CLOCK, NULL));

  return clock;
}

/**
 * memo_clock_get_time:
 * @self: a clock
 *
 * Says what time it is.
 *
 * The time never goes back. May be called from any thread.
 *
 * Returns: the time, in microseconds
 *
 * Since: 0.1
 */
gint64
memo_clock_get_time (MemoClock *self)
{
  MemoClockInterface *iface;

  /* It nearly always is, and the way through the interface takes longer than all the rest. */
  if (MEMO_IS_BOOT_CLOCK (self))
    return memo_boot_clock_now ();

  g_return_val_if_fail (MEMO_IS_CLOCK (self), 0);

  iface = MEMO_CLOCK_GET_IFACE (self);
  g_return_val_if_fail (iface->get_time != NULL, 0);

  return iface->get_time (self);
}

/**
 * memo_clock_create_source:
 * @self: a clock
 * @deadline: a time, in microseconds
 *
 * Makes a source that is ready as soon as the time is @deadline or later.
 *
 * It stays ready until it is destroyed. Its callback is a [callback@GLib.SourceFunc];
 * it belongs to no context yet. May be called from any thread.
 *
 * Returns: (transfer full): the new source
 *
 * Since: 0.1
 */
GSource *
memo_clock_create_source (MemoClock *self,
                          gint64     deadline)
{
  MemoClockInterface *iface;

  g_return_val_if_fail (MEMO_IS_CLOCK (self), NULL);

  iface = MEMO_CLOCK_GET_IFACE (self);
  g_return_val_if_fail (iface->create_source != NULL, NULL);

  return iface->create_source (self, deadline);
}

/**
 * memo_clock_get_real_time:
 * @self: a clock
 *
 * Says what the wall clock shows.
 *
 * It may be set, back as well as on, and differs a little from machine to machine; nothing within a
 * process depends on it. May be called from any thread.
 *
 * Returns: microseconds since the beginning of 1970 in UTC
 *
 * Since: 0.1
 */
gint64
memo_clock_get_real_time (MemoClock *self)
{
  MemoClockInterface *iface;

  if (MEMO_IS_BOOT_CLOCK (self))
    return g_get_real_time ();

  g_return_val_if_fail (MEMO_IS_CLOCK (self), 0);

  iface = MEMO_CLOCK_GET_IFACE (self);
  g_return_val_if_fail (iface->get_real_time != NULL, 0);

  return iface->get_real_time (self);
}

/**
 * memo_clock_dup_origin:
 * @self: a clock
 *
 * Names what the time is counted from.
 *
 * Two clocks that give the same name, in whichever processes they are, show the same time: what one of them
 * wrote down, the other can compare with its own. The default clock counts from the start of the machine, and
 * the name is that of this start. May be called from any thread.
 *
 * Returns: (transfer full) (nullable): the name, or `NULL` when it is not known
 *
 * Since: 0.1
 */
char *
memo_clock_dup_origin (MemoClock *self)
{
  MemoClockInterface *iface;

  g_return_val_if_fail (MEMO_IS_CLOCK (self), NULL);

  iface = MEMO_CLOCK_GET_IFACE (self);
  g_return_val_if_fail (iface->dup_origin != NULL, NULL);

  return iface->dup_origin (self);
}
