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
 * the main one at once when it comes back.  A hit only counts up.
 *
 * Several threads that hit at the same time cannot all move entries.  So where they do, a hit only marks the entry, and what is marked
 * when its turn has come goes to the front then, in place of going (a second chance, as in CLOCK: Corbató, A paging experiment with
 * the Multics system, 1968). */

typedef struct
{
  MemoNode *newest;
  MemoNode *oldest;
  gsize     count;
} MemoQueue;

typedef struct
{
  MemoEvictionPolicy policy;
  gboolean           lazy;      /* whether hits may be marked only */
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
void      memo_eviction_mark    (MemoEviction       *self,
                                 MemoNode           *node);
MemoNode *memo_eviction_choose  (MemoEviction       *self,
                                 guint              *chances);
MemoNode *memo_eviction_any     (MemoEviction       *self);

G_END_DECLS
