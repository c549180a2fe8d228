/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-vector-private.h"

/* Appends a pointer. */
void
memo_vector_push (MemoVector *self,
                  gpointer    pointer)
{
  gsize segment = self->length >> MEMO_VECTOR_SEGMENT_BITS;

  if (segment == self->n_segments)
    {
      if (segment == self->n_slots)
        {
          self->n_slots = MAX (4, self->n_slots * 2);
          self->segments = g_renew (gpointer *, self->segments, self->n_slots);
        }

      self->segments[segment] = g_new (gpointer, MEMO_VECTOR_SEGMENT_SIZE);
      self->n_segments++;
    }

  self->length++;
  *memo_vector_at (self, self->length - 1) = pointer;
}

/* Takes the last pointer off. */
void
memo_vector_pop (MemoVector *self)
{
  gsize used;

  g_assert (self->length > 0);
  self->length--;

  /* One empty segment is kept, or a vector at a border would allocate at every turn. */
  used = (self->length + MEMO_VECTOR_SEGMENT_SIZE - 1) >> MEMO_VECTOR_SEGMENT_BITS;
  if (self->n_segments > used + 1)
    g_free (self->segments[--self->n_segments]);
}

/* Gives all memory back. */
void
memo_vector_clear (MemoVector *self)
{
  while (self->n_segments > 0)
    g_free (self->segments[--self->n_segments]);

  g_clear_pointer (&self->segments, g_free);
  self->n_slots = 0;
  self->length = 0;
}
