/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-redis-memory.h"

#include <stddef.h>
#include <string.h>

/* Memory for what was read, which goes back to the thread that reads, and is given back to the system there.
 *
 * Values come in one thread and go in others.  Where a thread frees what another has allocated, the malloc() of glibc takes the lock of the
 * other one's arena, which that wants as well, for each value that comes: both of them sleep and wake each other, and that takes longer than all else
 * that is done with a small value.  So what is not needed any more is put on a list, without a lock, which the thread that reads
 * empties each time that it reads. */

/* So much is on the list at most; more is freed where it is, so that what was read last does not hold the memory until something is read again. */
#define MOST (1024 * 1024)

typedef struct _Chunk
{
  struct _Chunk   *next;
  MemoRedisMemory *memory;
  gsize            size;
  char             data[];
} Chunk;

struct _MemoRedisMemory
{
  gatomicrefcount refs;       /* the owner's, and one for each chunk; what is of one thread is far from what is of all */
  char            apart[64];
  Chunk          *back;       /* atomic: those that came back; ENDED: nobody empties the list any more */
  gsize           waiting;    /* atomic: how many bytes these have */
};

static Chunk ended;
#define ENDED (&ended)

MemoRedisMemory *
memo_redis_memory_new (void)
{
  MemoRedisMemory *self = g_new0 (MemoRedisMemory, 1);

  g_atomic_ref_count_init (&self->refs);

  return self;
}

static void
memory_unref (MemoRedisMemory *self)
{
  if (g_atomic_ref_count_dec (&self->refs))
    g_free (self);
}

static void
chunk_free (Chunk *chunk)
{
  MemoRedisMemory *self = chunk->memory;

  g_free (chunk);
  memory_unref (self);
}

/* In whichever thread. */
static void
give_back (gpointer data)
{
  Chunk *chunk = data;
  MemoRedisMemory *self = chunk->memory;

  if ((gsize) g_atomic_pointer_add (&self->waiting, (gssize) chunk->size) > MOST)
    {
      g_atomic_pointer_add (&self->waiting, -(gssize) chunk->size);
      chunk_free (chunk);
      return;
    }

  do
    {
      chunk->next = g_atomic_pointer_get (&self->back);
      if (chunk->next == ENDED)
        {
          chunk_free (chunk);
          return;
        }
    }
  while (!g_atomic_pointer_compare_and_exchange (&self->back, chunk->next, chunk));
}

/* The list, in place of which is NEXT. */
static Chunk *
take_all (MemoRedisMemory *self,
          Chunk           *next)
{
  Chunk *chunk;

  do
    chunk = g_atomic_pointer_get (&self->back);
  while (!g_atomic_pointer_compare_and_exchange (&self->back, chunk, next));

  return chunk;
}

static void
free_all (MemoRedisMemory *self,
          Chunk           *chunk)
{
  gsize size = 0;

  while (chunk != NULL)
    {
      Chunk *next = chunk->next;

      size += chunk->size;
      chunk_free (chunk);
      chunk = next;
    }
  g_atomic_pointer_add (&self->waiting, -(gssize) size);
}

/* Frees what came back.  In the thread that reads. */
void
memo_redis_memory_collect (MemoRedisMemory *self)
{
  if (g_atomic_pointer_get (&self->back) != NULL)
    free_all (self, take_all (self, NULL));
}

/* The owner reads no more. */
void
memo_redis_memory_end (MemoRedisMemory *self)
{
  free_all (self, take_all (self, ENDED));
  memory_unref (self);
}

/* In the thread that reads; what it gives may go in any. */
GBytes *
memo_redis_memory_copy (MemoRedisMemory *self,
                        const char      *data,
                        gsize            size)
{
  Chunk *chunk = g_malloc (offsetof (Chunk, data) + size);

  g_atomic_ref_count_inc (&self->refs);
  chunk->memory = self;
  chunk->size = size;
  memcpy (chunk->data, data, size);

  return g_bytes_new_with_free_func (chunk->data, size, give_back, chunk);
}
