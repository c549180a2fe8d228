/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-call-private.h"
#include "memo-entry-private.h"
#include "memo-error-private.h"

/* Answers of a language that has exceptions: an error for everybody, and the exception itself for who knows what it is. */

/**
 * memo_call_return_exception:
 * @self: a call
 * @exception: (transfer full): what holds the exception
 * @message: what an error says of it
 *
 * Answers with an exception of another language.
 *
 * To all who wait it is `MEMO_ERROR_FAILED` with @message. Those who know the language get the exception itself
 * from their result by [method@Memo.Call.dup_exception]. For a batch it is the answer for all keys that were not answered yet.
 *
 * May be called from any thread. No callback runs before this returns.
 *
 * Since: 0.1
 */
void
memo_call_return_exception (MemoCall   *self,
                            MemoEntry  *exception,
                            const char *message)
{
  g_return_if_fail (MEMO_IS_CALL (self));
  g_return_if_fail (exception != NULL);
  g_return_if_fail (message != NULL);

  memo_entry_seal (exception);
  memo_call_conclude (self, NULL, memo_error_new_exception (exception, MEMO_ERROR_FAILED, message));
}

/**
 * memo_call_return_passing_exception:
 * @self: a call
 * @exception: (transfer full): what holds the exception
 * @message: what an error says of it
 *
 * Answers with an exception of another language that may pass by itself, such as that of a server which does not answer.
 *
 * It is what [method@Memo.Call.return_exception] does, but to all who wait it is `MEMO_ERROR_UNAVAILABLE`. An agent may
 * try such a call again more often: see [agents](agent.html).
 *
 * May be called from any thread. No callback runs before this returns.
 *
 * Since: 0.1
 */
void
memo_call_return_passing_exception (MemoCall   *self,
                                    MemoEntry  *exception,
                                    const char *message)
{
  g_return_if_fail (MEMO_IS_CALL (self));
  g_return_if_fail (exception != NULL);
  g_return_if_fail (message != NULL);

  memo_entry_seal (exception);
  memo_call_conclude (self, NULL, memo_error_new_exception (exception, MEMO_ERROR_UNAVAILABLE, message));
}

/**
 * memo_call_answer_exception:
 * @self: a call for a batch
 * @key: one of its keys
 * @exception: (transfer full): what holds the exception
 * @message: what an error says of it
 *
 * Answers one key of a batch with an exception of another language: see [method@Memo.Call.return_exception].
 *
 * May be called from any thread. No callback runs before this returns.
 *
 * Since: 0.1
 */
void
memo_call_answer_exception (MemoCall   *self,
                            const char *key,
                            MemoEntry  *exception,
                            const char *message)
{
  g_return_if_fail (MEMO_IS_CALL (self));
  g_return_if_fail (exception != NULL);
  g_return_if_fail (message != NULL);

  memo_entry_seal (exception);
  memo_call_answer_error (self, key, memo_error_new_exception (exception, MEMO_ERROR_FAILED, message));
}

/**
 * memo_call_dup_exception:
 * @self: a result that a callback was given
 *
 * Gets the exception that a call was answered with.
 *
 * Whoever is given a result whose error came from [method@Memo.Call.return_exception] finds it here, before
 * and after the function that finishes it.
 *
 * Returns: (transfer full) (nullable): what holds the exception, or `NULL` when there is none
 *
 * Since: 0.1
 */
MemoEntry *
memo_call_dup_exception (MemoCall *self)
{
  MemoEntry *exception;

  g_return_val_if_fail (MEMO_IS_CALL (self), NULL);

  exception = self->error != NULL ? memo_error_get_exception (self->error) : NULL;

  return exception != NULL ? memo_entry_ref (exception) : NULL;
}
