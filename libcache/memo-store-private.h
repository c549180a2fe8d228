/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-entry.h"
#include "memo-tag-index-private.h"

G_BEGIN_DECLS

/* What is in memory: entries by key, bounded, the least recent going first, the expired
 * going before any other.
 *
 * A store takes no lock and calls nobody.  What leaves it is put on a heap of garbage,
 * which the caller gives to memo_garbage_free() once its own lock is released, since the
 * end of a value may run anybody's code.  No operation takes longer the more a store
 * holds, but for the logarithm of a heap. */

#define MEMO_NEVER G_MAXINT64

/* How many nodes are dealt with at most before others get their turn. */
#define MEMO_STORE_SLICE 512

struct _MemoNode
{
  MemoItem    item;         /* first, so that a node is an item */
  MemoNode   *newer;
  MemoNode   *older;
  MemoEntry  *entry;
  gint64      deadline;     /* in the time of the cache's clock; MEMO_NEVER has no place in the heap */
  guint32     heap_place;   /* counted from 1 */
  guint32     n_tags;
  MemoTagLink tags[];       /* and behind these the text of the key */
};

typedef struct _MemoStore MemoStore;

struct _MemoStore
{
  MemoTable    table;
  MemoNode    *newest;
  MemoNode    *oldest;
  MemoVector   heap;        /* a binary heap, the next to expire on top */
  MemoTagIndex tags;

  gsize        trim_left;   /* how many are still to go; whatever goes is one of them */

  guint64      evictions;
  guint64      expirations;
  guint64      invalidations;

  MemoStore   *next;        /* where stores wait to be emptied */
};

MemoStore *memo_store_new             (void);
void       memo_store_free            (MemoStore        *self);

MemoNode  *memo_node_new              (const MemoKey    *key,
                                       MemoEntry        *entry,
                                       gint64            deadline,
                                       guint             n_tags);
char     **memo_node_dup_tags         (MemoNode         *self);
void       memo_garbage_free          (MemoNode         *garbage);

MemoNode  *memo_store_find            (MemoStore        *self,
                                       const MemoKey    *key,
                                       gint64            now);
void       memo_store_touch           (MemoStore        *self,
                                       MemoNode         *node);
void       memo_store_put             (MemoStore        *self,
                                       MemoNode         *node,
                                       const MemoTagSet *tags,
                                       guint             maxsize,
                                       gint64            now,
                                       MemoNode        **garbage);
gboolean   memo_store_remove          (MemoStore        *self,
                                       const MemoKey    *key,
                                       gint64            now,
                                       MemoNode        **garbage);
void       memo_store_invalidate_tag  (MemoStore        *self,
                                       const MemoKey    *tag);
gboolean   memo_store_sweep           (MemoStore        *self,
                                       guint             maxsize,
                                       gint64            now,
                                       guint             budget,
                                       MemoNode        **garbage);
gint64     memo_store_next_sweep      (MemoStore        *self,
                                       guint             maxsize);
gboolean   memo_store_drain           (MemoStore        *self,
                                       guint             budget,
                                       MemoNode        **garbage);

static inline gsize
memo_store_size (MemoStore *self)
{
  return self->table.count;
}

G_END_DECLS
