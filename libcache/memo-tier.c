/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-record-private.h"
#include "memo-tier-private.h"

/* What is noted for a tier.  Nothing here calls anybody, so that it may be called under the cache's lock. */

/* --- life --- */

static MemoTierStage *
stage_new (void)
{
  MemoTierStage *stage = g_new0 (MemoTierStage, 1);

  g_queue_init (&stage->queue);
  g_queue_init (&stage->delayed);
  memo_table_init (&stage->table);

  return stage;
}

void
memo_tier_stage_free (MemoTierStage *stage)
{
  memo_table_deinit (&stage->table);
  g_free (stage);
}

MemoTier *
memo_tier_new (MemoBackend  *backend,
               MemoCodec    *codec,
               MemoClock    *clock,
               GMainContext *context,
               GBytes       *secret)
{
  MemoTier *self = g_new0 (MemoTier, 1);
  g_autofree char *origin = NULL;

  g_atomic_ref_count_init (&self->ref_count);
  self->backend = g_object_ref (backend);
  self->codec = g_object_ref (codec);
  self->codec_name = memo_codec_dup_name (codec);
  self->clock = g_object_ref (clock);
  self->context = g_main_context_ref (context);
  self->secret = secret != NULL ? g_bytes_ref (secret) : NULL;
  origin = memo_clock_dup_origin (clock);
  memo_record_origin (origin, self->origin);

  g_mutex_init (&self->lock);
  self->max_running = MEMO_TIER_MAX_RUNNING;
  self->max_values = MEMO_TIER_MAX_VALUES;
  self->max_notes = MEMO_TIER_MAX_NOTES;
  self->first = self->last = stage_new ();
  memo_table_init (&self->running);
  self->tokens = memo_tier_tokens_new ();
  g_queue_init (&self->flushes);
  g_queue_init (&self->reads);

  return self;
}

MemoTier *
memo_tier_ref (MemoTier *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
memo_tier_unref (MemoTier *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_assert (self->running.count == 0 && self->barrier == NULL && g_queue_is_empty (&self->flushes));

  /* All operations hold the tier, so there are none. */
  while (self->first != NULL)
    {
      MemoTierStage *stage = self->first;

      self->first = stage->next;
      memo_tier_stage_free (stage);
    }
  memo_table_deinit (&self->running);
  g_hash_table_unref (self->tokens);
  g_clear_error (&self->loss);
  g_object_unref (self->backend);
  g_object_unref (self->codec);
  g_free (self->codec_name);
  g_object_unref (self->clock);
  g_main_context_unref (self->context);
  g_clear_pointer (&self->secret, g_bytes_unref);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* --- notes; all with the lock held --- */

static void
unlink_op (MemoTierOp *op)
{
  MemoTier *self = op->tier;

  *(op->earlier != NULL ? &op->earlier->later : &self->earliest) = op->later;
  *(op->later != NULL ? &op->later->earlier : &self->latest) = op->earlier;
  op->earlier = op->later = NULL;
  self->n_notes--;
}

/* Takes OP, which is done, out of the list of all that are not. */
void
memo_tier_unlist (MemoTierOp *op)
{
  unlink_op (op);
  op->state = MEMO_TIER_DONE;
}

static void
enlist (MemoTierOp *op)
{
  MemoTier *self = op->tier;

  op->number = ++self->counter;
  op->earlier = self->latest;
  *(op->earlier != NULL ? &op->earlier->later : &self->earliest) = op;
  self->latest = op;
  self->n_notes++;
}

/* Whoever waits for all up to OP, which is about to go, has to wait for NEWER. */
void
memo_tier_precede (MemoTierOp *newer,
                   MemoTierOp *op)
{
  MemoTier *self = op->tier;

  if (newer->number < op->number)
    return;

  unlink_op (newer);
  newer->number = op->number;
  newer->earlier = op->earlier;
  newer->later = op;
  *(newer->earlier != NULL ? &newer->earlier->later : &self->earliest) = newer;
  op->earlier = newer;
  self->n_notes++;
}

/* Takes OP out of its stage.  The reference is the caller's now. */
void
memo_tier_unqueue (MemoTierStage *stage,
                   MemoTierOp    *op)
{
  g_queue_unlink (op->state == MEMO_TIER_DELAYED ? &stage->delayed : &stage->queue, &op->link);
  memo_table_remove (&stage->table, &op->item);
}

/* Whoever waits for OLD waits for NEW. */
static void
hand_over (MemoTierOp *old,
           MemoTierOp *new)
{
  for (guint i = 0; old->acks != NULL && i < old->acks->len; i++)
    {
      if (new->acks == NULL)
        new->acks = g_ptr_array_new ();
      g_ptr_array_add (new->acks, g_ptr_array_index (old->acks, i));
    }
  g_clear_pointer (&old->acks, g_ptr_array_unref);
}

/* NEW takes the place of OLD, which was not begun. */
static void
supersede (MemoTierOp *old,
           MemoTierOp *new)
{
  MemoTier *self = old->tier;

  new->number = old->number;
  new->earlier = old->earlier;
  new->later = old->later;
  *(new->earlier != NULL ? &new->earlier->later : &self->earliest) = new;
  *(new->later != NULL ? &new->later->earlier : &self->latest) = new;

  old->earlier = old->later = NULL;
  old->state = MEMO_TIER_DONE;
  hand_over (old, new);
}

/* --- what is noted; never blocks, calls nobody, and may be called under the cache's lock --- */

static void
add_work (MemoTier     *self,
          MemoTierWork *work)
{
  if (work->tier == NULL)
    work->tier = memo_tier_ref (self);
}

static void
add_dead (MemoTierWork *work,
          MemoTierOp   *op)
{
  if (op == NULL)
    return;

  op->next_dead = work->dead;
  work->dead = op;
}

/* Adds an operation on a key, whose reference is taken, to the last stage. */
static void
enqueue (MemoTierOp   *op,
         MemoTierWork *work)
{
  MemoTier *self = op->tier;
  MemoTierStage *stage = self->last;
  MemoKey key = memo_item_key (&op->item);
  MemoTierOp *old = (MemoTierOp *) memo_table_find (&stage->table, &key);

  if (old != NULL)
    {
      memo_tier_unqueue (stage, old);
      supersede (old, op);
      add_dead (work, old);
    }
  else
    {
      enlist (op);
    }

  memo_table_add (&stage->table, &op->item);
  g_queue_push_tail_link (&stage->queue, &op->link);
}

/* The values of a stage that carry one of TAGS are not stored: their keys are removed. */
static void
demote_tagged (MemoTierStage    *stage,
               const MemoTagSet *tags)
{
  for (GList *link = stage->queue.head; link != NULL; link = link->next)
    {
      MemoTierOp *op = link->data;

      if (op->kind == MEMO_TIER_STORE && memo_tag_set_has_any (tags, (const char * const *) op->tags))
        memo_tier_op_demote (op);
    }
}

/* The links belong to the operations. */
static void
unlink_all (GQueue *queue)
{
  while (!g_queue_is_empty (queue))
    g_queue_pop_head_link (queue);
}

static void
abandon_stage (MemoTierStage *stage,
               MemoTierWork  *work)
{
  MemoItem *item = memo_table_steal (&stage->table);

  unlink_all (&stage->queue);
  unlink_all (&stage->delayed);

  while (item != NULL)
    {
      MemoTierOp *op = (MemoTierOp *) item;

      item = item->chain;
      memo_tier_unlist (op);
      add_dead (work, op);
    }

  if (stage->barrier != NULL && stage->barrier->state != MEMO_TIER_RUNNING)
    {
      memo_tier_unlist (stage->barrier);
      add_dead (work, g_steal_pointer (&stage->barrier));
    }
}

/* All operations of a stage that did not begin give way to OP. */
static void
empty_stage (MemoTierStage *stage,
             MemoTierOp    *op,
             MemoTierWork  *work)
{
  MemoItem *item = memo_table_steal (&stage->table);

  unlink_all (&stage->queue);
  unlink_all (&stage->delayed);

  while (item != NULL)
    {
      MemoTierOp *old = (MemoTierOp *) item;

      item = item->chain;

      memo_tier_precede (op, old);
      hand_over (old, op);
      memo_tier_unlist (old);
      add_dead (work, old);
    }
}

static void
add_barrier (MemoTierOp *op)
{
  MemoTier *self = op->tier;

  self->last->barrier = op;
  self->last->next = stage_new ();
  self->last = self->last->next;
}

/* The stage whose barrier was not begun, or the last one. */
static MemoTierStage *
find_stage (MemoTier *self)
{
  return self->barrier != NULL ? self->first->next : self->first;
}

/* With the lock held. */
static void
clear (MemoTier     *self,
       MemoTierAck  *ack,
       MemoTierWork *work)
{
  MemoTierOp *op = memo_tier_op_new (self, MEMO_TIER_CLEAR, NULL);
  MemoTierStage *waiting = find_stage (self);

  memo_tier_ack_add (ack, op);
  enlist (op);
  for (MemoTierStage *stage = self->first; stage != NULL; stage = stage->next)
    empty_stage (stage, op, work);

  if (waiting->barrier == NULL)
    {
      add_barrier (op);
      return;
    }

  memo_tier_precede (op, waiting->barrier);
  hand_over (waiting->barrier, op);
  memo_tier_unlist (waiting->barrier);
  add_dead (work, waiting->barrier);
  waiting->barrier = op;
}

/* With the lock held: what was not begun invalidates all that OP does, which is not enlisted, as well. */
static void
take_in (MemoTierOp   *barrier,
         MemoTierOp   *op,
         MemoTierWork *work)
{
  guint n_tags = barrier->tags != NULL ? g_strv_length (barrier->tags) : 0;

  hand_over (op, barrier);

  if (barrier->kind == MEMO_TIER_DROP_TAGS)
    {
      barrier->tags = g_renew (char *, barrier->tags, n_tags + g_strv_length (op->tags) + 1);
      for (guint i = 0; op->tags[i] != NULL; i++)
        {
          barrier->tags[n_tags] = NULL;
          if (!g_strv_contains ((const char * const *) barrier->tags, op->tags[i]))
            barrier->tags[n_tags++] = g_strdup (op->tags[i]);
        }
      barrier->tags[n_tags] = NULL;
    }

  op->state = MEMO_TIER_DONE;
  add_dead (work, op);

  if (n_tags > MEMO_TIER_MAX_TAGS)
    clear (barrier->tier, NULL, work);
}

/* Whether a key has a place in a tier. */
static gboolean
is_fit (const MemoKey *key)
{
  return key->length <= MEMO_RECORD_MAX_KEY;
}

/* A value is to be stored. */
void
memo_tier_note_store (MemoTier         *self,
                      const MemoKey    *key,
                      MemoEntry        *entry,
                      const MemoTagSet *tags,
                      gint64            deadline,
                      gint64            duration,
                      gboolean          durable,
                      MemoTierAck      *ack,
                      MemoTierWork     *work)
{
  MemoTierOp *op;

  add_work (self, work);
  if (!is_fit (key))
    return;

  op = memo_tier_op_new (self, MEMO_TIER_STORE, key);
  op->entry = memo_entry_ref (entry);
  op->tags = memo_tag_set_dup (tags);
  op->deadline = deadline;
  op->duration = duration;
  op->durable = durable;
  op->state = MEMO_TIER_UNPREPARED;
  memo_tier_ack_add (ack, op);

  /* Before anybody else knows it. */
  op->next_unprepared = work->unprepared;
  work->unprepared = memo_tier_op_ref (op);

  g_mutex_lock (&self->lock);
  if (self->n_notes >= self->max_notes)
    clear (self, NULL, work);
  if (self->n_notes >= self->max_values || memo_tag_set_size (tags) > MEMO_RECORD_MAX_TAGS)
    memo_tier_op_demote (op);
  enqueue (op, work);
  g_mutex_unlock (&self->lock);
}

static void
note_remove (MemoTier      *self,
             const MemoKey *key,
             GBytes        *only,
             MemoTierAck   *ack,
             MemoTierWork  *work)
{
  MemoTierOp *op;

  add_work (self, work);
  if (!is_fit (key))
    return;

  op = memo_tier_op_new (self, MEMO_TIER_REMOVE, key);
  op->bytes = only != NULL ? g_bytes_ref (only) : NULL;
  memo_tier_ack_add (ack, op);

  g_mutex_lock (&self->lock);
  if (self->n_notes >= self->max_notes)
    clear (self, NULL, work);
  /* What is on its way already is better than the removal of something bad. */
  if (only != NULL && (memo_table_find (&self->last->table, key) != NULL || memo_table_find (&self->running, key) != NULL))
    add_dead (work, op);
  else
    enqueue (op, work);
  g_mutex_unlock (&self->lock);
}

/* A key is to be removed. */
void
memo_tier_note_remove (MemoTier      *self,
                       const MemoKey *key,
                       MemoTierAck   *ack,
                       MemoTierWork  *work)
{
  note_remove (self, key, NULL, ack, work);
}

/* BYTES are of no use, and are to be removed if they are still there. */
void
memo_tier_note_bad (MemoTier      *self,
                    const MemoKey *key,
                    GBytes        *bytes,
                    MemoTierWork  *work)
{
  note_remove (self, key, bytes, NULL, work);
}

/* Everything is to be removed.  What did not begin yet never will. */
void
memo_tier_note_clear (MemoTier     *self,
                      MemoTierAck  *ack,
                      MemoTierWork *work)
{
  add_work (self, work);

  g_mutex_lock (&self->lock);
  clear (self, ack, work);
  g_mutex_unlock (&self->lock);
}

/* What carries one of TAGS is of no use any more. */
void
memo_tier_note_tags (MemoTier         *self,
                     const MemoTagSet *tags,
                     MemoTierAck      *ack,
                     MemoTierWork     *work)
{
  MemoTierStage *waiting;
  MemoTierOp *op;

  add_work (self, work);
  if (memo_tag_set_size (tags) == 0)
    return;

  op = memo_tier_op_new (self, MEMO_TIER_DROP_TAGS, NULL);
  op->tags = memo_tag_set_dup (tags);
  memo_tier_ack_add (ack, op);

  g_mutex_lock (&self->lock);
  for (MemoTierStage *stage = self->first; stage != NULL; stage = stage->next)
    demote_tagged (stage, tags);
  waiting = find_stage (self);
  if (waiting->barrier != NULL)
    {
      take_in (waiting->barrier, op, work);
    }
  else
    {
      enlist (op);
      add_barrier (op);
    }
  g_mutex_unlock (&self->lock);
}

/* What was noted becomes work, once no lock is held any more. */
void
memo_tier_work_do (MemoTierWork *work)
{
  MemoTier *self = g_steal_pointer (&work->tier);

  if (self == NULL)
    return;

  while (work->unprepared != NULL)
    {
      MemoTierOp *op = work->unprepared;

      work->unprepared = op->next_unprepared;
      memo_tier_prepare (op);
      memo_tier_op_unref (op);
    }

  memo_tier_pump (self);

  /* Last, since the end of a value may run anybody's code. */
  while (work->dead != NULL)
    {
      MemoTierOp *op = work->dead;

      work->dead = op->next_dead;
      memo_tier_op_bury (op);
    }
  memo_tier_unref (self);
}

/* Gives up what did not begin yet. */
void
memo_tier_abandon (MemoTier *self)
{
  MemoTierWork work = { 0 };
  g_autoptr(GSource) retry = NULL;
  g_autoptr(GSource) read_timer = NULL;

  add_work (self, &work);

  g_mutex_lock (&self->lock);
  self->abandoned = TRUE;
  retry = g_steal_pointer (&self->retry);
  read_timer = g_steal_pointer (&self->read_timer);
  for (MemoTierStage *stage = self->first; stage != NULL; stage = stage->next)
    abandon_stage (stage, &work);
  g_mutex_unlock (&self->lock);

  if (retry != NULL)
    g_source_destroy (retry);
  if (read_timer != NULL)
    g_source_destroy (read_timer);
  memo_tier_work_do (&work);
}
