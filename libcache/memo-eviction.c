/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-eviction-private.h"

/* One in so many is in the small queue. */
#define SMALL_SHARE 10

/* How often something is counted as asked for at most, and how often it has to be before it gets out of the small queue. */
#define MAX_USES  3
#define MANY_USES 2

void
memo_eviction_init (MemoEviction       *self,
                    MemoEvictionPolicy  policy)
{
  *self = (MemoEviction) { .policy = policy };
}

void
memo_eviction_deinit (MemoEviction *self)
{
  memo_ghosts_clear (&self->ghosts);
}

static inline MemoQueue *
queue_of (MemoEviction *self,
          MemoNode     *node)
{
  return node->is_small ? &self->small : &self->main;
}

static void
unlink_node (MemoQueue *queue,
             MemoNode  *node)
{
  if (node->newer != NULL)
    node->newer->older = node->older;
  else
    queue->newest = node->older;

  if (node->older != NULL)
    node->older->newer = node->newer;
  else
    queue->oldest = node->newer;

  queue->count--;
}

static void
link_newest (MemoQueue *queue,
             MemoNode  *node)
{
  node->newer = NULL;
  node->older = queue->newest;
  if (queue->newest != NULL)
    queue->newest->newer = node;
  else
    queue->oldest = node;
  queue->newest = node;

  queue->count++;
}

/* How many ghosts there may be: as many as the main queue has room for.  Not as many as it has, which are few at first: what
 * came back would be taken for new, and the main queue would take long to fill. */
static inline gsize
ghost_room (MemoEviction *self)
{
  gsize count = self->small.count + self->main.count;

  return MAX (count - count / SMALL_SHARE, 1);
}

/* Puts a new node in. */
void
memo_eviction_add (MemoEviction *self,
                   MemoNode     *node)
{
  node->is_small = self->policy == MEMO_EVICTION_S3_FIFO &&
                   !memo_ghosts_take (&self->ghosts, node->item.hash, ghost_room (self));
  link_newest (queue_of (self, node), node);
}

/* Puts a new node in the place of one with the same key, which was taken out: what was asked for often stays. */
void
memo_eviction_replace (MemoEviction *self,
                       MemoNode     *old,
                       MemoNode     *node)
{
  node->is_small = old->is_small;
  node->uses = self->policy == MEMO_EVICTION_S3_FIFO ? MIN (old->uses + 1, MAX_USES) : 0;
  link_newest (queue_of (self, node), node);
}

void
memo_eviction_remove (MemoEviction *self,
                      MemoNode     *node)
{
  unlink_node (queue_of (self, node), node);
}

static void
move_to_newest (MemoQueue *queue,
                MemoNode  *node)
{
  if (queue->newest == node)
    return;

  unlink_node (queue, node);
  link_newest (queue, node);
}

/* Somebody asked for a node. */
void
memo_eviction_touch (MemoEviction *self,
                     MemoNode     *node)
{
  if (self->policy == MEMO_EVICTION_S3_FIFO)
    memo_eviction_mark (self, node);
  else
    move_to_newest (&self->main, node);
}

/* The same for somebody who shares the lock with others and must not move anything.  Of two at the same time, one
 * may go uncounted.  Nothing is written where it is marked already, so that what all ask for is not fought over. */
void
memo_eviction_mark (MemoEviction *self,
                    MemoNode     *node)
{
  const guint enough = self->policy == MEMO_EVICTION_S3_FIFO ? MAX_USES : 1;
  guint uses = __atomic_load_n (&node->uses, __ATOMIC_RELAXED);

  if (uses < enough)
    __atomic_store_n (&node->uses, (guint8) (uses + 1), __ATOMIC_RELAXED);
}

/* The least recently used, as far as that is known. */
static MemoNode *
choose_oldest (MemoEviction *self,
               guint        *chances)
{
  while (self->lazy && self->main.oldest->uses > 0 && *chances > 0)
    {
      MemoNode *node = self->main.oldest;

      (*chances)--;
      node->uses = 0;
      move_to_newest (&self->main, node);
    }

  return self->main.oldest;
}

/* Says who has to go next; there has to be somebody.  It stays in its queue, and is known as a ghost if it came back.
 *
 * So many CHANCES are left to be given; when there are none, one goes that deserved one, too.  With a million that were all
 * asked for often, a choice would take too long otherwise. */
MemoNode *
memo_eviction_choose (MemoEviction *self,
                      guint        *chances)
{
  MemoNode *node;

  while (self->policy == MEMO_EVICTION_S3_FIFO)
    {
      gsize count = self->small.count + self->main.count;

      if (self->main.count == 0 || (self->small.count > 0 && self->small.count >= count / SMALL_SHARE))
        {
          node = self->small.oldest;
          if (node->uses < MANY_USES || *chances == 0)
            {
              memo_ghosts_add (&self->ghosts, node->item.hash, ghost_room (self));
              return node;
            }
          (*chances)--;
          unlink_node (&self->small, node);
          node->is_small = FALSE;
          node->uses = 0;
          link_newest (&self->main, node);
        }
      else
        {
          node = self->main.oldest;
          if (node->uses == 0 || *chances == 0)
            return node;
          (*chances)--;
          unlink_node (&self->main, node);
          node->uses--;
          link_newest (&self->main, node);
        }
    }

  return choose_oldest (self, chances);
}

/* Somebody, or NULL when there is nobody left.  The newest, whose memory is most often behind that of all others: so it goes
 * back to the system in small pieces, and not in one, which takes its time. */
MemoNode *
memo_eviction_any (MemoEviction *self)
{
  return self->main.newest != NULL ? self->main.newest : self->small.newest;
}
