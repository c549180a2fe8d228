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
      if (self->remote != NULL && arrival->set)
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
      memo_store_put (self->values, node, tags, memo_async_cache_limit (self), now, &trash->nodes);
    }
  else
    {
      memo_store_remove (self->values, key, now, &trash->nodes);
    }
  memo_tiers_store (self, key, entry, tags, deadline, arrival, trash);

  if (self->husks != NULL)
    memo_store_drain (self->husks, 2, &trash->nodes);
}

static MemoEntry *
memo_level_one_lookup (MemoCache  *cache,
                       const char *key_text)
{
  MemoAsyncCache *self = MEMO_ASYNC_CACHE (cache);
  MemoKey key = memo_key (key_text);
  gint64 now = memo_async_cache_now (self);
  MemoEntry *entry = NULL;
  MemoNode *node;

  g_mutex_lock (&self->lock);

  node = memo_async_cache_find (self, &key, now);
  if (node != NULL)
    {
      memo_store_touch (self->values, node);
      entry = memo_entry_ref (node->entry);
      self->counters.hits++;
    }
  else
    {
      self->counters.misses++;
    }

  g_mutex_unlock (&self->lock);

  return entry;
}

static MemoEntry *
memo_level_one_peek (MemoCache  *cache,
                     const char *key_text)
{
  MemoAsyncCache *self = MEMO_ASYNC_CACHE (cache);
  MemoKey key = memo_key (key_text);
  gint64 now = memo_async_cache_now (self);
  MemoEntry *entry = NULL;
  MemoNode *node;

  g_mutex_lock (&self->lock);
  node = memo_async_cache_find (self, &key, now);
  if (node != NULL)
    entry = memo_entry_ref (node->entry);
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

/* With the lock held: what is loading KEY is overtaken. */
static void
outdate (MemoAsyncCache *self,
         const MemoKey  *key,
         MemoTrash      *trash)
{
  memo_flights_outdate (self, key, trash);

  if (self->n_extra_batches > 0)
    {
      MemoTagSet *key_alone = NULL;

      memo_tag_set_add (&key_alone, (const char *[]) { key->text, NULL });
      memo_fence_invalidate (&self->key_fence, key_alone);
      memo_tag_set_free (key_alone);
    }
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

static void
memo_level_one_take (gpointer    cache,
                     const char *key_text,
                     MemoEntry  *entry,
                     gpointer    call)
{
  MemoAsyncCache *self = cache;
  MemoArrival arrival = { .set = TRUE, .ack = memo_tiers_begin_ack (self, call, FALSE) };
  MemoKey key = memo_key (key_text);
  gint64 now = memo_async_cache_now (self);
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
      outdate (self, &key, &trash);
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

/* With the lock held: puts FRESH in the place of a store that is cleared.  Gives the old one, to
 * be freed without the lock, unless it is large: that goes in slices. */
static MemoStore *
replace_store (MemoAsyncCache  *self,
               MemoStore      **store,
               MemoStore       *fresh)
{
  MemoStore *old = *store;

  fresh->evictions = old->evictions;
  fresh->expirations = old->expirations;
  fresh->invalidations = old->invalidations + memo_store_size (old);
  *store = fresh;

  if (memo_store_is_one_slice (old))
    return old;

  old->next = self->husks;
  self->husks = old;

  return NULL;
}

/* With the lock held: drops everything.  FRESH are two new stores; those in their places when it
 * returns, if any, are to be freed without the lock. */
static void
drop_everything (MemoAsyncCache *self,
                 MemoStore      *fresh[2],
                 gboolean        in_tiers,
                 MemoTierAck    *ack,
                 MemoTrash      *trash)
{
  if (in_tiers)
    memo_tiers_clear (self, ack, trash);
  memo_flights_outdate_all (self, trash);
  if (self->n_extra_batches > 0)
    memo_fence_invalidate_all (&self->key_fence);

  fresh[0] = replace_store (self, &self->values, fresh[0]);
  fresh[1] = replace_store (self, &self->errors, fresh[1]);
}

/* With the lock held: drops what carries one of TAGS. */
static void
drop_tags (MemoAsyncCache   *self,
           const MemoTagSet *tags,
           gboolean          in_tiers,
           MemoTierAck      *ack,
           MemoTrash        *trash)
{
  if (in_tiers)
    memo_tiers_drop_tags (self, tags, ack, trash);
  if (self->all_flights != NULL || self->n_extra_batches > 0 ||
      (self->remote != NULL && g_hash_table_size (self->remote->fills) > 0))
    memo_fence_invalidate (&self->fence, tags);

  for (guint i = 0; i < memo_tag_set_size (tags); i++)
    {
      memo_store_invalidate_tag (self->values, memo_tag_set_get (tags, i));
      memo_store_invalidate_tag (self->errors, memo_tag_set_get (tags, i));
    }
}

/* With the lock held: drops a key.  Says whether it was there. */
static gboolean
drop_key (MemoAsyncCache *self,
          const MemoKey  *key,
          gint64          now,
          gboolean        in_tiers,
          MemoTierAck    *ack,
          MemoTrash      *trash)
{
  outdate (self, key, trash);
  if (in_tiers)
    memo_tiers_remove (self, key, 0, ack, trash);
  memo_store_remove (self->errors, key, now, &trash->nodes);

  return memo_store_remove (self->values, key, now, &trash->nodes);
}

/* What somebody else changed; with the lock held.  In memory alone: where it was changed, it is known. */
gboolean
memo_level_one_outdate_key (MemoAsyncCache *self,
                            const MemoKey  *key,
                            gint64          now,
                            MemoTrash      *trash)
{
  return drop_key (self, key, now, FALSE, NULL, trash);
}

void
memo_level_one_outdate_tags (MemoAsyncCache   *self,
                             const MemoTagSet *tags)
{
  drop_tags (self, tags, FALSE, NULL, NULL);
}

/* FRESH are two new stores; those in their places when it returns, if any, are to be freed without the lock. */
void
memo_level_one_outdate_all (MemoAsyncCache *self,
                            MemoStore      *fresh[2],
                            MemoTrash      *trash)
{
  drop_everything (self, fresh, FALSE, NULL, trash);
}

static gboolean
memo_level_one_drop (gpointer    cache,
                     const char *key_text,
                     gpointer    call)
{
  MemoAsyncCache *self = cache;
  MemoTierAck *ack = memo_tiers_begin_ack (self, call, FALSE);
  MemoKey key = memo_key (key_text);
  gint64 now = memo_async_cache_now (self);
  MemoTrash trash = { 0 };
  gboolean removed;
  gboolean closed;

  g_mutex_lock (&self->lock);
  closed = self->closed;
  removed = drop_key (self, &key, now, !closed, ack, &trash);
  if (!closed)
    memo_tiers_invalidate (self, &key, ack, &trash);
  g_mutex_unlock (&self->lock);

  memo_tiers_end_ack (ack, call, closed);
  memo_trash_empty (&trash);

  return removed;
}

static gboolean
memo_level_one_remove (MemoCache  *cache,
                       const char *key)
{
  return memo_level_one_drop (cache, key, NULL);
}

/* A change of the source, or a part of one, as what the lock is taken for once. */
typedef enum
{
  AT_ONCE,
  BEGIN,
  END,
} Moment;

static void
invalidate (MemoAsyncCache   *self,
            const MemoTagSet *keys,
            const MemoTagSet *tags,
            gboolean          everything,
            Moment            moment,
            gconstpointer     change,
            MemoCall         *call)
{
  /* What a tier fails to do in the beginning, it is asked for again, and is not read meanwhile. */
  MemoTierAck *ack = memo_tiers_begin_ack (self, call, moment == BEGIN);
  gint64 now = memo_async_cache_now (self);
  MemoStore *stores[2] = { NULL, NULL };
  MemoTrash trash = { 0 };
  gboolean in_tiers;
  gboolean closed;
  gboolean arm;

  if (everything)
    {
      stores[0] = memo_store_new (self->eviction_policy);
      stores[1] = memo_store_new (MEMO_EVICTION_LRU);
    }

  g_mutex_lock (&self->lock);

  /* A change of the source counts for the tiers though this cache was closed: others will read them. */
  closed = self->closed;
  in_tiers = !closed || moment != AT_ONCE;

  for (guint i = 0; i < memo_tag_set_size (keys); i++)
    drop_key (self, memo_tag_set_get (keys, i), now, in_tiers, ack, &trash);
  if (tags != NULL)
    drop_tags (self, tags, in_tiers, ack, &trash);
  if (everything)
    drop_everything (self, stores, in_tiers, ack, &trash);

  if (moment == BEGIN)
    memo_brackets_open (&self->brackets, keys, tags, everything);
  else if (moment == END)
    memo_brackets_close (&self->brackets, keys, tags, everything);

  if (self->remote != NULL && in_tiers && moment == BEGIN)
    memo_remote_note_fence (self->remote, change, keys, tags, everything, self->strict_changes, ack, &trash.remote);
  else if (self->remote != NULL && in_tiers && moment == END)
    memo_remote_note_unfence (self->remote, change, ack, &trash.remote);
  else if (self->remote != NULL && in_tiers)
    memo_remote_note_change (self->remote, keys, tags, everything, ack, &trash.remote);

  memo_sweep_slice (self, now, &trash.nodes);
  arm = memo_sweep_is_due_earlier (self);

  g_mutex_unlock (&self->lock);

  if (arm)
    memo_sweep_arm (self);
  memo_tiers_end_ack (ack, call, closed && moment == AT_ONCE);

  g_clear_pointer (&stores[0], memo_store_free);
  g_clear_pointer (&stores[1], memo_store_free);
  memo_trash_empty (&trash);
}

static void
memo_level_one_drop_all (gpointer cache,
                         gpointer call)
{
  invalidate (cache, NULL, NULL, TRUE, AT_ONCE, NULL, call);
}

static void
memo_level_one_clear (MemoCache *cache)
{
  memo_level_one_drop_all (cache, NULL);
}

static void
memo_level_one_drop_tags (gpointer            cache,
                          const char * const *tags,
                          gpointer            call)
{
  MemoTagSet *set = NULL;

  memo_tag_set_add (&set, tags);
  invalidate (cache, NULL, set, FALSE, AT_ONCE, NULL, call);
  memo_tag_set_free (set);
}

static void
memo_level_one_invalidate_tags (MemoCache          *cache,
                                const char * const *tags)
{
  memo_level_one_drop_tags (cache, tags, NULL);
}

static void
bracket (MemoCache    *cache,
         MemoMutation *mutation,
         Moment        moment,
         MemoCall     *call)
{
  MemoTagSet *keys = NULL;
  MemoTagSet *tags = NULL;

  memo_tag_set_add (&keys, memo_mutation_get_keys (mutation));
  memo_tag_set_add (&tags, memo_mutation_get_tags (mutation));
  invalidate (MEMO_ASYNC_CACHE (cache), keys, tags, memo_mutation_get_everything (mutation), moment, mutation,
              call);
  memo_tag_set_free (keys);
  memo_tag_set_free (tags);
}

static void
memo_level_one_begin_mutation (MemoCache    *cache,
                               MemoMutation *mutation,
                               MemoCall     *call)
{
  bracket (cache, mutation, BEGIN, call);
}

static void
memo_level_one_end_mutation (MemoCache    *cache,
                             MemoMutation *mutation,
                             MemoCall     *call)
{
  bracket (cache, mutation, END, call);
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
