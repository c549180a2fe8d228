/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "memo-async-cache-private.h"
#include "memo-remote-private.h"

/* The turn to refresh a key early: one process at a time has it, and the others go on with what they have.  It is a key of its own
 * in the server, which ends by itself; nothing depends on it but how many loads there are. */

struct _MemoRemoteTurn
{
  MemoRemoteRequest request;
  MemoRemote       *remote;
  MemoFlight       *flight;   /* while it is asked for */
  GBytes           *token;
  guint64           on_link;
  char              name[];
};

void
memo_remote_turn_free (MemoRemoteTurn *turn)
{
  g_bytes_unref (turn->token);
  memo_remote_unref (turn->remote);
  g_free (turn);
}

/* With the lock held: somebody else may have it.  Takes the turn. */
void
memo_remote_turn_end (MemoRemoteTurn *turn,
                      MemoRemoteWork *work)
{
  memo_remote_send (turn->remote, MEMO_REMOTE_RELEASE, turn->name, g_bytes_ref (turn->token), turn->on_link, work);
  memo_remote_turn_free (turn);
}

static void
answered (MemoRemoteRequest *request,
          gboolean           done,
          GBytes            *found,
          const GError      *error)
{
  MemoRemoteTurn *turn = request->owner;
  MemoFlight *flight = g_steal_pointer (&turn->flight);
  g_autoptr(MemoAsyncCache) cache = g_weak_ref_get (flight->cache);
  MemoTrash trash = { 0 };

  if (error != NULL)
    memo_remote_failed (turn->remote, error);

  if (cache == NULL || error != NULL || !done)
    {
      /* What was granted ends by itself. */
      memo_remote_turn_free (turn);
    }
  else
    {
      turn->on_link = request->link;
      memo_lock (&cache->lock);
      if (flight->over)
        memo_remote_turn_end (turn, &trash.remote);
      else
        flight->remote->turn = turn;
      g_mutex_unlock (&cache->lock);
      memo_trash_empty (&trash);
    }

  /* Somebody else refreshes it, unless somebody has come who waits. */
  if (cache != NULL && (done || !memo_early_give_up (cache, flight)))
    memo_remote_look (cache, flight);

  memo_flight_unref (flight);
}

/* Has the flight, which refreshes its key early, go on when it is its turn. */
void
memo_remote_turn_take (MemoAsyncCache *cache,
                       MemoFlight     *flight)
{
  MemoRemoteLoad *load = flight->remote;
  const gsize size = flight->item.length + 1;
  MemoRemoteTurn *turn = g_malloc0 (sizeof *turn + MEMO_TIER_SPACE_SIZE + size);

  turn->remote = memo_remote_ref (load->remote);
  turn->flight = memo_flight_ref (flight);
  turn->token = memo_remote_new_id ('L');
  memo_tier_name (turn->name, 'r', flight->item.text, size);
  turn->request = (MemoRemoteRequest) {
    .step = MEMO_REMOTE_CREATE,
    .key = turn->name,
    .value = turn->token,
    .lifetime_ms = memo_remote_lease_ms (flight),
    .answered = answered,
    .owner = turn,
  };
  memo_remote_ask (load->remote, &turn->request);
}

/* An early refresh is for a value that is there, and can be stored in its place.  Otherwise it ends, unless somebody waits for it: then the
 * reference to the flight is taken. */
gboolean
memo_remote_is_needless (MemoAsyncCache *cache,
                         MemoFlight     *flight)
{
  const gboolean needless = memo_early_give_up (cache, flight);

  if (needless)
    memo_flight_unref (flight);

  return needless;
}
