/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-async-cache-private.h"
#include "memo-error.h"
#include "memo-remote-private.h"

/* The remote tier of one cache: its life, what the backend says, and what that does to the memory. */

/* --- life --- */

MemoRemote *
memo_remote_new (MemoAsyncCache    *cache,
                 MemoRemoteBackend *backend)
{
  MemoRemote *self = g_new0 (MemoRemote, 1);
  g_autofree char *origin = memo_clock_dup_origin (cache->clock);

  g_atomic_ref_count_init (&self->ref_count);
  self->cache = memo_weak_ref_acquire (cache->weak);
  self->backend = g_object_ref (backend);
  self->codec = g_object_ref (cache->codec);
  self->codec_name = memo_codec_dup_name (cache->codec);
  self->clock = g_object_ref (cache->clock);
  self->secret = cache->record_secret != NULL ? g_bytes_ref (cache->record_secret) : NULL;
  memo_record_origin (origin, self->origin);
  self->max_staleness = memo_remote_backend_get_max_staleness_ms (backend) * G_TIME_SPAN_MILLISECOND;
  g_mutex_init (&self->lock);

  self->tokens = memo_remote_tokens_new ();
  self->learned = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_strfreev);
  memo_fence_init (&self->fence);
  self->waits = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
  self->asks = g_hash_table_new (g_str_hash, g_str_equal);
  self->invalidations = g_hash_table_new (g_str_hash, g_str_equal);
  self->busy = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->sets = g_hash_table_new (g_str_hash, g_str_equal);
  self->fills = g_hash_table_new (g_str_hash, g_str_equal);

  self->hub = memo_remote_hub_join (self);

  return self;
}

MemoRemote *
memo_remote_ref (MemoRemote *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
memo_remote_unref (MemoRemote *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_hash_table_unref (self->tokens);
  g_clear_pointer (&self->plain, memo_remote_tokens_unref);
  g_hash_table_unref (self->learned);
  memo_fence_deinit (&self->fence);
  g_hash_table_unref (self->waits);
  g_hash_table_unref (self->asks);
  g_clear_error (&self->loss);
  g_hash_table_unref (self->invalidations);
  g_hash_table_unref (self->busy);
  g_hash_table_unref (self->sets);
  g_hash_table_unref (self->fills);
  g_object_unref (self->codec);
  g_free (self->codec_name);
  g_object_unref (self->clock);
  g_clear_pointer (&self->secret, g_bytes_unref);
  g_object_unref (self->backend);
  g_mutex_clear (&self->lock);
  memo_weak_ref_release (self->cache);
  g_free (self);
}

/* The cache is at its end: what was not begun is given up. */
void
memo_remote_abandon (MemoRemote *self)
{
  GList *ops = NULL;
  GList *next;

  memo_remote_hub_leave (self->hub, self);

  g_mutex_lock (&self->lock);
  self->abandoned = TRUE;
  memo_remote_lane_abandon (&self->stores);
  memo_remote_lane_abandon (&self->changes);
  for (GList *link = self->ops.head; link != NULL; link = next)
    {
      MemoRemoteOp *op = link->data;

      next = link->next;
      if (op->under_way)
        continue;
      g_queue_unlink (&self->ops, link);
      link->next = ops;
      ops = link;
    }
  g_mutex_unlock (&self->lock);

  memo_remote_flushes_abandon (self);
  while (ops != NULL)
    {
      MemoRemoteOp *op = ops->data;

      ops = ops->next;
      op->free (op);
    }
}

/* What it has to say about itself; with no lock held. */
void
memo_remote_count (MemoRemote  *self,
                   MemoMetrics *metrics)
{
  g_autoptr(MemoAsyncCache) cache = g_weak_ref_get (self->cache);

  g_mutex_lock (&self->lock);
  metrics->remote_failures = self->failures;
  g_mutex_unlock (&self->lock);

  memo_lock (&cache->lock);
  metrics->pending_invalidations = self->n_pending;
  g_mutex_unlock (&cache->lock);
}

void
memo_remote_reset_failures (MemoRemote *self)
{
  g_mutex_lock (&self->lock);
  self->failures = 0;
  g_mutex_unlock (&self->lock);
}

/* --- asking --- */

static void
opened (gpointer   owner,
        MemoEntry *entry,
        GError    *error)
{
  /* Who asks is told, and a link that comes up later is said by a signal. */
  g_clear_pointer (&entry, memo_entry_unref);
  g_clear_error (&error);
}

static void
forget (gpointer owner)
{
}

static const MemoCallOwner opening_owner = {
  .answered = opened,
  .release = forget,
};

/* Never under a lock. */
void
memo_remote_ask (MemoRemote        *self,
                 MemoRemoteRequest *request)
{
  if (g_atomic_int_compare_and_exchange (&self->opened, FALSE, TRUE))
    {
      g_autoptr(MemoCall) call = memo_call_new_question (NULL, NULL, NULL, &opening_owner, NULL);

      memo_backend_hand (MEMO_BACKEND (self->backend), MEMO_BACKEND_OPEN, NULL, call);
    }

  MEMO_REMOTE_BACKEND_GET_IFACE (self->backend)->ask (self->backend, request);
}

/* Counted each time, and said once. */
void
memo_remote_failed (MemoRemote   *self,
                    const GError *error)
{
  g_mutex_lock (&self->lock);
  self->failures++;
  g_mutex_unlock (&self->lock);

  if (g_atomic_int_compare_and_exchange (&self->down, FALSE, TRUE))
    g_warning ("A cache goes on without its %s: %s", G_OBJECT_TYPE_NAME (self->backend), error->message);
}

void
memo_remote_succeeded (MemoRemote *self)
{
  if (g_atomic_int_get (&self->down) && g_atomic_int_compare_and_exchange (&self->down, TRUE, FALSE))
    g_message ("A cache has its %s again", G_OBJECT_TYPE_NAME (self->backend));
}

/* --- what is to be done without the lock --- */

void
memo_remote_work_add (MemoRemoteWork *work,
                      MemoRemoteDeed *deed)
{
  deed->next = NULL;
  *(work->last != NULL ? &work->last->next : &work->first) = deed;
  work->last = deed;
}

/* What a deed leads to at once is done after it, and not within it: each of many that fail may have the next one tried. */
void
memo_remote_work_do (MemoRemoteWork *work)
{
  static __thread MemoRemoteWork *being_done;

  if (work->first == NULL)
    return;

  if (being_done != NULL)
    {
      *(being_done->last != NULL ? &being_done->last->next : &being_done->first) = work->first;
      being_done->last = work->last;
      *work = (MemoRemoteWork) { NULL, NULL };
      return;
    }

  being_done = work;
  while (work->first != NULL)
    {
      MemoRemoteDeed *deed = work->first;

      work->first = deed->next;
      if (work->first == NULL)
        work->last = NULL;
      deed->act (deed);
    }
  being_done = NULL;
}

/* --- what the backend says --- */

/* With the lock held.  The time is read before the lease, so that what passes in between shortens it. */
static void
take_lease (MemoRemote     *self,
            MemoAsyncCache *cache)
{
  const gint64 now = memo_async_cache_now (cache);
  const gint64 lease = MEMO_REMOTE_BACKEND_GET_IFACE (self->backend)->get_lease (self->backend);

  cache->lease_end = now + MAX (lease, 0);
  memo_store_lease (cache->values, cache->lease_end);
}

/* With the lock held. */
static void
take_state (MemoRemote     *self,
            MemoAsyncCache *cache)
{
  self->linked = TRUE;
  self->was_linked = TRUE;
  take_lease (self, cache);
  MEMO_REMOTE_BACKEND_GET_IFACE (self->backend)->get_server (self->backend, self->server);
}

/* With the lock held: NAME was changed, or everything where it is NULL.  FRESH is for memo_level_one_outdate_all(). */
static void
outdate (MemoRemote     *self,
         MemoAsyncCache *cache,
         const char     *name,
         MemoStore      *fresh[2],
         gint64          now,
         MemoTrash      *trash)
{
  if (name == NULL)
    {
      memo_remote_tokens_outdate (self);
      memo_remote_stores_outdate (self, FALSE);
      memo_level_one_outdate_all (cache, fresh, trash);
      memo_remote_wake_all (self, TRUE, MEMO_NEVER, &trash->remote);
      return;
    }

  switch (name[0])
    {
    case 'd':
      {
        MemoKey key = memo_key (name + MEMO_TIER_SPACE_SIZE);

        memo_remote_store_outdate (self, name, FALSE);
        memo_level_one_outdate_key (cache, &key, now, trash);
        memo_remote_wake (self, name, &trash->remote);
        break;
      }

    case 't':
      {
        MemoTagSet *tags = NULL;

        memo_remote_token_outdate (self, name);
        memo_tag_set_add (&tags, (const char *[]) { name + MEMO_TIER_SPACE_SIZE, NULL });
        memo_level_one_outdate_tags (cache, tags);
        memo_tag_set_free (tags);
        break;
      }

    case 'a':
      memo_remote_token_outdate (self, name);
      memo_remote_stores_outdate (self, FALSE);
      memo_level_one_outdate_all (cache, fresh, trash);
      break;

    default:
      break;
    }
}

/* The link may have been up before there was this cache.  With nothing read, nothing is outdated. */
void
memo_remote_begin (MemoRemote     *self,
                   MemoAsyncCache *cache)
{
  memo_lock (&cache->lock);
  if (memo_remote_backend_get_connected (self->backend))
    take_state (self, cache);
  g_mutex_unlock (&cache->lock);
}

static void
outdate_in_memory (MemoRemote *self,
                   const char *name,
                   gboolean    new_link)
{
  g_autoptr(MemoAsyncCache) cache = g_weak_ref_get (self->cache);
  MemoStore *fresh[2] = { NULL, NULL };
  MemoTrash trash = { 0 };
  gint64 now;

  if (cache == NULL)
    return;

  if (name == NULL || name[0] == 'a')
    {
      fresh[0] = memo_store_new (cache->eviction_policy);
      fresh[1] = memo_store_new (MEMO_EVICTION_LRU);
    }

  now = memo_async_cache_now (cache);
  memo_lock (&cache->lock);
  /* With the first link nothing was read from the server yet (first-link-outdates-nothing). */
  if (!new_link || self->was_linked)
    outdate (self, cache, name, fresh, now, &trash);
  if (new_link)
    {
      take_state (self, cache);
      memo_remote_ops_retry (self, G_MAXUINT, &trash.remote);
    }
  g_mutex_unlock (&cache->lock);

  g_clear_pointer (&fresh[0], memo_store_free);
  g_clear_pointer (&fresh[1], memo_store_free);
  memo_trash_empty (&trash);
}

/* The server says that NAME was changed, or everything (outdate-on-a-message, outdate-all-on-a-flush). */
void
memo_remote_outdated (MemoRemote *self,
                      const char *name)
{
  outdate_in_memory (self, name, FALSE);
}

/* In the handler of a reply: this cache wrote NAME.  OUTDATE: what it has of it is wrong; else only those are told who
 * wait for it (own-write-wakes-own-waiters). */
void
memo_remote_wrote (MemoRemote *self,
                   const char *name,
                   gboolean    is_outdated)
{
  memo_remote_hub_tell_others (self->hub, self, name);

  if (is_outdated)
    {
      outdate_in_memory (self, name, FALSE);
    }
  else
    {
      g_autoptr(MemoAsyncCache) cache = g_weak_ref_get (self->cache);
      MemoTrash trash = { 0 };

      if (cache == NULL)
        return;

      memo_lock (&cache->lock);
      if (g_hash_table_size (self->waits) > 0)
        memo_remote_wake (self, name, &trash.remote);
      g_mutex_unlock (&cache->lock);
      memo_trash_empty (&trash);
    }
}

/* There is a new link, and nothing that was read before counts any more (outdate-with-the-link,
 * outdate-tokens-with-the-link); what is pending is sent (pending-is-sent-again). */
void
memo_remote_linked (MemoRemote *self)
{
  outdate_in_memory (self, NULL, TRUE);
  memo_remote_succeeded (self);
}

/* Who waits for somebody else's load will not hear of its end. */
void
memo_remote_unlinked (MemoRemote *self)
{
  g_autoptr(MemoAsyncCache) cache = g_weak_ref_get (self->cache);
  MemoTrash trash = { 0 };

  if (cache == NULL)
    return;

  memo_lock (&cache->lock);
  self->linked = FALSE;
  memo_remote_wake_all (self, FALSE, MEMO_NEVER, &trash.remote);
  g_mutex_unlock (&cache->lock);

  memo_trash_empty (&trash);
}

void
memo_remote_beat (MemoRemote *self)
{
  g_autoptr(MemoAsyncCache) cache = g_weak_ref_get (self->cache);
  MemoTrash trash = { 0 };
  gint64 now;

  if (cache == NULL)
    return;

  memo_lock (&cache->lock);
  now = memo_async_cache_now (cache);
  take_lease (self, cache);
  memo_remote_wake_all (self, FALSE, now, &trash.remote);
  memo_remote_leases_renew (self, now, &trash.remote);
  memo_remote_fences_renew (self, now, &trash.remote);
  memo_remote_ops_retry (self, 100, &trash.remote);
  g_mutex_unlock (&cache->lock);

  memo_trash_empty (&trash);
}
