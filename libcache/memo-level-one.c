/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-async-cache-private.h"
#include "memo-entry-private.h"
#include "memo-error.h"
#include "memo-time-private.h"

/* The cache as far as it is memory: MemoCache on the store.  What is there is answered here; what is
 * not is loaded by memo-loading.c. */

/* With the lock held: what a set or a load brought takes the place of what is there.  NULL is
 * "there is none". */
void
memo_level_one_keep (MemoAsyncCache    *self,
                     const MemoKey     *key,
                     MemoEntry         *entry,
                     double             loader_ttl,
                     const MemoTagSet  *tags,
                     const MemoArrival *arrival,
                     gint64             now,
                     MemoTrash         *trash)
{
  const gboolean held = memo_brackets_hold (&self->brackets, key, tags);
  double ttl = entry != NULL ? memo_entry_get_ttl (entry) : 0.0;
  gint64 deadline;
  gint64 until;
  MemoNode *node;

  if (ttl == MEMO_TTL_DEFAULT)
    ttl = loader_ttl;
  if (ttl == MEMO_TTL_DEFAULT)
    ttl = self->default_ttl;

  memo_store_remove (self->errors, key, now, &trash->nodes);

  if (ttl == 0.0 || held)
    {
      memo_store_remove (self->values, key, now, &trash->nodes);
      /* Where it is not this key that is being changed, but a tag, a tier may have an older value without that. */
      if (arrival->promoted_until == 0)
        memo_tiers_remove (self, key, arrival->absent, arrival->ack, trash);
      if (self->remote != NULL && (arrival->set || memo_remote_load_replaces (arrival->load)))
        memo_tiers_invalidate (self, key, arrival->ack, trash);
      return;
    }

  deadline = memo_time_after (now, ttl);
  if (arrival->promoted_until != 0)
    deadline = MIN (deadline, arrival->promoted_until);
  until = deadline;
  if (self->remote != NULL && arrival->promoted_until == 0)
    until = MIN (until, memo_remote_memory_deadline (self->remote, arrival->load, arrival->set, tags, arrival->duration,
                                                     self->lease_end, now));

  if (until > now)
    {
      node = memo_node_new (key, memo_entry_ref (entry), until, memo_tag_set_size (tags));
      node->leased = self->remote != NULL && arrival->promoted_until != 0;
      if (until == deadline)
        node->load_time = memo_early_load_time (arrival->duration);
      memo_store_put (self->values, node, tags, memo_async_cache_limit (self), now, &trash->nodes);
    }
  else
    {
      memo_store_remove (self->values, key, now, &trash->nodes);
    }
  if (memo_tiers_exist (self))
    memo_tiers_store (self, key, entry, tags, deadline, arrival, trash);

  if (self->husks != NULL)
    memo_store_drain (self->husks, 2, &trash->nodes);
}

/* With the lock held: look-ups need not take it any more. */
void
memo_level_one_share (MemoAsyncCache *self)
{
  MemoReaders *readers = memo_readers_new ();

  memo_store_share (self->values, readers);
  g_atomic_pointer_set (&self->readers, readers);
}

/* Locks the cache for a look-up, and sees to it that look-ups do not wait for each other for long. */
static void
lock_to_look_up (MemoAsyncCache *self)
{
  if (G_LIKELY (g_mutex_trylock (&self->lock)))
    return;

  memo_lock (&self->lock);
  if (self->readers == NULL && ++self->n_waits >= MEMO_PATIENCE)
    memo_level_one_share (self);
}

/* The time, read before any lock from a clock that may be anybody's; the boot clock is read under it, where it has to be. */
static inline gint64
time_if_anybodys (MemoAsyncCache *self)
{
  return self->boot_time ? MEMO_TIME_UNREAD : memo_clock_get_time (self->clock);
}

MemoEntry *
memo_level_one_lookup (MemoCache  *cache,
                       const char *key_text)
{
  MemoAsyncCache *self = MEMO_ASYNC_CACHE (cache);
  MemoReaders *readers = g_atomic_pointer_get (&self->readers);
  MemoKey key = memo_key (key_text);
  gint64 now = time_if_anybodys (self);
  MemoEntry *entry = NULL;
  MemoNode *node;

  if (readers != NULL)
    {
      MemoReadersPart *part = memo_readers_enter (readers);

      node = memo_store_use_shared (self->values, &key, now);
      if (node != NULL)
        entry = memo_entry_ref (node->entry);
      part->hits += node != NULL;
      part->misses += node == NULL;
      memo_readers_leave (part);
    }
  else
    {
      lock_to_look_up (self);
      node = memo_store_use (self->values, &key, now);
      if (node != NULL)
        entry = memo_entry_ref (node->entry);
      self->counters.hits += node != NULL;
      self->counters.misses += node == NULL;
      g_mutex_unlock (&self->lock);
    }

  return entry;
}

static MemoEntry *
memo_level_one_peek (MemoCache  *cache,
                     const char *key_text)
{
  MemoAsyncCache *self = MEMO_ASYNC_CACHE (cache);
  MemoReaders *readers = g_atomic_pointer_get (&self->readers);
  MemoKey key = memo_key (key_text);
  gint64 now = time_if_anybodys (self);
  MemoReadersPart *part = NULL;
  MemoEntry *entry = NULL;
  MemoNode *node;

  if (readers != NULL)
    part = memo_readers_enter (readers);
  else
    lock_to_look_up (self);

  node = memo_store_find (self->values, &key, now);
  if (node != NULL)
    entry = memo_entry_ref (node->entry);

  if (part != NULL)
    memo_readers_leave (part);
  else
    g_mutex_unlock (&self->lock);

  return entry;
}

static void
memo_level_one_get (MemoCache    *cache,
                    const char   *key,
                    MemoGetFlags  flags,
                    MemoLoader   *loader,
                    MemoCall     *call)
{
  memo_loading_get (MEMO_ASYNC_CACHE (cache), key, flags, loader, call);
}

/* With the lock held: whether it matters what time it is when ENTRY is set. */
static gboolean
expires (MemoAsyncCache *self,
         MemoEntry      *entry)
{
  double ttl = memo_entry_get_ttl (entry);

  if (ttl == MEMO_TTL_DEFAULT)
    ttl = self->default_ttl;

  return ttl != MEMO_TTL_FOREVER || self->values->heap.length > 0 || self->errors->heap.length > 0;
}

/* A get was cancelled before it could be asked. */
static void
memo_level_one_missed (gpointer cache)
{
  MemoAsyncCache *self = cache;

  g_mutex_lock (&self->lock);
  self->counters.misses++;
  g_mutex_unlock (&self->lock);
}

void
memo_level_one_take (gpointer    cache,
                     const char *key_text,
                     MemoEntry  *entry,
                     gpointer    call)
{
  MemoAsyncCache *self = cache;
  MemoArrival arrival = { .set = TRUE, .ack = memo_tiers_begin_ack (self, call, FALSE) };
  MemoKey key = memo_key (key_text);
  gint64 now = time_if_anybodys (self);
  MemoTagSet *tags = NULL;
  MemoTrash trash = { 0 };
  gboolean arm = FALSE;
  gboolean closed;

  memo_entry_seal (entry);
  memo_tag_set_add (&tags, memo_entry_get_tags (entry));

  g_mutex_lock (&self->lock);
  closed = self->closed;
  if (!closed)
    {
      if (now == MEMO_TIME_UNREAD && (self->remote != NULL || expires (self, entry)))
        now = memo_boot_clock_now ();
      memo_level_one_overtake (self, &key, &trash);
      memo_level_one_keep (self, &key, entry, MEMO_TTL_DEFAULT, tags, &arrival, now, &trash);
      arm = memo_sweep_is_due_earlier (self);
    }
  g_mutex_unlock (&self->lock);

  memo_tag_set_free (tags);
  if (arm)
    memo_sweep_arm (self);
  memo_tiers_end_ack (arrival.ack, call, closed);

  /* Last, since the end of a value may be the end of the cache. */
  memo_trash_empty (&trash);
  memo_entry_unref (entry);
}

static void
memo_level_one_flush (MemoCache *cache,
                      MemoCall  *call)
{
  MemoAsyncCache *self = MEMO_ASYNC_CACHE (cache);
  gboolean closed;

  g_mutex_lock (&self->lock);
  closed = self->closed;
  g_mutex_unlock (&self->lock);

  if (closed)
    memo_tiers_end_ack (NULL, call, TRUE);
  else
    memo_tiers_flush (self, call);
}

static void
memo_level_one_close (MemoCache *cache,
                      MemoCall  *call)
{
  MemoAsyncCache *self = MEMO_ASYNC_CACHE (cache);

  g_mutex_lock (&self->lock);
  self->closed = TRUE;
  g_mutex_unlock (&self->lock);

  memo_loading_close (self);
  /* Of a closed cache the memory alone. */
  memo_level_one_clear (cache);
  memo_tiers_flush (self, call);
}

static MemoMetrics *
memo_level_one_get_metrics (MemoCache *cache)
{
  MemoAsyncCache *self = MEMO_ASYNC_CACHE (cache);
  MemoMetrics *metrics;
  guint64 asked;

  g_mutex_lock (&self->lock);
  metrics = memo_metrics_copy (&self->counters);
  memo_readers_count (self->readers, &metrics->hits, &metrics->misses);
  metrics->evictions = self->values->evictions;
  metrics->expirations = self->values->expirations;
  metrics->invalidations = self->values->invalidations;
  metrics->size = memo_store_size (self->values);
  metrics->bytes = self->values->bytes;
  g_mutex_unlock (&self->lock);

  if (self->tiers[MEMO_REMOTE] != NULL)
    metrics->remote_failures = memo_tier_get_failures (self->tiers[MEMO_REMOTE]);
  if (self->remote != NULL)
    memo_remote_count (self->remote, metrics);
  if (self->tiers[MEMO_BACKUP] != NULL)
    metrics->backup_failures = memo_tier_get_failures (self->tiers[MEMO_BACKUP]);

  asked = metrics->hits + metrics->misses;
  metrics->hit_rate = asked > 0 ? (double) metrics->hits / asked : 0.0;

  return metrics;
}

static void
memo_level_one_reset_metrics (MemoCache *cache)
{
  MemoAsyncCache *self = MEMO_ASYNC_CACHE (cache);

  g_mutex_lock (&self->lock);
  self->counters = (MemoMetrics) { 0 };
  memo_readers_reset (self->readers);
  self->values->evictions = 0;
  self->values->expirations = 0;
  self->values->invalidations = 0;
  g_mutex_unlock (&self->lock);

  if (self->remote != NULL)
    memo_remote_reset_failures (self->remote);
  for (guint i = 0; i < MEMO_N_TIERS; i++)
    {
      if (self->tiers[i] != NULL)
        memo_tier_reset_failures (self->tiers[i]);
    }
}

void
memo_level_one_iface_init (MemoCacheInterface *iface)
{
  iface->lookup = memo_level_one_lookup;
  iface->peek = memo_level_one_peek;
  iface->get = memo_level_one_get;
  iface->take = memo_level_one_take;
  iface->drop = memo_level_one_drop;
  iface->drop_all = memo_level_one_drop_all;
  iface->drop_tags = memo_level_one_drop_tags;
  iface->missed = memo_level_one_missed;
  iface->remove = memo_level_one_remove;
  iface->clear = memo_level_one_clear;
  iface->invalidate_tags = memo_level_one_invalidate_tags;
  iface->flush = memo_level_one_flush;
  iface->close = memo_level_one_close;
  iface->begin_mutation = memo_level_one_begin_mutation;
  iface->end_mutation = memo_level_one_end_mutation;
  iface->get_metrics = memo_level_one_get_metrics;
  iface->reset_metrics = memo_level_one_reset_metrics;
}
