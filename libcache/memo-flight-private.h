/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-call-private.h"
#include "memo-loader-private.h"
#include "memo-mailbox-private.h"
#include "memo-remote-private.h"
#include "memo-tag-index-private.h"
#include "memo-tier-private.h"

G_BEGIN_DECLS

/* One load in progress and everyone who waits for it.
 *
 * A flight is *current* while it is in the cache's table: whoever asks for the key joins
 * it.  Outdated by an invalidation it is not current any more: its answer goes to those who
 * wait already, and is not stored.  It is *over* once they got an answer, or when nobody
 * waits any more.
 *
 * All functions but the reference counting want the lock of the cache, unless they say
 * otherwise. */

typedef struct _MemoBatch MemoBatch;

/* An attempt to go on with a flight, on its way to a context or a thread. */
typedef struct
{
  MemoMail    mail;
  MemoFlight *flight;
  guint       ticket;
} MemoFlightStart;

struct _MemoFlight
{
  MemoItem         item;            /* first, so that a flight is an item */
  gatomicrefcount  ref_count;
  MemoFlight      *previous_flight; /* in the cache's list of all that are not over */
  MemoFlight      *next_flight;

  GWeakRef        *cache;           /* who waits holds the cache, a flight does not */
  MemoLoader      *loader;
  GCancellable    *cancellable;     /* of the load, NULL before it began */
  MemoEntry       *previous;        /* the entry that is being refreshed */
  gint64           deadline;        /* when it times out */
  guint64          since;           /* how many tag invalidations there had been before it */

  MemoBatch       *batch;           /* the batch whose answer it waits for; not a reference */
  MemoFlight      *slot_next;       /* in the batch, the next with the same key */
  gboolean         deserted;        /* nobody else waited for anything of its batch */

  gboolean         current;
  gboolean         fresh;           /* no tier will do */
  gint64           beyond;          /* of an early refresh: what a tier has will do if it lives longer; else 0 */
  gboolean         reading;         /* a tier was asked, and did not answer yet */
  gboolean         read;            /* it did, or is not asked: a turn of `context` goes on */
  MemoTierPlace    tier;            /* which one */
  guint            absent;          /* a bit for each that has nothing for the key */
  gboolean         started;         /* the loader's function was called */
  gboolean         over;
  MemoTierAnswer  *answer;          /* what the tier found, or NULL */
  MemoRemoteLoad  *remote;          /* its side of a remote tier that keeps processes coherent, or NULL */
  gint64           began;           /* when the loader's function was called */

  const void      *context;         /* where the function is to be called; only compared */
  guint            ticket;          /* counts the attempts to call it */
  MemoFlightStart  own_start;       /* for one of them */
  int              own_start_used;  /* atomic */

  MemoCall        *first;           /* who waits, in the order they came */
  MemoCall        *last;

  GPtrArray       *tag_texts;       /* what `tags` borrows */
  MemoTagSet      *tags;            /* the loader's and those added to the call */
  char           **previous_texts;  /* what `previous_tags` borrows */
  MemoTagSet      *previous_tags;   /* those that the previous entry carries */

  GPtrArray       *timers;
};

/* One weak reference for all that a cache has in progress: an object finds its own by looking through them. */
GWeakRef     *memo_weak_ref_share        (gpointer            object);
GWeakRef     *memo_weak_ref_acquire      (GWeakRef           *shared);
void          memo_weak_ref_release      (GWeakRef           *shared);

MemoFlight   *memo_flight_new            (GWeakRef           *cache,
                                          const MemoKey      *key,
                                          MemoLoader         *loader,
                                          MemoEntry          *previous,
                                          char              **previous_tags,
                                          gint64              deadline,
                                          guint64             since);
MemoFlight   *memo_flight_ref            (MemoFlight         *self);
void          memo_flight_unref          (MemoFlight         *self);

void          memo_flight_add_tags       (MemoFlight         *self,
                                          const char * const *tags);
void          memo_flight_collect_tags   (MemoFlight         *self,
                                          MemoTagSet        **tags);
void          memo_flight_add_waiter     (MemoFlight         *self,
                                          MemoCall           *waiter,
                                          guint64             joined);
void          memo_flight_remove_waiter  (MemoFlight         *self,
                                          MemoCall           *waiter);
MemoCall     *memo_flight_take_waiters   (MemoFlight         *self);
GMainContext *memo_flight_pick_context   (MemoFlight         *self,
                                          const void         *other_than);
GMainContext *memo_flight_pick_context_near (MemoFlight     *self,
                                          const void         *context);
gboolean      memo_flight_has_waiter_in  (MemoFlight         *self,
                                          const void         *context);
gboolean      memo_flight_has_timer_in   (MemoFlight         *self,
                                          GMainContext       *context);
GMainContext *memo_flight_pick_unwatched (MemoFlight         *self);
void          memo_flight_add_timer      (MemoFlight         *self,
                                          GMainContext       *context,
                                          GSource            *source);
GPtrArray    *memo_flight_take_timers    (MemoFlight         *self);

G_END_DECLS
