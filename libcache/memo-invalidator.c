/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-call-private.h"
#include "memo-error.h"
#include "memo-invalidator.h"

/**
 * MemoInvalidator:
 *
 * A function that changes the source, tied to the cached reads that it makes wrong.
 *
 * Around each call of it there is a bracket, a [class@Memo.Mutation]: what it makes wrong is dropped before
 * the function is called and again when it has answered, and is not kept in between, whether
 * the function succeeds, fails or is cancelled.
 *
 * The function's own answer or error reaches the caller as it is, after the bracket is closed.
 * Cancelling ends the caller's wait at once; the bracket stays open until the function has answered or
 * dropped its call.
 *
 * Since: 0.1
 */

/**
 * MemoInvalidatorInterface::call:
 * @self: an invalidator
 * @call: has the arguments, see [method@Memo.Call.get_args]; to be answered
 *
 * Has the source changed.
 *
 * Since: 0.1
 */

G_DEFINE_INTERFACE (MemoInvalidator, memo_invalidator, G_TYPE_OBJECT)

static void
memo_invalidator_default_init (MemoInvalidatorInterface *iface)
{
}

static gboolean
are_args (GVariant *args)
{
  return args == NULL || g_variant_is_of_type (args, G_VARIANT_TYPE_TUPLE);
}

static void
call_on (MemoInvalidator     *self,
         GObject             *instance,
         GVariant            *args,
         GCancellable        *cancellable,
         GAsyncReadyCallback  callback,
         gpointer             user_data,
         GClosure            *done)
{
  g_autoptr(MemoCall) call = memo_call_new_request (self, memo_invalidator_call_async, cancellable, callback, user_data);

  if (done != NULL)
    memo_call_set_closure (call, done);
  memo_call_set_args (call, args != NULL ? args : g_variant_new_tuple (NULL, 0), instance);

  if (memo_call_enter (call))
    {
      MemoInvalidatorInterface *iface = MEMO_INVALIDATOR_GET_IFACE (self);

      if (iface->call != NULL)
        iface->call (self, call);
      else
        memo_call_return_error (call, g_error_new (MEMO_ERROR, MEMO_ERROR_NOT_SUPPORTED,
                                                   "%s cannot be called", G_OBJECT_TYPE_NAME (self)));
    }

  memo_call_leave (call);
}

/**
 * memo_invalidator_call_async:
 * @self: an invalidator
 * @args: (nullable): the arguments, a tuple, or `NULL` for none; a floating reference is taken
 * @cancellable: (nullable): a [class@Gio.Cancellable]
 * @callback: (scope async): called when the answer is there
 * @user_data: data for @callback
 *
 * Calls the function, and has the reads forgotten that it makes wrong.
 *
 * Call [method@Memo.Invalidator.call_finish] from @callback.
 *
 * Since: 0.1
 */
void
memo_invalidator_call_async (MemoInvalidator     *self,
                             GVariant            *args,
                             GCancellable        *cancellable,
                             GAsyncReadyCallback  callback,
                             gpointer             user_data)
{
  g_return_if_fail (MEMO_IS_INVALIDATOR (self));
  g_return_if_fail (are_args (args));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  call_on (self, NULL, args, cancellable, callback, user_data, NULL);
}

/**
 * memo_invalidator_call_on_async:
 * @self: an invalidator
 * @instance: (type GObject.Object): the object to call it on
 * @args: (nullable): the arguments, a tuple, or `NULL` for none; a floating reference is taken
 * @cancellable: (nullable): a [class@Gio.Cancellable]
 * @callback: (scope async): called when the answer is there
 * @user_data: data for @callback
 *
 * Calls the function as a method of @instance, which it gets by [method@Memo.Call.get_instance].
 *
 * Call [method@Memo.Invalidator.call_finish] from @callback.
 *
 * Since: 0.1
 */
void
memo_invalidator_call_on_async (MemoInvalidator     *self,
                                GObject             *instance,
                                GVariant            *args,
                                GCancellable        *cancellable,
                                GAsyncReadyCallback  callback,
                                gpointer             user_data)
{
  g_return_if_fail (MEMO_IS_INVALIDATOR (self));
  g_return_if_fail (G_IS_OBJECT (instance));
  g_return_if_fail (are_args (args));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  call_on (self, instance, args, cancellable, callback, user_data, NULL);
}

/**
 * memo_invalidator_call_with_closure:
 * @self: an invalidator
 * @instance: (nullable) (type GObject.Object): the object to call it on
 * @args: (nullable): the arguments, a tuple, or `NULL` for none; a floating reference is taken
 * @cancellable: (nullable): a [class@Gio.Cancellable]
 * @done: called with the invalidator and a [iface@Gio.AsyncResult] when the answer is there
 *
 * What [method@Memo.Invalidator.call_async] does, for language bindings whose callbacks cost more
 * than their closures.
 *
 * Call [method@Memo.Invalidator.call_finish] from @done.
 *
 * Since: 0.1
 */
void
memo_invalidator_call_with_closure (MemoInvalidator *self,
                                    GObject         *instance,
                                    GVariant        *args,
                                    GCancellable    *cancellable,
                                    GClosure        *done)
{
  g_return_if_fail (MEMO_IS_INVALIDATOR (self));
  g_return_if_fail (instance == NULL || G_IS_OBJECT (instance));
  g_return_if_fail (are_args (args));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));
  g_return_if_fail (done != NULL);

  call_on (self, instance, args, cancellable, NULL, NULL, done);
}

/**
 * memo_invalidator_call_finish:
 * @self: an invalidator
 * @result: the result given to the callback
 * @error: return location for a [type@GLib.Error]
 *
 * Finishes a call.
 *
 * The errors are those of the function; `MEMO_ERROR_ABANDONED` when it dropped its call,
 * `G_IO_ERROR_CANCELLED`, and `MEMO_ERROR_FAILED` when it was not called, since the arguments do not
 * name a read.
 *
 * Returns: (transfer full) (nullable): what the function answered: an entry, or `NULL`, there is none; and
 *   `NULL` on an error
 *
 * Since: 0.1
 */
MemoEntry *
memo_invalidator_call_finish (MemoInvalidator  *self,
                              GAsyncResult     *result,
                              GError          **error)
{
  g_return_val_if_fail (MEMO_IS_INVALIDATOR (self), NULL);
  g_return_val_if_fail (memo_call_is_result (result, self, memo_invalidator_call_async), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return memo_call_propagate (MEMO_CALL (result), error);
}
