/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-call-private.h"
#include "memo-entry-private.h"
#include "memo-error.h"

/* The answers to a batch: a call that asks for many keys. */

/**
 * memo_call_get_keys:
 * @self: a call
 *
 * Gets the keys that are asked for: those of a batch, each once and in the order they were asked for,
 * or the one key.
 *
 * Returns: (transfer none) (nullable) (array zero-terminated=1): the keys, or `NULL` when the call is about none
 *
 * Since: 0.1
 */
const char * const *
memo_call_get_keys (MemoCall *self)
{
  g_return_val_if_fail (MEMO_IS_CALL (self), NULL);

  return (const char * const *) self->keys;
}

/* Takes both. */
static void
answer_key (MemoCall   *self,
            const char *key,
            MemoEntry  *entry,
            GError     *error)
{
  if (memo_call_is_open (self))
    {
      if (entry != NULL)
        memo_entry_seal (entry);
      self->owner_funcs->answered_key (self->owner, key, entry, error);
      return;
    }

  g_critical ("“%s” was answered after its batch was finished", key);
  g_clear_pointer (&entry, memo_entry_unref);
  g_clear_error (&error);
}

/**
 * memo_call_answer:
 * @self: a call for a batch
 * @key: one of its keys
 * @entry: (transfer full) (nullable): the answer, or `NULL`: there is none
 *
 * Answers one key of a batch.
 *
 * Who waits for @key gets the answer now, and not when the batch is finished. `NULL` is a miss for
 * them, and is not stored.
 *
 * May be called from any thread. No callback runs before this returns.
 *
 * Since: 0.1
 */
void
memo_call_answer (MemoCall   *self,
                  const char *key,
                  MemoEntry  *entry)
{
  g_return_if_fail (MEMO_IS_CALL (self));
  g_return_if_fail (memo_call_is_batch (self));
  g_return_if_fail (key != NULL);

  answer_key (self, key, entry, NULL);
}

/**
 * memo_call_answer_error:
 * @self: a call for a batch
 * @key: one of its keys
 * @error: (transfer full): why there is no answer
 *
 * Answers one key of a batch with an error.
 *
 * May be called from any thread. No callback runs before this returns.
 *
 * Since: 0.1
 */
void
memo_call_answer_error (MemoCall   *self,
                        const char *key,
                        GError     *error)
{
  g_return_if_fail (MEMO_IS_CALL (self));
  g_return_if_fail (memo_call_is_batch (self));
  g_return_if_fail (key != NULL);
  g_return_if_fail (error != NULL);

  answer_key (self, key, NULL, error);
}

/**
 * memo_call_return_entries:
 * @self: a call for a batch
 * @entries: (array length=n_entries) (transfer none) (element-type MemoEntry): the answers, in the order of
 *   [method@Memo.Call.get_keys]; `NULL` for a key that there is none for
 * @n_entries: how many there are
 *
 * Answers all keys of a batch and finishes it.
 *
 * When there are fewer entries than keys, who waits for one of the rest gets
 * `MEMO_ERROR_NOT_FOUND`. To have more is a mistake, and what is too much is ignored.
 *
 * May be called from any thread. No callback runs before this returns.
 *
 * Since: 0.1
 */
void
memo_call_return_entries (MemoCall   *self,
                          MemoEntry **entries,
                          gsize       n_entries)
{
  gsize n_keys;

  g_return_if_fail (MEMO_IS_CALL (self));
  g_return_if_fail (memo_call_is_batch (self));
  g_return_if_fail (entries != NULL || n_entries == 0);

  n_keys = g_strv_length (self->keys);
  if (n_entries > n_keys)
    g_critical ("A batch of %" G_GSIZE_FORMAT " keys was answered with %" G_GSIZE_FORMAT " entries",
                n_keys, n_entries);

  for (gsize i = 0; i < MIN (n_keys, n_entries); i++)
    answer_key (self, self->keys[i], entries[i] != NULL ? memo_entry_ref (entries[i]) : NULL, NULL);

  memo_call_finish_batch (self);
}

/**
 * memo_call_finish_batch:
 * @self: a call for a batch
 *
 * Finishes a batch: who waits for a key that was not answered gets `MEMO_ERROR_NOT_FOUND`.
 *
 * May be called from any thread. No callback runs before this returns.
 *
 * Since: 0.1
 */
void
memo_call_finish_batch (MemoCall *self)
{
  g_return_if_fail (MEMO_IS_CALL (self));
  g_return_if_fail (memo_call_is_batch (self));

  memo_call_conclude (self, NULL,
                      g_error_new_literal (MEMO_ERROR, MEMO_ERROR_NOT_FOUND,
                                           "The batch was finished without an answer for this key"));
}
