/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-loader-private.h"

/* Loaders for language bindings, whose closures cost less than their callbacks. */

static void
invoke_closure (MemoCall *call,
                gpointer  closure)
{
  GValue value = G_VALUE_INIT;

  g_value_init (&value, MEMO_TYPE_CALL);
  g_value_set_object (&value, call);
  g_closure_invoke (closure, NULL, 1, &value, NULL);
  g_value_unset (&value);
}

static gpointer
take_closure (GClosure *closure)
{
  g_closure_ref (closure);
  g_closure_sink (closure);
  if (G_CLOSURE_NEEDS_MARSHAL (closure))
    g_closure_set_marshal (closure, g_cclosure_marshal_generic);

  return closure;
}

/**
 * memo_loader_new_with_closure: (constructor)
 * @closure: called with a [class@Memo.Call]
 *
 * What [ctor@Memo.Loader.new] does, for language bindings whose callbacks cost more than their closures.
 *
 * Returns: (transfer full): the new loader
 *
 * Since: 0.1
 */
MemoLoader *
memo_loader_new_with_closure (GClosure *closure)
{
  g_return_val_if_fail (closure != NULL, NULL);

  return memo_loader_new (invoke_closure, take_closure (closure), (GDestroyNotify) g_closure_unref);
}

/**
 * memo_loader_new_batch_with_closure: (constructor)
 * @closure: called with a [class@Memo.Call]
 *
 * What [ctor@Memo.Loader.new_batch] does, for language bindings whose callbacks cost more than their closures.
 *
 * Returns: (transfer full): the new loader
 *
 * Since: 0.1
 */
MemoLoader *
memo_loader_new_batch_with_closure (GClosure *closure)
{
  g_return_val_if_fail (closure != NULL, NULL);

  return memo_loader_new_batch (invoke_closure, take_closure (closure), (GDestroyNotify) g_closure_unref);
}
