/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-tag-index-private.h"

G_BEGIN_DECLS

/* When tags were invalidated, in a count of invalidations: what a load needs to know when its
 * answer brings tags that nobody knew before. */

typedef struct
{
  MemoTable table;        /* a mark for each tag */
  gsize     n_times;      /* how many invalidations all marks remember */
  guint64   sequence;     /* how many there were */
  guint64   forgotten;    /* those up to this one are not remembered */
} MemoFence;

void    memo_fence_init       (MemoFence        *self);
void    memo_fence_deinit     (MemoFence        *self);
void    memo_fence_invalidate (MemoFence        *self,
                               const MemoTagSet *tags);
guint64 memo_fence_first      (MemoFence        *self,
                               const MemoTagSet *tags,
                               guint64           since);
void    memo_fence_invalidate_all (MemoFence        *self);

G_END_DECLS
