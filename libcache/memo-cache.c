/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-cache.h"
#include "memo-async-cache-private.h"
#include "memo-cache-private.h"
#include "memo-call-private.h"
#include "memo-error.h"

/**
 * MemoCache:
 *
 * A place where values are kept under a key, and come from when they are not there.
 *
 * [class@Memo.AsyncCache] is the cache to use; decorators, invalidators and whatever
 * else works on a cache asks for no more than this interface.
 *
 * Keys are UTF-8 strings of any length, the empty one included.
 *
 * Three answers have to be kept apart: an entry with a value; an entry that holds
 * nothing, the cached knowledge that there is none; and no entry, a miss, which is
 * not an error.
 *
 * Every callback runs in the thread-default main context of the thread that
 * called, and never before the function that was given it has returned. Cancelling ends a
 * caller's wait, and nothing else.
 *
 * Since: 0.1
 */

/**
 * MemoCacheInterface::get:
 * @self: a cache
 * @key: a key
 * @flags: how to go about it
 * @loader: (nullable): where the value comes from when it is not there
 * @call: the call to answer, with an entry or with `NULL`, a miss
 *
 * Finds or loads an entry.
 *
 * Since: 0.1
 */

/**
 * MemoCacheInterface::store:
 * @self: a cache
 * @key: a key
 * @call: has the entry, see [method@Memo.Call.get_entry]; to be answered when that is acknowledged
 *
 * Keeps an entry.
 *
 * Since: 0.1
 */

/**
 * MemoCacheInterface::flush:
 * @self: a cache
 * @call: the call to answer when all that was asked before is in every tier
 *
 * Waits for what is under way.
 *
 * Since: 0.1
 */

/**
 * MemoCacheInterface::close:
 * @self: a cache
 * @call: the call to answer when the cache is closed
 *
 * Flushes the cache and ends it.
 *
 * Since: 0.1
 */

/**
 * MemoCacheInterface::begin_mutation:
 * @self: a cache
 * @mutation: what is going to be changed
 * @call: the call to answer when the change may begin
 *
 * Opens the bracket around a change.
 *
 * Since: 0.1
 */

/**
 * MemoCacheInterface::end_mutation:
 * @self: a cache
 * @mutation: what was changed
 * @call: the call to answer when the change is acknowledged
 *
 * Closes the bracket around a change.
 *
 * Since: 0.1
 */

G_DEFINE_INTERFACE (MemoCache, memo_cache, G_TYPE_OBJECT)

static void
memo_cache_default_init (MemoCacheInterface *iface)
{
}

/**
 * memo_cache_lookup:
 * @self: a cache
 * @key: a key
 *
 * Gets the entry of a key if it is in memory, at once.
 *
 * It counts as a hit or a miss, and makes the entry the most recent. Nothing is loaded,
 * and no tier behind the memory is asked.
 *
 * Returns: (transfer full) (nullable): the entry, or `NULL` on a miss
 *
 * Since: 0.1
 */
MemoEntry *
memo_cache_lookup (MemoCache  *self,
                   const char *key)
{
  MemoCacheInterface *iface;

  g_return_val_if_fail (key != NULL, NULL);

  /* It nearly always is, and the way through the interface takes longer than the search. */
  if (MEMO_IS_ASYNC_CACHE (self))
    return memo_level_one_lookup (self, key);

  g_return_val_if_fail (MEMO_IS_CACHE (self), NULL);

  iface = MEMO_CACHE_GET_IFACE (self);

  return iface->lookup != NULL ? iface->lookup (self, key) : NULL;
}

/* What memo_cache_lookup_value() gave last in this thread. */
static GPrivate last_found = G_PRIVATE_INIT ((GDestroyNotify) memo_entry_unref);

/* Takes ENTRY, which may be NULL. */
static const GValue *
lend_value (MemoEntry *entry)
{
  /* The one before may end here, and with it whatever it held. */
  g_private_replace (&last_found, entry);

  return entry != NULL ? memo_entry_get_value (entry) : NULL;
}

/**
 * memo_cache_lookup_value:
 * @self: a cache
 * @key: a key
 *
 * Gets the value that the entry of a key holds if it is in memory, at once.
 *
 * It is what [method@Memo.Cache.lookup] and [method@Memo.Entry.get_value] do, with one call in place of two: for
 * language bindings, in which a call costs more than what it does. An entry that holds nothing is found and
 * counted, and the answer is `NULL` all the same.
 *
 * The value stays as it is until this thread calls the function again, whatever becomes of the entry: so each
 * thread keeps what it found last.
 *
 * Returns: (transfer none) (nullable): the value, or `NULL` where there is none
 *
 * Since: 0.1
 */
const GValue *
memo_cache_lookup_value (MemoCache  *self,
                         const char *key)
{
  return lend_value (memo_cache_lookup (self, key));
}

/**
 * memo_cache_lookup_for_get:
 * @self: a cache
 * @key: a key
 *
 * Gets the value that the entry of a key holds if it is in memory and a get would have nothing to do but to answer with it.
 *
 * It is [method@Memo.Cache.lookup_value] for those who go on with [method@Memo.Cache.get_async] and `MEMO_GET_LOOKED_UP` where there is no
 * answer, in a cache with [property@Memo.AsyncCache:early-refresh]: there is none also where that get is to have the
 * entry refreshed. It is counted as what it is, a hit or a miss, and the get is not counted.
 *
 * Returns: (transfer none) (nullable): the value, or `NULL` where there is none or a get is needed
 *
 * Since: 0.1
 */
const GValue *
memo_cache_lookup_for_get (MemoCache  *self,
                           const char *key)
{
  g_return_val_if_fail (MEMO_IS_CACHE (self), NULL);
  g_return_val_if_fail (key != NULL, NULL);

  return lend_value (MEMO_IS_ASYNC_CACHE (self) ? memo_early_lookup (MEMO_ASYNC_CACHE (self), key)
                                                : memo_cache_lookup (self, key));
}

/**
 * memo_cache_peek:
 * @self: a cache
 * @key: a key
 *
 * Gets the entry of a key if it is in memory, and leaves no trace: it does not
 * count, and the entry does not become more recent.
 *
 * Returns: (transfer full) (nullable): the entry, or `NULL` when there is none
 *
 * Since: 0.1
 */
MemoEntry *
memo_cache_peek (MemoCache  *self,
                 const char *key)
{
  MemoCacheInterface *iface;

  g_return_val_if_fail (MEMO_IS_CACHE (self), NULL);
  g_return_val_if_fail (key != NULL, NULL);

  iface = MEMO_CACHE_GET_IFACE (self);

  return iface->peek != NULL ? iface->peek (self, key) : NULL;
}

/**
 * memo_cache_contains:
 * @self: a cache
 * @key: a key
 *
 * Says whether there is an entry for a key in memory, and leaves no trace.
 *
 * Returns: whether there is
 *
 * Since: 0.1
 */
gboolean
memo_cache_contains (MemoCache  *self,
                     const char *key)
{
  g_autoptr(MemoEntry) entry = memo_cache_peek (self, key);

  return entry != NULL;
}

/* Answers a call that an implementation has no function for. */
void
memo_cache_return_not_supported (MemoCache  *self,
                                 MemoCall   *call,
                                 const char *what)
{
  memo_call_return_error (call, g_error_new (MEMO_ERROR, MEMO_ERROR_NOT_SUPPORTED,
                                             "%s does not support %s", G_OBJECT_TYPE_NAME (self), what));
}

/* Has a cache answer a get that somebody asked: the cache itself, or a decorator. */
void
memo_cache_hand_get (MemoCache    *self,
                     const char   *key,
                     MemoGetFlags  flags,
                     MemoLoader   *loader,
                     MemoCall     *call)
{
  MemoCacheInterface *iface = MEMO_CACHE_GET_IFACE (self);

  if (iface->get == NULL)
    {
      memo_cache_return_not_supported (self, call, "get");
      return;
    }

  /* Those inside the library have the key as an argument and need no copy. */
  if (iface->take == NULL)
    memo_call_set_subject (call, key, NULL);
  iface->get (self, key, flags, loader, call);
}

static void
get (MemoCache    *self,
     const char   *key,
     MemoGetFlags  flags,
     MemoLoader   *loader,
     MemoCall     *call)
{
  MemoCacheInterface *iface = MEMO_CACHE_GET_IFACE (self);

  if (memo_call_enter (call))
    memo_cache_hand_get (self, key, flags, loader, call);
  else if (iface->missed != NULL && (flags & (MEMO_GET_WARMUP | MEMO_GET_LOOKED_UP)) == 0)
    iface->missed (self);
  memo_call_leave (call);
}

/**
 * memo_cache_get_async:
 * @self: a cache
 * @key: a key
 * @flags: how to go about it
 * @loader: (nullable): where the value comes from when it is not there
 * @cancellable: (nullable): a [class@Gio.Cancellable]
 * @callback: (scope async): called when the answer is there
 * @user_data: data for @callback
 *
 * Gets the entry of a key; what is not there is loaded.
 *
 * However many ask for a key, in however many threads, it is loaded once, by the loader
 * of whoever asked first, and all get the same answer or the same error. Without a
 * loader, a key that is neither there nor being loaded is a miss.
 *
 * Cancelling ends this wait at once. The load goes on as long as somebody waits for it.
 *
 * Call [method@Memo.Cache.get_finish] from @callback.
 *
 * Since: 0.1
 */
void
memo_cache_get_async (MemoCache           *self,
                      const char          *key,
                      MemoGetFlags         flags,
                      MemoLoader          *loader,
                      GCancellable        *cancellable,
                      GAsyncReadyCallback  callback,
                      gpointer             user_data)
{
  g_autoptr(MemoCall) call = NULL;

  g_return_if_fail (MEMO_IS_CACHE (self));
  g_return_if_fail (key != NULL);
  g_return_if_fail (loader == NULL || MEMO_IS_LOADER (loader));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  call = memo_call_new_request (self, memo_cache_get_async, cancellable, callback, user_data);
  get (self, key, flags, loader, call);
}

/**
 * memo_cache_get_with_closure:
 * @self: a cache
 * @key: a key
 * @flags: how to go about it
 * @loader: (nullable): where the value comes from when it is not there
 * @cancellable: (nullable): a [class@Gio.Cancellable]
 * @done: called with the cache and a [iface@Gio.AsyncResult] when the answer is there
 *
 * What [method@Memo.Cache.get_async] does, for language bindings whose callbacks cost more
 * than their closures.
 *
 * Call [method@Memo.Cache.get_finish] from @done.
 *
 * Since: 0.1
 */
void
memo_cache_get_with_closure (MemoCache    *self,
                             const char   *key,
                             MemoGetFlags  flags,
                             MemoLoader   *loader,
                             GCancellable *cancellable,
                             GClosure     *done)
{
  g_autoptr(MemoCall) call = NULL;

  g_return_if_fail (MEMO_IS_CACHE (self));
  g_return_if_fail (key != NULL);
  g_return_if_fail (loader == NULL || MEMO_IS_LOADER (loader));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));
  g_return_if_fail (done != NULL);

  call = memo_call_new_request (self, memo_cache_get_async, cancellable, NULL, NULL);
  memo_call_set_closure (call, done);
  get (self, key, flags, loader, call);
}

/**
 * memo_cache_get_finish:
 * @self: a cache
 * @result: the result given to the callback
 * @error: return location for a [type@GLib.Error]
 *
 * Finishes a get.
 *
 * The errors are those of the loader; `MEMO_ERROR_ABANDONED`, `MEMO_ERROR_RECURSION`,
 * `MEMO_ERROR_CLOSED`, `G_IO_ERROR_CANCELLED` and `G_IO_ERROR_TIMED_OUT`.
 *
 * Returns: (transfer full) (nullable): the entry, or `NULL` on a miss, without an error, and on an error
 *
 * Since: 0.1
 */
MemoEntry *
memo_cache_get_finish (MemoCache     *self,
                       GAsyncResult  *result,
                       GError       **error)
{
  g_return_val_if_fail (MEMO_IS_CACHE (self), NULL);
  g_return_val_if_fail (memo_call_is_result (result, self, memo_cache_get_async), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return memo_call_propagate (MEMO_CALL (result), error);
}

/**
 * memo_cache_set:
 * @self: a cache
 * @key: a key
 * @entry: (transfer full): what to keep
 *
 * Keeps an entry, in place of the one that is there.
 *
 * A load of @key that is in progress is not stored any more: who waits for it gets its
 * answer, and who asks from now on gets @entry. An entry whose time to live is 0 only
 * removes what is there.
 *
 * When this returns the memory has acted. See [method@Memo.Cache.set_async] for when
 * all tiers have.
 *
 * Since: 0.1
 */
void
memo_cache_set (MemoCache  *self,
                const char *key,
                MemoEntry  *entry)
{
  MemoCacheInterface *iface;

  g_return_if_fail (key != NULL);
  g_return_if_fail (entry != NULL);

  /* As in memo_cache_lookup(). */
  if (MEMO_IS_ASYNC_CACHE (self))
    {
      memo_level_one_take (self, key, entry, NULL);
      return;
    }

  g_return_if_fail (MEMO_IS_CACHE (self));

  iface = MEMO_CACHE_GET_IFACE (self);

  if (iface->take != NULL)
    iface->take (self, key, entry, NULL);
  else
    memo_cache_set_async (self, key, entry, NULL, NULL, NULL);
}

/**
 * memo_cache_delete: (virtual remove)
 * @self: a cache
 * @key: a key
 *
 * Drops the entry of a key.
 *
 * A load of @key that is in progress is not stored any more, and who asks from now on does
 * not get its answer.
 *
 * Returns: whether there was a live entry in memory
 *
 * Since: 0.1
 */
gboolean
memo_cache_delete (MemoCache  *self,
                   const char *key)
{
  MemoCacheInterface *iface;

  g_return_val_if_fail (MEMO_IS_CACHE (self), FALSE);
  g_return_val_if_fail (key != NULL, FALSE);

  iface = MEMO_CACHE_GET_IFACE (self);

  return iface->remove != NULL && iface->remove (self, key);
}

/**
 * memo_cache_clear:
 * @self: a cache
 *
 * Drops all entries.
 *
 * Loads in progress are not stored any more. The metrics go on counting; see
 * [method@Memo.Cache.reset_metrics].
 *
 * Since: 0.1
 */
void
memo_cache_clear (MemoCache *self)
{
  MemoCacheInterface *iface;

  g_return_if_fail (MEMO_IS_CACHE (self));

  iface = MEMO_CACHE_GET_IFACE (self);
  if (iface->clear != NULL)
    iface->clear (self);
}

/**
 * memo_cache_invalidate_tags:
 * @self: a cache
 * @tags: (array zero-terminated=1): tags
 *
 * Drops all entries that carry one of @tags.
 *
 * A load in progress that turns out to carry one is not stored any more, and who asks from
 * now on does not get its answer.
 *
 * Since: 0.1
 */
void
memo_cache_invalidate_tags (MemoCache          *self,
                            const char * const *tags)
{
  MemoCacheInterface *iface;

  g_return_if_fail (MEMO_IS_CACHE (self));
  g_return_if_fail (tags != NULL);

  iface = MEMO_CACHE_GET_IFACE (self);
  if (iface->invalidate_tags != NULL)
    iface->invalidate_tags (self, tags);
}

/**
 * memo_cache_get_metrics:
 * @self: a cache
 *
 * Gets what the cache has counted so far.
 *
 * Returns: (transfer full): a snapshot
 *
 * Since: 0.1
 */
MemoMetrics *
memo_cache_get_metrics (MemoCache *self)
{
  MemoCacheInterface *iface;

  g_return_val_if_fail (MEMO_IS_CACHE (self), NULL);

  iface = MEMO_CACHE_GET_IFACE (self);

  return iface->get_metrics != NULL ? iface->get_metrics (self) : memo_metrics_new ();
}

/**
 * memo_cache_reset_metrics:
 * @self: a cache
 *
 * Sets the counters to zero. The entries stay.
 *
 * Since: 0.1
 */
void
memo_cache_reset_metrics (MemoCache *self)
{
  MemoCacheInterface *iface;

  g_return_if_fail (MEMO_IS_CACHE (self));

  iface = MEMO_CACHE_GET_IFACE (self);
  if (iface->reset_metrics != NULL)
    iface->reset_metrics (self);
}
