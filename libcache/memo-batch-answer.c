/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-batch-private.h"

/* The answers to a batch, on their way to those who wait for its keys. */

/* Brings an answer to all who wait for a key. */
static void
answer_slot (MemoAsyncCache *self,
             MemoBatchSlot  *slot,
             MemoEntry      *entry,
             const GError   *error)
{
  for (;;)
    {
      MemoFlight *flight;

      g_mutex_lock (&self->lock);
      slot->answered = TRUE;
      flight = slot->flights;
      if (flight != NULL)
        memo_flight_ref (flight);
      g_mutex_unlock (&self->lock);

      if (flight == NULL)
        return;

      memo_loading_answer (self, flight,
                           entry != NULL ? memo_entry_ref (entry) : NULL,
                           error != NULL ? g_error_copy (error) : NULL);
      memo_flight_unref (flight);
    }
}

/* Brings an error to all who wait for a key that was not answered. */
void
memo_batch_fail (MemoAsyncCache *self,
                 MemoBatch      *batch,
                 const GError   *error)
{
  for (guint i = 0; i < batch->slots->len; i++)
    answer_slot (self, g_ptr_array_index (batch->slots, i), NULL, error);
}

/* Stores what nobody asked for, where nothing speaks against it. */
static void
accept_extra (MemoAsyncCache *self,
              MemoBatch      *batch,
              const MemoKey  *key,
              MemoEntry      *entry)
{
  gint64 now = memo_async_cache_now (self);
  MemoArrival arrival = { .duration = MAX (0, now - batch->began) };
  MemoTagSet *key_alone = NULL;
  MemoTagSet *tags = NULL;
  MemoTrash trash = { 0 };
  gboolean arm_sweep = FALSE;

  memo_tag_set_add (&key_alone, (const char *[]) { key->text, NULL });
  memo_tag_set_add (&tags, memo_entry_get_tags (entry));
  memo_tag_set_add (&tags, memo_loader_get_tags (batch->loader));

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < batch->tags->len; i++)
    memo_tag_set_add (&tags, (const char *[]) { g_ptr_array_index (batch->tags, i), NULL });
  if (!self->closed &&
      memo_store_find (self->values, key, now) == NULL &&
      memo_flights_find (self, key, now, &trash) == NULL &&
      memo_fence_first (&self->key_fence, key_alone, batch->keys_since) == 0 &&
      memo_fence_first (&self->fence, tags, batch->since) == 0)
    {
      memo_level_one_keep (self, key, entry, memo_loader_get_ttl (batch->loader), tags, &arrival, now, &trash);
      arm_sweep = memo_sweep_is_due_earlier (self);
    }
  g_mutex_unlock (&self->lock);

  memo_tag_set_free (tags);
  memo_tag_set_free (key_alone);
  if (arm_sweep)
    memo_sweep_arm (self);
  memo_trash_empty (&trash);
}

static void
batch_answered_key (gpointer    owner,
                    const char *key_text,
                    MemoEntry  *entry,
                    GError     *error)
{
  MemoBatch *batch = owner;
  g_autoptr(MemoAsyncCache) self = g_weak_ref_get (batch->cache);

  if (self != NULL)
    {
      MemoKey key = memo_key (key_text);
      MemoBatchSlot *slot;
      gboolean twice;

      g_mutex_lock (&self->lock);
      slot = memo_batch_find_slot (batch, &key);
      twice = slot != NULL && slot->answered;
      g_mutex_unlock (&self->lock);

      if (twice)
        g_critical ("“%s” was answered twice; the first answer stands", key_text);
      else if (slot != NULL)
        answer_slot (self, slot, entry, error);
      else if (!batch->accepts_extra)
        g_warning ("A batch was answered for “%s”, which it was not asked for", key_text);
      else if (entry != NULL)
        accept_extra (self, batch, &key, entry);
    }

  g_clear_pointer (&entry, memo_entry_unref);
  g_clear_error (&error);
}

/* The call is over: what was not answered gets the error. */
static void
batch_answered (gpointer   owner,
                MemoEntry *entry,
                GError    *error)
{
  MemoBatch *batch = owner;
  g_autoptr(MemoAsyncCache) self = g_weak_ref_get (batch->cache);

  if (self != NULL)
    {
      g_mutex_lock (&self->lock);
      self->n_extra_batches -= batch->accepts_extra;
      g_mutex_unlock (&self->lock);

      memo_batch_fail (self, batch, error);
    }

  g_clear_error (&error);
}

static void
batch_tagged (gpointer            owner,
              const char * const *tags)
{
  MemoBatch *batch = owner;
  g_autoptr(MemoAsyncCache) self = g_weak_ref_get (batch->cache);

  if (self == NULL)
    return;

  g_mutex_lock (&self->lock);
  for (guint i = 0; batch->accepts_extra && tags[i] != NULL; i++)
    g_ptr_array_add (batch->tags, g_strdup (tags[i]));
  for (guint i = 0; i < batch->slots->len; i++)
    {
      MemoBatchSlot *slot = g_ptr_array_index (batch->slots, i);

      for (MemoFlight *flight = slot->flights; flight != NULL; flight = flight->slot_next)
        memo_flight_add_tags (flight, tags);
    }
  g_mutex_unlock (&self->lock);
}

const MemoCallOwner memo_batch_owner = {
  .answered = batch_answered,
  .tagged = batch_tagged,
  .release = (void (*) (gpointer)) memo_batch_unref,
  .answered_key = batch_answered_key,
};
