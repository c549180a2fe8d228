/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-async-cache-private.h"

/* What makes entries wrong: deletes, clears, tags that are invalidated, and changes of the source; those of this cache, and what a remote
 * tier says of others. */

/* With the lock held: what is loading KEY is overtaken. */
void
memo_level_one_overtake (MemoAsyncCache *self,
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

/* With the lock held: puts FRESH in the place of a store that is cleared.  Gives the old one, to
 * be freed without the lock, unless it is large: that goes in slices. */
static MemoStore *
replace_store (MemoAsyncCache  *self,
               MemoStore      **store,
               MemoStore       *fresh)
{
  MemoStore *old = *store;

  fresh->lease_end = old->lease_end;
  fresh->evictions = old->evictions;
  fresh->expirations = old->expirations;
  fresh->invalidations = old->invalidations + memo_store_size (old);
  memo_store_share (fresh, old->readers);
  memo_readers_stop (old->readers);
  *store = fresh;
  memo_readers_resume (old->readers);
  memo_store_share (old, NULL);

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
  memo_level_one_overtake (self, key, trash);
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

gboolean
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

gboolean
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

void
memo_level_one_drop_all (gpointer cache,
                         gpointer call)
{
  invalidate (cache, NULL, NULL, TRUE, AT_ONCE, NULL, call);
}

void
memo_level_one_clear (MemoCache *cache)
{
  memo_level_one_drop_all (cache, NULL);
}

void
memo_level_one_drop_tags (gpointer            cache,
                          const char * const *tags,
                          gpointer            call)
{
  MemoTagSet *set = NULL;

  memo_tag_set_add (&set, tags);
  invalidate (cache, NULL, set, FALSE, AT_ONCE, NULL, call);
  memo_tag_set_free (set);
}

void
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

void
memo_level_one_begin_mutation (MemoCache    *cache,
                               MemoMutation *mutation,
                               MemoCall     *call)
{
  bracket (cache, mutation, BEGIN, call);
}

void
memo_level_one_end_mutation (MemoCache    *cache,
                             MemoMutation *mutation,
                             MemoCall     *call)
{
  bracket (cache, mutation, END, call);
}
