/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-eviction-private.h"
#include "memo-readers-private.h"

G_BEGIN_DECLS

/* What is in memory: entries by key, bounded, the expired going before any other, and these in the
 * order of the policy.
 *
 * A store calls nobody, and is changed under the lock of its owner.  Where several threads read at the same time, they share
 * a lock that each change takes as well, after the owner's; what they may do without the owner's says so.  What leaves it is put on a heap of garbage,
 * which the caller gives to memo_garbage_free() once its own lock is released, since the
 * end of a value may run anybody's code.  No operation takes longer the more a store
 * holds, but for the logarithm of a heap. */

#define MEMO_NEVER G_MAXINT64

/* In place of a time: the boot clock is read if it has to be, which for an entry that never expires it has not. */
#define MEMO_TIME_UNREAD G_MININT64

/* How many nodes are dealt with at most before others get their turn. */
#define MEMO_STORE_SLICE 512

/* And of how many bytes, but for the last of them: what is large takes longer to give back. */
#define MEMO_STORE_SLICE_BYTES (4 * 1024 * 1024)

typedef struct _MemoStore MemoStore;

struct _MemoStore
{
  MemoReaders *readers;     /* not the store's own; NULL when nobody reads without the owner's lock */
  MemoTable    table;
  MemoEviction order;
  MemoVector   heap;        /* a binary heap, the next to expire on top */
  MemoTagIndex tags;
  guint64      bytes;       /* of all nodes */
  gint64       lease_end;   /* until when those that are leased are found */

  gsize        trim_left;   /* how many are still to go; whatever goes is one of them */

  guint64      evictions;
  guint64      expirations;
  guint64      invalidations;

  MemoStore   *next;        /* where stores wait to be emptied */
};

/* How much a store may hold. */
typedef struct
{
  gsize   count;
  guint64 bytes;
} MemoLimit;

MemoStore *memo_store_new             (MemoEvictionPolicy policy);
void       memo_store_free            (MemoStore        *self);

MemoNode  *memo_store_find            (MemoStore        *self,
                                       const MemoKey    *key,
                                       gint64            now);
MemoNode  *memo_store_use             (MemoStore        *self,
                                       const MemoKey    *key,
                                       gint64            now);
MemoNode  *memo_store_use_shared      (MemoStore        *self,
                                       const MemoKey    *key,
                                       gint64            now);
void       memo_store_lease            (MemoStore        *self,
                                       gint64            lease_end);
void       memo_store_share           (MemoStore        *self,
                                       MemoReaders      *readers);
void       memo_store_put             (MemoStore        *self,
                                       MemoNode         *node,
                                       const MemoTagSet *tags,
                                       MemoLimit         limit,
                                       gint64            now,
                                       MemoNode        **garbage);
gboolean   memo_store_remove          (MemoStore        *self,
                                       const MemoKey    *key,
                                       gint64            now,
                                       MemoNode        **garbage);
void       memo_store_invalidate_tag  (MemoStore        *self,
                                       const MemoKey    *tag);
gboolean   memo_store_sweep           (MemoStore        *self,
                                       MemoLimit         limit,
                                       gint64            now,
                                       guint             budget,
                                       MemoNode        **garbage);
gint64     memo_store_next_sweep      (MemoStore        *self,
                                       MemoLimit         limit);
gboolean   memo_store_drain           (MemoStore        *self,
                                       guint             budget,
                                       MemoNode        **garbage);

static inline gsize
memo_store_size (MemoStore *self)
{
  return self->table.count;
}

/* Whether all of it may be freed in one go. */
static inline gboolean
memo_store_is_one_slice (MemoStore *self)
{
  return memo_store_size (self) <= MEMO_STORE_SLICE && self->bytes <= MEMO_STORE_SLICE_BYTES;
}

/* Somebody asked for a node. */
static inline void
memo_store_touch (MemoStore *self,
                  MemoNode  *node)
{
  memo_eviction_touch (&self->order, node);
}

G_END_DECLS
