/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-entry.h"
#include "memo-tag-index-private.h"

G_BEGIN_DECLS

/* One entry in memory, under its key, with its place in everything that a store sorts by. */

struct _MemoNode
{
  MemoItem    item;             /* first, so that a node is an item */
  MemoNode   *newer;
  MemoNode   *older;
  MemoEntry  *entry;
  gint64      deadline;         /* in the time of the cache's clock; MEMO_NEVER has no place in the heap */
  gsize       size;             /* how many bytes it takes, with its entry */
  guint32     heap_place;       /* counted from 1 */
  guint32     n_tags   : 22;
  guint32     leased   : 1;     /* it came from a remote tier, and counts within the time lease */
  guint32     is_small : 1;     /* which queue it is in */
  guint8      uses;             /* atomic: how often it was asked for, as far as that matters */
  guint32     load_time;        /* how long it took to load, in microseconds; 0 where it is not refreshed early */
  MemoTagLink tags[];           /* and behind these the text of the key */
};

/* As many tags as n_tags can count. */
#define MEMO_MAX_TAGS ((1u << 22) - 1)

MemoNode  *memo_node_new       (const MemoKey *key,
                                MemoEntry     *entry,
                                gint64         deadline,
                                guint          n_tags);
char     **memo_node_dup_tags  (MemoNode      *self);
void       memo_garbage_free   (MemoNode      *garbage);

G_END_DECLS
