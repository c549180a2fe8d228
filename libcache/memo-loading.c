/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-async-cache-private.h"
#include "memo-batch-private.h"
#include "memo-entry-private.h"
#include "memo-error.h"
#include "memo-frame-private.h"
#include "memo-time-private.h"

/* What happens to a get that misses: it joins the flight that loads its key, or starts one, which
 * ends in time. */

/* After the lock is released: nobody waits for the flight any more.  A batch goes on as long as anybody
 * waits for any key of it. */
static void
cancel_flight (MemoFlight *flight)
{
  if (flight->cancellable == NULL)
    return;

  if (!memo_loader_is_batch (flight->loader) || flight->deserted)
    g_cancellable_cancel (flight->cancellable);
}

/* --- time-outs --- */

static gboolean timed_out_cb (gpointer user_data);

static GSource *
create_timer (MemoAsyncCache *self,
              MemoFlight     *flight,
              gint64          deadline)
{
  GSource *source = memo_clock_create_source (self->clock, deadline);

  g_source_set_static_name (source, "[libcache] load timeout");
  g_source_set_callback (source, timed_out_cb, memo_flight_ref (flight), (GDestroyNotify) memo_flight_unref);

  return source;
}

/* It got more time, since it waited for somebody else. */
static void
watch_again (MemoAsyncCache *self,
             MemoFlight     *flight)
{
  GMainContext *context = g_source_get_context (g_main_current_source ());
  g_autoptr(GSource) source = NULL;
  gboolean over;
  gint64 deadline;

  memo_lock (&self->lock);
  deadline = flight->deadline;
  g_mutex_unlock (&self->lock);

  source = create_timer (self, flight, deadline);
  g_source_attach (source, context);

  memo_lock (&self->lock);
  over = flight->over;
  if (!over)
    memo_flight_add_timer (flight, context, source);
  g_mutex_unlock (&self->lock);

  if (over)
    g_source_destroy (source);
}

static gboolean
timed_out_cb (gpointer user_data)
{
  MemoFlight *flight = user_data;
  g_autoptr(MemoAsyncCache) self = g_weak_ref_get (flight->cache);
  MemoBatch *batch = NULL;
  gboolean early = FALSE;

  if (self != NULL)
    {
      memo_lock (&self->lock);
      early = !flight->over && memo_async_cache_now (self) < flight->deadline;
      if (flight->batch != NULL)
        batch = memo_batch_ref (flight->batch);
      g_mutex_unlock (&self->lock);
    }

  if (early)
    {
      watch_again (self, flight);
      g_clear_pointer (&batch, memo_batch_unref);
      return G_SOURCE_REMOVE;
    }

  if (self != NULL &&
      memo_loading_answer (self, flight, NULL,
                           g_error_new (G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
                                        "Loading “%s” took longer than %g seconds",
                                        flight->item.text, memo_loader_get_timeout (flight->loader))))
    cancel_flight (flight);

  if (batch != NULL)
    {
      memo_batch_settle (self, batch);
      memo_batch_unref (batch);
    }

  return G_SOURCE_REMOVE;
}

/* Has the flight end in time, as far as CONTEXT turns. */
void
memo_loading_watch (MemoAsyncCache *self,
                    MemoFlight     *flight,
                    GMainContext   *context)
{
  g_autoptr(GSource) source = NULL;
  gboolean needed;
  gint64 deadline;

  memo_lock (&self->lock);
  deadline = flight->deadline;
  needed = deadline != MEMO_NEVER && !flight->over && !memo_flight_has_timer_in (flight, context);
  g_mutex_unlock (&self->lock);

  if (!needed)
    return;

  source = create_timer (self, flight, deadline);
  g_source_attach (source, context);

  memo_lock (&self->lock);
  needed = !flight->over && !memo_flight_has_timer_in (flight, context);
  if (needed)
    memo_flight_add_timer (flight, context, source);
  g_mutex_unlock (&self->lock);

  if (!needed)
    g_source_destroy (source);
}

/* The same in the context of everybody who waits. */
void
memo_loading_watch_all (MemoAsyncCache *self,
                        MemoFlight     *flight)
{
  GMainContext *context;

  do
    {
      memo_lock (&self->lock);
      context = flight->deadline != MEMO_NEVER ? memo_flight_pick_unwatched (flight) : NULL;
      g_mutex_unlock (&self->lock);

      if (context != NULL)
        {
          memo_loading_watch (self, flight, context);
          g_main_context_unref (context);
        }
    }
  while (context != NULL);
}

/* --- who waits --- */

/* A request was cancelled.  In whichever thread. */
void
memo_loading_leave (MemoCall *request)
{
  MemoAsyncCache *self = MEMO_ASYNC_CACHE (request->cache != NULL ? request->cache : request->source_object);
  g_autoptr(GMainContext) context = NULL;
  g_autoptr(GPtrArray) timers = NULL;
  MemoTrash trash = { 0 };
  MemoBatch *batch = NULL;
  MemoFlight *flight;
  MemoMail *again = NULL;
  gboolean abandoned = FALSE;

  memo_lock (&self->lock);

  flight = request->waiter.flight;
  if (flight == NULL)
    {
      g_mutex_unlock (&self->lock);
      return;
    }

  memo_flight_ref (flight);
  memo_flight_remove_waiter (flight, request);
  if (flight->batch != NULL)
    batch = memo_batch_ref (flight->batch);

  if (flight->first == NULL)
    {
      abandoned = TRUE;
      memo_flights_end (self, flight, &trash);
      if (flight->remote != NULL)
        memo_remote_release (flight->remote, &trash.remote);
      timers = memo_flight_take_timers (flight);
    }
  else if (!flight->started && !memo_flight_has_waiter_in (flight, flight->context))
    {
      if (flight->reading)
        {
          /* The answer of the tier goes to whoever waits then. */
        }
      else if (flight->read || memo_loader_is_single (flight->loader))
        {
          context = memo_flight_pick_context (flight, flight->context);
          again = memo_launch_move (flight, context);
        }
    }

  g_mutex_unlock (&self->lock);

  if (abandoned)
    cancel_flight (flight);
  if (batch != NULL)
    memo_batch_settle (self, batch);
  if (again != NULL)
    memo_mailbox_post (context, again);

  g_clear_pointer (&batch, memo_batch_unref);
  memo_trash_empty (&trash);
  memo_flight_unref (flight);
  g_object_unref (request);
}

/* With the lock held: REQUEST waits for a load that is in progress.  Says whether it gave its loader to it. */
static gboolean
join (MemoAsyncCache  *self,
      MemoFlight      *flight,
      MemoCall        *request,
      MemoLoader     **loader,
      gboolean         refresh,
      gint64           now)
{
  memo_flights_join (flight, request, self->fence.sequence);

  if (refresh)
    flight->fresh = TRUE;

  /* One that reads a tier for somebody without a loader gets one. */
  if (flight->loader == memo_loader_get_none () && *loader != NULL && *loader != flight->loader)
    {
      MemoLoader *none = flight->loader;
      double timeout = memo_loader_get_timeout (*loader);

      flight->loader = *loader;
      *loader = none;
      if (memo_loader_get_tags (flight->loader) != NULL)
        memo_flight_add_tags (flight, memo_loader_get_tags (flight->loader));
      if (timeout > 0.0)
        flight->deadline = memo_time_after (now, timeout);
      /* It waits for a turn, as one does that was read. */
      flight->read = !flight->reading;
      return TRUE;
    }

  return FALSE;
}

/* Answers a get: from memory, by joining a flight, or by a new one. */
void
memo_loading_get (MemoAsyncCache *self,
                  const char     *key_text,
                  MemoGetFlags    flags,
                  MemoLoader     *loader,
                  MemoCall       *request)
{
  const gboolean refresh = (flags & MEMO_GET_REFRESH) != 0;
  const gboolean warmup = (flags & MEMO_GET_WARMUP) != 0;
  const gboolean counted = !warmup && (flags & MEMO_GET_LOOKED_UP) == 0;
  MemoKey key = memo_key (key_text);
  gint64 now = memo_async_cache_now (self);
  g_autoptr(MemoEntry) entry = NULL;
  g_autoptr(MemoEntry) failure = NULL;
  g_autoptr(MemoLoader) kept = NULL;
  MemoTrash trash = { 0 };
  MemoFlight *flight = NULL;
  MemoFlight *late = NULL;
  gboolean recursive = FALSE;
  gboolean joined = FALSE;
  gboolean given = FALSE;
  MemoNode *node = NULL;
  gboolean early;

  /* Whoever waits holds the cache. */
  if (request->source_object != G_OBJECT (self) && request->cache == NULL)
    request->cache = g_object_ref (G_OBJECT (self));

  /* Before the lock is taken: to be referred to may run the code of a language binding. */
  if (loader != NULL)
    kept = g_object_ref (loader);
  else if (!refresh && memo_tiers_exist (self))
    kept = g_object_ref (memo_loader_get_none ());

  memo_lock (&self->lock);

  if (self->closed)
    {
      self->counters.misses += counted;
      g_mutex_unlock (&self->lock);
      memo_call_return_error (request, g_error_new_literal (MEMO_ERROR, MEMO_ERROR_CLOSED,
                                                            "The cache is closed"));
      return;
    }

  if (!refresh)
    node = warmup ? memo_store_find (self->values, &key, now) : memo_store_use (self->values, &key, now);
  if (node != NULL)
    {
      entry = memo_entry_ref (node->entry);
      self->counters.hits += counted;
      early = self->early_refresh > 0.0 && loader != NULL && !warmup &&
              memo_early_is_due (self, node, (flags & MEMO_GET_LOOKED_UP) != 0, now);
      g_mutex_unlock (&self->lock);
      memo_call_return_entry (request, g_steal_pointer (&entry));
      if (early)
        memo_early_refresh (self, key_text, loader);
      return;
    }

  if (counted)
    self->counters.misses++;

  if (!refresh && (node = memo_store_find (self->errors, &key, now)) != NULL)
    {
      failure = memo_entry_ref (node->entry);
    }
  else if (memo_frame_loads (self, key_text))
    {
      recursive = TRUE;
    }
  else
    {
      flight = memo_flights_find (self, &key, now, &trash);
      if (flight != NULL && memo_early_gives_way (self, flight, &trash))
        late = g_steal_pointer (&flight);
      /* A refresh that cannot load has nothing of a flight that only reads, and must not make it a miss for others. */
      if (flight != NULL && refresh && loader == NULL && flight->loader == memo_loader_get_none ())
        flight = NULL;
      joined = flight != NULL;

      if (joined)
        given = join (self, flight, request, &kept, refresh, now);
      else if (kept != NULL)
        flight = memo_flights_add (self, &key, g_steal_pointer (&kept), request, refresh, now);

      if (joined && !warmup)
        self->counters.coalesced++;
      if (flight != NULL)
        memo_flight_ref (flight);
    }

  g_mutex_unlock (&self->lock);

  if (late != NULL)
    memo_early_end (self, late);
  memo_trash_empty (&trash);

  if (flight != NULL)
    {
      /* The request keeps its context until it is left, after this. */
      if (given)
        memo_loading_watch_all (self, flight);
      else
        memo_loading_watch (self, flight, request->context);
      if (!joined)
        memo_launch (self, flight, request->context);
      memo_flight_unref (flight);
    }
  else if (failure != NULL)
    {
      memo_call_return_error (request, g_error_copy (memo_entry_get_error (failure)));
    }
  else if (recursive)
    {
      memo_call_return_error (request, g_error_new (MEMO_ERROR, MEMO_ERROR_RECURSION,
                                                    "The loader of “%s” asked for “%s” itself, and would wait for ever",
                                                    key_text, key_text));
    }
  else
    {
      memo_call_return_entry (request, NULL);
    }
}

/* Ends all loads: who waits is told that the cache is closed. */
void
memo_loading_close (MemoAsyncCache *self)
{
  for (;;)
    {
      MemoFlight *flight;

      memo_lock (&self->lock);
      flight = self->all_flights;
      if (flight != NULL)
        memo_flight_ref (flight);
      g_mutex_unlock (&self->lock);

      if (flight == NULL)
        return;

      if (memo_loading_answer (self, flight, NULL,
                               g_error_new_literal (MEMO_ERROR, MEMO_ERROR_CLOSED, "The cache was closed")))
        cancel_flight (flight);
      memo_flight_unref (flight);
    }
}
