/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-call-private.h"

/* The answers to a call that asks for one thing. */

/**
 * memo_call_add_tags:
 * @self: a call that asks for a load
 * @tags: (array zero-terminated=1): tags
 *
 * Says by which tags the answer can be invalidated, before it is there.
 *
 * Call it before the source is read: an invalidation of one of @tags that comes later
 * then makes sure that the answer is not stored, and that who asks afterwards
 * does not get it. The entry that is returned carries these tags, those of the
 * loader and its own.
 *
 * Since: 0.1
 */
void
memo_call_add_tags (MemoCall           *self,
                    const char * const *tags)
{
  g_return_if_fail (MEMO_IS_CALL (self));
  g_return_if_fail (tags != NULL);
  g_return_if_fail (memo_call_is_load (self));

  self->owner_funcs->tagged (self->owner, tags);
}

/**
 * memo_call_return_entry:
 * @self: a call
 * @entry: (transfer full) (nullable): the answer, or `NULL`: there is none
 *
 * Answers with an entry.
 *
 * `NULL` is a miss for all who wait, and is not stored. To keep the knowledge that
 * there is none, answer with an entry that holds nothing.
 *
 * May be called from any thread. No callback runs before this returns.
 *
 * Since: 0.1
 */
void
memo_call_return_entry (MemoCall  *self,
                        MemoEntry *entry)
{
  g_return_if_fail (MEMO_IS_CALL (self));
  g_return_if_fail (!memo_call_is_batch (self));

  memo_call_conclude (self, entry, NULL);
}

/**
 * memo_call_return_value:
 * @self: a call
 * @value: the value
 *
 * Answers with a new entry that holds a copy of @value.
 *
 * May be called from any thread. No callback runs before this returns.
 *
 * Since: 0.1
 */
void
memo_call_return_value (MemoCall     *self,
                        const GValue *value)
{
  g_return_if_fail (MEMO_IS_CALL (self));
  g_return_if_fail (G_IS_VALUE (value));
  g_return_if_fail (!memo_call_is_batch (self));

  memo_call_conclude (self, memo_entry_new (value), NULL);
}

/**
 * memo_call_return_nothing:
 * @self: a call
 *
 * Answers that it is done: for a call that asks for no value, such as the ones of
 * [vfunc@Memo.Cache.store] and [vfunc@Memo.Cache.flush]. For a load it is a miss.
 *
 * May be called from any thread. No callback runs before this returns.
 *
 * Since: 0.1
 */
void
memo_call_return_nothing (MemoCall *self)
{
  g_return_if_fail (MEMO_IS_CALL (self));
  g_return_if_fail (!memo_call_is_batch (self));

  memo_call_conclude (self, NULL, NULL);
}

/**
 * memo_call_return_error:
 * @self: a call
 * @error: (transfer full): why there is no answer
 *
 * Answers with an error, which reaches all who wait as it is. For a batch, all keys that were not
 * answered yet.
 *
 * Errors are not stored, unless the loader has an [property@Memo.Loader:error-ttl].
 *
 * May be called from any thread. No callback runs before this returns.
 *
 * Since: 0.1
 */
void
memo_call_return_error (MemoCall *self,
                        GError   *error)
{
  g_return_if_fail (MEMO_IS_CALL (self));
  g_return_if_fail (error != NULL);

  memo_call_conclude (self, NULL, error);
}
