/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-async-cache-private.h"
#include "memo-batch-private.h"
#include "memo-entry-private.h"
#include "memo-time-private.h"

/* What happens to the answer of a load: who gets it, and whether it is kept. */

/* With the lock held: the answer of a current flight goes into memory. */
static void
store_answer (MemoAsyncCache   *self,
              MemoFlight       *flight,
              MemoEntry        *entry,
              const GError     *error,
              const MemoTagSet *tags,
              gint64            promoted_until,
              gint64            duration,
              gint64            now,
              MemoTrash        *trash)
{
  MemoArrival arrival = { .promoted_until = promoted_until, .absent = flight->absent, .tier = flight->tier, .load = flight->remote };
  MemoKey key = memo_item_key (&flight->item);
  double error_ttl = memo_loader_get_error_ttl (flight->loader);

  if (error == NULL)
    {
      arrival.duration = flight->started ? MAX (0, now - flight->began) : duration;
      memo_level_one_keep (self, &key, entry, memo_loader_get_ttl (flight->loader), tags, &arrival, now, trash);
    }
  else if (error_ttl > 0.0 && memo_store_find (self->values, &key, now) == NULL &&
           /* A tier that was not read may have a live entry, which no error hides. */
           !(flight->fresh && memo_tiers_exist (self)) &&
           !memo_brackets_hold (&self->brackets, &key, tags))
    {
      MemoNode *node = memo_node_new (&key, memo_entry_new_error (g_error_copy (error)),
                                      memo_time_after (now, error_ttl), memo_tag_set_size (tags));

      memo_store_put (self->errors, node, tags, memo_async_cache_limit (self), now, &trash->nodes);
    }
}

/* What is left to do once the lock is released. */
typedef struct
{
  MemoCall     *waiters;    /* who gets the answer, linked by `waiter.next` */
  MemoFlight   *next;       /* the flight that the others wait for now, if there are others */
  GMainContext *start_in;   /* where that is to start, if it is new */
  MemoFlight   *late;       /* an early refresh whose place it takes; in the trash */
  GPtrArray    *timers;
  MemoTrash     trash;
  gboolean      arm;
} Outcome;

/* With the lock held: those who joined after the invalidation numbered STALE are to have a fresher
 * answer than this one. */
static void
move_late_waiters (MemoAsyncCache *self,
                   MemoFlight     *flight,
                   guint64         stale,
                   gint64          now,
                   Outcome        *outcome)
{
  MemoKey key = memo_item_key (&flight->item);
  MemoCall **link = &outcome->waiters;

  while (*link != NULL)
    {
      MemoCall *waiter = *link;

      if (waiter->waiter.joined < stale)
        {
          link = &waiter->waiter.next;
          continue;
        }

      *link = waiter->waiter.next;

      if (outcome->next == NULL)
        outcome->next = memo_flights_find (self, &key, now, &outcome->trash);
      if (outcome->next != NULL && memo_early_gives_way (self, outcome->next, &outcome->trash))
        outcome->late = g_steal_pointer (&outcome->next);

      if (outcome->next != NULL)
        {
          /* It began after this waiter joined, so it is fresh enough whatever happens now. */
          memo_flights_join (outcome->next, waiter, waiter->waiter.joined);
        }
      else
        {
          /* The old flight holds the loader, so that nobody is told of one more reference. */
          outcome->next = memo_flights_add (self, &key, g_object_ref (flight->loader), waiter, flight->fresh, now);
          outcome->start_in = g_main_context_ref (waiter->context);
        }

      /* The flight that it waits for now has a reference of its own. */
      g_object_unref (waiter);
    }

  if (outcome->next != NULL)
    memo_flight_ref (outcome->next);
}

/* With the lock held: the end of a flight, and what follows from it.  PROMOTED_UNTIL is 0 for what was loaded; what was promoted took
 * DURATION to load. */
static void
conclude (MemoAsyncCache *self,
          MemoFlight     *flight,
          MemoEntry      *entry,
          const GError   *error,
          gint64          promoted_until,
          gint64          duration,
          gint64          now,
          Outcome        *outcome)
{
  MemoTagSet *tags = NULL;
  gboolean storable = flight->current && !self->closed;
  gboolean failed;
  guint64 stale;

  if (entry != NULL)
    memo_tag_set_add (&tags, memo_entry_get_tags (entry));
  stale = memo_flights_outdated_at (self, flight, tags);

  /* Outdated and current flights may share a load. */
  failed = error != NULL && flight->started && !self->closed && (flight->batch == NULL || memo_batch_is_last (flight));
  memo_flights_end (self, flight, &outcome->trash);
  outcome->timers = memo_flight_take_timers (flight);
  outcome->waiters = memo_flight_take_waiters (flight);

  if (failed)
    self->counters.load_failures++;
  if (promoted_until != 0 && flight->tier == MEMO_REMOTE)
    self->counters.remote_hits++;
  else if (promoted_until != 0)
    self->counters.backup_hits++;

  if (stale != 0 && error == NULL)
    {
      move_late_waiters (self, flight, stale, now, outcome);
    }
  else if (storable && stale == 0)
    {
      memo_flight_collect_tags (flight, &tags);
      store_answer (self, flight, entry, error, tags, promoted_until, duration, now, &outcome->trash);
      outcome->arm = memo_sweep_is_due_earlier (self);
    }

  /* What came of it is not stored.  Where the source failed, it is not asked early again for a while. */
  if (flight->remote != NULL && error != NULL && flight->started)
    g_clear_pointer (&flight->remote->turn, memo_remote_turn_free);
  if (flight->remote != NULL)
    memo_remote_release (flight->remote, &outcome->trash.remote);

  memo_tag_set_free (tags);
}

/* Who gets what was PROMOTED need not wait for another turn of the loop: it is one that nobody else's code has a part in. */
static void
answer_waiters (MemoCall     *waiters,
                MemoEntry    *entry,
                const GError *error,
                gboolean      promoted)
{
  while (waiters != NULL)
    {
      MemoCall *waiter = waiters;

      waiters = waiter->waiter.next;
      if (promoted)
        memo_call_conclude_ahead (waiter, memo_entry_ref (entry));
      else if (error != NULL)
        memo_call_return_error (waiter, g_error_copy (error));
      else
        memo_call_return_entry (waiter, entry != NULL ? memo_entry_ref (entry) : NULL);
      g_object_unref (waiter);
    }
}

/* Takes both. */
static gboolean
settle (MemoAsyncCache *self,
        MemoFlight     *flight,
        MemoEntry      *entry,
        GError         *error,
        gint64          promoted_until,
        gint64          duration)
{
  gint64 now = memo_async_cache_now (self);
  Outcome outcome = { 0 };
  gboolean in_time;

  memo_flight_ref (flight);

  memo_lock (&self->lock);
  /* A refresh may have come since somebody looked. */
  in_time = !flight->over && !(promoted_until != 0 && flight->fresh);
  if (in_time)
    conclude (self, flight, entry, error, promoted_until, duration, now, &outcome);
  g_mutex_unlock (&self->lock);

  answer_waiters (outcome.waiters, entry, error, promoted_until != 0);
  if (outcome.late != NULL)
    memo_early_end (self, outcome.late);

  if (outcome.next != NULL)
    memo_loading_watch_all (self, outcome.next);
  if (outcome.start_in != NULL)
    memo_launch (self, outcome.next, outcome.start_in);
  if (outcome.arm)
    memo_sweep_arm (self);

  g_clear_pointer (&outcome.timers, g_ptr_array_unref);
  g_clear_pointer (&outcome.start_in, g_main_context_unref);
  g_clear_pointer (&outcome.next, memo_flight_unref);
  memo_trash_empty (&outcome.trash);
  memo_flight_unref (flight);
  g_clear_pointer (&entry, memo_entry_unref);
  g_clear_error (&error);

  return in_time;
}

/* Brings an answer to all who wait, and into memory where the fence lets it.  Takes both.
 * Says whether it was in time: whether the flight was not over before. */
gboolean
memo_loading_answer (MemoAsyncCache *self,
                     MemoFlight     *flight,
                     MemoEntry      *entry,
                     GError         *error)
{
  return settle (self, flight, entry, error, 0, 0);
}

/* The same with what a tier had, for how long it lives, and how long it took to load.  Takes the entry.  Not in time is also where the flight is
 * to have no answer of a tier any more. */
gboolean
memo_loading_promote (MemoAsyncCache *self,
                      MemoFlight     *flight,
                      MemoEntry      *entry,
                      gint64          deadline,
                      gint64          duration)
{
  return settle (self, flight, entry, NULL, deadline, duration);
}
