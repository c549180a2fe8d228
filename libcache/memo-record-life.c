/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-record-private.h"

/* How long a record lives.  The clock of the cache is better, since nobody sets it, but only who counts from the same
 * origin can read it; everybody else goes by the wall clock. */

/* A wall clock that shows this much less than when the record was written is not called set back: the clocks of two
 * machines are never quite the same. */
#define SLACK 1000

static inline gint64
subtract (gint64 a,
          gint64 b)
{
  gint64 difference;

  if (__builtin_sub_overflow (a, b, &difference))
    return a < b ? G_MININT64 : G_MAXINT64;

  return difference;
}

static inline gint64
add (gint64 a,
     gint64 b)
{
  gint64 sum;

  if (__builtin_add_overflow (a, b, &sum))
    return a < 0 ? G_MININT64 : G_MAXINT64;

  return sum;
}

static inline gint64
multiply (gint64 a,
          gint64 b)
{
  gint64 product;

  if (__builtin_mul_overflow (a, b, &product))
    return (a < 0) == (b < 0) ? G_MAXINT64 : G_MININT64;

  return product;
}

/* The origin that a clock NAMEs, which may be NULL: see memo_clock_dup_origin(). */
void
memo_record_origin (const char *name,
                    guint8      origin[MEMO_RECORD_ID_SIZE])
{
  guint8 digest[32];
  gsize size = sizeof digest;
  GChecksum *checksum;

  memset (origin, 0, MEMO_RECORD_ID_SIZE);
  if (name == NULL)
    return;

  checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_checksum_update (checksum, (const guchar *) name, -1);
  g_checksum_get_digest (checksum, digest, &size);
  g_checksum_free (checksum);
  memcpy (origin, digest, MEMO_RECORD_ID_SIZE);
}

/* Writes down that it is NOW, and that the entry expires at EXPIRY, both on the clock of NOW_ORIGIN, in microseconds;
 * NOW_WALL is what the wall clock shows, in milliseconds. */
void
memo_record_stamp (MemoRecord   *self,
                   gint64        expiry,
                   gint64        now,
                   const guint8  now_origin[MEMO_RECORD_ID_SIZE],
                   gint64        now_wall)
{
  self->written = now_wall;
  memcpy (self->origin, now_origin, MEMO_RECORD_ID_SIZE);
  self->origin_expiry = memo_record_origin_is_known (now_origin) ? expiry : 0;

  /* A part of a millisecond is lost, not won. */
  if (expiry == MEMO_RECORD_NEVER)
    self->expiry = MEMO_RECORD_NEVER;
  else
    self->expiry = MIN (add (now_wall, subtract (expiry, now) / 1000), MEMO_RECORD_NEVER - 1);
}

/* How long the entry lives yet, in microseconds; 0 or less: it expired; MEMO_RECORD_NEVER: for ever.  NOW is on the
 * clock of NOW_ORIGIN, in microseconds; NOW_WALL on the wall clock, in milliseconds. */
gint64
memo_record_remaining (const MemoRecord *self,
                       gint64            now,
                       const guint8      now_origin[MEMO_RECORD_ID_SIZE],
                       gint64            now_wall)
{
  gint64 life;

  if (self->expiry == MEMO_RECORD_NEVER)
    return MEMO_RECORD_NEVER;

  /* Nobody sets this clock. */
  if (memo_record_origin_is_known (self->origin) && memcmp (self->origin, now_origin, MEMO_RECORD_ID_SIZE) == 0)
    return MIN (subtract (self->origin_expiry, now), MEMO_RECORD_NEVER - 1);

  /* Set back it would bring to life again what is long over. */
  if (now_wall < subtract (self->written, SLACK))
    return 0;

  /* Nor does the slack make a life longer. */
  life = subtract (self->expiry, MAX (now_wall, self->written));

  return MIN (multiply (life, 1000), MEMO_RECORD_NEVER - 1);
}
