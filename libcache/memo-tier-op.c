/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-call-private.h"
#include "memo-error.h"
#include "memo-tier-private.h"

/* The operations on a tier, and who waits for them. */

static void
ack_unref (MemoTierAck *ack)
{
  if (!g_atomic_ref_count_dec (&ack->ref_count))
    return;

  g_clear_object (&ack->call);
  g_clear_error (&ack->error);
  g_mutex_clear (&ack->lock);
  g_free (ack);
}

/* The call is the caller's now, if it is still there. */
static MemoCall *
take_call (MemoTierAck *ack)
{
  MemoCall *call;

  g_mutex_lock (&ack->lock);
  call = g_steal_pointer (&ack->call);
  g_mutex_unlock (&ack->lock);

  return call;
}

/* The call does not need the ack any more. */
static void
let_go (MemoCall *call)
{
  MemoTierAck *ack = g_atomic_pointer_exchange (&call->withdrawn_data, NULL);

  if (ack != NULL)
    ack_unref (ack);
}

/* The call was cancelled, in whichever thread.  It holds the cache, which may have to wait for ever otherwise. */
static void
withdrawn (MemoCall *call)
{
  MemoTierAck *ack = g_atomic_pointer_exchange (&call->withdrawn_data, NULL);
  g_autoptr(MemoCall) held = NULL;

  if (ack == NULL)
    return;

  held = take_call (ack);
  ack_unref (ack);
}

/* The caller has to call memo_tier_ack_done() once itself, when all operations were added.  CALL is answered
 * with nothing when all are done, or with the first error. */
MemoTierAck *
memo_tier_ack_new (MemoCall *call,
                   gboolean  lenient)
{
  MemoTierAck *ack = g_new0 (MemoTierAck, 1);

  g_atomic_ref_count_init (&ack->ref_count);
  ack->call = g_object_ref (call);
  ack->lenient = lenient;
  ack->pending = 1;
  g_mutex_init (&ack->lock);

  if (call->owner_funcs == NULL)
    {
      g_atomic_ref_count_inc (&ack->ref_count);
      call->withdrawn_data = ack;
      call->withdrawn = withdrawn;
    }

  return ack;
}

/* One more that has to be done.  May be called under a lock. */
void
memo_tier_ack_hold (MemoTierAck *ack)
{
  g_atomic_ref_count_inc (&ack->ref_count);
  g_atomic_int_inc (&ack->pending);
}

/* The same for an operation. */
void
memo_tier_ack_add (MemoTierAck *ack,
                   MemoTierOp  *op)
{
  if (ack == NULL)
    return;

  memo_tier_ack_hold (ack);
  if (op->acks == NULL)
    op->acks = g_ptr_array_new ();
  g_ptr_array_add (op->acks, ack);
}

static void
set_error (MemoTierAck  *ack,
           const GError *error)
{
  g_mutex_lock (&ack->lock);
  if (ack->error == NULL)
    ack->error = g_error_copy (error);
  g_mutex_unlock (&ack->lock);
}

/* A failure that is the caller's, whatever the others are.  By somebody who still holds the ack; never under a lock. */
void
memo_tier_ack_insist (MemoTierAck  *ack,
                      const GError *error)
{
  set_error (ack, error);
}

/* One operation is done, or will not be.  Takes the reference.  Never under a lock. */
void
memo_tier_ack_done (MemoTierAck  *ack,
                    const GError *error)
{
  if (error != NULL && !ack->lenient)
    set_error (ack, error);

  if (g_atomic_int_dec_and_test (&ack->pending))
    {
      g_autoptr(MemoCall) call = take_call (ack);

      if (call != NULL)
        let_go (call);
      if (call != NULL && ack->error != NULL)
        memo_call_return_error (call, g_steal_pointer (&ack->error));
      else if (call != NULL)
        memo_call_return_nothing (call);
    }

  ack_unref (ack);
}

/* KEY is NULL for a barrier. */
MemoTierOp *
memo_tier_op_new (MemoTier      *tier,
                  MemoTierKind   kind,
                  const MemoKey *key)
{
  MemoTierOp *op = g_malloc0 (sizeof *op + (key != NULL ? key->length + 1 : 0));

  g_atomic_ref_count_init (&op->ref_count);
  op->tier = memo_tier_ref (tier);
  op->kind = kind;
  op->state = MEMO_TIER_READY;
  op->link.data = op;

  if (key != NULL)
    {
      char *text = (char *) (op + 1);

      memcpy (text, key->text, key->length + 1);
      memo_item_init (&op->item, key, text);
    }

  return op;
}

MemoTierOp *
memo_tier_op_ref (MemoTierOp *op)
{
  g_atomic_ref_count_inc (&op->ref_count);

  return op;
}

/* Never under a lock: the end of a value may run anybody's code. */
void
memo_tier_op_unref (MemoTierOp *op)
{
  if (!g_atomic_ref_count_dec (&op->ref_count))
    return;

  g_assert (op->acks == NULL);

  g_clear_pointer (&op->entry, memo_entry_unref);
  g_clear_pointer (&op->bytes, g_bytes_unref);
  g_clear_error (&op->error);
  g_strfreev (op->tags);
  memo_tier_unref (op->tier);
  g_free (op);
}

/* With the lock held: what cannot be stored is removed instead, since what it was to replace is out of date.
 * Its value stays with it until the lock is released. */
void
memo_tier_op_demote (MemoTierOp *op)
{
  op->kind = MEMO_TIER_REMOVE;
  if (op->state == MEMO_TIER_UNPREPARED)
    op->state = MEMO_TIER_READY;
  g_clear_pointer (&op->bytes, g_bytes_unref);
}

/* The last of an operation that is not going to be done: whoever waits is told that it is not, unless another took
 * it over.  Takes the reference. */
void
memo_tier_op_bury (MemoTierOp *op)
{
  g_autoptr(GPtrArray) acks = g_steal_pointer (&op->acks);

  for (guint i = 0; acks != NULL && i < acks->len; i++)
    {
      g_autoptr(GError) error = g_error_new_literal (MEMO_ERROR, MEMO_ERROR_CLOSED,
                                                     "The cache went away before its tier had this");

      memo_tier_ack_done (g_ptr_array_index (acks, i), error);
    }

  memo_tier_op_unref (op);
}
