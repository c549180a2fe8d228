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
 * Since: 0.1
 */

G_DEFINE_INTERFACE (MemoClock, memo_clock, G_TYPE_OBJECT)

static void
memo_clock_default_init (MemoClockInterface *iface)
{
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
