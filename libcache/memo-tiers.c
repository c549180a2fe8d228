/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-async-cache-private.h"
#include "memo-error.h"

/* All the tiers of a cache: what it does in memory, they do, too.
 *
 * The remote tier comes before the backup: what is there is common to all processes, and the backup may hold what
 * another of them has deleted since.  So with both, the backup is written, and read only where the user says so
 * and the remote one fails. */

/* Whether a backend keeps the processes that share it coherent. */
static gboolean
is_coherent (MemoBackend *backend)
{
  return MEMO_IS_REMOTE_BACKEND (backend) &&
         memo_remote_backend_get_max_staleness_ms (MEMO_REMOTE_BACKEND (backend)) > 0;
}

void
memo_tiers_open (MemoAsyncCache *self)
{
  for (guint i = 0; i < MEMO_N_TIERS; i++)
    {
      if (self->backends[i] == NULL)
        continue;

      if (i == MEMO_REMOTE && is_coherent (self->backends[i]))
        {
          self->remote = memo_remote_new (self, MEMO_REMOTE_BACKEND (self->backends[i]));
          memo_remote_begin (self->remote, self);
          continue;
        }

      self->tiers[i] = memo_tier_new (self->backends[i], self->codec, self->clock, self->context,
                                      self->record_secret);
      memo_tier_set_timeout (self->tiers[i], self->tier_timeout);
    }
}

/* What no tier has begun to do is given up. */
void
memo_tiers_abandon (MemoAsyncCache *self)
{
  if (self->remote != NULL)
    {
      memo_remote_abandon (self->remote);
      memo_remote_unref (self->remote);
    }

  for (guint i = 0; i < MEMO_N_TIERS; i++)
    {
      if (self->tiers[i] != NULL)
        {
          memo_tier_abandon (self->tiers[i]);
          memo_tier_unref (self->tiers[i]);
        }
      g_clear_object (&self->backends[i]);
    }
}

void
memo_tiers_set_timeout (MemoAsyncCache *self,
                        double          seconds)
{
  for (guint i = 0; i < MEMO_N_TIERS; i++)
    {
      if (self->tiers[i] != NULL)
        memo_tier_set_timeout (self->tiers[i], seconds);
    }
}

/* --- what is noted; with the cache's lock held --- */

/* What came is in memory, and goes to the tiers behind the one that it came from. */
void
memo_tiers_store (MemoAsyncCache    *self,
                  const MemoKey     *key,
                  MemoEntry         *entry,
                  const MemoTagSet  *tags,
                  gint64             deadline,
                  const MemoArrival *arrival,
                  MemoTrash         *trash)
{
  guint first = arrival->promoted_until != 0 ? arrival->tier + 1 : 0;
  gboolean common = arrival->promoted_until != 0 || arrival->set || arrival->load == NULL ||
                    arrival->load->keep != MEMO_REMOTE_KEEP_NOT;

  if (!common)
    {
      /* It is not to be kept, or may be outdated without a word. */
      return;
    }

  if (self->remote != NULL && arrival->promoted_until == 0 && (arrival->set || arrival->load != NULL))
    memo_remote_note_store (self->remote, key, entry, tags, deadline, arrival->duration, self->fence.sequence,
                            arrival->set ? NULL : arrival->load, arrival->ack, &trash->remote);

  for (guint i = first; i < MEMO_N_TIERS; i++)
    {
      if (self->tiers[i] != NULL)
        memo_tier_note_store (self->tiers[i], key, entry, tags, deadline, arrival->duration, arrival->set, arrival->ack,
                              &trash->tiers[i]);
    }
}

/* ABSENT has a bit for each tier that has nothing of the key. */
void
memo_tiers_remove (MemoAsyncCache *self,
                   const MemoKey  *key,
                   guint           absent,
                   MemoTierAck    *ack,
                   MemoTrash      *trash)
{
  for (guint i = 0; i < MEMO_N_TIERS; i++)
    {
      if (self->tiers[i] != NULL && (absent & (1u << i)) == 0)
        memo_tier_note_remove (self->tiers[i], key, ack, &trash->tiers[i]);
    }
}

/* The same for the tier that keeps processes coherent, where others are told. */
void
memo_tiers_invalidate (MemoAsyncCache *self,
                       const MemoKey  *key,
                       MemoTierAck    *ack,
                       MemoTrash      *trash)
{
  g_autofree char *name = NULL;

  if (self->remote == NULL)
    return;

  name = g_strconcat ("d:", key->text, NULL);
  memo_remote_store_outdate (self->remote, name, TRUE);
  memo_remote_note_invalidate (self->remote, name, ack, &trash->remote);
}

void
memo_tiers_clear (MemoAsyncCache *self,
                  MemoTierAck    *ack,
                  MemoTrash      *trash)
{
  for (guint i = 0; i < MEMO_N_TIERS; i++)
    {
      if (self->tiers[i] != NULL)
        memo_tier_note_clear (self->tiers[i], ack, &trash->tiers[i]);
    }
}

void
memo_tiers_drop_tags (MemoAsyncCache   *self,
                      const MemoTagSet *tags,
                      MemoTierAck      *ack,
                      MemoTrash        *trash)
{
  for (guint i = 0; i < MEMO_N_TIERS; i++)
    {
      if (self->tiers[i] != NULL)
        memo_tier_note_tags (self->tiers[i], tags, ack, &trash->tiers[i]);
    }
}

/* --- who waits for them --- */

/* To be handed to what is noted.  LENIENT: what fails is not the caller's. */
MemoTierAck *
memo_tiers_begin_ack (MemoAsyncCache *self,
                      MemoCall       *call,
                      gboolean        lenient)
{
  return call != NULL && memo_tiers_exist (self) ? memo_tier_ack_new (call, lenient) : NULL;
}

/* After all was noted.  CLOSED: nothing was, since the cache is closed. */
void
memo_tiers_end_ack (MemoTierAck *ack,
                    MemoCall    *call,
                    gboolean     closed)
{
  g_autoptr(GError) error = NULL;

  if (closed)
    error = g_error_new_literal (MEMO_ERROR, MEMO_ERROR_CLOSED, "The cache is closed");

  if (ack != NULL)
    memo_tier_ack_done (ack, error);
  else if (call != NULL && error != NULL)
    memo_call_return_error (call, g_steal_pointer (&error));
  else if (call != NULL)
    memo_call_return_nothing (call);
}

/* --- flushing --- */

static void
tier_flushed (gpointer   owner,
              MemoEntry *entry,
              GError    *error)
{
  memo_tier_ack_done (owner, error);

  g_clear_pointer (&entry, memo_entry_unref);
  g_clear_error (&error);
}

static void
forget (gpointer owner)
{
  /* It was handed back with the answer. */
}

static const MemoCallOwner flush_owner = {
  .answered = tier_flushed,
  .release = forget,
};

/* Answers CALL when every tier has all that was noted before. */
void
memo_tiers_flush (MemoAsyncCache *self,
                  MemoCall       *call)
{
  MemoTierAck *ack = memo_tier_ack_new (call, FALSE);

  for (guint i = 0; i < MEMO_N_TIERS; i++)
    {
      g_autoptr(MemoCall) part = NULL;

      if (self->tiers[i] == NULL)
        continue;

      memo_tier_ack_hold (ack);
      part = memo_call_new_question (NULL, NULL, NULL, &flush_owner, ack);
      memo_tier_flush (self->tiers[i], part);
    }

  if (self->remote != NULL)
    memo_remote_flush (self->remote, ack);

  memo_tier_ack_done (ack, NULL);
}

/* --- reading --- */

/* Which tier is to be read after FAILED, or at first when that is MEMO_N_TIERS; MEMO_N_TIERS for none. */
MemoTierPlace
memo_tiers_choose (MemoAsyncCache *self,
                   MemoTierPlace   failed)
{
  gboolean stale;

  if (failed == MEMO_N_TIERS)
    return self->tiers[MEMO_REMOTE] != NULL || self->remote != NULL ? MEMO_REMOTE
         : self->tiers[MEMO_BACKUP] != NULL ? MEMO_BACKUP
         : MEMO_N_TIERS;

  if (failed != MEMO_REMOTE || self->tiers[MEMO_BACKUP] == NULL)
    return MEMO_N_TIERS;

  g_mutex_lock (&self->lock);
  stale = self->stale_if_remote_down;
  g_mutex_unlock (&self->lock);

  return stale ? MEMO_BACKUP : MEMO_N_TIERS;
}
