/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-backend-private.h"
#include "memo-call-private.h"

/**
 * MemoBackend:
 *
 * A place outside of the memory where a cache keeps what it has: a tier.
 *
 * A backend keeps bytes under a key, and knows nothing of what they mean: a cache hands it
 * records, see [the record](record.html), and trusts nothing that comes back. Get one from a plugin by
 * [func@Memo.Backend.new_for_uri], and give it to a cache as its [property@Memo.AsyncCache:backup].
 *
 * To write one, implement the virtual functions. A cache asks for one thing at a time of a key,
 * and for any number of keys at a time. It asks in whichever thread needs something; a backend that is used by one
 * thread alone is asked in that. Several caches may have the same backend, so what is asked of a key before the
 * answer to something else is there has to be done in that order. Keys are text of up to 64 KiB, bytes of up to 16 MiB.
 *
 * ```c
 * static void
 * shelf_load (MemoBackend *backend,
 *             const char  *key,
 *             MemoCall    *call)
 * {
 *   memo_call_return_bytes (call, g_hash_table_lookup (SHELF (backend)->all, key));
 * }
 * ```
 *
 * A backend is opened when it is first used, or by [method@Memo.Backend.open_async], which says why it cannot be.
 * Where that fails, whoever uses it next tries again.
 *
 * Since: 0.1
 */

/**
 * MemoBackendInterface::open:
 * @self: a backend
 * @call: the call to answer when it is open, or cannot be opened
 *
 * Opens what the bytes are kept in.
 *
 * It is called before anything else is. When it fails it is called again by the next who asks for something.
 *
 * Since: 0.1
 */

/**
 * MemoBackendInterface::load:
 * @self: a backend
 * @key: a key
 * @call: the call to answer with [method@Memo.Call.return_bytes]; `NULL` is a miss
 *
 * Finds what was stored under a key, if it did not expire.
 *
 * Since: 0.1
 */

/**
 * MemoBackendInterface::store:
 * @self: a backend
 * @key: a key
 * @call: has [method@Memo.Call.get_bytes], [method@Memo.Call.get_ttl] and [method@Memo.Call.get_durable]; to be answered
 *   when it is stored
 *
 * Keeps bytes under a key, in place of what is there.
 *
 * When the time to live is over the bytes are of no use any more. They may go earlier, too.
 *
 * Since: 0.1
 */

/**
 * MemoBackendInterface::remove:
 * @self: a backend
 * @key: a key
 * @call: the call to answer when it is gone for good
 *
 * Removes what is stored under a key.
 *
 * When [method@Memo.Call.get_bytes] has bytes, only if it is exactly these. It has to be durable: what
 * was removed must not come back after the power was lost.
 *
 * Since: 0.1
 */

/**
 * MemoBackendInterface::clear:
 * @self: a backend
 * @call: the call to answer when everything is gone for good
 *
 * Removes everything.
 *
 * Since: 0.1
 */

/**
 * MemoBackendInterface::flush:
 * @self: a backend
 * @call: the call to answer when all is durable
 *
 * Makes durable all that was answered before.
 *
 * Since: 0.1
 */

/**
 * MemoBackendInterface::close:
 * @self: a backend
 * @call: the call to answer when it is closed
 *
 * Finishes what was asked before, or answers it with an error, and gives everything back.
 *
 * Nothing is called after this. It is called where an attempt to open failed, too, since that may have begun something;
 * not where nobody ever asked for anything.
 *
 * Since: 0.1
 */

/* There is an extension point as soon as there can be an extension. */
static void
register_extension_point (GType type)
{
  GIOExtensionPoint *point = g_io_extension_point_register (MEMO_BACKEND_EXTENSION_POINT_NAME);

  g_io_extension_point_set_required_type (point, type);
}

G_DEFINE_INTERFACE_WITH_CODE (MemoBackend, memo_backend, G_TYPE_OBJECT,
                              register_extension_point (g_define_type_id))

static void
memo_backend_default_init (MemoBackendInterface *iface)
{
}

/* What the functions have in common.  Takes ENTRY, which has what is asked with; not KEY. */
static void
ask (MemoBackend         *self,
     MemoBackendWhat      what,
     const char          *key,
     MemoEntry           *entry,
     gboolean             durable,
     gpointer             source_tag,
     GCancellable        *cancellable,
     GAsyncReadyCallback  callback,
     gpointer             user_data)
{
  g_autoptr(MemoCall) call = memo_call_new_request (self, source_tag, cancellable, callback, user_data);

  if (key != NULL)
    memo_call_set_subject (call, key, entry);
  memo_call_set_durable (call, durable);
  /* It is closed though nobody waits for that any more. */
  if (memo_call_enter (call) || what == MEMO_BACKEND_CLOSE)
    memo_backend_hand (self, what, key, call);
  memo_call_leave (call);
}

static gboolean
finish (MemoBackend   *self,
        GAsyncResult  *result,
        gpointer       source_tag,
        GError       **error)
{
  g_return_val_if_fail (MEMO_IS_BACKEND (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return memo_call_finish (self, result, source_tag, error);
}

/**
 * memo_backend_open_async:
 * @self: a backend
 * @cancellable: (nullable): a [class@Gio.Cancellable]
 * @callback: (nullable) (scope async): called when it is open
 * @user_data: data for @callback
 *
 * Opens the backend, which its first use would do as well.
 *
 * Since: 0.1
 */
void
memo_backend_open_async (MemoBackend         *self,
                         GCancellable        *cancellable,
                         GAsyncReadyCallback  callback,
                         gpointer             user_data)
{
  g_return_if_fail (MEMO_IS_BACKEND (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  ask (self, MEMO_BACKEND_OPEN, NULL, NULL, FALSE, memo_backend_open_async, cancellable, callback, user_data);
}

/**
 * memo_backend_open_finish:
 * @self: a backend
 * @result: the result given to the callback
 * @error: return location for a [type@GLib.Error]
 *
 * Finishes opening; the error says why it cannot be opened.
 *
 * Returns: whether it is open
 *
 * Since: 0.1
 */
gboolean
memo_backend_open_finish (MemoBackend   *self,
                          GAsyncResult  *result,
                          GError       **error)
{
  return finish (self, result, memo_backend_open_async, error);
}

/**
 * memo_backend_load_async:
 * @self: a backend
 * @key: a key
 * @cancellable: (nullable): a [class@Gio.Cancellable]
 * @callback: (scope async): called when the answer is there
 * @user_data: data for @callback
 *
 * Finds what is stored under a key.
 *
 * Since: 0.1
 */
void
memo_backend_load_async (MemoBackend         *self,
                         const char          *key,
                         GCancellable        *cancellable,
                         GAsyncReadyCallback  callback,
                         gpointer             user_data)
{
  g_return_if_fail (MEMO_IS_BACKEND (self));
  g_return_if_fail (key != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  ask (self, MEMO_BACKEND_LOAD, key, NULL, FALSE, memo_backend_load_async, cancellable, callback, user_data);
}

/**
 * memo_backend_load_finish:
 * @self: a backend
 * @result: the result given to the callback
 * @error: return location for a [type@GLib.Error]
 *
 * Finishes a load.
 *
 * Returns: (transfer full) (nullable): the bytes, or `NULL` when there are none, and on an error
 *
 * Since: 0.1
 */
GBytes *
memo_backend_load_finish (MemoBackend   *self,
                          GAsyncResult  *result,
                          GError       **error)
{
  g_autoptr(MemoEntry) entry = NULL;
  GBytes *bytes;

  g_return_val_if_fail (MEMO_IS_BACKEND (self), NULL);
  g_return_val_if_fail (memo_call_is_result (result, self, memo_backend_load_async), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  entry = memo_call_propagate (MEMO_CALL (result), error);
  bytes = entry != NULL ? memo_entry_get_bytes (entry) : NULL;

  return bytes != NULL ? g_bytes_ref (bytes) : NULL;
}

/**
 * memo_backend_store_async:
 * @self: a backend
 * @key: a key
 * @bytes: what to keep
 * @ttl: how long it is of use, in seconds, or `MEMO_TTL_FOREVER`
 * @durable: whether it has to survive a loss of power when it is answered
 * @cancellable: (nullable): a [class@Gio.Cancellable]
 * @callback: (nullable) (scope async): called when it is stored
 * @user_data: data for @callback
 *
 * Keeps bytes under a key, in place of what is there.
 *
 * Since: 0.1
 */
void
memo_backend_store_async (MemoBackend         *self,
                          const char          *key,
                          GBytes              *bytes,
                          double               ttl,
                          gboolean             durable,
                          GCancellable        *cancellable,
                          GAsyncReadyCallback  callback,
                          gpointer             user_data)
{
  MemoEntry *entry;

  g_return_if_fail (MEMO_IS_BACKEND (self));
  g_return_if_fail (key != NULL);
  g_return_if_fail (bytes != NULL);
  g_return_if_fail (ttl > 0.0);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  entry = memo_entry_new_bytes (bytes);
  memo_entry_set_ttl (entry, ttl);
  ask (self, MEMO_BACKEND_STORE, key, entry, durable, memo_backend_store_async, cancellable, callback, user_data);
}

/**
 * memo_backend_store_finish:
 * @self: a backend
 * @result: the result given to the callback
 * @error: return location for a [type@GLib.Error]
 *
 * Finishes a store.
 *
 * Returns: whether it is stored
 *
 * Since: 0.1
 */
gboolean
memo_backend_store_finish (MemoBackend   *self,
                           GAsyncResult  *result,
                           GError       **error)
{
  return finish (self, result, memo_backend_store_async, error);
}

/**
 * memo_backend_remove_async:
 * @self: a backend
 * @key: a key
 * @only: (nullable): what is to be removed, and nothing else; or `NULL` for whatever is there
 * @cancellable: (nullable): a [class@Gio.Cancellable]
 * @callback: (nullable) (scope async): called when it is gone for good
 * @user_data: data for @callback
 *
 * Removes what is stored under a key.
 *
 * Since: 0.1
 */
void
memo_backend_remove_async (MemoBackend         *self,
                           const char          *key,
                           GBytes              *only,
                           GCancellable        *cancellable,
                           GAsyncReadyCallback  callback,
                           gpointer             user_data)
{
  g_return_if_fail (MEMO_IS_BACKEND (self));
  g_return_if_fail (key != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  ask (self, MEMO_BACKEND_REMOVE, key, only != NULL ? memo_entry_new_bytes (only) : NULL, TRUE,
       memo_backend_remove_async, cancellable, callback, user_data);
}

/**
 * memo_backend_remove_finish:
 * @self: a backend
 * @result: the result given to the callback
 * @error: return location for a [type@GLib.Error]
 *
 * Finishes a remove.
 *
 * Returns: whether it is gone
 *
 * Since: 0.1
 */
gboolean
memo_backend_remove_finish (MemoBackend   *self,
                            GAsyncResult  *result,
                            GError       **error)
{
  return finish (self, result, memo_backend_remove_async, error);
}

/**
 * memo_backend_clear_async:
 * @self: a backend
 * @cancellable: (nullable): a [class@Gio.Cancellable]
 * @callback: (nullable) (scope async): called when everything is gone for good
 * @user_data: data for @callback
 *
 * Removes everything.
 *
 * Since: 0.1
 */
void
memo_backend_clear_async (MemoBackend         *self,
                          GCancellable        *cancellable,
                          GAsyncReadyCallback  callback,
                          gpointer             user_data)
{
  g_return_if_fail (MEMO_IS_BACKEND (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  ask (self, MEMO_BACKEND_CLEAR, NULL, NULL, FALSE, memo_backend_clear_async, cancellable, callback, user_data);
}

/**
 * memo_backend_clear_finish:
 * @self: a backend
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
memo_backend_clear_finish (MemoBackend   *self,
                           GAsyncResult  *result,
                           GError       **error)
{
  return finish (self, result, memo_backend_clear_async, error);
}

/**
 * memo_backend_flush_async:
 * @self: a backend
 * @cancellable: (nullable): a [class@Gio.Cancellable]
 * @callback: (nullable) (scope async): called when all is durable
 * @user_data: data for @callback
 *
 * Makes durable all that was answered before.
 *
 * Since: 0.1
 */
void
memo_backend_flush_async (MemoBackend         *self,
                          GCancellable        *cancellable,
                          GAsyncReadyCallback  callback,
                          gpointer             user_data)
{
  g_return_if_fail (MEMO_IS_BACKEND (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  ask (self, MEMO_BACKEND_FLUSH, NULL, NULL, FALSE, memo_backend_flush_async, cancellable, callback, user_data);
}

/**
 * memo_backend_flush_finish:
 * @self: a backend
 * @result: the result given to the callback
 * @error: return location for a [type@GLib.Error]
 *
 * Finishes a flush.
 *
 * Returns: whether all is durable
 *
 * Since: 0.1
 */
gboolean
memo_backend_flush_finish (MemoBackend   *self,
                           GAsyncResult  *result,
                           GError       **error)
{
  return finish (self, result, memo_backend_flush_async, error);
}

/**
 * memo_backend_close_async:
 * @self: a backend
 * @cancellable: (nullable): a [class@Gio.Cancellable]
 * @callback: (nullable) (scope async): called when it is closed
 * @user_data: data for @callback
 *
 * Ends the backend: what was asked before is finished, and what is asked after is `MEMO_ERROR_CLOSED`.
 *
 * A cache that is closed does not close its backend, which others may use, too. A backend whose last
 * reference goes is closed as well, and whatever was not yet written is lost.
 *
 * Since: 0.1
 */
void
memo_backend_close_async (MemoBackend         *self,
                          GCancellable        *cancellable,
                          GAsyncReadyCallback  callback,
                          gpointer             user_data)
{
  g_return_if_fail (MEMO_IS_BACKEND (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  ask (self, MEMO_BACKEND_CLOSE, NULL, NULL, FALSE, memo_backend_close_async, cancellable, callback, user_data);
}

/**
 * memo_backend_close_finish:
 * @self: a backend
 * @result: the result given to the callback
 * @error: return location for a [type@GLib.Error]
 *
 * Finishes a close.
 *
 * Returns: whether it closed well
 *
 * Since: 0.1
 */
gboolean
memo_backend_close_finish (MemoBackend   *self,
                           GAsyncResult  *result,
                           GError       **error)
{
  return finish (self, result, memo_backend_close_async, error);
}
