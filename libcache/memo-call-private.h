/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-call.h"
#include "memo-mailbox-private.h"

G_BEGIN_DECLS

/* A call is of one of two kinds.  A *question* is handed to the function of a user, and its
 * answer goes to an owner inside the library, in the thread that answers.  A *request* is
 * made by an _async function, is the GAsyncResult of it, and its answer goes to a callback
 * in the context of whoever asked. */

typedef struct _MemoFlight MemoFlight;

/* Who a question is asked for.  No function runs under a lock; `answered` runs once. */
typedef struct
{
  void (*answered) (gpointer            owner,
                    MemoEntry          *entry,    /* full, nullable */
                    GError             *error);   /* full, nullable */
  void (*tagged)   (gpointer            owner,
                    const char * const *tags);
  void (*release)  (gpointer            owner);

  /* Of a batch: one key is answered.  `answered` is for what is left of it then. */
  void (*answered_key) (gpointer            owner,
                        const char         *key,
                        MemoEntry          *entry,    /* full, nullable */
                        GError             *error);   /* full, nullable */
} MemoCallOwner;

/* What a request is while it waits for a load; guarded by the lock of the cache. */
typedef struct
{
  MemoFlight *flight;     /* NULL when it waits for none */
  MemoCall   *previous;
  MemoCall   *next;
  guint64     joined;     /* how many tag invalidations there had been */
} MemoWaiter;

struct _MemoCall
{
  GObject              parent_instance;

  int                  claim;         /* atomic: who may answer */
  char               **keys;          /* what is asked for, NULL when it is about no key */
  char                *one_key[2];    /* where it is one: what `keys` is then */
  gboolean             borrowed;      /* that one is the owner's */
  GCancellable        *cancellable;
  MemoEntry           *entry;         /* what the call is about: the previous entry, the one to set */
  GVariant            *args;          /* of a decorated function or a mutation */
  GObject             *instance;      /* what it is called on */
  gboolean             durable;       /* of a store */

  /* of a question */
  const MemoCallOwner *owner_funcs;
  gpointer             owner;

  /* of a request */
  int                  phase;         /* atomic: whether its answer may be posted */
  GObject             *source_object;
  GObject             *cache;         /* whose flight it waits for, when that is not the source object */
  gpointer             source_tag;
  GMainContext        *context;       /* until the answer is posted there */
  GAsyncReadyCallback  callback;
  gpointer             user_data;
  GClosure            *closure;
  gulong               cancelled_id;
  void               (*withdrawn) (MemoCall *call);
  gpointer             withdrawn_data; /* atomic: whoever takes it goes on */
  void               (*over)      (MemoCall *call,        /* before the callback, in its context; or there is */
                                   gboolean  delivered);  /* none, since the context went away */
  MemoEntry           *answer;
  GError              *error;
  MemoMail             mail;
  gboolean             ahead;         /* whether the answer may follow the mail that brings it at once */
  MemoWaiter           waiter;
};

MemoCall  *memo_call_new_question  (const char * const   *keys,
                                    GCancellable         *cancellable,
                                    MemoEntry            *previous,
                                    const MemoCallOwner  *owner_funcs,
                                    gpointer              owner);

gboolean   memo_call_is_load       (MemoCall             *self);
gboolean   memo_call_is_batch      (MemoCall             *self);
gboolean   memo_call_is_open       (MemoCall             *self);
gboolean   memo_call_conclude      (MemoCall             *self,
                                    MemoEntry            *entry,
                                    GError               *error);
void       memo_call_conclude_ahead (MemoCall            *self,
                                    MemoEntry            *entry);

MemoCall  *memo_call_new_request   (gpointer              source_object,
                                    gpointer              source_tag,
                                    GCancellable         *cancellable,
                                    GAsyncReadyCallback   callback,
                                    gpointer              user_data);
void       memo_call_set_closure   (MemoCall             *self,
                                    GClosure             *closure);
void       memo_call_take_key      (MemoCall             *self,
                                    char                 *key);
void       memo_call_borrow_key    (MemoCall             *self,
                                    const char           *key);
void       memo_call_set_subject   (MemoCall             *self,
                                    const char           *key,
                                    MemoEntry            *entry);
void       memo_call_set_args      (MemoCall             *self,
                                    GVariant             *args,
                                    GObject              *instance);
void       memo_call_set_durable   (MemoCall             *self,
                                    gboolean              durable);
gboolean   memo_call_enter         (MemoCall             *self);
void       memo_call_leave         (MemoCall             *self);
void       memo_call_withdraw_with_error (MemoCall       *self,
                                          GError         *error);
gboolean   memo_call_was_withdrawn (MemoCall             *self);
gboolean   memo_call_is_result     (gpointer              result,
                                    gpointer              source_object,
                                    gpointer              source_tag);
gboolean   memo_call_finish        (gpointer              source_object,
                                    GAsyncResult         *result,
                                    gpointer              source_tag,
                                    GError              **error);
MemoEntry *memo_call_propagate     (MemoCall             *self,
                                    GError              **error);

G_END_DECLS
