/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Which keys went not long ago, by their hashes: a table that forgets the oldest of a bucket when that is full,
 * and everything older than so many that came after.  Two keys with one hash are one ghost, which does no
 * harm but to the hit rate. */

typedef struct
{
  guint32 hash;
  guint32 time;       /* how many had come before */
} MemoGhost;

typedef struct
{
  MemoGhost *slots;   /* buckets of four; NULL until the first comes */
  gsize      n_slots;
  guint32    time;    /* how many have come; 0 is before the first */
} MemoGhosts;

void     memo_ghosts_clear (MemoGhosts *self);
void     memo_ghosts_add   (MemoGhosts *self,
                            guint32     hash,
                            gsize       room);
gboolean memo_ghosts_take  (MemoGhosts *self,
                            guint32     hash,
                            gsize       room);

G_END_DECLS
