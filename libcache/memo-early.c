/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "memo-async-cache-private.h"
#include "memo-entry-private.h"
#include "memo-error.h"
#include "memo-frame-private.h"

/* Early refresh: an entry that many ask for is loaded anew shortly before it expires, and nobody waits for that.
 *
 * Each get that hits draws lots.  The closer the end of the entry, the longer its load took, and the more gets there are,
 * the sooner one of them draws the load: XFetch, from A. Vattani, F. Chierichetti and K. Lowenstein, “Optimal Probabilistic
 * Cache Stampede Prevention”, Proceedings of the VLDB Endowment 8 (8), 2015. */

/* No logarithm of what g_random_double() gives is larger: that has 53 bits. */
#define LARGEST_DRAW 37.0

/* The time that a load took, as a node has it. */
guint32
memo_early_load_time (gint64 duration)
{
  return (guint32) CLAMP (duration, 0, G_MAXUINT32);
}

/* With the lock held: whether this get is to have NODE, which it hits, refreshed; where a look-up has DRAWN that already, there is no other draw. */
gboolean
memo_early_is_due (MemoAsyncCache *self,
                   const MemoNode *node,
                   gboolean        drawn,
                   gint64          now)
{
  const double scale = node->load_time * self->early_refresh;
  const double left = (double) node->deadline - (double) now;

  /* Nearly always it is too early for any draw, and none is made. */
  if (scale <= 0.0 || node->deadline == MEMO_NEVER || left > scale * LARGEST_DRAW)
    return FALSE;

  return drawn || -log (1.0 - g_random_double ()) * scale >= left;
}

/* A look-up that misses, and is a hit all the same, where a get is to have the entry refreshed. */
MemoEntry *
memo_early_lookup (MemoAsyncCache *self,
                   const char     *key_text)
{
  MemoEntry *entry = memo_level_one_lookup (MEMO_CACHE (self), key_text);
  MemoKey key = memo_key (key_text);
  gboolean due = FALSE;
  MemoNode *node;
  gint64 now;

  if (entry == NULL)
    return NULL;

  now = memo_async_cache_now (self);
  g_mutex_lock (&self->lock);
  if (self->early_refresh > 0.0)
    {
      node = memo_store_find (self->values, &key, now);
      due = node != NULL && memo_early_is_due (self, node, FALSE, now);
    }
  g_mutex_unlock (&self->lock);

  if (due)
    g_clear_pointer (&entry, memo_entry_unref);

  return entry;
}

/* Has KEY loaded by LOADER, for nobody, in the thread-default context. */
void
memo_early_refresh (MemoAsyncCache *self,
                    const char     *key_text,
                    MemoLoader     *loader)
{
  MemoKey key = memo_key (key_text);
  const gint64 now = memo_async_cache_now (self);
  g_autoptr(MemoCall) request = memo_call_new_request (self, memo_early_refresh, NULL, NULL, NULL);
  g_autoptr(MemoLoader) kept = g_object_ref (loader);
  MemoFlight *flight = NULL;
  MemoTrash trash = { 0 };
  MemoNode *node;

  memo_call_enter (request);

  memo_lock (&self->lock);
  node = memo_store_find (self->values, &key, now);
  /* Somebody else may have begun it meanwhile, and a loader that asks for what it loads is not to wait for itself. */
  if (!self->closed && node != NULL && node->load_time > 0 && !memo_frame_loads (self, key_text) &&
      memo_flights_find (self, &key, now, &trash) == NULL)
    {
      flight = memo_flight_ref (memo_flights_add (self, &key, g_steal_pointer (&kept), request, FALSE, now));
      flight->beyond = node->deadline + node->load_time;
      /* Once for an entry: where the source fails, it is asked again when the entry has expired, and not before. */
      node->load_time = 0;
    }
  g_mutex_unlock (&self->lock);

  memo_trash_empty (&trash);
  if (flight != NULL)
    {
      memo_loading_watch (self, flight, request->context);
      memo_launch (self, flight, request->context);
      memo_flight_unref (flight);
    }
  else
    {
      memo_call_return_entry (request, NULL);
    }

  memo_call_leave (request);
}

/* With the lock held: whether somebody who is going to wait takes the place of FLIGHT, an early refresh whose loader was not called.  The context
 * in which that was to be is of somebody who does not wait for it, and need not turn.  The caller ends it, once the lock is released. */
gboolean
memo_early_gives_way (MemoAsyncCache *self,
                      MemoFlight     *flight,
                      MemoTrash      *trash)
{
  if (flight->beyond == 0 || flight->started || flight->first != flight->last)
    return FALSE;

  memo_flights_detach (self, flight, trash);

  return TRUE;
}

/* Nothing comes of it, and nobody is told. */
void
memo_early_end (MemoAsyncCache *self,
                MemoFlight     *flight)
{
  memo_loading_answer (self, flight, NULL, g_error_new_literal (MEMO_ERROR, MEMO_ERROR_UNAVAILABLE,
                                                                "An early refresh has nothing to store"));
}

/* There is no point in going on with an early refresh: it ends, unless somebody has come to wait for what it brings.  Says whether it ended. */
gboolean
memo_early_give_up (MemoAsyncCache *self,
                    MemoFlight     *flight)
{
  MemoTrash trash = { 0 };
  gboolean alone;

  /* It is what it is from its beginning. */
  if (flight->beyond == 0)
    return FALSE;

  memo_lock (&self->lock);
  alone = flight->first == flight->last && !flight->over;
  if (alone && flight->current)
    memo_flights_detach (self, flight, &trash);
  g_mutex_unlock (&self->lock);

  memo_trash_empty (&trash);
  if (alone)
    memo_early_end (self, flight);

  return alone;
}
