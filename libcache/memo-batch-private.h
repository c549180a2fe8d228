/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-async-cache-private.h"

G_BEGIN_DECLS

/* The keys that are gathered for one call of a batch loader, and what becomes of the call.
 *
 * A batch is a *window* while keys are added to it.  It leaves when the window's time is over
 * or when it is full: the loader is called with what is still wanted of it.  Each key has a
 * slot, with the flights that wait for it: one as a rule, more when a flight was outdated
 * while the window was open. */

typedef struct
{
  MemoItem    item;       /* first, so that a slot is an item */
  MemoFlight *flights;    /* linked by `slot_next`; a reference to each */
  gboolean    answered;
} MemoBatchSlot;

struct _MemoBatch
{
  gatomicrefcount  ref_count;
  GWeakRef        *cache;
  MemoLoader      *loader;
  GCancellable    *cancellable;

  MemoTable        table;           /* the slots by key */
  GPtrArray       *tags;            /* of what is accepted besides, as the call was given them */
  GPtrArray       *slots;           /* the slots in the order they came */
  guint            n_keys;          /* slots that somebody waits for */
  guint            n_flights;
  gint64           deadline;        /* when the window closes; MEMO_NEVER: when the loop is idle */

  MemoBatch       *next_window;     /* of the cache's list; while the window is open */
  gboolean         open;
  gboolean         left;            /* the loader's function was called */
  gboolean         accepts_extra;

  const void      *context;         /* where the function is to be called; only compared */
  guint            ticket;          /* counts the attempts to call it */
  GSource         *timer;

  guint64          since;           /* what the fences counted when it left */
  guint64          keys_since;
  gint64           began;           /* when it left */
};

MemoBatch     *memo_batch_ref       (MemoBatch      *batch);
void           memo_batch_unref     (MemoBatch      *batch);
MemoBatchSlot *memo_batch_find_slot (MemoBatch      *batch,
                                     const MemoKey  *key);
void           memo_batch_add       (MemoAsyncCache *self,
                                     MemoFlight     *flight,
                                     GMainContext   *context);
void           memo_batch_forget    (MemoAsyncCache *self,
                                     MemoFlight     *flight,
                                     MemoTrash      *trash);
gboolean       memo_batch_is_last   (MemoFlight     *flight);
void           memo_batch_discard   (MemoBatch      *batch);
void           memo_batch_settle    (MemoAsyncCache *self,
                                     MemoBatch      *batch);

/* memo-batch-answer.c */
extern const MemoCallOwner memo_batch_owner;

void           memo_batch_fail      (MemoAsyncCache *self,
                                     MemoBatch      *batch,
                                     const GError   *error);

G_END_DECLS
