/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-cache-private.h"
#include "memo-call-private.h"
#include "memo-entry-private.h"

/* The functions of MemoCache that change something and have a callback for when it is
 * acknowledged: for when every tier, and not the memory alone, has acted. */

static void
leave (MemoCall *call)
{
  memo_call_leave (call);
  g_object_unref (call);
}

/* Whatever was asked up to now is acknowledged when it is flushed. */
static void
flush (MemoCache *self,
       MemoCall  *call)
{
  MemoCacheInterface *iface = MEMO_CACHE_GET_IFACE (self);

  if (iface->flush != NULL)
    iface->flush (self, call);
  else
    memo_cache_return_not_supported (self, call, "flush");
}

static gboolean
finish (MemoCache     *self,
        GAsyncResult  *result,
        gpointer       source_tag,
        GError       **error)
{
  g_return_val_if_fail (MEMO_IS_CACHE (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return memo_call_finish (self, result, source_tag, error);
}

/**
 * memo_cache_set_async:
 * @self: a cache
 * @key: a key
 * @entry: (transfer full): what to keep
 * @cancellable: (nullable): a [class@Gio.Cancellable]
 * @callback: (nullable) (scope async): called when all tiers have the entry
 * @user_data: data for @callback
 *
 * What [method@Memo.Cache.set] does, with a callback when it is acknowledged.
 *
 * The memory has acted when this returns, unless it was cancelled before. Cancelling later
 * ends the wait only.
 *
 * Since: 0.1
 */
void
memo_cache_set_async (MemoCache           *self,
                      const char          *key,
                      MemoEntry           *entry,
                      GCancellable        *cancellable,
                      GAsyncReadyCallback  callback,
                      gpointer             user_data)
{
  MemoCacheInterface *iface;
  MemoCall *call;

  g_return_if_fail (MEMO_IS_CACHE (self));
  g_return_if_fail (key != NULL);
  g_return_if_fail (entry != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  iface = MEMO_CACHE_GET_IFACE (self);
  call = memo_call_new_request (self, memo_cache_set_async, cancellable, callback, user_data);
  memo_entry_seal (entry);
  memo_call_set_subject (call, key, entry);
  if (memo_call_enter (call))
    {
      if (iface->take != NULL)
        iface->take (self, key, memo_entry_ref (entry), call);
      else if (iface->store != NULL)
        iface->store (self, key, call);
      else
        memo_cache_return_not_supported (self, call, "set");
    }
  leave (call);
}

/**
 * memo_cache_set_finish:
 * @self: a cache
 * @result: the result given to the callback
 * @error: return location for a [type@GLib.Error]
 *
 * Finishes a set.
 *
 * Returns: whether the entry was taken everywhere
 *
 * Since: 0.1
 */
gboolean
memo_cache_set_finish (MemoCache     *self,
                       GAsyncResult  *result,
                       GError       **error)
{
  return finish (self, result, memo_cache_set_async, error);
}

/**
 * memo_cache_delete_async:
 * @self: a cache
 * @key: a key
 * @cancellable: (nullable): a [class@Gio.Cancellable]
 * @callback: (nullable) (scope async): called when the key is gone from all tiers
 * @user_data: data for @callback
 *
 * What [method@Memo.Cache.delete] does, with a callback when it is acknowledged.
 *
 * The memory has acted when this returns, unless it was cancelled before.
 *
 * Since: 0.1
 */
void
memo_cache_delete_async (MemoCache           *self,
                         const char          *key,
                         GCancellable        *cancellable,
                         GAsyncReadyCallback  callback,
                         gpointer             user_data)
{
  MemoCall *call;

  g_return_if_fail (MEMO_IS_CACHE (self));
  g_return_if_fail (key != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  call = memo_call_new_request (self, memo_cache_delete_async, cancellable, callback, user_data);
  if (memo_call_enter (call))
    {
      MemoCacheInterface *iface = MEMO_CACHE_GET_IFACE (self);

      if (iface->drop != NULL)
        {
          iface->drop (self, key, call);
        }
      else
        {
          memo_cache_delete (self, key);
          flush (self, call);
        }
    }
  leave (call);
}

/**
 * memo_cache_delete_finish:
 * @self: a cache
 * @result: the result given to the callback
 * @error: return location for a [type@GLib.Error]
 *
 * Finishes a delete.
 *
 * Returns: whether the key is gone everywhere
 *
 * Since: 0.1
 */
gboolean
memo_cache_delete_finish (MemoCache     *self,
                          GAsyncResult  *result,
                          GError       **error)
{
  return finish (self, result, memo_cache_delete_async, error);
}

/**
 * memo_cache_clear_async:
 * @self: a cache
 * @cancellable: (nullable): a [class@Gio.Cancellable]
 * @callback: (nullable) (scope async): called when all tiers are empty
 * @user_data: data for @callback
 *
 * What [method@Memo.Cache.clear] does, with a callback when it is acknowledged.
 *
 * The memory has acted when this returns, unless it was cancelled before.
 *
 * Since: 0.1
 */
void
memo_cache_clear_async (MemoCache           *self,
                        GCancellable        *cancellable,
                        GAsyncReadyCallback  callback,
                        gpointer             user_data)
{
  MemoCall *call;

  g_return_if_fail (MEMO_IS_CACHE (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  call = memo_call_new_request (self, memo_cache_clear_async, cancellable, callback, user_data);
  if (memo_call_enter (call))
    {
      MemoCacheInterface *iface = MEMO_CACHE_GET_IFACE (self);

      if (iface->drop_all != NULL)
        {
          iface->drop_all (self, call);
        }
      else
        {
          memo_cache_clear (self);
          flush (self, call);
        }
    }
  leave (call);
}

/**
 * memo_cache_clear_finish:
 * @self: a cache
 * @result: the result given to the callback
 * @error: return location for a [type@GLib.Error]
 *
 * Finishes a clear.
 *
 * Returns: whether everything is gone
 *
 * Since: 0.1
 */
gboolean
memo_cache_clear_finish (MemoCache     *self,
                         GAsyncResult  *result,
                         GError       **error)
{
  return finish (self, result, memo_cache_clear_async, error);
}

/**
 * memo_cache_invalidate_tags_async:
 * @self: a cache
 * @tags: (array zero-terminated=1): tags
 * @cancellable: (nullable): a [class@Gio.Cancellable]
 * @callback: (nullable) (scope async): called when the tags are invalid in all tiers
 * @user_data: data for @callback
 *
 * What [method@Memo.Cache.invalidate_tags] does, with a callback when it is
 * acknowledged.
 *
 * The memory has acted when this returns, unless it was cancelled before.
 *
 * Since: 0.1
 */
void
memo_cache_invalidate_tags_async (MemoCache           *self,
                                  const char * const  *tags,
                                  GCancellable        *cancellable,
                                  GAsyncReadyCallback  callback,
                                  gpointer             user_data)
{
  MemoCall *call;

  g_return_if_fail (MEMO_IS_CACHE (self));
  g_return_if_fail (tags != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  call = memo_call_new_request (self, memo_cache_invalidate_tags_async, cancellable, callback, user_data);
  if (memo_call_enter (call))
    {
      MemoCacheInterface *iface = MEMO_CACHE_GET_IFACE (self);

      if (iface->drop_tags != NULL)
        {
          iface->drop_tags (self, tags, call);
        }
      else
        {
          memo_cache_invalidate_tags (self, tags);
          flush (self, call);
        }
    }
  leave (call);
}

/**
 * memo_cache_invalidate_tags_finish:
 * @self: a cache
 * @result: the result given to the callback
 * @error: return location for a [type@GLib.Error]
 *
 * Finishes an invalidation of tags.
 *
 * Returns: whether the tags are invalid everywhere
 *
 * Since: 0.1
 */
gboolean
memo_cache_invalidate_tags_finish (MemoCache     *self,
                                   GAsyncResult  *result,
                                   GError       **error)
{
  return finish (self, result, memo_cache_invalidate_tags_async, error);
}

/**
 * memo_cache_flush_async:
 * @self: a cache
 * @cancellable: (nullable): a [class@Gio.Cancellable]
 * @callback: (nullable) (scope async): called when everything is acknowledged
 * @user_data: data for @callback
 *
 * Waits until every tier has all that was set, deleted, cleared and invalidated before.
 *
 * Since: 0.1
 */
void
memo_cache_flush_async (MemoCache           *self,
                        GCancellable        *cancellable,
                        GAsyncReadyCallback  callback,
                        gpointer             user_data)
{
  MemoCall *call;

  g_return_if_fail (MEMO_IS_CACHE (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  call = memo_call_new_request (self, memo_cache_flush_async, cancellable, callback, user_data);
  if (memo_call_enter (call))
    flush (self, call);
  leave (call);
}

/**
 * memo_cache_flush_finish:
 * @self: a cache
 * @result: the result given to the callback
 * @error: return location for a [type@GLib.Error]
 *
 * Finishes a flush.
 *
 * Returns: whether every tier has everything
 *
 * Since: 0.1
 */
gboolean
memo_cache_flush_finish (MemoCache     *self,
                         GAsyncResult  *result,
                         GError       **error)
{
  return finish (self, result, memo_cache_flush_async, error);
}

/**
 * memo_cache_close_async:
 * @self: a cache
 * @cancellable: (nullable): a [class@Gio.Cancellable]
 * @callback: (nullable) (scope async): called when the cache is closed
 * @user_data: data for @callback
 *
 * Flushes the cache and ends it.
 *
 * Loads in progress are cancelled, and who waits for one gets `MEMO_ERROR_CLOSED`, as
 * does every get from now on. Look-ups find nothing, and what is set is not kept. To
 * close a cache twice does no harm.
 *
 * Since: 0.1
 */
void
memo_cache_close_async (MemoCache           *self,
                        GCancellable        *cancellable,
                        GAsyncReadyCallback  callback,
                        gpointer             user_data)
{
  MemoCall *call;

  g_return_if_fail (MEMO_IS_CACHE (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  call = memo_call_new_request (self, memo_cache_close_async, cancellable, callback, user_data);
  if (memo_call_enter (call))
    {
      MemoCacheInterface *iface = MEMO_CACHE_GET_IFACE (self);

      if (iface->close != NULL)
        iface->close (self, call);
      else
        memo_cache_return_not_supported (self, call, "close");
    }
  leave (call);
}

/**
 * memo_cache_close_finish:
 * @self: a cache
 * @result: the result given to the callback
 * @error: return location for a [type@GLib.Error]
 *
 * Finishes closing the cache, which is closed even when the flush failed.
 *
 * Returns: whether every tier has everything
 *
 * Since: 0.1
 */
gboolean
memo_cache_close_finish (MemoCache     *self,
                         GAsyncResult  *result,
                         GError       **error)
{
  return finish (self, result, memo_cache_close_async, error);
}
