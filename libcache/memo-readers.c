/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-readers-private.h"

/* Two lines of cache, since processors fetch them in pairs. */
#define PART_SIZE 128

typedef union
{
  MemoReadersPart part;
  char            room[PART_SIZE];
} Slot;

G_STATIC_ASSERT (sizeof (Slot) == PART_SIZE);

struct _MemoReaders
{
  Slot slots[MEMO_READERS_PARTS];
};

/* The threads get the parts in turn. */
static int n_threads;                   /* atomic */
static __thread guint thread_number;    /* from 1 */

MemoReaders *
memo_readers_new (void)
{
  MemoReaders *self = g_aligned_alloc0 (1, sizeof *self, PART_SIZE);

  for (guint i = 0; i < MEMO_READERS_PARTS; i++)
    g_mutex_init (&self->slots[i].part.lock);

  return self;
}

void
memo_readers_free (MemoReaders *self)
{
  for (guint i = 0; i < MEMO_READERS_PARTS; i++)
    g_mutex_clear (&self->slots[i].part.lock);

  g_aligned_free (self);
}

/* From here to memo_readers_leave() nobody writes.  Short, and no user's code. */
MemoReadersPart *
memo_readers_enter (MemoReaders *self)
{
  MemoReadersPart *part;

  if (G_UNLIKELY (thread_number == 0))
    thread_number = (guint) g_atomic_int_add (&n_threads, 1) + 1;

  part = &self->slots[thread_number % MEMO_READERS_PARTS].part;
  g_mutex_lock (&part->lock);

  return part;
}

void
memo_readers_leave (MemoReadersPart *part)
{
  g_mutex_unlock (&part->lock);
}

/* From here to memo_readers_resume() nobody reads.  For one writer at a time, who holds another lock.  NULL has no readers. */
void
memo_readers_stop (MemoReaders *self)
{
  if (self == NULL)
    return;

  for (guint i = 0; i < MEMO_READERS_PARTS; i++)
    g_mutex_lock (&self->slots[i].part.lock);
}

void
memo_readers_resume (MemoReaders *self)
{
  if (self == NULL)
    return;

  for (guint i = 0; i < MEMO_READERS_PARTS; i++)
    g_mutex_unlock (&self->slots[i].part.lock);
}

/* Adds what all parts counted.  NULL counted nothing. */
void
memo_readers_count (MemoReaders *self,
                    guint64     *hits,
                    guint64     *misses)
{
  memo_readers_stop (self);
  for (guint i = 0; self != NULL && i < MEMO_READERS_PARTS; i++)
    {
      *hits += self->slots[i].part.hits;
      *misses += self->slots[i].part.misses;
    }
  memo_readers_resume (self);
}

/* Has all parts count from zero. */
void
memo_readers_reset (MemoReaders *self)
{
  memo_readers_stop (self);
  for (guint i = 0; self != NULL && i < MEMO_READERS_PARTS; i++)
    {
      self->slots[i].part.hits = 0;
      self->slots[i].part.misses = 0;
    }
  memo_readers_resume (self);
}
