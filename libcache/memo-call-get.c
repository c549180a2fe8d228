/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-call-private.h"

/* What is asked. */

/**
 * memo_call_get_key:
 * @self: a call
 *
 * Gets the key that is asked for.
 *
 * Returns: (transfer none) (nullable): the key, or `NULL` when the call is about none, or is a batch
 *
 * Since: 0.1
 */
const char *
memo_call_get_key (MemoCall *self)
{
  g_return_val_if_fail (MEMO_IS_CALL (self), NULL);

  return self->keys != NULL && !memo_call_is_batch (self) ? self->keys[0] : NULL;
}

/**
 * memo_call_get_cancellable:
 * @self: a call
 *
 * Gets what is cancelled when nobody waits for the answer any more.
 *
 * For a load that is when its last caller was cancelled, or when it timed out.
 * Hand it on to what the answer is made with.
 *
 * Returns: (transfer none) (nullable): the cancellable
 *
 * Since: 0.1
 */
GCancellable *
memo_call_get_cancellable (MemoCall *self)
{
  g_return_val_if_fail (MEMO_IS_CALL (self), NULL);

  return self->cancellable;
}

/**
 * memo_call_get_previous:
 * @self: a call that asks for a load
 *
 * Gets the entry that is in the cache and is being refreshed.
 *
 * Of use where the source can say "unchanged": return it again, and it starts a
 * new life.
 *
 * Returns: (transfer none) (nullable): the entry, or `NULL` when there is none
 *
 * Since: 0.1
 */
MemoEntry *
memo_call_get_previous (MemoCall *self)
{
  g_return_val_if_fail (MEMO_IS_CALL (self), NULL);

  return memo_call_is_load (self) ? self->entry : NULL;
}

/**
 * memo_call_get_entry:
 * @self: a call that asks to set a key, or to encode an entry
 *
 * Gets the entry that is to be set: what an implementation of
 * [iface@Memo.Cache] keeps under [method@Memo.Call.get_key]; or what a [iface@Memo.Codec] is to encode.
 *
 * Returns: (transfer none) (nullable): the entry, or `NULL` when the call asks for something else
 *
 * Since: 0.1
 */
MemoEntry *
memo_call_get_entry (MemoCall *self)
{
  g_return_val_if_fail (MEMO_IS_CALL (self), NULL);

  return memo_call_is_load (self) ? NULL : self->entry;
}

/**
 * memo_call_get_args:
 * @self: a call
 *
 * Gets the arguments of a decorated function, or of a mutation: a tuple.
 *
 * Returns: (transfer none) (nullable): the arguments, or `NULL` when the call is no call of a function
 *
 * Since: 0.1
 */
GVariant *
memo_call_get_args (MemoCall *self)
{
  g_return_val_if_fail (MEMO_IS_CALL (self), NULL);

  return self->args;
}

/**
 * memo_call_get_instance:
 * @self: a call
 *
 * Gets the object that a decorated function, or a mutation, is called on.
 *
 * See [method@Memo.Decorator.call_on_async].
 *
 * Returns: (transfer none) (nullable) (type GObject.Object): the object, or `NULL` when it is called on none
 *
 * Since: 0.1
 */
GObject *
memo_call_get_instance (MemoCall *self)
{
  g_return_val_if_fail (MEMO_IS_CALL (self), NULL);

  return self->instance;
}
