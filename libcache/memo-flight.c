/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-flight-private.h"

/* --- life --- */

GWeakRef *
memo_weak_ref_share (gpointer object)
{
  GWeakRef *shared = g_atomic_rc_box_new0 (GWeakRef);

  g_weak_ref_init (shared, object);

  return shared;
}

GWeakRef *
memo_weak_ref_acquire (GWeakRef *shared)
{
  return g_atomic_rc_box_acquire (shared);
}

void
memo_weak_ref_release (GWeakRef *shared)
{
  g_atomic_rc_box_release_full (shared, (GDestroyNotify) g_weak_ref_clear);
}

/* Takes LOADER.  PREVIOUS is what is refreshed, or NULL, and PREVIOUS_TAGS, which are taken, what it carries in the cache: not
 * its own tags alone. */
MemoFlight *
memo_flight_new (GWeakRef      *cache,
                 const MemoKey *key,
                 MemoLoader    *loader,
                 MemoEntry     *previous,
                 char         **previous_tags,
                 gint64         deadline,
                 guint64        since)
{
  MemoFlight *self = g_malloc (sizeof *self + key->length + 1);
  char *text = (char *) (self + 1);

  *self = (MemoFlight) { 0 };
  memcpy (text, key->text, key->length + 1);
  memo_item_init (&self->item, key, text);
  g_atomic_ref_count_init (&self->ref_count);
  self->cache = memo_weak_ref_acquire (cache);
  self->loader = loader;
  self->deadline = deadline;
  self->since = since;

  if (previous != NULL)
    self->previous = memo_entry_ref (previous);
  self->previous_texts = previous_tags;
  memo_tag_set_add (&self->previous_tags, (const char * const *) previous_tags);
  if (memo_loader_get_tags (loader) != NULL)
    memo_flight_add_tags (self, memo_loader_get_tags (loader));

  return self;
}

MemoFlight *
memo_flight_ref (MemoFlight *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

/* Never under a lock: the end of a loader runs its user's code. */
void
memo_flight_unref (MemoFlight *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_assert (self->first == NULL);

  memo_weak_ref_release (self->cache);
  g_object_unref (self->loader);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->previous, memo_entry_unref);
  g_clear_pointer (&self->answer, memo_tier_answer_free);
  g_clear_pointer (&self->remote, memo_remote_load_free);
  g_clear_pointer (&self->tag_texts, g_ptr_array_unref);
  g_clear_pointer (&self->timers, g_ptr_array_unref);
  memo_tag_set_free (self->tags);
  memo_tag_set_free (self->previous_tags);
  g_strfreev (self->previous_texts);
  g_free (self);
}

/* Adds tags that the answer is known to carry. */
void
memo_flight_add_tags (MemoFlight         *self,
                      const char * const *tags)
{
  if (self->tag_texts == NULL)
    self->tag_texts = g_ptr_array_new_with_free_func (g_free);

  for (gsize i = 0; tags[i] != NULL; i++)
    {
      const char *copy[2] = { g_strdup (tags[i]), NULL };

      g_ptr_array_add (self->tag_texts, (gpointer) copy[0]);
      memo_tag_set_add (&self->tags, copy);
    }
}

/* Adds the tags that the entry is to carry, whatever its own are, to TAGS. */
void
memo_flight_collect_tags (MemoFlight  *self,
                          MemoTagSet **tags)
{
  for (guint i = 0; self->tag_texts != NULL && i < self->tag_texts->len; i++)
    {
      const char *tag[2] = { g_ptr_array_index (self->tag_texts, i), NULL };

      memo_tag_set_add (tags, tag);
    }
}

/* --- who waits --- */

/* Adds somebody who waits; the flight holds a reference. */
void
memo_flight_add_waiter (MemoFlight *self,
                        MemoCall   *waiter,
                        guint64     joined)
{
  waiter->waiter.flight = self;
  waiter->waiter.joined = joined;
  waiter->waiter.previous = self->last;
  waiter->waiter.next = NULL;
  *(self->last != NULL ? &self->last->waiter.next : &self->first) = waiter;
  self->last = waiter;

  g_object_ref (waiter);
}

/* Takes somebody out; the reference is the caller's now. */
void
memo_flight_remove_waiter (MemoFlight *self,
                           MemoCall   *waiter)
{
  MemoWaiter *link = &waiter->waiter;

  *(link->previous != NULL ? &link->previous->waiter.next : &self->first) = link->next;
  *(link->next != NULL ? &link->next->waiter.previous : &self->last) = link->previous;
  *link = (MemoWaiter) { 0 };
}

/* Takes everybody out, linked by `waiter.next`; the references are the caller's now. */
MemoCall *
memo_flight_take_waiters (MemoFlight *self)
{
  MemoCall *all = self->first;

  for (MemoCall *waiter = all; waiter != NULL; waiter = waiter->waiter.next)
    waiter->waiter.flight = NULL;

  self->first = NULL;
  self->last = NULL;

  return all;
}

/* The context of somebody who waits in another one than OTHER_THAN, or NULL. */
GMainContext *
memo_flight_pick_context (MemoFlight *self,
                          const void *other_than)
{
  for (MemoCall *waiter = self->first; waiter != NULL; waiter = waiter->waiter.next)
    {
      if (waiter->context != other_than)
        return g_main_context_ref (waiter->context);
    }

  return NULL;
}

/* CONTEXT if somebody waits there, or that of somebody who waits. */
GMainContext *
memo_flight_pick_context_near (MemoFlight *self,
                               const void *context)
{
  for (MemoCall *waiter = self->first; waiter != NULL; waiter = waiter->waiter.next)
    {
      if (waiter->context == context)
        return g_main_context_ref (waiter->context);
    }

  return memo_flight_pick_context (self, NULL);
}

gboolean
memo_flight_has_waiter_in (MemoFlight *self,
                           const void *context)
{
  for (MemoCall *waiter = self->first; waiter != NULL; waiter = waiter->waiter.next)
    {
      if (waiter->context == context)
        return TRUE;
    }

  return FALSE;
}

/* --- timers: one in each context that waits, since any of them may stop turning --- */

typedef struct
{
  GMainContext *context;    /* only compared */
  GSource      *source;
} Timer;

static void
timer_free (Timer *timer)
{
  g_source_destroy (timer->source);
  g_source_unref (timer->source);
  g_free (timer);
}

gboolean
memo_flight_has_timer_in (MemoFlight   *self,
                          GMainContext *context)
{
  for (guint i = 0; self->timers != NULL && i < self->timers->len; i++)
    {
      Timer *timer = g_ptr_array_index (self->timers, i);

      if (timer->context == context && !g_source_is_destroyed (timer->source))
        return TRUE;
    }

  return FALSE;
}

/* The context of somebody who waits where there is no timer yet, or NULL. */
GMainContext *
memo_flight_pick_unwatched (MemoFlight *self)
{
  for (MemoCall *waiter = self->first; waiter != NULL; waiter = waiter->waiter.next)
    {
      if (!memo_flight_has_timer_in (self, waiter->context))
        return g_main_context_ref (waiter->context);
    }

  return NULL;
}

void
memo_flight_add_timer (MemoFlight   *self,
                       GMainContext *context,
                       GSource      *source)
{
  Timer *timer = g_new (Timer, 1);

  timer->context = context;
  timer->source = g_source_ref (source);

  if (self->timers == NULL)
    self->timers = g_ptr_array_new_with_free_func ((GDestroyNotify) timer_free);
  g_ptr_array_add (self->timers, timer);
}

/* The timers, to be released when the lock is.  May be NULL. */
GPtrArray *
memo_flight_take_timers (MemoFlight *self)
{
  return g_steal_pointer (&self->timers);
}
