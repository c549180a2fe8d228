/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-call-private.h"
#include "memo-entry.h"

/* The calls of backends and codecs: what they are asked with, and bytes for an answer. */

/**
 * memo_call_get_bytes:
 * @self: a call
 *
 * Gets what a [iface@Memo.Backend] is to store, or what it is to remove and nothing else.
 *
 * Returns: (transfer none) (nullable): the bytes, or `NULL` when the call has none
 *
 * Since: 0.1
 */
GBytes *
memo_call_get_bytes (MemoCall *self)
{
  g_return_val_if_fail (MEMO_IS_CALL (self), NULL);

  return self->entry != NULL ? memo_entry_get_bytes (self->entry) : NULL;
}

/**
 * memo_call_get_ttl:
 * @self: a call
 *
 * Gets how long what a [iface@Memo.Backend] is to store is of use.
 *
 * Returns: seconds, or `MEMO_TTL_FOREVER`
 *
 * Since: 0.1
 */
double
memo_call_get_ttl (MemoCall *self)
{
  double ttl;

  g_return_val_if_fail (MEMO_IS_CALL (self), MEMO_TTL_FOREVER);

  ttl = self->entry != NULL ? memo_entry_get_ttl (self->entry) : MEMO_TTL_DEFAULT;

  return ttl != MEMO_TTL_DEFAULT ? ttl : MEMO_TTL_FOREVER;
}

/**
 * memo_call_get_durable:
 * @self: a call
 *
 * Gets whether what a [iface@Memo.Backend] is to store has to survive a loss of power when it is answered.
 *
 * What was set by hand has to: it is in the place of something older, which must not come back. What was loaded
 * has not, since it can be loaded again.
 *
 * Returns: whether it has to
 *
 * Since: 0.1
 */
gboolean
memo_call_get_durable (MemoCall *self)
{
  g_return_val_if_fail (MEMO_IS_CALL (self), FALSE);

  return self->durable;
}

/**
 * memo_call_return_bytes:
 * @self: a call
 * @bytes: (nullable): the bytes, or `NULL`: there are none
 *
 * Answers with bytes: what a [iface@Memo.Backend] found, what a [iface@Memo.Codec] made.
 *
 * May be called from any thread. No callback runs before this returns.
 *
 * Since: 0.1
 */
void
memo_call_return_bytes (MemoCall *self,
                        GBytes   *bytes)
{
  g_return_if_fail (MEMO_IS_CALL (self));
  g_return_if_fail (!memo_call_is_batch (self));

  memo_call_conclude (self, bytes != NULL ? memo_entry_new_bytes (bytes) : NULL, NULL);
}
