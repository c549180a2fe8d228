/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-async-cache-private.h"

/* What goes without being asked for: the expired, what an invalidated tag left behind, what is
 * over a lowered limit, and what was cleared.  One source of the cache's clock, in the
 * context of the cache's maker, is ready when there is something to do, and does a slice of it
 * a turn. */

/* The expired are gathered for so long: not a turn of the loop for each. */
#define MIN_INTERVAL (G_USEC_PER_SEC / 4)

/* How many values may stay: a limit may have been lowered, or a part be trimmed. */
static MemoLimit
limit (MemoAsyncCache *self)
{
  MemoLimit limit = memo_async_cache_limit (self);

  limit.count = MIN (limit.count, memo_store_size (self->values) - self->values->trim_left);

  return limit;
}

/* When there is something to do; G_MININT64 is at once. */
static gint64
due (MemoAsyncCache *self)
{
  if (self->husks != NULL)
    return G_MININT64;

  return MIN (memo_store_next_sweep (self->values, limit (self)),
              memo_store_next_sweep (self->errors, memo_async_cache_limit (self)));
}

/* The same, with some patience for what expires one after another. */
static gint64
next_sweep (MemoAsyncCache *self)
{
  gint64 time = due (self);

  if (time == G_MININT64 || time == MEMO_NEVER)
    return time;

  return MAX (time, MIN (self->last_sweep, MEMO_NEVER - MIN_INTERVAL) + MIN_INTERVAL);
}

/* With the lock held: whether memo_sweep_arm() has anything to do. */
gboolean
memo_sweep_is_due_earlier (MemoAsyncCache *self)
{
  return next_sweep (self) < self->sweep_time;
}

/* With the lock held: nothing is armed any more.  The source is the caller's. */
static GSource *
disarm (MemoAsyncCache *self)
{
  self->sweep_time = MEMO_NEVER;
  self->sweep_ticket++;

  return g_steal_pointer (&self->sweep_source);
}

static void
release_source (GSource *source)
{
  if (source == NULL)
    return;

  g_source_destroy (source);
  g_source_unref (source);
}

/* With the lock held: a slice of the work.  Small changes are whole ones with it. */
void
memo_sweep_slice (MemoAsyncCache  *self,
                  gint64           now,
                  MemoNode       **garbage)
{
  memo_store_sweep (self->values, limit (self), now, MEMO_STORE_SLICE, garbage);
  memo_store_sweep (self->errors, memo_async_cache_limit (self), now, MEMO_STORE_SLICE, garbage);
}

static gboolean
sweep_cb (gpointer user_data)
{
  g_autoptr(MemoAsyncCache) self = g_weak_ref_get (user_data);
  g_autoptr(GSource) source = NULL;
  MemoNode *garbage = NULL;
  MemoStore *emptied = NULL;
  gboolean more;
  gint64 now;

  if (self == NULL)
    return G_SOURCE_REMOVE;

  now = memo_async_cache_now (self);

  g_mutex_lock (&self->lock);
  if (self->husks == NULL)
    {
      memo_sweep_slice (self, now, &garbage);
    }
  else if (!memo_store_drain (self->husks, MEMO_STORE_SLICE, &garbage))
    {
      emptied = self->husks;
      self->husks = emptied->next;
    }
  self->last_sweep = now;
  more = due (self) <= now;
  if (!more)
    source = disarm (self);
  g_mutex_unlock (&self->lock);

  memo_garbage_free (garbage);
  g_clear_pointer (&emptied, memo_store_free);

  if (more)
    return G_SOURCE_CONTINUE;

  memo_sweep_arm (self);

  return G_SOURCE_REMOVE;
}

static void
weak_ref_free (gpointer data)
{
  g_weak_ref_clear (data);
  g_free (data);
}

/* Sees to it that the cache is swept when it has to be. */
void
memo_sweep_arm (MemoAsyncCache *self)
{
  g_autoptr(GSource) source = NULL;
  GSource *old;
  GWeakRef *weak;
  gboolean current;
  gint64 time;
  guint ticket;

  g_mutex_lock (&self->lock);
  time = next_sweep (self);
  if (time >= self->sweep_time)
    {
      g_mutex_unlock (&self->lock);
      return;
    }
  old = disarm (self);
  self->sweep_time = time;
  ticket = self->sweep_ticket;
  g_mutex_unlock (&self->lock);

  release_source (old);

  weak = g_new (GWeakRef, 1);
  g_weak_ref_init (weak, self);
  source = memo_clock_create_source (self->clock, time);
  g_source_set_static_name (source, "[libcache] sweep");
  g_source_set_callback (source, sweep_cb, weak, weak_ref_free);
  g_source_attach (source, self->context);

  /* Meanwhile it may have run, or another thread may have armed for an earlier time. */
  g_mutex_lock (&self->lock);
  current = ticket == self->sweep_ticket;
  if (current)
    self->sweep_source = g_source_ref (source);
  g_mutex_unlock (&self->lock);

  if (!current)
    g_source_destroy (source);
}

/* When the cache ends. */
void
memo_sweep_stop (MemoAsyncCache *self)
{
  GSource *source;

  g_mutex_lock (&self->lock);
  source = disarm (self);
  g_mutex_unlock (&self->lock);

  release_source (source);
}

static gboolean
drain_cb (gpointer user_data)
{
  MemoNode *garbage = NULL;
  gboolean more = memo_store_drain (user_data, MEMO_STORE_SLICE, &garbage);

  memo_garbage_free (garbage);

  return more ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

/* Gives back a store that is out of use: a small one now, a large one in slices. */
void
memo_sweep_husk (MemoAsyncCache *self,
                 MemoStore      *husk)
{
  g_autoptr(GSource) source = NULL;

  if (memo_store_is_one_slice (husk))
    {
      memo_store_free (husk);
      return;
    }

  source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_static_name (source, "[libcache] drain");
  g_source_set_callback (source, drain_cb, husk, (GDestroyNotify) memo_store_free);
  g_source_attach (source, self->context);
}
