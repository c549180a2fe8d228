/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-tier-private.h"
#include "memo-time-private.h"

/* What of a tier's operations runs when, and what comes of it. */

#define FIRST_DELAY 1.0
#define LONGEST_DELAY 60.0

/* --- with the lock held --- */

/* With the lock held: what failed is tried again from now on. */
void
memo_tier_wake_delayed (MemoTier *self)
{
  MemoTierStage *stage = self->first;

  while (!g_queue_is_empty (&stage->delayed))
    {
      GList *link = g_queue_pop_head_link (&stage->delayed);
      MemoTierOp *op = link->data;

      op->state = MEMO_TIER_READY;
      g_queue_push_tail_link (&stage->queue, link);
    }

  if (stage->barrier != NULL && stage->barrier->state == MEMO_TIER_DELAYED)
    stage->barrier->state = MEMO_TIER_READY;
}

/* The next operation that may run, or NULL.  Until it is done it keeps the reference that the queue had. */
static MemoTierOp *
take_runnable (MemoTier *self)
{
  MemoTierStage *stage = self->first;

  if (self->abandoned || self->barrier != NULL || self->running.count >= self->max_running)
    return NULL;

  for (GList *link = stage->queue.head; link != NULL; link = link->next)
    {
      MemoTierOp *op = link->data;
      MemoKey key = memo_item_key (&op->item);

      if (op->state != MEMO_TIER_READY || memo_table_find (&self->running, &key) != NULL)
        continue;

      g_queue_unlink (&stage->queue, link);
      memo_table_remove (&stage->table, &op->item);
      memo_table_add (&self->running, &op->item);
      op->state = MEMO_TIER_RUNNING;
      g_clear_error (&op->error);
      return op;
    }

  if (stage->barrier != NULL && stage->barrier->state == MEMO_TIER_READY &&
      stage->table.count == 0 && self->running.count == 0)
    {
      self->barrier = stage->barrier;
      self->barrier->state = MEMO_TIER_RUNNING;
      g_clear_error (&self->barrier->error);
      /* Nothing is stored while it runs. */
      memo_tier_tokens_forget (self, self->barrier->tags);
      return self->barrier;
    }

  return NULL;
}

/* The operation is over.  Its reference is the caller's. */
static void
finish (MemoTierOp *op)
{
  MemoTier *self = op->tier;

  if (op->kind == MEMO_TIER_STORE && !op->durable)
    self->dirty = TRUE;

  if (self->barrier == op)
    {
      MemoTierStage *stage = self->first;

      self->barrier = NULL;
      self->first = stage->next;
      memo_tier_stage_free (stage);
    }

  memo_tier_unlist (op);
}

/* The next flush that waits for OP has to tell that it was not stored. */
static void
lose (MemoTierOp   *op,
      const GError *error)
{
  MemoTier *self = op->tier;

  if (self->loss != NULL && self->loss_number < op->number)
    return;

  g_clear_error (&self->loss);
  self->loss = g_error_copy (error);
  self->loss_number = op->number;
}

/* What makes it needless to try an operation again: a newer one on its key, or a clear. */
static MemoTierOp *
find_newer (MemoTierOp *op)
{
  MemoTier *self = op->tier;
  MemoKey key = memo_item_key (&op->item);

  for (MemoTierStage *stage = self->first; stage != NULL; stage = stage->next)
    {
      if (stage->barrier != NULL && stage->barrier != op && stage->barrier->kind == MEMO_TIER_CLEAR)
        return stage->barrier;
    }

  return op != self->barrier ? (MemoTierOp *) memo_table_find (&self->first->table, &key) : NULL;
}

/* The operation is to be tried again, where nothing newer makes it needless.  Says whether it is. */
static gboolean
postpone (MemoTierOp   *op,
          const GError *error)
{
  MemoTier *self = op->tier;
  MemoTierOp *newer = find_newer (op);

  /* Something bad stays where it is. */
  if (op->kind == MEMO_TIER_REMOVE && op->bytes != NULL)
    return FALSE;

  if (newer != NULL)
    {
      memo_tier_precede (newer, op);
      return FALSE;
    }

  if (op == self->barrier)
    {
      self->barrier = NULL;
    }
  else
    {
      if (op->kind == MEMO_TIER_STORE)
        {
          lose (op, error);
          memo_tier_op_demote (op);
        }

      memo_table_add (&self->first->table, &op->item);
      g_queue_push_tail_link (&self->first->delayed, &op->link);
    }

  op->state = MEMO_TIER_DELAYED;
  g_clear_error (&op->error);
  op->error = g_error_copy (error);

  return TRUE;
}

/* --- trying again --- */

static gboolean
retry_cb (gpointer user_data)
{
  MemoTier *self = user_data;

  g_mutex_lock (&self->lock);
  g_clear_pointer (&self->retry, g_source_unref);
  memo_tier_wake_delayed (self);
  g_mutex_unlock (&self->lock);

  memo_tier_pump (self);

  return G_SOURCE_REMOVE;
}

static void
arm_retry (MemoTier *self)
{
  g_autoptr(GSource) source = NULL;
  gboolean needed;
  double delay;

  g_mutex_lock (&self->lock);
  needed = self->retry == NULL && !self->abandoned;
  if (needed)
    self->delay = self->delay == 0.0 ? FIRST_DELAY : MIN (self->delay * 2.0, LONGEST_DELAY);
  delay = self->delay;
  g_mutex_unlock (&self->lock);

  if (!needed)
    return;

  source = memo_clock_create_source (self->clock, memo_time_after (memo_clock_get_time (self->clock), delay));
  g_source_set_static_name (source, "[libcache] tier retry");
  g_source_set_callback (source, retry_cb, memo_tier_ref (self), (GDestroyNotify) memo_tier_unref);

  /* Attached under the lock, or it could be destroyed before. */
  g_mutex_lock (&self->lock);
  if (self->retry == NULL && !self->abandoned)
    {
      self->retry = g_source_ref (source);
      g_source_attach (source, self->context);
    }
  g_mutex_unlock (&self->lock);
}

/* --- how it goes --- */

/* The backend failed to do something.  Said once, until that works again. */
void
memo_tier_failed (MemoTier        *self,
                  MemoBackendWhat  what,
                  const GError    *error)
{
  gboolean said;

  g_mutex_lock (&self->lock);
  self->failures++;
  said = self->down != 0;
  self->down |= 1u << what;
  g_mutex_unlock (&self->lock);

  if (!said)
    g_warning ("A cache goes on without its %s: %s", G_OBJECT_TYPE_NAME (self->backend), error->message);
}

/* The backend did something. */
void
memo_tier_succeeded (MemoTier        *self,
                     MemoBackendWhat  what)
{
  gboolean better;
  gboolean well;

  memo_lock (&self->lock);
  better = (self->down & (1u << what)) != 0;
  self->down &= ~(1u << what);
  well = self->down == 0;
  if (better)
    {
      self->delay = 0.0;
      memo_tier_wake_delayed (self);
    }
  g_mutex_unlock (&self->lock);

  if (better && well)
    g_message ("A cache has its %s again", G_OBJECT_TYPE_NAME (self->backend));
  if (better)
    memo_tier_pump (self);
}

guint64
memo_tier_get_failures (MemoTier *self)
{
  guint64 failures;

  g_mutex_lock (&self->lock);
  failures = self->failures;
  g_mutex_unlock (&self->lock);

  return failures;
}

void
memo_tier_reset_failures (MemoTier *self)
{
  g_mutex_lock (&self->lock);
  self->failures = 0;
  g_mutex_unlock (&self->lock);
}

/* --- the pump --- */

static MemoBackendWhat
what_of (MemoTierOp *op)
{
  switch (op->kind)
    {
    case MEMO_TIER_STORE:
      return MEMO_BACKEND_STORE;

    case MEMO_TIER_CLEAR:
      return MEMO_BACKEND_CLEAR;

    case MEMO_TIER_REMOVE:
    case MEMO_TIER_DROP_TAGS:
    default:
      return MEMO_BACKEND_REMOVE;
    }
}

/* Has all run that may.  Where one thread is at it already, that goes on for this one. */
void
memo_tier_pump (MemoTier *self)
{
  MemoTierOp *op;

  memo_tier_ref (self);
  g_mutex_lock (&self->lock);

  if (self->pumping)
    {
      self->pump_again = TRUE;
      g_mutex_unlock (&self->lock);
      memo_tier_unref (self);
      return;
    }

  self->pumping = TRUE;
  do
    {
      self->pump_again = FALSE;
      while ((op = take_runnable (self)) != NULL)
        {
          g_mutex_unlock (&self->lock);
          memo_tier_run (op);
          g_mutex_lock (&self->lock);
        }
    }
  while (self->pump_again);
  self->pumping = FALSE;

  g_mutex_unlock (&self->lock);

  memo_tier_check_flushes (self);
  memo_tier_unref (self);
}

/* An operation that ran was answered.  Takes both. */
void
memo_tier_op_done (MemoTierOp *op,
                   GError     *error)
{
  MemoTier *self = memo_tier_ref (op->tier);
  g_autoptr(GPtrArray) acks = NULL;
  MemoBackendWhat what = what_of (op);
  gboolean postponed = FALSE;

  if (error != NULL)
    memo_tier_failed (self, what, error);

  g_mutex_lock (&self->lock);
  acks = g_steal_pointer (&op->acks);
  if (op != self->barrier)
    memo_table_remove (&self->running, &op->item);
  if (error != NULL && !self->abandoned)
    postponed = postpone (op, error);
  if (!postponed)
    finish (op);
  g_mutex_unlock (&self->lock);

  for (guint i = 0; acks != NULL && i < acks->len; i++)
    memo_tier_ack_done (g_ptr_array_index (acks, i), error);

  if (error == NULL)
    memo_tier_succeeded (self, what);
  if (postponed)
    arm_retry (self);
  else
    memo_tier_op_unref (op);      /* the one that the queue had */
  memo_tier_op_unref (op);

  memo_tier_pump (self);
  memo_tier_unref (self);
  g_clear_error (&error);
}
