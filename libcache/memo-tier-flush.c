/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-tier-private.h"

/* Who waits until a tier has everything: all that was noted before has to be done, and has to be durable. */

typedef struct
{
  guint64      number;    /* up to which operations count */
  MemoTierAck *ack;
  GError      *error;     /* what it has to tell */
} Flush;

/* Some that wait, while the backend makes all durable. */
typedef struct
{
  MemoTier *tier;
  GQueue    flushes;
} Round;

static void
round_free (gpointer data)
{
  Round *round = data;

  memo_tier_unref (round->tier);
  g_free (round);
}

static void
return_flush (Flush        *flush,
              const GError *error)
{
  memo_tier_ack_done (flush->ack, error != NULL ? error : flush->error);
  g_clear_error (&flush->error);
  g_free (flush);
}

static void
flushed (gpointer   owner,
         MemoEntry *entry,
         GError    *error)
{
  Round *round = owner;
  MemoTier *self = round->tier;
  Flush *flush;

  g_clear_pointer (&entry, memo_entry_unref);
  if (error != NULL)
    memo_tier_failed (self, MEMO_BACKEND_FLUSH, error);
  else
    memo_tier_succeeded (self, MEMO_BACKEND_FLUSH);

  g_mutex_lock (&self->lock);
  self->flushing = FALSE;
  self->dirty = self->dirty || error != NULL;
  g_mutex_unlock (&self->lock);

  while ((flush = g_queue_pop_head (&round->flushes)) != NULL)
    return_flush (flush, error);

  g_clear_error (&error);
  memo_tier_check_flushes (self);
}

static const MemoCallOwner round_owner = {
  .answered = flushed,
  .release = round_free,
};

/* With the lock held: whether OP, which is not done, cannot run before others of its stage and of those before it. */
static gboolean
is_behind (MemoTierOp *op)
{
  MemoKey key = memo_item_key (&op->item);

  if (op->state == MEMO_TIER_RUNNING)
    return FALSE;

  return op->kind == MEMO_TIER_CLEAR || op->kind == MEMO_TIER_DROP_TAGS ||
         memo_table_find (&op->tier->first->table, &key) != &op->item;
}

/* With the lock held: whether all up to NUMBER is done, has failed, or waits for what failed, which is in
 * *FAILED then. */
static gboolean
is_over (MemoTier          *self,
         guint64            number,
         const MemoTierOp **failed)
{
  gboolean behind = FALSE;

  *failed = NULL;

  for (MemoTierOp *op = self->earliest; op != NULL && op->number <= number; op = op->later)
    {
      if (op->state == MEMO_TIER_DELAYED)
        *failed = op;
      else if (is_behind (op))
        behind = TRUE;
      else
        return FALSE;
    }

  return !behind || *failed != NULL;
}

/* With the lock held: the first that waits, if its time has come, with what it has to tell. */
static Flush *
take_over (MemoTier *self)
{
  Flush *flush = g_queue_peek_head (&self->flushes);
  const MemoTierOp *failed;
  gboolean lost;

  if (flush == NULL || self->flushing || !is_over (self, flush->number, &failed))
    return NULL;

  lost = self->loss != NULL && self->loss_number <= flush->number;
  if (failed != NULL)
    flush->error = g_error_copy (failed->error);
  else if (lost)
    flush->error = g_error_copy (self->loss);
  if (lost)
    g_clear_error (&self->loss);

  return g_queue_pop_head (&self->flushes);
}

/* Answers those whose time has come. */
void
memo_tier_check_flushes (MemoTier *self)
{
  GQueue over = G_QUEUE_INIT;
  Round *round = NULL;
  Flush *flush;

  g_mutex_lock (&self->lock);

  while ((flush = take_over (self)) != NULL)
    {
      if (flush->error != NULL || !self->dirty)
        {
          g_queue_push_tail (&over, flush);
          continue;
        }

      if (round == NULL)
        {
          round = g_new0 (Round, 1);
          round->tier = memo_tier_ref (self);
          g_queue_init (&round->flushes);
        }
      g_queue_push_tail (&round->flushes, flush);
    }

  if (round != NULL)
    {
      self->flushing = TRUE;
      self->dirty = FALSE;
    }

  g_mutex_unlock (&self->lock);

  while ((flush = g_queue_pop_head (&over)) != NULL)
    return_flush (flush, NULL);

  if (round != NULL)
    memo_tier_hand (self, MEMO_BACKEND_FLUSH, 'd', NULL, NULL, TRUE, &round_owner, round);
}

/* Answers CALL when all that was noted before is durable, or has failed. */
void
memo_tier_flush (MemoTier *self,
                 MemoCall *call)
{
  Flush *flush = g_new0 (Flush, 1);

  flush->ack = memo_tier_ack_new (call, FALSE);

  g_mutex_lock (&self->lock);
  flush->number = self->counter;
  g_queue_push_tail (&self->flushes, flush);
  memo_tier_wake_delayed (self);
  g_mutex_unlock (&self->lock);

  memo_tier_pump (self);
}
