/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Which keys went not long ago, by their hashes: a table, and the line in which they came.  Two keys with one
 * hash are one ghost, which does no harm but to the hit rate. */

typedef struct
{
  guint32 hash;
  guint32 time;       /* how many had come before; 0 in a slot that is free */
} MemoGhost;

typedef struct
{
  MemoGhost *slots;   /* twice as many as fit into the line; linear probing */
  guint32   *line;    /* of hashes, by the time at which they came */
  gsize      size;    /* of the line, a power of two; 0 until the first comes */
  guint32    time;    /* how many have come */
} MemoGhosts;

void     memo_ghosts_clear (MemoGhosts *self);
void     memo_ghosts_add   (MemoGhosts *self,
                            guint32     hash,
                            gsize       room);
gboolean memo_ghosts_take  (MemoGhosts *self,
                            guint32     hash,
                            gsize       room);

G_END_DECLS
