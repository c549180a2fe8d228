/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A growing array of pointers that never moves: it grows and shrinks by one segment at a
 * time, so that no push or pop takes longer the more it holds. */

#define MEMO_VECTOR_SEGMENT_BITS 9
#define MEMO_VECTOR_SEGMENT_SIZE (1u << MEMO_VECTOR_SEGMENT_BITS)

typedef struct
{
  gpointer **segments;
  gsize      n_segments;
  gsize      n_slots;     /* room in `segments` */
  gsize      length;
} MemoVector;

static inline gpointer *
memo_vector_at (MemoVector *self,
                gsize       index)
{
  return &self->segments[index >> MEMO_VECTOR_SEGMENT_BITS][index & (MEMO_VECTOR_SEGMENT_SIZE - 1)];
}

void memo_vector_push  (MemoVector *self,
                        gpointer    pointer);
void memo_vector_pop   (MemoVector *self);
void memo_vector_clear (MemoVector *self);

G_END_DECLS
