/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-tag-index-private.h"

G_BEGIN_DECLS

/* When each tag was last invalidated, in a count of invalidations: what a load needs to know
 * when its answer brings tags that nobody knew before. */

typedef struct _MemoFenceMark MemoFenceMark;

typedef struct
{
  MemoTable      table;
  MemoFenceMark *newest;
  MemoFenceMark *oldest;
  guint64        sequence;    /* how many invalidations there were */
  guint64        forgotten;   /* of those up to this one, not all are remembered */
} MemoFence;

void    memo_fence_init       (MemoFence        *self);
void    memo_fence_deinit     (MemoFence        *self);
void    memo_fence_invalidate (MemoFence        *self,
                               const MemoTagSet *tags);
guint64 memo_fence_last       (MemoFence        *self,
                               const MemoTagSet *tags,
                               guint64           since);
void    memo_fence_invalidate_all (MemoFence        *self);

G_END_DECLS
