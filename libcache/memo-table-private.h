/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-hash-private.h"
#include "memo-vector-private.h"

G_BEGIN_DECLS

/* A hash table of items that bring their own links (first member of whatever is kept):
 * linear hashing (Litwin, 1980), which splits one bucket as it grows and joins two as it
 * shrinks, so that there is no turn at which everything is hashed again. */

typedef struct _MemoItem MemoItem;

struct _MemoItem
{
  MemoItem   *chain;      /* the next in the bucket; free to use outside the table */
  const char *text;       /* belongs to whatever the item is part of */
  guint32     length;
  guint32     hash;
};

typedef struct
{
  MemoVector buckets;
  gsize      mask;        /* 2^k - 1, where 2^k <= buckets < 2^(k+1) */
  gsize      count;
} MemoTable;

void      memo_table_init   (MemoTable     *self);
void      memo_table_deinit (MemoTable     *self);
MemoItem *memo_table_find   (MemoTable     *self,
                             const MemoKey *key);
void      memo_table_add    (MemoTable     *self,
                             MemoItem      *item);
void      memo_table_remove (MemoTable     *self,
                             MemoItem      *item);
MemoItem *memo_table_steal  (MemoTable     *self);
void      memo_item_init    (MemoItem      *item,
                             const MemoKey *key,
                             const char    *text);

static inline MemoKey
memo_item_key (const MemoItem *item)
{
  return (MemoKey) { item->text, item->length, item->hash };
}

G_END_DECLS
