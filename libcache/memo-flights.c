/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-async-cache-private.h"
#include "memo-batch-private.h"
#include "memo-time-private.h"

/* The flights of a cache.  All with the lock held.
 *
 * The fence.  A load may have read its source before an invalidation and be answered after
 * it.  So an invalidation takes the flight out of the table, and with that *dooms* it (only
 * a current flight is stored) and *detaches* it (who asks from then on starts another).
 * For a key that is done at once.  For a tag it is done when it matters, by comparing counts of
 * invalidations: when somebody wants to join, and when the answer, which may bring tags of
 * its own, is there. */

static void
register_flight (MemoAsyncCache *self,
                 MemoFlight     *flight)
{
  flight->current = TRUE;
  memo_table_add (&self->flights, &flight->item);
}

/* The table's reference goes to TRASH. */
void
memo_flights_detach (MemoAsyncCache *self,
                     MemoFlight     *flight,
                     MemoTrash      *trash)
{
  memo_table_remove (&self->flights, &flight->item);
  flight->current = FALSE;
  flight->item.chain = (MemoItem *) trash->flights;
  trash->flights = flight;
}

/* Nothing more comes of the flight.  The caller holds it. */
void
memo_flights_end (MemoAsyncCache *self,
                  MemoFlight     *flight,
                  MemoTrash      *trash)
{
  if (flight->current)
    memo_flights_detach (self, flight, trash);

  if (flight->batch != NULL)
    memo_batch_forget (self, flight, trash);
  if (flight->remote != NULL)
    memo_remote_wait_end (flight->remote, &trash->remote);

  flight->over = TRUE;
  *(flight->previous_flight != NULL ? &flight->previous_flight->next_flight : &self->all_flights) = flight->next_flight;
  if (flight->next_flight != NULL)
    flight->next_flight->previous_flight = flight->previous_flight;
}

/* Whether an invalidation, of EVERYTHING or not, overtakes the flight.  One that still reads a tier that keeps processes coherent looks
 * again (reading-is-not-overtaken). */
static gboolean
is_overtaken (MemoFlight *flight,
              gboolean    everything)
{
  if (flight->remote == NULL || !flight->remote->reading)
    return TRUE;

  flight->remote->outdated = TRUE;
  if (everything)
    flight->remote->tokens_outdated = TRUE;

  return FALSE;
}

/* A load of KEY was overtaken by an invalidation. */
void
memo_flights_outdate (MemoAsyncCache *self,
                      const MemoKey  *key,
                      MemoTrash      *trash)
{
  MemoFlight *flight = (MemoFlight *) memo_table_find (&self->flights, key);

  if (flight != NULL && is_overtaken (flight, FALSE))
    memo_flights_detach (self, flight, trash);
}

/* The same for all keys. */
void
memo_flights_outdate_all (MemoAsyncCache *self,
                          MemoTrash      *trash)
{
  MemoItem *item = memo_table_steal (&self->flights);

  while (item != NULL)
    {
      MemoFlight *flight = (MemoFlight *) item;

      item = item->chain;
      if (!is_overtaken (flight, TRUE))
        {
          memo_table_add (&self->flights, &flight->item);
          continue;
        }
      flight->current = FALSE;
      flight->item.chain = (MemoItem *) trash->flights;
      trash->flights = flight;
    }
}

/* The count of the first invalidation since the flight began of a tag that it is known to carry or
 * that is one of TAGS, or 0. */
guint64
memo_flights_outdated_at (MemoAsyncCache   *self,
                          MemoFlight       *flight,
                          const MemoTagSet *tags)
{
  const MemoTagSet *sets[] = { flight->tags, flight->previous_tags, tags };
  guint64 first = 0;

  for (guint i = 0; i < G_N_ELEMENTS (sets); i++)
    {
      guint64 time = memo_fence_first (&self->fence, sets[i], flight->since);

      if (time != 0)
        first = first == 0 ? time : MIN (first, time);
    }

  return first;
}

/* Whether who asks now may have the answer of a flight (join-within-the-lease, join-what-is-anchored). */
static gboolean
may_be_joined (MemoAsyncCache *self,
               MemoFlight     *flight,
               gint64          now)
{
  MemoRemoteLoad *load = flight->remote;

  return load == NULL || load->waiting || now < load->began + load->remote->max_staleness ||
         (load->anchored && now < self->lease_end);
}

/* The current flight of a key, or NULL.  One that a tag has outdated meanwhile is detached. */
MemoFlight *
memo_flights_find (MemoAsyncCache *self,
                   const MemoKey  *key,
                   gint64          now,
                   MemoTrash      *trash)
{
  MemoFlight *flight = (MemoFlight *) memo_table_find (&self->flights, key);

  if (flight == NULL || (memo_flights_outdated_at (self, flight, NULL) == 0 && may_be_joined (self, flight, now)))
    return flight;

  memo_flights_detach (self, flight, trash);

  return NULL;
}

/* REQUEST waits for a flight from now on, and is to have an answer that was begun after the JOINED
 * first invalidations. */
void
memo_flights_join (MemoFlight *flight,
                   MemoCall   *request,
                   guint64     joined)
{
  /* One that moves has it already, and may be reading it in a thread that cancels. */
  if (request->withdrawn == NULL)
    request->withdrawn = memo_loading_leave;
  memo_flight_add_waiter (flight, request, joined);
}

/* A new flight for REQUEST, which it takes along.  Takes the loader, too.  FRESH: no tier will do. */
MemoFlight *
memo_flights_add (MemoAsyncCache *self,
                  const MemoKey  *key,
                  MemoLoader     *loader,
                  MemoCall       *request,
                  gboolean        fresh,
                  gint64          now)
{
  MemoNode *node = memo_store_find (self->values, key, now);
  double timeout = memo_loader_get_timeout (loader);
  MemoFlight *flight = memo_flight_new (self->weak, key, loader,
                                        node != NULL ? node->entry : NULL,
                                        node != NULL ? memo_node_dup_tags (node) : NULL,
                                        timeout > 0.0 ? memo_time_after (now, timeout) : MEMO_NEVER,
                                        self->fence.sequence);

  flight->next_flight = self->all_flights;
  if (flight->next_flight != NULL)
    flight->next_flight->previous_flight = flight;
  self->all_flights = flight;

  flight->fresh = fresh;
  flight->tier = MEMO_N_TIERS;
  if (self->remote != NULL)
    flight->remote = memo_remote_load_new (self->remote, flight, now);
  /* One that keeps processes coherent says what a fresh value is to take the place of. */
  flight->reading = memo_tiers_exist (self) && (!fresh || self->remote != NULL) &&
                    !memo_brackets_hold (&self->brackets, key, flight->tags);
  if (flight->remote != NULL)
    flight->remote->reading = flight->reading;
  flight->context = request->context;
  register_flight (self, flight);
  memo_flights_join (flight, request, self->fence.sequence);

  return flight;
}
