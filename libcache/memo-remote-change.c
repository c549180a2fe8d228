/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-async-cache-private.h"
#include "memo-remote-private.h"

/* Changes: what makes wrong what others have.  A delete is one step, INVALIDATE; a change of the source is put between FENCE and
 * UNFENCE.  An INVALIDATE or an UNFENCE that fails is pending: it is tried again until it is done, and what it is about
 * is neither read nor stored by this process meanwhile. */

typedef struct
{
  MemoRemoteOp  op;       /* first, so that it is an operation */
  GBytes       *id;       /* of an UNFENCE; else NULL */
  gboolean      pending;  /* it failed */
} Change;

static void
change_free (MemoRemoteOp *op)
{
  Change *change = (Change *) op;

  g_clear_pointer (&change->id, g_bytes_unref);
  memo_remote_op_clear (op);
  g_free (change);
}

static void change_answered (MemoRemoteRequest *request,
                             gboolean           done,
                             GBytes            *found,
                             const GError      *error);

static void
change_act (MemoRemoteDeed *deed)
{
  Change *change = (Change *) deed;

  if (change->id != NULL)
    memo_remote_op_prepare (&change->op, MEMO_REMOTE_UNFENCE, NULL, g_bytes_ref (change->id), change_answered);
  else
    memo_remote_op_prepare (&change->op, MEMO_REMOTE_INVALIDATE, NULL, NULL, change_answered);
  memo_remote_ask (change->op.remote, &change->op.request);
}

/* With the lock held. */
static Change *
change_new (MemoRemote     *self,
            const char     *name,
            GBytes         *id,
            MemoTierAck    *ack,
            MemoRemoteWork *work)
{
  Change *change = g_new0 (Change, 1);

  memo_remote_op_init (&change->op, self, name, change_free);
  change->op.deed.act = change_act;
  change->id = id != NULL ? g_bytes_ref (id) : NULL;
  memo_remote_ack (&change->op.acks, ack);
  memo_remote_busy_add (self, name);
  if (id == NULL)
    g_hash_table_insert (self->invalidations, change->op.name, change);
  memo_remote_lane_begin (&self->changes, &change->op, work);

  return change;
}

/* With the lock held: it is in no table any more. */
static void
withdraw (MemoRemote *self,
          Change     *change)
{
  if (change->id == NULL)
    g_hash_table_remove (self->invalidations, change->op.name);
  memo_remote_busy_remove (self, change->op.name);
  if (change->pending)
    self->n_pending--;
  change->pending = FALSE;
}

/* --- one that failed --- */

static void
given_up_act (MemoRemoteDeed *deed)
{
  memo_remote_op_finish ((MemoRemoteOp *) deed, NULL);
}

/* With the lock held: what invalidates NAME does so in place of what was noted as NUMBER, and who waits for that waits for it. */
void
memo_remote_in_place_of (MemoRemote *self,
                         const char *name,
                         guint64     number)
{
  Change *change = g_hash_table_lookup (self->invalidations, name);

  change->op.number = MIN (change->op.number, number);
}

/* With the lock held: too much is pending.  In place of all of it, everything is invalidated. */
static void
overflow (MemoRemote     *self,
          MemoRemoteWork *work)
{
  guint64 first = self->counter;

  for (GList *link = self->ops.head; link != NULL; link = link->next)
    {
      MemoRemoteOp *op = link->data;

      if (op->under_way)
        continue;

      withdraw (self, (Change *) op);
      first = MIN (first, op->number);
      op->under_way = TRUE;
      op->deed.act = given_up_act;
      memo_remote_work_add (work, &op->deed);
    }

  memo_remote_note_invalidate (self, MEMO_REMOTE_EVERYTHING, NULL, work);
  memo_remote_in_place_of (self, MEMO_REMOTE_EVERYTHING, first);
}

/* --- its reply --- */

/* With the lock held.  Says whether it is done, and takes those who wait for it. */
static gboolean
settle (MemoRemote      *self,
        Change          *change,
        const GError    *error,
        GPtrArray      **acks,
        MemoRemoteWork  *work)
{
  MemoRemoteOp *op = &change->op;

  *acks = g_steal_pointer (&op->acks);
  op->acks = g_steal_pointer (&op->next_acks);

  if (error != NULL)
    {
      g_clear_error (&op->error);
      op->error = g_error_copy (error);
      memo_remote_lane_next (&self->changes, work);
      op->under_way = FALSE;
      op->again = FALSE;
      if (op->acks != NULL)
        {
          /* What was noted again fails with it. */
          if (*acks == NULL)
            *acks = g_ptr_array_new ();
          g_ptr_array_extend_and_steal (*acks, g_steal_pointer (&op->acks));
        }
      if (!change->pending)
        self->n_pending++;
      change->pending = TRUE;
      if (self->n_pending > MEMO_REMOTE_MAX_PENDING)
        overflow (self, work);
      return FALSE;
    }

  if (op->again)
    {
      op->again = FALSE;
      memo_remote_work_add (work, &op->deed);
      return FALSE;
    }

  memo_remote_lane_next (&self->changes, work);
  withdraw (self, change);

  return TRUE;
}

static void
change_answered (MemoRemoteRequest *request,
                 gboolean           done,
                 GBytes            *found,
                 const GError      *error)
{
  Change *change = request->owner;
  MemoRemoteOp *op = &change->op;
  MemoRemote *self = op->remote;
  g_autoptr(MemoAsyncCache) cache = g_weak_ref_get (self->cache);
  GPtrArray *acks = NULL;
  MemoTrash trash = { 0 };
  gboolean is_done;

  if (cache == NULL)
    {
      memo_remote_op_outlive (op);
      return;
    }

  memo_remote_ref (self);

  if (error != NULL)
    memo_remote_failed (self, error);
  else
    memo_remote_succeeded (self);

  memo_lock (&cache->lock);
  is_done = settle (self, change, error, &acks, &trash.remote);
  /* Where one comes through, others may. */
  if (error == NULL)
    memo_remote_ops_retry (self, 2, &trash.remote);
  g_mutex_unlock (&cache->lock);

  /* A GET that was there before it was answered before; and an end that nobody confirmed is one all the same
   * (outdate-when-invalidated, outdate-when-unfenced).  What is done does not keep those from reading who are woken by it. */
  if (error == NULL || change->id != NULL)
    memo_remote_wrote (self, op->name, TRUE);

  /* Acknowledged, after it has taken effect (end-is-answered-first). */
  memo_remote_acknowledge (acks, error);
  memo_trash_empty (&trash);
  if (is_done)
    memo_remote_op_finish (op, NULL);
  else
    memo_remote_check_flushes (self);

  memo_remote_unref (self);
}

/* --- deletes; with the lock held --- */

/* NAME, which was outdated, is invalidated for everybody. */
void
memo_remote_note_invalidate (MemoRemote     *self,
                             const char     *name,
                             MemoTierAck    *ack,
                             MemoRemoteWork *work)
{
  Change *change = g_hash_table_lookup (self->invalidations, name);

  if (change == NULL)
    {
      change_new (self, name, NULL, ack, work);
    }
  else if (change->op.under_way)
    {
      /* The server may have done it already. */
      change->op.again = TRUE;
      memo_remote_ack (&change->op.next_acks, ack);
    }
  else
    {
      memo_remote_ack (&change->op.acks, ack);
      memo_remote_lane_begin (&self->changes, &change->op, work);
    }
}

/* UNFENCE of NAME, which was outdated, by the change with ID. */
void
memo_remote_note_end (MemoRemote     *self,
                      const char     *name,
                      GBytes         *id,
                      MemoTierAck    *ack,
                      MemoRemoteWork *work)
{
  change_new (self, name, id, ack, work);
}

/* The names of what a change is about. */
char **
memo_remote_names (const MemoTagSet *keys,
                   const MemoTagSet *tags,
                   gboolean          everything)
{
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new ();

  for (guint i = 0; i < memo_tag_set_size (keys); i++)
    {
      g_autofree char *name = g_strconcat ("d:", memo_tag_set_get (keys, i)->text, NULL);

      g_strv_builder_add (builder, name);
    }
  for (guint i = 0; i < memo_tag_set_size (tags); i++)
    {
      g_autofree char *name = g_strconcat ("t:", memo_tag_set_get (tags, i)->text, NULL);

      g_strv_builder_add (builder, name);
    }
  if (everything)
    g_strv_builder_add (builder, MEMO_REMOTE_EVERYTHING);

  return g_strv_builder_end (builder);
}

/* What is here of NAMES, apart from memory, is wrong from now on. */
void
memo_remote_names_outdate (MemoRemote  *self,
                           char       **names)
{
  for (guint i = 0; names[i] != NULL; i++)
    {
      if (names[i][0] == 'd')
        memo_remote_store_outdate (self, names[i], TRUE);
      else
        memo_remote_token_outdate (self, names[i]);
      if (names[i][0] == 'a')
        memo_remote_stores_outdate (self, TRUE);
    }
}

void
memo_remote_note_change (MemoRemote       *self,
                         const MemoTagSet *keys,
                         const MemoTagSet *tags,
                         gboolean          everything,
                         MemoTierAck      *ack,
                         MemoRemoteWork   *work)
{
  g_auto(GStrv) names = memo_remote_names (keys, tags, everything);

  memo_remote_names_outdate (self, names);
  for (guint i = 0; names[i] != NULL; i++)
    memo_remote_note_invalidate (self, names[i], ack, work);
}
