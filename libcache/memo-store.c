/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-boot-clock-private.h"
#include "memo-store-private.h"

/* How many over the limit one put makes room for at most; more go in slices.  More than
 * one are over only after the limit was lowered, or when what is put is larger than they are. */
#define PUT_BUDGET 16

/* How many expired nodes a put buries on its way, for contexts that nobody iterates. */
#define REAP_BUDGET 2

typedef enum
{
  REPLACED,
  EVICTED,
  EXPIRED,
  INVALIDATED,
} Reason;

static inline void
throw_away (MemoNode  *node,
            MemoNode **garbage)
{
  node->item.chain = (MemoItem *) *garbage;
  *garbage = node;
}

static gboolean
carries_dead_tag (MemoNode *node)
{
  for (guint i = 0; i < node->n_tags; i++)
    {
      if (node->tags[i].tag->dead)
        return TRUE;
    }

  return FALSE;
}

/* --- the heap --- */

static inline MemoNode *
heap_get (MemoStore *self,
          guint32    place)
{
  return *memo_vector_at (&self->heap, place - 1);
}

static inline void
heap_set (MemoStore *self,
          guint32    place,
          MemoNode  *node)
{
  *memo_vector_at (&self->heap, place - 1) = node;
  node->heap_place = place;
}

/* Puts NODE where it belongs, beginning at a free PLACE. */
static void
heap_settle (MemoStore *self,
             guint32    place,
             MemoNode  *node)
{
  guint32 length = self->heap.length;

  while (place > 1 && heap_get (self, place / 2)->deadline > node->deadline)
    {
      heap_set (self, place, heap_get (self, place / 2));
      place /= 2;
    }

  for (;;)
    {
      guint32 child = 2 * place;

      if (child > length || child < place)
        break;
      if (child < length && heap_get (self, child + 1)->deadline < heap_get (self, child)->deadline)
        child++;
      if (heap_get (self, child)->deadline >= node->deadline)
        break;

      heap_set (self, place, heap_get (self, child));
      place = child;
    }

  heap_set (self, place, node);
}

static void
heap_add (MemoStore *self,
          MemoNode  *node)
{
  memo_vector_push (&self->heap, node);
  heap_settle (self, self->heap.length, node);
}

static void
heap_remove (MemoStore *self,
             MemoNode  *node)
{
  guint32 place = node->heap_place;
  MemoNode *last = heap_get (self, self->heap.length);

  memo_vector_pop (&self->heap);
  if (last != node)
    heap_settle (self, place, last);
  node->heap_place = 0;
}

static inline MemoNode *
heap_top (MemoStore *self)
{
  return self->heap.length > 0 ? heap_get (self, 1) : NULL;
}

/* --- the store --- */

MemoStore *
memo_store_new (MemoEvictionPolicy policy)
{
  MemoStore *self = g_new0 (MemoStore, 1);

  memo_table_init (&self->table);
  memo_eviction_init (&self->order, policy);
  memo_tag_index_init (&self->tags);

  return self;
}

/* Frees a store and what is still in it.  Never under a lock. */
void
memo_store_free (MemoStore *self)
{
  MemoNode *garbage = NULL;

  while (memo_store_drain (self, MEMO_STORE_SLICE, &garbage))
    memo_garbage_free (g_steal_pointer (&garbage));
  memo_garbage_free (garbage);

  memo_tag_index_deinit (&self->tags);
  memo_eviction_deinit (&self->order);
  memo_table_deinit (&self->table);
  memo_vector_clear (&self->heap);
  g_free (self);
}

static void
drop (MemoStore  *self,
      MemoNode   *node,
      Reason      reason,
      MemoNode  **garbage)
{
  self->trim_left -= self->trim_left > 0;

  memo_table_remove (&self->table, &node->item);
  memo_eviction_remove (&self->order, node);
  self->bytes -= node->size;
  if (node->heap_place != 0)
    heap_remove (self, node);
  for (guint i = 0; i < node->n_tags; i++)
    memo_tag_index_unlink (&self->tags, &node->tags[i]);

  switch (reason)
    {
    case REPLACED:
      break;

    case EVICTED:
      self->evictions++;
      break;

    case EXPIRED:
      self->expirations++;
      break;

    case INVALIDATED:
      self->invalidations++;
      break;

    default:
      g_assert_not_reached ();
    }

  throw_away (node, garbage);
}

static void
evict (MemoStore  *self,
       guint      *chances,
       MemoNode  **garbage)
{
  drop (self, memo_eviction_choose (&self->order, chances), EVICTED, garbage);
}

/* A node that is dead already, or NULL: most of the time no tag is. */
static inline MemoNode *
corpse (MemoStore *self)
{
  return self->tags.dead != NULL ? memo_tag_index_corpse (&self->tags) : NULL;
}

/* Buries one node that is dead already.  Says whether there was one. */
static gboolean
bury_one (MemoStore  *self,
          gint64      now,
          MemoNode  **garbage)
{
  MemoNode *node = corpse (self);

  if (node != NULL)
    {
      drop (self, node, INVALIDATED, garbage);
      return TRUE;
    }

  node = heap_top (self);
  if (node != NULL && now >= node->deadline)
    {
      drop (self, node, EXPIRED, garbage);
      return TRUE;
    }

  return FALSE;
}

/* What is leased is kept beyond the lease, which may become longer (serve-within-the-lease). */
static inline gboolean
is_alive (MemoStore *self,
          MemoNode  *node,
          gint64     now)
{
  if (carries_dead_tag (node))
    return FALSE;
  if (node->deadline == MEMO_NEVER && !node->leased)
    return TRUE;

  if (now == MEMO_TIME_UNREAD)
    now = memo_boot_clock_now ();

  return now < node->deadline && !(node->leased && now >= self->lease_end);
}

/* The node of a key if it is alive, and no trace of the question.  Readers may share the lock. */
MemoNode *
memo_store_find (MemoStore     *self,
                 const MemoKey *key,
                 gint64         now)
{
  MemoNode *node = (MemoNode *) memo_table_find (&self->table, key);

  return node != NULL && is_alive (self, node, now) ? node : NULL;
}

/* The node of a key if it is alive, which becomes the most recent. */
MemoNode *
memo_store_use (MemoStore     *self,
                const MemoKey *key,
                gint64         now)
{
  MemoNode *node = (MemoNode *) memo_table_find (&self->table, key);

  if (node == NULL)
    return NULL;

  /* What is written to next comes while the time is read. */
  __builtin_prefetch (node->newer, 1);
  __builtin_prefetch (node->older, 1);
  __builtin_prefetch (node->entry, 1);

  if (!is_alive (self, node, now))
    return NULL;

  memo_store_touch (self, node);

  return node;
}

/* The same for readers who share the lock: it becomes the most recent when its turn to go has come. */
MemoNode *
memo_store_use_shared (MemoStore     *self,
                       const MemoKey *key,
                       gint64         now)
{
  MemoNode *node = memo_store_find (self, key, now);

  if (node != NULL)
    memo_eviction_mark (&self->order, node);

  return node;
}

/* From now on there are readers who hold nothing but their part of READERS, or it takes the place of a store that has them. */
void
memo_store_share (MemoStore   *self,
                  MemoReaders *readers)
{
  self->readers = readers;
  self->order.lazy = readers != NULL;
}

/* Until when what is leased may be found. */
void
memo_store_lease (MemoStore *self,
                  gint64     lease_end)
{
  memo_readers_stop (self->readers);
  self->lease_end = lease_end;
  memo_readers_resume (self->readers);
}

/* Drops a key.  Says whether it was there and alive. */
gboolean
memo_store_remove (MemoStore      *self,
                   const MemoKey  *key,
                   gint64          now,
                   MemoNode      **garbage)
{
  MemoNode *node = (MemoNode *) memo_table_find (&self->table, key);
  gboolean expired;
  gboolean dead;

  if (node == NULL)
    return FALSE;

  expired = now >= node->deadline;
  dead = carries_dead_tag (node);
  memo_readers_stop (self->readers);
  drop (self, node, expired && !dead ? EXPIRED : INVALIDATED, garbage);
  memo_readers_resume (self->readers);

  return !expired && !dead;
}

static inline gboolean
exceeds (gsize     count,
         guint64   bytes,
         MemoLimit limit)
{
  return count > limit.count || bytes > limit.bytes;
}

static void
put (MemoStore         *self,
     MemoNode          *node,
     const MemoTagSet  *tags,
     MemoLimit          limit,
     gint64             now,
     MemoNode         **garbage)
{
  MemoKey key = memo_item_key (&node->item);
  MemoNode *old = (MemoNode *) memo_table_find (&self->table, &key);
  guint chances = MEMO_STORE_SLICE;
  gboolean replaces = FALSE;

  if (old != NULL)
    {
      gboolean dead = carries_dead_tag (old);

      replaces = !dead && now < old->deadline;
      drop (self, old, dead ? INVALIDATED : replaces ? REPLACED : EXPIRED, garbage);
    }

  for (guint i = 0; i < REAP_BUDGET && bury_one (self, now, garbage); i++)
    ;

  if (exceeds (1, node->size, limit))
    {
      throw_away (node, garbage);
      return;
    }

  for (guint i = 0; i < PUT_BUDGET && exceeds (memo_store_size (self) + 1, self->bytes + node->size, limit); i++)
    {
      if (!bury_one (self, now, garbage))
        evict (self, &chances, garbage);
    }

  memo_table_add (&self->table, &node->item);
  self->bytes += node->size;
  if (replaces)
    memo_eviction_replace (&self->order, old, node);
  else
    memo_eviction_add (&self->order, node);
  if (node->deadline != MEMO_NEVER)
    heap_add (self, node);
  for (guint i = 0; i < node->n_tags; i++)
    memo_tag_index_link (&self->tags, &node->tags[i], node, memo_tag_set_get (tags, i));
}

/* Puts a node in, in place of what is under its key, and makes room for it.  TAGS are as many as it was made for. */
void
memo_store_put (MemoStore         *self,
                MemoNode          *node,
                const MemoTagSet  *tags,
                MemoLimit          limit,
                gint64             now,
                MemoNode         **garbage)
{
  memo_readers_stop (self->readers);
  put (self, node, tags, limit, now, garbage);
  memo_readers_resume (self->readers);
}

/* From now on nothing that carries TAG is found.  The nodes go in slices. */
void
memo_store_invalidate_tag (MemoStore     *self,
                           const MemoKey *tag)
{
  memo_readers_stop (self->readers);
  memo_tag_index_kill (&self->tags, tag);
  memo_readers_resume (self->readers);
}

/* When memo_store_sweep() will have something to do: at once is G_MININT64, never MEMO_NEVER. */
gint64
memo_store_next_sweep (MemoStore *self,
                       MemoLimit  limit)
{
  MemoNode *top = heap_top (self);

  if (exceeds (memo_store_size (self), self->bytes, limit) || corpse (self) != NULL)
    return G_MININT64;

  return top != NULL ? top->deadline : MEMO_NEVER;
}

/* Whether less has gone than is enough for a slice, since a store had so many BYTES. */
static inline gboolean
is_in_slice (MemoStore *self,
             guint64    bytes)
{
  return self->bytes + MEMO_STORE_SLICE_BYTES > bytes;
}

/* Buries the dead, then evicts what is over the limit, BUDGET nodes at most, and gives as many another chance.  Says
 * whether there is more to do at once. */
gboolean
memo_store_sweep (MemoStore  *self,
                  MemoLimit   limit,
                  gint64      now,
                  guint       budget,
                  MemoNode  **garbage)
{
  const guint64 bytes = self->bytes;
  guint chances = budget;

  if (memo_store_next_sweep (self, limit) > now)
    return FALSE;

  memo_readers_stop (self->readers);
  for (guint i = 0; i < budget && chances > 0 && is_in_slice (self, bytes); i++)
    {
      if (bury_one (self, now, garbage))
        continue;
      if (!exceeds (memo_store_size (self), self->bytes, limit))
        break;
      evict (self, &chances, garbage);
    }
  memo_readers_resume (self->readers);

  return memo_store_next_sweep (self, limit) <= now;
}

/* Empties a store that is out of use and has no readers, BUDGET nodes at most, without counting.  Says
 * whether something is left. */
gboolean
memo_store_drain (MemoStore  *self,
                  guint       budget,
                  MemoNode  **garbage)
{
  const guint64 bytes = self->bytes;

  for (guint i = 0; i < budget && memo_store_size (self) > 0 && is_in_slice (self, bytes); i++)
    drop (self, memo_eviction_any (&self->order), REPLACED, garbage);

  return memo_store_size (self) > 0;
}
