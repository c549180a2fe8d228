/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-async-cache-private.h"
#include "memo-batch-private.h"

/* What is left to do when the lock of a cache is released. */

/* Never under the lock. */
void
memo_trash_empty (MemoTrash *trash)
{
  for (guint i = 0; i < MEMO_N_TIERS; i++)
    memo_tier_work_do (&trash->tiers[i]);
  memo_remote_work_do (&trash->remote);
  memo_garbage_free (g_steal_pointer (&trash->nodes));

  while (trash->flights != NULL)
    {
      MemoFlight *flight = trash->flights;

      trash->flights = (MemoFlight *) flight->item.chain;
      memo_flight_unref (flight);
    }

  while (trash->windows != NULL)
    {
      MemoBatch *batch = trash->windows;

      trash->windows = batch->next_window;
      memo_batch_discard (batch);
    }
}
