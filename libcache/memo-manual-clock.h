/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined (MEMO_INSIDE) && !defined (MEMO_COMPILATION)
# error "Only <libcache.h> can be included directly."
#endif

#include "memo-clock.h"

G_BEGIN_DECLS

#define MEMO_TYPE_MANUAL_CLOCK (memo_manual_clock_get_type ())

MEMO_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MemoManualClock, memo_manual_clock, MEMO, MANUAL_CLOCK, GObject)

MEMO_AVAILABLE_IN_0_1
MemoManualClock *memo_manual_clock_new           (void) G_GNUC_WARN_UNUSED_RESULT;
MEMO_AVAILABLE_IN_0_1
void             memo_manual_clock_advance       (MemoManualClock *self,
                                                  double           seconds);
MEMO_AVAILABLE_IN_0_1
void             memo_manual_clock_set_real_time (MemoManualClock *self,
                                                  gint64           real_time);

G_END_DECLS
