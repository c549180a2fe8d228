/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined (MEMO_INSIDE) && !defined (MEMO_COMPILATION)
# error "Only <libcache.h> can be included directly."
#endif

#include <glib-object.h>

#include "memo-version-macros.h"

G_BEGIN_DECLS

#define MEMO_TYPE_CLOCK (memo_clock_get_type ())

MEMO_AVAILABLE_IN_ALL
G_DECLARE_INTERFACE (MemoClock, memo_clock, MEMO, CLOCK, GObject)

/**
 * MemoClockInterface:
 * @parent_iface: the parent interface
 * @get_time: says what time it is, in microseconds; never goes back, and may be asked from any thread
 * @create_source: makes a source that is ready as soon as the time is the deadline or later
 * @get_real_time: says what the wall clock shows, in microseconds; may be asked from any thread
 * @dup_origin: names what the time is counted from, always with the same name; may be asked from any thread
 *
 * The virtual functions of [iface@Memo.Clock].
 *
 * The last two may be left out: then the wall clock is that of the system, and nobody knows what the time is counted
 * from.
 *
 * Since: 0.1
 */
struct _MemoClockInterface
{
  GTypeInterface parent_iface;

  /*< public >*/
  gint64    (*get_time)      (MemoClock *self);
  GSource * (*create_source) (MemoClock *self,
                              gint64     deadline);
  gint64    (*get_real_time) (MemoClock *self);
  char    * (*dup_origin)    (MemoClock *self);

  /*< private >*/
  gpointer    padding[8];
};

MEMO_AVAILABLE_IN_0_1
MemoClock *memo_clock_get_default   (void);
MEMO_AVAILABLE_IN_0_1
gint64     memo_clock_get_time      (MemoClock *self);
MEMO_AVAILABLE_IN_0_1
GSource   *memo_clock_create_source (MemoClock *self,
                                     gint64     deadline) G_GNUC_WARN_UNUSED_RESULT;
MEMO_AVAILABLE_IN_0_1
gint64     memo_clock_get_real_time (MemoClock *self);
MEMO_AVAILABLE_IN_0_1
char      *memo_clock_dup_origin    (MemoClock *self) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
