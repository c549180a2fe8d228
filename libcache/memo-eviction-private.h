/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-eviction-policy.h"
#include "memo-ghosts-private.h"
#include "memo-node-private.h"

G_BEGIN_DECLS

/* In which order what is in memory has to go.
 *
 * Least recently used is one queue, whose entries go to the front when they are asked for. S3-FIFO (Yang, Zhang, Qiu, Yue,
 * Vigfusson: FIFO queues are all you need for cache eviction, SOSP 2023) has a small queue, where what is new has to
 * be asked for again before it gets into the main one, and ghosts: what went from the small queue not long ago, and goes into
 * the main one at once when it comes back.  A hit only counts up. */

typedef struct
{
  MemoNode *newest;
  MemoNode *oldest;
  gsize     count;
} MemoQueue;

typedef struct
{
  MemoEvictionPolicy policy;
  MemoQueue          main;      /* the only one of the least recently used */
  MemoQueue          small;
  MemoGhosts         ghosts;
} MemoEviction;

void      memo_eviction_init    (MemoEviction       *self,
                                 MemoEvictionPolicy  policy);
void      memo_eviction_deinit  (MemoEviction       *self);
void      memo_eviction_add     (MemoEviction       *self,
                                 MemoNode           *node);
void      memo_eviction_replace (MemoEviction       *self,
                                 MemoNode           *old,
                                 MemoNode           *node);
void      memo_eviction_remove  (MemoEviction       *self,
                                 MemoNode           *node);
void      memo_eviction_touch   (MemoEviction       *self,
                                 MemoNode           *node);
MemoNode *memo_eviction_choose  (MemoEviction       *self,
                                 guint              *chances);
MemoNode *memo_eviction_any     (MemoEviction       *self);

G_END_DECLS
