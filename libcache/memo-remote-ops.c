/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-async-cache-private.h"
#include "memo-remote-private.h"

/* The operations that have to be done on the remote tier: in the order they were noted, with those who wait for them. */

/* --- one --- */

/* With the lock held: a new one, which is in the list until it is finished. */
void
memo_remote_op_init (MemoRemoteOp *op,
                     MemoRemote   *remote,
                     const char   *name,
                     void        (*free) (MemoRemoteOp *op))
{
  op->remote = memo_remote_ref (remote);
  op->name = g_strdup (name);
  op->free = free;
  op->number = ++remote->counter;
  op->link.data = op;
  g_queue_push_tail_link (&remote->ops, &op->link);
}

/* Tells those who wait.  Takes ACKS.  Never under a lock. */
void
memo_remote_acknowledge (GPtrArray    *acks,
                         const GError *error)
{
  for (guint i = 0; acks != NULL && i < acks->len; i++)
    memo_tier_ack_done (g_ptr_array_index (acks, i), error);
  g_clear_pointer (&acks, g_ptr_array_unref);
}

/* Of one that is in no list any more; never under a lock. */
void
memo_remote_op_clear (MemoRemoteOp *op)
{
  memo_remote_acknowledge (g_steal_pointer (&op->acks), NULL);
  memo_remote_acknowledge (g_steal_pointer (&op->next_acks), NULL);
  g_clear_pointer (&op->request.expected, g_bytes_unref);
  g_clear_pointer (&op->request.value, g_bytes_unref);
  g_clear_error (&op->error);
  g_free (op->name);
  memo_remote_unref (op->remote);
}

/* Makes its request, to be asked by whoever calls this.  Takes EXPECTED and VALUE. */
void
memo_remote_op_prepare (MemoRemoteOp   *op,
                        MemoRemoteStep  step,
                        GBytes         *expected,
                        GBytes         *value,
                        void          (*answered) (MemoRemoteRequest *request,
                                                   gboolean           done,
                                                   GBytes            *found,
                                                   const GError      *error))
{
  g_clear_pointer (&op->request.expected, g_bytes_unref);
  g_clear_pointer (&op->request.value, g_bytes_unref);
  op->request = (MemoRemoteRequest) {
    .step = step,
    .key = op->name,
    .expected = expected,
    .value = value,
    .answered = answered,
    .owner = op,
  };
}

/* With the lock held: ACK waits. */
void
memo_remote_ack (GPtrArray   **acks,
                 MemoTierAck  *ack)
{
  if (ack == NULL)
    return;

  memo_tier_ack_hold (ack);
  if (*acks == NULL)
    *acks = g_ptr_array_new ();
  g_ptr_array_add (*acks, ack);
}

/* With the lock held: who waits for OLDER waits for OP. */
void
memo_remote_op_merge (MemoRemoteOp *op,
                      MemoRemoteOp *older)
{
  if (older->acks == NULL)
    return;

  if (op->acks == NULL)
    op->acks = g_ptr_array_new ();
  g_ptr_array_extend_and_steal (op->acks, g_steal_pointer (&older->acks));
}

/* It is over, and gone when this returns.  In the handler of its reply, without the lock. */
void
memo_remote_op_finish (MemoRemoteOp *op,
                       const GError *error)
{
  MemoRemote *self = memo_remote_ref (op->remote);
  g_autoptr(MemoAsyncCache) cache = g_weak_ref_get (self->cache);
  g_autoptr(GError) copy = error != NULL ? g_error_copy (error) : NULL;

  if (cache == NULL)
    {
      memo_remote_op_outlive (op);
      memo_remote_unref (self);
      return;
    }

  memo_lock (&cache->lock);
  g_queue_unlink (&self->ops, &op->link);
  g_mutex_unlock (&cache->lock);

  memo_remote_acknowledge (g_steal_pointer (&op->acks), copy);
  op->free (op);
  memo_remote_check_flushes (self);
  memo_remote_unref (self);
}

/* It was answered, and the cache is gone. */
void
memo_remote_op_outlive (MemoRemoteOp *op)
{
  MemoRemote *self = op->remote;
  gboolean free_now;

  g_mutex_lock (&self->lock);
  free_now = self->abandoned;
  if (free_now)
    g_queue_unlink (&self->ops, &op->link);
  else
    op->under_way = FALSE;
  g_mutex_unlock (&self->lock);

  if (free_now)
    op->free (op);
}

/* --- taking turns; with the lock held --- */

/* It is under way, or about to be. */
void
memo_remote_lane_begin (MemoRemoteLane *lane,
                        MemoRemoteOp   *op,
                        MemoRemoteWork *work)
{
  op->under_way = TRUE;

  if (lane->n_running >= MEMO_REMOTE_MAX_RUNNING)
    {
      g_queue_push_tail (&lane->waiting, op);
      return;
    }

  lane->n_running++;
  memo_remote_work_add (work, &op->deed);
}

/* One is over: the next has its turn. */
void
memo_remote_lane_next (MemoRemoteLane *lane,
                       MemoRemoteWork *work)
{
  MemoRemoteOp *next = g_queue_pop_head (&lane->waiting);

  if (next != NULL)
    memo_remote_work_add (work, &next->deed);
  else
    lane->n_running--;
}

/* Those that wait for their turn have none. */
void
memo_remote_lane_abandon (MemoRemoteLane *lane)
{
  for (GList *link = lane->waiting.head; link != NULL; link = link->next)
    ((MemoRemoteOp *) link->data)->under_way = FALSE;
  g_queue_clear (&lane->waiting);
}

/* --- what they change; with the lock held --- */

void
memo_remote_busy_add (MemoRemote *self,
                      const char *name)
{
  guint count = GPOINTER_TO_UINT (g_hash_table_lookup (self->busy, name));

  g_hash_table_replace (self->busy, g_strdup (name), GUINT_TO_POINTER (count + 1));
}

void
memo_remote_busy_remove (MemoRemote *self,
                         const char *name)
{
  guint count = GPOINTER_TO_UINT (g_hash_table_lookup (self->busy, name));

  if (count > 1)
    g_hash_table_replace (self->busy, g_strdup (name), GUINT_TO_POINTER (count - 1));
  else
    g_hash_table_remove (self->busy, name);
}

/* Whether something is changed by this process that a load of NAME with these tags would read (pending-is-not-read). */
gboolean
memo_remote_is_busy (MemoRemote       *self,
                     const char       *name,
                     const MemoTagSet *some,
                     const MemoTagSet *others)
{
  g_auto(GStrv) names = NULL;

  if (g_hash_table_size (self->busy) == 0)
    return FALSE;

  if (g_hash_table_contains (self->busy, name))
    return TRUE;

  names = memo_remote_tag_names (self, name + MEMO_TIER_SPACE_SIZE, some, others);
  for (guint i = 0; names[i] != NULL; i++)
    {
      if (g_hash_table_contains (self->busy, names[i]))
        return TRUE;
    }

  return FALSE;
}

/* --- trying again; with the lock held --- */

/* Has up to MOST of those changes that failed tried again, the oldest first (pending-is-sent-again). */
void
memo_remote_ops_retry (MemoRemote     *self,
                       guint           most,
                       MemoRemoteWork *work)
{
  if (self->n_pending == 0)
    return;

  for (GList *link = self->ops.head; link != NULL && most > 0; link = link->next)
    {
      MemoRemoteOp *op = link->data;

      if (op->under_way)
        continue;

      memo_remote_lane_begin (&self->changes, op, work);
      most--;
    }
}

/* --- flushing --- */

typedef struct
{
  MemoTierAck *ack;
  guint64      number;      /* everything up to it */
} Flush;

/* With the lock held: whether all up to NUMBER were tried.  ERROR gets why one is still pending. */
static gboolean
is_settled (MemoRemote  *self,
            guint64      number,
            GError     **error)
{
  for (GList *link = self->ops.head; link != NULL; link = link->next)
    {
      MemoRemoteOp *op = link->data;

      if (op->number > number)
        continue;
      if (op->under_way)
        {
          g_clear_error (error);
          return FALSE;
        }
      if (*error == NULL && op->error != NULL)
        *error = g_error_copy (op->error);
    }

  return TRUE;
}

/* Of one that is in the list; never under a lock. */
static void
flush_end (Flush        *flush,
           const GError *error)
{
  memo_tier_ack_done (flush->ack, error);
  g_free (flush);
}

/* The cache is gone, and so is whoever waited. */
void
memo_remote_flushes_abandon (MemoRemote *self)
{
  while (self->flushes.head != NULL)
    flush_end (g_queue_pop_head (&self->flushes), NULL);
}

/* Never under a lock. */
void
memo_remote_check_flushes (MemoRemote *self)
{
  g_autoptr(MemoAsyncCache) cache = g_weak_ref_get (self->cache);
  gboolean more;

  if (cache == NULL)
    return;

  do
    {
      g_autoptr(GError) error = NULL;
      Flush *done = NULL;

      memo_lock (&cache->lock);
      for (GList *link = self->flushes.head; link != NULL; link = link->next)
        {
          Flush *flush = link->data;

          if (is_settled (self, flush->number, &error))
            {
              done = flush;
              if (error == NULL)
                error = g_steal_pointer (&self->loss);
              g_queue_delete_link (&self->flushes, link);
              break;
            }
        }
      g_mutex_unlock (&cache->lock);

      more = done != NULL;
      if (done != NULL)
        flush_end (done, error);
    }
  while (more);
}

/* Has ACK wait until everything that was noted is done, or was tried once more and failed. */
void
memo_remote_flush (MemoRemote  *self,
                   MemoTierAck *ack)
{
  g_autoptr(MemoAsyncCache) cache = g_weak_ref_get (self->cache);
  MemoRemoteWork work = { 0 };
  Flush *flush;

  if (cache == NULL)
    return;

  flush = g_new (Flush, 1);
  memo_tier_ack_hold (ack);
  flush->ack = ack;

  memo_lock (&cache->lock);
  flush->number = self->counter;
  g_queue_push_tail (&self->flushes, flush);
  memo_remote_ops_retry (self, G_MAXUINT, &work);
  g_mutex_unlock (&cache->lock);

  memo_remote_work_do (&work);
  memo_remote_check_flushes (self);
}
