/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-call-private.h"
#include "memo-decorator.h"
#include "memo-error.h"

/**
 * MemoDecorator:
 *
 * A function that remembers: called with arguments, it answers from memory, or calls
 * the function that it decorates.
 *
 * Arguments are a tuple, a [struct@GLib.Variant] such as `g_variant_new ("(x)", id)`. Equal arguments
 * are the same call, and the type is a part of the argument: the integer 1, the number 1 and the text "1" are
 * three.
 *
 * A method is called on an instance, which has no place in a tuple and is not a part of what is
 * remembered: see [method@Memo.Decorator.call_on_async].
 *
 * Since: 0.1
 */

/**
 * MemoDecoratorInterface::call:
 * @self: a decorator
 * @flags: how to go about it
 * @call: has the arguments, see [method@Memo.Call.get_args]; to be answered
 *
 * Answers a call, from memory or with the function.
 *
 * Since: 0.1
 */

G_DEFINE_INTERFACE (MemoDecorator, memo_decorator, G_TYPE_OBJECT)

static void
memo_decorator_default_init (MemoDecoratorInterface *iface)
{
}

static gboolean
are_args (GVariant *args)
{
  return args == NULL || g_variant_is_of_type (args, G_VARIANT_TYPE_TUPLE);
}

static void
call_on (MemoDecorator       *self,
         GObject             *instance,
         GVariant            *args,
         MemoGetFlags         flags,
         GCancellable        *cancellable,
         GAsyncReadyCallback  callback,
         gpointer             user_data,
         GClosure            *done)
{
  MemoDecoratorInterface *iface = MEMO_DECORATOR_GET_IFACE (self);
  g_autoptr(MemoCall) call = memo_call_new_request (self, memo_decorator_call_async, cancellable, callback, user_data);

  if (done != NULL)
    memo_call_set_closure (call, done);
  memo_call_set_args (call, args != NULL ? args : g_variant_new_tuple (NULL, 0), instance);

  if (!memo_call_enter (call))
    {
      if (iface->missed != NULL)
        iface->missed (self);
    }
  else if (iface->call != NULL)
    {
      iface->call (self, flags, call);
    }
  else
    {
      memo_call_return_error (call, g_error_new (MEMO_ERROR, MEMO_ERROR_NOT_SUPPORTED,
                                                 "%s cannot be called", G_OBJECT_TYPE_NAME (self)));
    }

  memo_call_leave (call);
}

/**
 * memo_decorator_call_async:
 * @self: a decorator
 * @args: (nullable): the arguments, a tuple, or `NULL` for none; a floating reference is taken
 * @flags: how to go about it
 * @cancellable: (nullable): a [class@Gio.Cancellable]
 * @callback: (scope async): called when the answer is there
 * @user_data: data for @callback
 *
 * Calls the function, or answers with what it has answered before.
 *
 * However many call it with the same arguments at a time, the function is called once. With
 * `MEMO_GET_REFRESH` it is called even when its answer is remembered.
 *
 * Call [method@Memo.Decorator.call_finish] from @callback.
 *
 * Since: 0.1
 */
void
memo_decorator_call_async (MemoDecorator       *self,
                           GVariant            *args,
                           MemoGetFlags         flags,
                           GCancellable        *cancellable,
                           GAsyncReadyCallback  callback,
                           gpointer             user_data)
{
  g_return_if_fail (MEMO_IS_DECORATOR (self));
  g_return_if_fail (are_args (args));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  call_on (self, NULL, args, flags, cancellable, callback, user_data, NULL);
}

/**
 * memo_decorator_call_on_async:
 * @self: a decorator
 * @instance: (type GObject.Object): the object to call it on
 * @args: (nullable): the arguments, a tuple, or `NULL` for none; a floating reference is taken
 * @flags: how to go about it
 * @cancellable: (nullable): a [class@Gio.Cancellable]
 * @callback: (scope async): called when the answer is there
 * @user_data: data for @callback
 *
 * Calls the function as a method of @instance, which it gets by [method@Memo.Call.get_instance].
 *
 * The instance is not a part of what is remembered: all instances share one answer for the same
 * arguments. Whose method is called when several ask at a time is that of who asked first.
 *
 * Call [method@Memo.Decorator.call_finish] from @callback.
 *
 * Since: 0.1
 */
void
memo_decorator_call_on_async (MemoDecorator       *self,
                              GObject             *instance,
                              GVariant            *args,
                              MemoGetFlags         flags,
                              GCancellable        *cancellable,
                              GAsyncReadyCallback  callback,
                              gpointer             user_data)
{
  g_return_if_fail (MEMO_IS_DECORATOR (self));
  g_return_if_fail (G_IS_OBJECT (instance));
  g_return_if_fail (are_args (args));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  call_on (self, instance, args, flags, cancellable, callback, user_data, NULL);
}

/**
 * memo_decorator_call_with_closure:
 * @self: a decorator
 * @instance: (nullable) (type GObject.Object): the object to call it on
 * @args: (nullable): the arguments, a tuple, or `NULL` for none; a floating reference is taken
 * @flags: how to go about it
 * @cancellable: (nullable): a [class@Gio.Cancellable]
 * @done: called with the decorator and a [iface@Gio.AsyncResult] when the answer is there
 *
 * What [method@Memo.Decorator.call_async] does, for language bindings whose callbacks cost more
 * than their closures.
 *
 * Call [method@Memo.Decorator.call_finish] from @done.
 *
 * Since: 0.1
 */
void
memo_decorator_call_with_closure (MemoDecorator *self,
                                  GObject       *instance,
                                  GVariant      *args,
                                  MemoGetFlags   flags,
                                  GCancellable  *cancellable,
                                  GClosure      *done)
{
  g_return_if_fail (MEMO_IS_DECORATOR (self));
  g_return_if_fail (instance == NULL || G_IS_OBJECT (instance));
  g_return_if_fail (are_args (args));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));
  g_return_if_fail (done != NULL);

  call_on (self, instance, args, flags, cancellable, NULL, NULL, done);
}

/**
 * memo_decorator_call_finish:
 * @self: a decorator
 * @result: the result given to the callback
 * @error: return location for a [type@GLib.Error]
 *
 * Finishes a call.
 *
 * The errors are those of the function, and those of [method@Memo.Cache.get_finish].
 *
 * Returns: (transfer full) (nullable): what the function answered: an entry, or `NULL`, there is none; and
 *   `NULL` on an error
 *
 * Since: 0.1
 */
MemoEntry *
memo_decorator_call_finish (MemoDecorator  *self,
                            GAsyncResult   *result,
                            GError        **error)
{
  g_return_val_if_fail (MEMO_IS_DECORATOR (self), NULL);
  g_return_val_if_fail (memo_call_is_result (result, self, memo_decorator_call_async), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return memo_call_propagate (MEMO_CALL (result), error);
}

/**
 * memo_decorator_invalidate:
 * @self: a decorator
 * @args: (nullable): the arguments, a tuple, or `NULL` for none; a floating reference is taken
 *
 * Forgets what the function answered for @args.
 *
 * Since: 0.1
 */
void
memo_decorator_invalidate (MemoDecorator *self,
                           GVariant      *args)
{
  g_autoptr(GVariant) tuple = NULL;
  MemoDecoratorInterface *iface;

  g_return_if_fail (MEMO_IS_DECORATOR (self));
  g_return_if_fail (are_args (args));

  tuple = g_variant_ref_sink (args != NULL ? args : g_variant_new_tuple (NULL, 0));
  iface = MEMO_DECORATOR_GET_IFACE (self);
  if (iface->invalidate != NULL)
    iface->invalidate (self, tuple);
}

/**
 * memo_decorator_clear:
 * @self: a decorator
 *
 * Forgets everything that the function answered.
 *
 * Since: 0.1
 */
void
memo_decorator_clear (MemoDecorator *self)
{
  MemoDecoratorInterface *iface;

  g_return_if_fail (MEMO_IS_DECORATOR (self));

  iface = MEMO_DECORATOR_GET_IFACE (self);
  if (iface->clear != NULL)
    iface->clear (self);
}

/**
 * memo_decorator_get_metrics:
 * @self: a decorator
 *
 * Gets what the decorator's cache has counted so far. A cache that decorators share counts for
 * all of them.
 *
 * Returns: (transfer full): a snapshot
 *
 * Since: 0.1
 */
MemoMetrics *
memo_decorator_get_metrics (MemoDecorator *self)
{
  MemoDecoratorInterface *iface;

  g_return_val_if_fail (MEMO_IS_DECORATOR (self), NULL);

  iface = MEMO_DECORATOR_GET_IFACE (self);

  return iface->get_metrics != NULL ? iface->get_metrics (self) : memo_metrics_new ();
}
