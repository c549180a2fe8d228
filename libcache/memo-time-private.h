/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <math.h>

#include <glib.h>

G_BEGIN_DECLS

/* Past this many seconds (some thirty thousand years) a span is as good as for ever, and its
 * microseconds still fit. */
#define MEMO_LONGEST_SPAN 1e12

/* The time SECONDS after NOW; G_MAXINT64 when that never comes.  Not before the next
 * microsecond: what is to last at all lasts that long. */
static inline gint64
memo_time_after (gint64 now,
                 double seconds)
{
  gint64 span;

  if (seconds > MEMO_LONGEST_SPAN)
    return G_MAXINT64;

  span = MAX (1, (gint64) ceil (seconds * G_USEC_PER_SEC));

  return now > G_MAXINT64 - span ? G_MAXINT64 : now + span;
}

G_END_DECLS
