/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-async-cache-private.h"

/* The settings of a cache: those that may be changed while it is used, and those that it was made with. */

static guint
get_uint (MemoAsyncCache *self,
          const guint    *field)
{
  guint value;

  g_mutex_lock (&self->lock);
  value = *field;
  g_mutex_unlock (&self->lock);

  return value;
}

static void
set_uint (MemoAsyncCache *self,
          guint          *field,
          guint           value,
          const char     *name)
{
  gboolean changed;

  g_mutex_lock (&self->lock);
  changed = *field != value;
  *field = value;
  g_mutex_unlock (&self->lock);

  if (changed)
    g_object_notify (G_OBJECT (self), name);
}

static double
get_double (MemoAsyncCache *self,
            const double   *field)
{
  double value;

  g_mutex_lock (&self->lock);
  value = *field;
  g_mutex_unlock (&self->lock);

  return value;
}

static void
set_double (MemoAsyncCache *self,
            double         *field,
            double          value,
            const char     *name)
{
  gboolean changed;

  g_mutex_lock (&self->lock);
  changed = *field != value;
  *field = value;
  g_mutex_unlock (&self->lock);

  if (changed)
    g_object_notify (G_OBJECT (self), name);
}

/**
 * memo_async_cache_get_maxsize: (get-property maxsize)
 * @self: a cache
 *
 * Gets how many entries are kept at most.
 *
 * Returns: the number of entries, or `MEMO_UNLIMITED`
 *
 * Since: 0.1
 */
guint
memo_async_cache_get_maxsize (MemoAsyncCache *self)
{
  g_return_val_if_fail (MEMO_IS_ASYNC_CACHE (self), 0);

  return get_uint (self, &self->maxsize);
}

/**
 * memo_async_cache_set_maxsize: (set-property maxsize)
 * @self: a cache
 * @maxsize: the number of entries, or `MEMO_UNLIMITED`
 *
 * Sets how many entries are kept at most.
 *
 * What is beyond a lower limit is evicted; a large number of entries in slices.
 *
 * Since: 0.1
 */
void
memo_async_cache_set_maxsize (MemoAsyncCache *self,
                              guint           maxsize)
{
  g_autoptr(MemoAsyncCache) kept = NULL;

  g_return_if_fail (MEMO_IS_ASYNC_CACHE (self));

  if (memo_async_cache_get_maxsize (self) == maxsize)
    return;

  kept = g_object_ref (self);
  memo_async_cache_shrink (self, &maxsize, NULL, 0);
  g_object_notify (G_OBJECT (self), "maxsize");
}

/**
 * memo_async_cache_get_max_bytes: (get-property max-bytes)
 * @self: a cache
 *
 * Gets how much memory the entries take at most.
 *
 * Returns: bytes, or `MEMO_UNLIMITED_BYTES`
 *
 * Since: 0.1
 */
guint64
memo_async_cache_get_max_bytes (MemoAsyncCache *self)
{
  guint64 max_bytes;

  g_return_val_if_fail (MEMO_IS_ASYNC_CACHE (self), 0);

  g_mutex_lock (&self->lock);
  max_bytes = self->max_bytes;
  g_mutex_unlock (&self->lock);

  return max_bytes;
}

/**
 * memo_async_cache_set_max_bytes: (set-property max-bytes)
 * @self: a cache
 * @max_bytes: bytes, or `MEMO_UNLIMITED_BYTES`
 *
 * Sets how much memory the entries take at most.
 *
 * What is beyond a lower limit is evicted; a large number of entries in slices.
 *
 * Since: 0.1
 */
void
memo_async_cache_set_max_bytes (MemoAsyncCache *self,
                                guint64         max_bytes)
{
  g_autoptr(MemoAsyncCache) kept = NULL;

  g_return_if_fail (MEMO_IS_ASYNC_CACHE (self));

  if (memo_async_cache_get_max_bytes (self) == max_bytes)
    return;

  kept = g_object_ref (self);
  memo_async_cache_shrink (self, NULL, &max_bytes, 0);
  g_object_notify (G_OBJECT (self), "max-bytes");
}

/**
 * memo_async_cache_get_eviction_policy: (get-property eviction-policy)
 * @self: a cache
 *
 * Gets what goes when the cache is full.
 *
 * Returns: the policy
 *
 * Since: 0.1
 */
MemoEvictionPolicy
memo_async_cache_get_eviction_policy (MemoAsyncCache *self)
{
  g_return_val_if_fail (MEMO_IS_ASYNC_CACHE (self), MEMO_EVICTION_LRU);

  return self->eviction_policy;
}

/**
 * memo_async_cache_get_default_ttl: (get-property default-ttl)
 * @self: a cache
 *
 * Gets how long an entry lives that does not say so.
 *
 * Returns: seconds, or `MEMO_TTL_FOREVER`
 *
 * Since: 0.1
 */
double
memo_async_cache_get_default_ttl (MemoAsyncCache *self)
{
  g_return_val_if_fail (MEMO_IS_ASYNC_CACHE (self), MEMO_TTL_FOREVER);

  return get_double (self, &self->default_ttl);
}

/**
 * memo_async_cache_set_default_ttl: (set-property default-ttl)
 * @self: a cache
 * @seconds: seconds, 0 or more, or `MEMO_TTL_FOREVER`
 *
 * Sets how long an entry lives that does not say so.
 *
 * Since: 0.1
 */
void
memo_async_cache_set_default_ttl (MemoAsyncCache *self,
                                  double          seconds)
{
  g_return_if_fail (MEMO_IS_ASYNC_CACHE (self));
  g_return_if_fail (seconds >= 0.0);

  set_double (self, &self->default_ttl, seconds, "default-ttl");
}

/**
 * memo_async_cache_get_tier_timeout: (get-property tier-timeout)
 * @self: a cache
 *
 * Gets how long a tier may take to answer a read.
 *
 * Returns: seconds, or 0 for any time
 *
 * Since: 0.1
 */
double
memo_async_cache_get_tier_timeout (MemoAsyncCache *self)
{
  g_return_val_if_fail (MEMO_IS_ASYNC_CACHE (self), 0.0);

  return get_double (self, &self->tier_timeout);
}

/**
 * memo_async_cache_set_tier_timeout: (set-property tier-timeout)
 * @self: a cache
 * @seconds: seconds, or 0 for any time
 *
 * Sets how long a tier may take to answer a read.
 *
 * Since: 0.1
 */
void
memo_async_cache_set_tier_timeout (MemoAsyncCache *self,
                                   double          seconds)
{
  g_return_if_fail (MEMO_IS_ASYNC_CACHE (self));
  g_return_if_fail (seconds >= 0.0);

  memo_tiers_set_timeout (self, seconds);
  set_double (self, &self->tier_timeout, seconds, "tier-timeout");
}

/**
 * memo_async_cache_get_batch_window_ms: (get-property batch-window-ms)
 * @self: a cache
 *
 * Gets for how long the keys of a batch are gathered.
 *
 * Returns: milliseconds
 *
 * Since: 0.1
 */
guint
memo_async_cache_get_batch_window_ms (MemoAsyncCache *self)
{
  g_return_val_if_fail (MEMO_IS_ASYNC_CACHE (self), 0);

  return get_uint (self, &self->batch_window_ms);
}

/**
 * memo_async_cache_set_batch_window_ms: (set-property batch-window-ms)
 * @self: a cache
 * @batch_window_ms: milliseconds; 0 is until the main loop is idle
 *
 * Sets for how long the keys of a batch are gathered.
 *
 * Since: 0.1
 */
void
memo_async_cache_set_batch_window_ms (MemoAsyncCache *self,
                                      guint           batch_window_ms)
{
  g_return_if_fail (MEMO_IS_ASYNC_CACHE (self));

  set_uint (self, &self->batch_window_ms, batch_window_ms, "batch-window-ms");
}

/**
 * memo_async_cache_get_max_batch_size: (get-property max-batch-size)
 * @self: a cache
 *
 * Gets how many keys a batch has at most.
 *
 * Returns: the number of keys
 *
 * Since: 0.1
 */
guint
memo_async_cache_get_max_batch_size (MemoAsyncCache *self)
{
  g_return_val_if_fail (MEMO_IS_ASYNC_CACHE (self), 1);

  return get_uint (self, &self->max_batch_size);
}

/**
 * memo_async_cache_set_max_batch_size: (set-property max-batch-size)
 * @self: a cache
 * @max_batch_size: the number of keys, 1 or more
 *
 * Sets how many keys a batch has at most.
 *
 * Since: 0.1
 */
void
memo_async_cache_set_max_batch_size (MemoAsyncCache *self,
                                     guint           max_batch_size)
{
  g_return_if_fail (MEMO_IS_ASYNC_CACHE (self));
  g_return_if_fail (max_batch_size >= 1);

  set_uint (self, &self->max_batch_size, max_batch_size, "max-batch-size");
}

/**
 * memo_async_cache_get_stale_if_remote_down: (get-property stale-if-remote-down)
 * @self: a cache
 *
 * Gets whether the backup is read while the remote tier fails.
 *
 * Returns: whether it is
 *
 * Since: 0.1
 */
gboolean
memo_async_cache_get_stale_if_remote_down (MemoAsyncCache *self)
{
  gboolean stale;

  g_return_val_if_fail (MEMO_IS_ASYNC_CACHE (self), FALSE);

  g_mutex_lock (&self->lock);
  stale = self->stale_if_remote_down;
  g_mutex_unlock (&self->lock);

  return stale;
}

/**
 * memo_async_cache_set_stale_if_remote_down: (set-property stale-if-remote-down)
 * @self: a cache
 * @stale_if_remote_down: whether to read it
 *
 * Sets whether the backup is read while the remote tier fails.
 *
 * Since: 0.1
 */
void
memo_async_cache_set_stale_if_remote_down (MemoAsyncCache *self,
                                           gboolean        stale_if_remote_down)
{
  gboolean changed;

  g_return_if_fail (MEMO_IS_ASYNC_CACHE (self));

  g_mutex_lock (&self->lock);
  changed = self->stale_if_remote_down != !!stale_if_remote_down;
  self->stale_if_remote_down = !!stale_if_remote_down;
  g_mutex_unlock (&self->lock);

  if (changed)
    g_object_notify (G_OBJECT (self), "stale-if-remote-down");
}

/**
 * memo_async_cache_get_strict_changes: (get-property strict-changes)
 * @self: a cache
 *
 * Gets whether a change of the source may begin only when all processes are kept from storing old values.
 *
 * Returns: whether it may begin only then
 *
 * Since: 0.1
 */
gboolean
memo_async_cache_get_strict_changes (MemoAsyncCache *self)
{
  gboolean strict;

  g_return_val_if_fail (MEMO_IS_ASYNC_CACHE (self), FALSE);

  g_mutex_lock (&self->lock);
  strict = self->strict_changes;
  g_mutex_unlock (&self->lock);

  return strict;
}

/**
 * memo_async_cache_set_strict_changes: (set-property strict-changes)
 * @self: a cache
 * @strict_changes: whether a change may begin only then
 *
 * Sets whether a change of the source may begin only when all processes are kept from storing old values.
 *
 * Since: 0.1
 */
void
memo_async_cache_set_strict_changes (MemoAsyncCache *self,
                                     gboolean        strict_changes)
{
  gboolean changed;

  g_return_if_fail (MEMO_IS_ASYNC_CACHE (self));

  g_mutex_lock (&self->lock);
  changed = self->strict_changes != !!strict_changes;
  self->strict_changes = !!strict_changes;
  g_mutex_unlock (&self->lock);

  if (changed)
    g_object_notify (G_OBJECT (self), "strict-changes");
}

/**
 * memo_async_cache_get_early_refresh: (get-property early-refresh)
 * @self: a cache
 *
 * Gets how early an entry that is asked for is loaded anew.
 *
 * Returns: a factor, 0 for not at all
 *
 * Since: 0.1
 */
double
memo_async_cache_get_early_refresh (MemoAsyncCache *self)
{
  g_return_val_if_fail (MEMO_IS_ASYNC_CACHE (self), 0.0);

  return get_double (self, &self->early_refresh);
}

/**
 * memo_async_cache_set_early_refresh: (set-property early-refresh)
 * @self: a cache
 * @early_refresh: a factor, 0 for not at all
 *
 * Sets how early an entry that is asked for is loaded anew.
 *
 * Since: 0.1
 */
void
memo_async_cache_set_early_refresh (MemoAsyncCache *self,
                                    double          early_refresh)
{
  g_return_if_fail (MEMO_IS_ASYNC_CACHE (self));
  g_return_if_fail (early_refresh >= 0.0);

  set_double (self, &self->early_refresh, early_refresh, "early-refresh");
}

/**
 * memo_async_cache_get_clock: (get-property clock)
 * @self: a cache
 *
 * Gets where the cache has the time from.
 *
 * Returns: (transfer none): the clock
 *
 * Since: 0.1
 */
MemoClock *
memo_async_cache_get_clock (MemoAsyncCache *self)
{
  g_return_val_if_fail (MEMO_IS_ASYNC_CACHE (self), NULL);

  return self->clock;
}

/**
 * memo_async_cache_get_backup: (get-property backup)
 * @self: a cache
 *
 * Gets where entries are kept beside the memory.
 *
 * Returns: (transfer none) (nullable): the backend, or `NULL` when there is none
 *
 * Since: 0.1
 */
MemoBackend *
memo_async_cache_get_backup (MemoAsyncCache *self)
{
  g_return_val_if_fail (MEMO_IS_ASYNC_CACHE (self), NULL);

  return self->backends[MEMO_BACKUP];
}

/**
 * memo_async_cache_get_remote_cache: (get-property remote-cache)
 * @self: a cache
 *
 * Gets what the cache shares with other processes.
 *
 * Returns: (transfer none) (nullable): the backend, or `NULL` when there is none
 *
 * Since: 0.1
 */
MemoBackend *
memo_async_cache_get_remote_cache (MemoAsyncCache *self)
{
  g_return_val_if_fail (MEMO_IS_ASYNC_CACHE (self), NULL);

  return self->backends[MEMO_REMOTE];
}

/**
 * memo_async_cache_get_codec: (get-property codec)
 * @self: a cache
 *
 * Gets how values become bytes for a tier.
 *
 * Returns: (transfer none): the codec
 *
 * Since: 0.1
 */
MemoCodec *
memo_async_cache_get_codec (MemoAsyncCache *self)
{
  g_return_val_if_fail (MEMO_IS_ASYNC_CACHE (self), NULL);

  return self->codec;
}
