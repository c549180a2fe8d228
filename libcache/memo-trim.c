/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-async-cache-private.h"

/* What makes a cache smaller: a lower limit, its user, a system that is short of memory. */

/* Those go that are beyond a new limit, or are a part of so many per cent: some now, the
 * rest in slices. */
void
memo_async_cache_shrink (MemoAsyncCache *self,
                         const guint    *maxsize,
                         const guint64  *max_bytes,
                         guint           percent)
{
  gint64 now = memo_async_cache_now (self);
  MemoTrash trash = { 0 };
  gboolean arm;
  gsize size;

  g_mutex_lock (&self->lock);
  size = memo_store_size (self->values);
  if (maxsize != NULL)
    self->maxsize = *maxsize;
  if (max_bytes != NULL)
    self->max_bytes = *max_bytes;
  self->values->trim_left = MAX (self->values->trim_left, (size * percent + 99) / 100);
  memo_sweep_slice (self, now, &trash.nodes);
  arm = memo_sweep_is_due_earlier (self);
  g_mutex_unlock (&self->lock);

  if (arm)
    memo_sweep_arm (self);

  /* Last, since the end of a value may be the end of the cache. */
  memo_trash_empty (&trash);
}

/**
 * memo_async_cache_trim:
 * @self: a cache
 * @percent: how many of a hundred entries to drop, 0 to 100
 *
 * Drops a part of the entries: those that would be evicted next.
 *
 * They count as evicted. A large number goes in slices. Loads in progress are not
 * touched. May be called from any thread.
 *
 * Since: 0.1
 */
void
memo_async_cache_trim (MemoAsyncCache *self,
                       guint           percent)
{
  g_return_if_fail (MEMO_IS_ASYNC_CACHE (self));
  g_return_if_fail (percent <= 100);

  memo_async_cache_shrink (self, NULL, NULL, percent);
}

/**
 * memo_async_cache_get_trim_on_low_memory: (get-property trim-on-low-memory)
 * @self: a cache
 *
 * Gets whether a part of the entries is dropped when memory is low.
 *
 * Returns: whether it is
 *
 * Since: 0.1
 */
gboolean
memo_async_cache_get_trim_on_low_memory (MemoAsyncCache *self)
{
  gboolean trim;

  g_return_val_if_fail (MEMO_IS_ASYNC_CACHE (self), FALSE);

  g_mutex_lock (&self->lock);
  trim = self->memory_monitor != NULL;
  g_mutex_unlock (&self->lock);

  return trim;
}

static void
weak_ref_free (gpointer  data,
               GClosure *closure)
{
  g_weak_ref_clear (data);
  g_free (data);
}

static void
low_memory_warning_cb (GMemoryMonitor             *monitor,
                       GMemoryMonitorWarningLevel  level,
                       GWeakRef                   *weak)
{
  g_autoptr(MemoAsyncCache) self = g_weak_ref_get (weak);

  if (self == NULL)
    return;

  if (level >= G_MEMORY_MONITOR_WARNING_LEVEL_CRITICAL)
    memo_async_cache_trim (self, 100);
  else if (level >= G_MEMORY_MONITOR_WARNING_LEVEL_MEDIUM)
    memo_async_cache_trim (self, 50);
  else
    memo_async_cache_trim (self, 25);
}

/**
 * memo_async_cache_set_trim_on_low_memory: (set-property trim-on-low-memory)
 * @self: a cache
 * @trim_on_low_memory: whether to drop entries
 *
 * Sets whether a part of the entries is dropped when memory is low.
 *
 * Since: 0.1
 */
void
memo_async_cache_set_trim_on_low_memory (MemoAsyncCache *self,
                                         gboolean        trim_on_low_memory)
{
  g_autoptr(GMemoryMonitor) old = NULL;
  gulong old_id;

  g_return_if_fail (MEMO_IS_ASYNC_CACHE (self));

  if (memo_async_cache_get_trim_on_low_memory (self) == !!trim_on_low_memory)
    return;

  if (trim_on_low_memory)
    {
      GMemoryMonitor *monitor = g_memory_monitor_dup_default ();
      GWeakRef *weak = g_new (GWeakRef, 1);
      gulong id;

      g_weak_ref_init (weak, self);
      id = g_signal_connect_data (monitor, "low-memory-warning", G_CALLBACK (low_memory_warning_cb),
                                  weak, weak_ref_free, 0);

      g_mutex_lock (&self->lock);
      self->memory_monitor = monitor;
      self->memory_warning_id = id;
      g_mutex_unlock (&self->lock);
    }
  else
    {
      g_mutex_lock (&self->lock);
      old = g_steal_pointer (&self->memory_monitor);
      old_id = self->memory_warning_id;
      g_mutex_unlock (&self->lock);

      if (old != NULL)
        g_signal_handler_disconnect (old, old_id);
    }

  g_object_notify (G_OBJECT (self), "trim-on-low-memory");
}
