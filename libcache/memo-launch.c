/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-async-cache-private.h"
#include "memo-batch-private.h"
#include "memo-error.h"
#include "memo-frame-private.h"

/* How a flight gets its answer: from a tier, when there is one and it has it, or from its loader, which is
 * called in the context of somebody who waits. */

static void
flight_answered (gpointer   owner,
                 MemoEntry *entry,
                 GError    *error)
{
  MemoFlight *flight = owner;
  g_autoptr(MemoAsyncCache) self = g_weak_ref_get (flight->cache);

  if (self != NULL)
    {
      memo_loading_answer (self, flight, entry, error);
      return;
    }

  /* Whoever waits holds the cache, so nobody does. */
  g_clear_pointer (&entry, memo_entry_unref);
  g_clear_error (&error);
}

static void
flight_tagged (gpointer            owner,
               const char * const *tags)
{
  MemoFlight *flight = owner;
  g_autoptr(MemoAsyncCache) self = g_weak_ref_get (flight->cache);

  if (self == NULL)
    return;

  memo_lock (&self->lock);
  memo_flight_add_tags (flight, tags);
  g_mutex_unlock (&self->lock);
}

static const MemoCallOwner flight_owner = {
  .answered = flight_answered,
  .tagged = flight_tagged,
  .release = (void (*) (gpointer)) memo_flight_unref,
};

/* --- the start --- */

typedef MemoFlightStart Start;

static void launch_loader (MemoAsyncCache *self,
                           MemoFlight     *flight,
                           GMainContext   *context,
                           guint           ticket);

/* Has the user's function called. */
static void
call_loader (MemoAsyncCache *self,
             MemoFlight     *flight)
{
  const char *keys[] = { flight->item.text, NULL };
  g_autoptr(MemoCall) call = memo_call_new_question (keys, flight->cancellable, flight->previous,
                                                     &flight_owner, memo_flight_ref (flight));
  MemoFrame frame;

  memo_call_set_args (call, memo_loader_get_args (flight->loader), memo_loader_get_instance (flight->loader));

  memo_frame_enter (&frame, self, keys);
  memo_loader_call (flight->loader, call);
  memo_frame_leave (&frame);
}

/* With the lock held: whether this attempt counts. */
gboolean
memo_launch_is_due (MemoFlight *flight,
                    guint       ticket)
{
  return !flight->over && !flight->started && flight->ticket == ticket;
}

/* Goes on with a flight in its context, or IN_THREAD in one of its loader's: with what a tier found, or with the loader;
 * unless this attempt was overtaken by another or by the end. */
static void
run_flight (MemoFlight *flight,
            guint       ticket,
            gboolean    in_thread)
{
  g_autoptr(MemoAsyncCache) self = g_weak_ref_get (flight->cache);
  enum { NOT_AT_ALL, HERE, ELSEWHERE, NOWHERE } how = NOT_AT_ALL;
  const void *context = NULL;
  MemoTrash trash = { 0 };
  gint64 now;

  if (self == NULL)
    return;

  now = memo_async_cache_now (self);
  if (memo_promotion_try (self, flight, ticket, now))
    return;

  memo_lock (&self->lock);
  if (!memo_launch_is_due (flight, ticket))
    {
      how = NOT_AT_ALL;
    }
  else if (flight->loader == memo_loader_get_none ())
    {
      /* Whoever has a loader and comes now starts another. */
      if (flight->current)
        memo_flights_detach (self, flight, &trash);
      how = NOWHERE;
    }
  else if (!in_thread && !memo_loader_is_single (flight->loader))
    {
      /* It was read before, or had no loader when it began. */
      flight->read = FALSE;
      context = flight->context;
      how = ELSEWHERE;
    }
  else
    {
      flight->started = TRUE;
      flight->began = now;
      if (flight->cancellable == NULL)
        flight->cancellable = g_cancellable_new ();
      self->counters.loads++;
      how = HERE;
    }
  g_mutex_unlock (&self->lock);

  if (how == NOWHERE)
    memo_loading_answer (self, flight, NULL, NULL);
  else if (how == ELSEWHERE)
    launch_loader (self, flight, (GMainContext *) context, ticket);
  else if (how == HERE)
    call_loader (self, flight);

  memo_trash_empty (&trash);
}

static void
start_free (Start *start)
{
  MemoFlight *flight = start->flight;

  if (start == &flight->own_start)
    g_atomic_int_set (&flight->own_start_used, FALSE);
  else
    g_free (start);
  memo_flight_unref (flight);
}

static void
start_deliver (MemoMail *mail)
{
  Start *start = (Start *) mail;

  run_flight (start->flight, start->ticket, FALSE);
  start_free (start);
}

static void
start_in_thread (gpointer data)
{
  Start *start = data;

  run_flight (start->flight, start->ticket, TRUE);
  start_free (start);
}

static void start_discard (MemoMail *mail);

static Start *
start_new (MemoFlight *flight,
           guint       ticket)
{
  Start *start = &flight->own_start;

  /* Nearly always there is only one; what a thread allocates and another frees is slow. */
  if (!g_atomic_int_compare_and_exchange (&flight->own_start_used, FALSE, TRUE))
    start = g_new (Start, 1);

  start->mail.deliver = start_deliver;
  start->mail.discard = start_discard;
  start->flight = memo_flight_ref (flight);
  start->ticket = ticket;

  return start;
}

/* With the lock held: the flight goes on in another context from now on, when the mail is posted there. */
MemoMail *
memo_launch_move (MemoFlight   *flight,
                  GMainContext *context)
{
  flight->context = context;

  return &start_new (flight, ++flight->ticket)->mail;
}

/* The context went away before the loader was called in it. */
static void
start_discard (MemoMail *mail)
{
  Start *start = (Start *) mail;
  MemoFlight *flight = start->flight;
  g_autoptr(MemoAsyncCache) self = g_weak_ref_get (flight->cache);
  g_autoptr(GMainContext) context = NULL;
  MemoMail *again = NULL;
  gboolean stranded = FALSE;

  if (self != NULL)
    {
      memo_lock (&self->lock);
      if (!flight->over && flight->ticket == start->ticket)
        {
          context = memo_flight_pick_context (flight, flight->context);
          if (context != NULL)
            again = memo_launch_move (flight, context);
          else
            stranded = TRUE;
        }
      g_mutex_unlock (&self->lock);
    }

  if (again != NULL)
    memo_mailbox_post (context, again);
  if (stranded)
    memo_loading_answer (self, flight, NULL,
                         g_error_new_literal (MEMO_ERROR, MEMO_ERROR_ABANDONED,
                                              "The main context that was to run the loader went away"));

  start_free (start);
}

/* Has the loader of a flight called. */
static void
launch_loader (MemoAsyncCache *self,
               MemoFlight     *flight,
               GMainContext   *context,
               guint           ticket)
{
  if (memo_loader_is_batch (flight->loader))
    memo_batch_add (self, flight, context);
  else if (memo_loader_is_in_thread (flight->loader))
    memo_loader_push (flight->loader, start_in_thread, start_new (flight, ticket));
  else
    memo_mailbox_post (context, &start_new (flight, ticket)->mail);
}

static void
tier_answered (gpointer        data,
               MemoTierAnswer *answer)
{
  memo_launch_answered (data, answer);
}

/* Where the flight says already that it is read. */
static void
read_tier (MemoAsyncCache *self,
           MemoFlight     *flight,
           MemoTierPlace   place)
{
  MemoKey key = memo_item_key (&flight->item);

  if (place == MEMO_REMOTE && self->remote != NULL)
    memo_remote_read (flight);
  else
    memo_tier_read (self->tiers[place], &key, tier_answered, memo_flight_ref (flight));
}

/* A tier answered, in whichever thread: somebody who waits goes on with it.  Takes both. */
void
memo_launch_answered (MemoFlight     *flight,
                      MemoTierAnswer *answer)
{
  g_autoptr(MemoAsyncCache) self = g_weak_ref_get (flight->cache);
  g_autoptr(GMainContext) context = NULL;
  MemoTierPlace next = MEMO_N_TIERS;
  MemoMail *start = NULL;

  if (self != NULL && answer != NULL && answer->failed)
    next = memo_tiers_choose (self, flight->tier);

  if (next != MEMO_N_TIERS)
    {
      memo_lock (&self->lock);
      flight->tier = next;
      g_mutex_unlock (&self->lock);
      read_tier (self, flight, next);
    }
  else if (self != NULL)
    {
      memo_lock (&self->lock);
      flight->reading = FALSE;
      if (!flight->over)
        {
          flight->read = TRUE;
          flight->answer = g_steal_pointer (&answer);
          context = memo_flight_pick_context_near (flight, flight->context);
          start = memo_launch_move (flight, context);
        }
      g_mutex_unlock (&self->lock);
    }

  if (start != NULL)
    memo_mailbox_post (context, start);

  g_clear_pointer (&answer, memo_tier_answer_free);
  memo_flight_unref (flight);
}

/* After the lock is released: gets a new flight going in CONTEXT. */
void
memo_launch (MemoAsyncCache *self,
             MemoFlight     *flight,
             GMainContext   *context)
{
  MemoTierPlace place = memo_tiers_choose (self, MEMO_N_TIERS);
  gboolean read;

  memo_lock (&self->lock);
  read = flight->reading;
  if (read)
    flight->tier = place;
  g_mutex_unlock (&self->lock);

  /* The first attempt: whoever it is made for may have left, and it have been moved, before this. */
  if (read)
    read_tier (self, flight, place);
  else
    launch_loader (self, flight, context, 0);
}
