/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-batch-private.h"
#include "memo-error.h"
#include "memo-frame-private.h"

/* --- life --- */

static MemoBatch *
memo_batch_new (MemoAsyncCache *self,
                MemoLoader     *loader,
                const void     *context,
                gint64          deadline)
{
  MemoBatch *batch = g_new0 (MemoBatch, 1);

  g_atomic_ref_count_init (&batch->ref_count);
  batch->cache = memo_weak_ref_acquire (self->weak);
  batch->loader = g_object_ref (loader);
  batch->cancellable = g_cancellable_new ();
  batch->slots = g_ptr_array_new_with_free_func (g_free);
  batch->tags = g_ptr_array_new_with_free_func (g_free);
  batch->deadline = deadline;
  batch->context = context;
  memo_table_init (&batch->table);

  return batch;
}

MemoBatch *
memo_batch_ref (MemoBatch *batch)
{
  g_atomic_ref_count_inc (&batch->ref_count);

  return batch;
}

/* Never under a lock: the end of a loader runs its user's code. */
void
memo_batch_unref (MemoBatch *batch)
{
  if (!g_atomic_ref_count_dec (&batch->ref_count))
    return;

  g_assert (batch->n_flights == 0);

  memo_weak_ref_release (batch->cache);
  g_object_unref (batch->loader);
  g_object_unref (batch->cancellable);
  memo_table_deinit (&batch->table);
  g_ptr_array_unref (batch->slots);
  g_ptr_array_unref (batch->tags);
  g_clear_pointer (&batch->timer, g_source_unref);
  g_free (batch);
}

/* --- the window; all with the lock held --- */

static MemoBatch *
find_window (MemoAsyncCache *self,
             MemoLoader     *loader)
{
  for (MemoBatch *batch = self->windows; batch != NULL; batch = batch->next_window)
    {
      if (batch->loader == loader)
        return batch;
    }

  return NULL;
}

/* The reference is the cache's. */
static void
open_window (MemoAsyncCache *self,
             MemoBatch      *batch)
{
  batch->open = TRUE;
  batch->next_window = self->windows;
  self->windows = batch;
}

/* Gives the reference of the cache, or NULL when the window was closed already. */
static MemoBatch *
close_window (MemoAsyncCache *self,
              MemoBatch      *batch)
{
  MemoBatch **link = &self->windows;

  if (!batch->open)
    return NULL;

  while (*link != batch)
    link = &(*link)->next_window;
  *link = batch->next_window;
  batch->open = FALSE;

  return batch;
}

MemoBatchSlot *
memo_batch_find_slot (MemoBatch     *batch,
                      const MemoKey *key)
{
  return (MemoBatchSlot *) memo_table_find (&batch->table, key);
}

static void
add_flight (MemoBatch  *batch,
            MemoFlight *flight)
{
  MemoKey key = memo_item_key (&flight->item);
  MemoBatchSlot *slot = memo_batch_find_slot (batch, &key);
  MemoFlight **last;

  if (slot == NULL)
    {
      char *text;

      slot = g_malloc0 (sizeof *slot + key.length + 1);
      text = (char *) (slot + 1);
      memcpy (text, key.text, key.length + 1);
      memo_item_init (&slot->item, &key, text);
      memo_table_add (&batch->table, &slot->item);
      g_ptr_array_add (batch->slots, slot);
    }

  batch->n_keys += slot->flights == NULL;
  batch->n_flights++;

  /* The oldest is answered first: who has to move from it then finds the newer ones. */
  last = &slot->flights;
  while (*last != NULL)
    last = &(*last)->slot_next;
  flight->slot_next = NULL;
  *last = memo_flight_ref (flight);
  flight->batch = batch;
  g_set_object (&flight->cancellable, batch->cancellable);
}

/* Nothing more comes of a flight: it is taken out.  Whoever ends a flight holds it, so that this
 * reference is not the last. */
void
memo_batch_forget (MemoAsyncCache *self,
                   MemoFlight     *flight,
                   MemoTrash      *trash)
{
  MemoBatch *batch = flight->batch;
  MemoKey key = memo_item_key (&flight->item);
  MemoBatchSlot *slot = memo_batch_find_slot (batch, &key);
  MemoFlight **link = &slot->flights;

  while (*link != flight)
    link = &(*link)->slot_next;
  *link = flight->slot_next;

  batch->n_keys -= slot->flights == NULL;
  batch->n_flights--;

  flight->batch = NULL;
  flight->deserted = batch->n_flights == 0;

  /* A window that nobody wants is closed before anybody can add to it. */
  if (batch->n_flights == 0 && !batch->left)
    {
      batch->left = TRUE;
      if (close_window (self, batch) != NULL)
        {
          batch->next_window = trash->windows;
          trash->windows = batch;
        }
    }

  memo_flight_unref (flight);
}

/* Whether nobody else waits for the key of a flight. */
gboolean
memo_batch_is_last (MemoFlight *flight)
{
  MemoKey key = memo_item_key (&flight->item);
  MemoBatchSlot *slot = memo_batch_find_slot (flight->batch, &key);

  return slot->flights == flight && flight->slot_next == NULL;
}

/* The context of somebody who waits, the present one where it can be, and not AVOID. */
static GMainContext *
choose_context (MemoBatch  *batch,
                const void *avoid)
{
  GMainContext *context = NULL;

  for (guint i = 0; i < batch->slots->len; i++)
    {
      MemoBatchSlot *slot = g_ptr_array_index (batch->slots, i);

      for (MemoFlight *flight = slot->flights; flight != NULL; flight = flight->slot_next)
        {
          for (MemoCall *waiter = flight->first; waiter != NULL; waiter = waiter->waiter.next)
            {
              if (waiter->context == avoid)
                continue;
              if (waiter->context == batch->context)
                return g_main_context_ref (waiter->context);
              if (context == NULL)
                context = waiter->context;
            }
        }
    }

  return context != NULL ? g_main_context_ref (context) : NULL;
}

/* --- the way to the call --- */

/* One attempt to call the function: overtaken when the batch has another ticket. */
typedef struct
{
  MemoMail   mail;
  MemoBatch *batch;
  guint      ticket;
} Attempt;

static void arm (MemoAsyncCache *self,
                 MemoBatch      *batch,
                 const void     *avoid);

static void
release_source (GSource *source)
{
  if (source == NULL)
    return;

  g_source_destroy (source);
  g_source_unref (source);
}

/* After the lock is released: a window that was closed since nobody wanted it. */
void
memo_batch_discard (MemoBatch *batch)
{
  release_source (g_steal_pointer (&batch->timer));
  memo_batch_unref (batch);
}

/* With the lock held: the batch leaves.  Gives the keys, NULL when none is wanted any more. */
static char **
take_off (MemoAsyncCache *self,
          MemoBatch      *batch,
          gint64          now)
{
  GStrvBuilder *keys;
  char **result;

  batch->left = TRUE;
  if (batch->n_keys == 0)
    return NULL;

  keys = g_strv_builder_new ();
  for (guint i = 0; i < batch->slots->len; i++)
    {
      MemoBatchSlot *slot = g_ptr_array_index (batch->slots, i);

      if (slot->flights != NULL)
        g_strv_builder_add (keys, slot->item.text);
      else
        memo_table_remove (&batch->table, &slot->item);
      for (MemoFlight *flight = slot->flights; flight != NULL; flight = flight->slot_next)
        {
          flight->started = TRUE;
          flight->began = now;
        }
    }
  result = g_strv_builder_end (keys);
  g_strv_builder_unref (keys);

  self->counters.batches++;
  self->counters.loads += batch->n_keys;

  batch->accepts_extra = memo_loader_get_accept_extra (batch->loader);
  self->n_extra_batches += batch->accepts_extra;
  batch->since = self->fence.sequence;
  batch->keys_since = self->key_fence.sequence;
  batch->began = now;

  return result;
}

/* Calls the loader with what is wanted, unless this attempt was overtaken. */
static void
run (Attempt *attempt)
{
  MemoBatch *batch = attempt->batch;
  g_autoptr(MemoAsyncCache) self = g_weak_ref_get (batch->cache);
  g_auto(GStrv) keys = NULL;
  GSource *timer = NULL;
  MemoBatch *window = NULL;
  gint64 now;

  if (self == NULL)
    return;

  now = memo_async_cache_now (self);

  g_mutex_lock (&self->lock);
  if (!batch->left && batch->ticket == attempt->ticket)
    {
      window = close_window (self, batch);
      timer = g_steal_pointer (&batch->timer);
      keys = take_off (self, batch, now);
    }
  g_mutex_unlock (&self->lock);

  if (keys != NULL)
    {
      g_autoptr(MemoCall) call = memo_call_new_question ((const char * const *) keys, batch->cancellable, NULL,
                                                         &memo_batch_owner, memo_batch_ref (batch));
      MemoFrame frame;

      memo_frame_enter (&frame, self, (const char * const *) keys);
      memo_loader_call (batch->loader, call);
      memo_frame_leave (&frame);
    }

  release_source (timer);
  g_clear_pointer (&window, memo_batch_unref);
}

/* The context went away before the function was called in it, or the attempt is over. */
static void
attempt_free (gpointer data)
{
  Attempt *attempt = data;
  MemoBatch *batch = attempt->batch;
  g_autoptr(MemoAsyncCache) self = g_weak_ref_get (batch->cache);
  const void *lost = NULL;

  if (self != NULL)
    {
      g_mutex_lock (&self->lock);
      if (!batch->left && batch->ticket == attempt->ticket && batch->n_flights > 0)
        lost = batch->context;
      g_mutex_unlock (&self->lock);
    }

  if (lost != NULL)
    arm (self, batch, lost);

  memo_batch_unref (batch);
  g_free (attempt);
}

static void
attempt_deliver (MemoMail *mail)
{
  run ((Attempt *) mail);
  attempt_free (mail);
}

static void
attempt_discard (MemoMail *mail)
{
  attempt_free (mail);
}

static gboolean
window_closed_cb (gpointer user_data)
{
  run (user_data);

  return G_SOURCE_REMOVE;
}

/* Has the batch leave: at once when it is full, else when its window closes; in the context of
 * somebody who waits, and not in AVOID. */
static void
arm (MemoAsyncCache *self,
     MemoBatch      *batch,
     const void     *avoid)
{
  g_autoptr(GMainContext) context = NULL;
  g_autoptr(GSource) source = NULL;
  gboolean stranded = FALSE;
  gboolean open = FALSE;
  gboolean current;
  Attempt *attempt = NULL;
  GSource *old = NULL;

  g_mutex_lock (&self->lock);
  if (!batch->left && batch->n_flights > 0)
    {
      context = choose_context (batch, avoid);
      stranded = context == NULL;
    }
  if (context != NULL)
    {
      attempt = g_new0 (Attempt, 1);
      attempt->mail.deliver = attempt_deliver;
      attempt->mail.discard = attempt_discard;
      attempt->batch = memo_batch_ref (batch);
      attempt->ticket = ++batch->ticket;
      batch->context = context;
      old = g_steal_pointer (&batch->timer);
      open = batch->open;
    }
  g_mutex_unlock (&self->lock);

  if (stranded)
    {
      g_autoptr(GError) error = g_error_new_literal (MEMO_ERROR, MEMO_ERROR_ABANDONED,
                                                     "The main context that was to run the loader went away");

      memo_batch_fail (self, batch, error);
    }
  if (context == NULL)
    return;

  release_source (old);

  if (!open)
    {
      memo_mailbox_post (context, &attempt->mail);
      return;
    }

  if (batch->deadline == MEMO_NEVER)
    source = g_idle_source_new ();
  else
    source = memo_clock_create_source (self->clock, batch->deadline);
  g_source_set_static_name (source, "[libcache] batch window");
  g_source_set_callback (source, window_closed_cb, attempt, attempt_free);
  g_source_attach (source, context);

  g_mutex_lock (&self->lock);
  current = !batch->left && batch->ticket == attempt->ticket;
  if (current)
    batch->timer = g_source_ref (source);
  g_mutex_unlock (&self->lock);

  if (!current)
    g_source_destroy (source);
}

/* Adds a flight to the open window of its loader, or opens one in CONTEXT.  Takes the lock. */
void
memo_batch_add (MemoAsyncCache *self,
                MemoFlight     *flight,
                GMainContext   *context)
{
  gint64 now = memo_async_cache_now (self);
  MemoBatch *outgrown = NULL;
  MemoBatch *window = NULL;
  MemoBatch *batch;
  gboolean begin;

  g_mutex_lock (&self->lock);

  if (flight->over)
    {
      g_mutex_unlock (&self->lock);
      return;
    }

  batch = find_window (self, flight->loader);
  if (batch != NULL && batch->n_keys >= self->max_batch_size)
    {
      /* The limit was lowered meanwhile. */
      outgrown = close_window (self, batch);
      batch = NULL;
    }

  begin = batch == NULL;
  if (begin)
    {
      batch = memo_batch_new (self, flight->loader, context,
                              self->batch_window_ms > 0 ? now + self->batch_window_ms * G_GINT64_CONSTANT (1000)
                                                        : MEMO_NEVER);
      open_window (self, batch);
    }

  add_flight (batch, flight);
  memo_batch_ref (batch);
  if (batch->n_keys >= self->max_batch_size)
    window = close_window (self, batch);

  g_mutex_unlock (&self->lock);

  if (outgrown != NULL)
    arm (self, outgrown, NULL);
  if (begin || window != NULL)
    arm (self, batch, NULL);

  g_clear_pointer (&outgrown, memo_batch_unref);
  g_clear_pointer (&window, memo_batch_unref);
  memo_batch_unref (batch);
}

/* Somebody does not wait any more: a window that nobody wants is closed, and one whose context
 * nobody waits in moves to another.  Takes the lock. */
void
memo_batch_settle (MemoAsyncCache *self,
                   MemoBatch      *batch)
{
  g_autoptr(GMainContext) context = NULL;
  gboolean move = FALSE;

  g_mutex_lock (&self->lock);
  if (!batch->left)
    {
      context = choose_context (batch, NULL);
      move = context != batch->context;
    }
  g_mutex_unlock (&self->lock);

  if (move)
    arm (self, batch, NULL);
}
