/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-bracket-private.h"
#include "memo-call-private.h"
#include "memo-error.h"
#include "memo-mutation-private.h"

/* One call of an invalidator, step by step:
 *
 *   the keys are computed; every mutation begins; the function is called, in the caller's
 *   context; every mutation ends; the caller is answered.
 *
 * Each step begins in the thread in which the one before was answered, but for the user's functions,
 * which are called in the context of the caller.  So a bracket is closed when the function answers, even
 * where the caller's context has stopped turning. */

typedef struct
{
  gatomicrefcount         ref_count;
  GObject                *invalidator;
  const MemoBracketFuncs *funcs;
  MemoCall               *request;
  GMainContext           *context;

  GPtrArray              *mutations;
  int                     pending;      /* atomic: mutations whose begin or end is not answered yet */
  GMutex                  lock;         /* guards `error` while mutations begin */

  MemoEntry              *entry;        /* the answer */
  GError                 *error;
} Bracket;

/* A turn of the caller's context in which a user's function is called. */
typedef struct
{
  MemoMail      mail;
  MemoCall     *request;
  GMainContext *context;    /* not a reference: the mail waits in it */
  void        (*step) (Bracket *bracket);
} Turn;

static Bracket *
bracket_ref (Bracket *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

static void
bracket_unref (gpointer data)
{
  Bracket *self = data;

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_object_unref (self->invalidator);
  g_object_unref (self->request);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_clear_pointer (&self->mutations, g_ptr_array_unref);
  g_clear_pointer (&self->entry, memo_entry_unref);
  g_clear_error (&self->error);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* The caller gets what came of it, unless it was cancelled meanwhile. */
static void
answer (Bracket *self)
{
  if (!memo_call_is_open (self->request))
    return;

  if (self->error != NULL)
    memo_call_return_error (self->request, g_steal_pointer (&self->error));
  else
    memo_call_return_entry (self->request, g_steal_pointer (&self->entry));
}

/* --- every mutation ends --- */

static void
ended (gpointer   owner,
       MemoEntry *entry,
       GError    *error)
{
  Bracket *self = owner;

  /* That a tier did not acknowledge the change is no error of the function's. */
  g_clear_pointer (&entry, memo_entry_unref);
  g_clear_error (&error);

  if (g_atomic_int_dec_and_test (&self->pending))
    answer (self);
}

static const MemoCallOwner end_owner = {
  .answered = ended,
  .release = bracket_unref,
};

static void
end_mutations (Bracket *self)
{
  g_atomic_int_set (&self->pending, 1);

  for (guint i = 0; i < self->mutations->len; i++)
    {
      MemoMutation *mutation = g_ptr_array_index (self->mutations, i);
      g_autoptr(MemoCall) call = NULL;

      if (!memo_mutation_is_open (mutation))
        continue;

      g_atomic_int_inc (&self->pending);
      call = memo_call_new_question (NULL, NULL, NULL, &end_owner, bracket_ref (self));
      memo_mutation_end (mutation, call);
    }

  if (g_atomic_int_dec_and_test (&self->pending))
    answer (self);
}

/* --- turns of the caller's context --- */

/* While a turn is awaited, the request holds the bracket.  Whoever takes it from there goes on: the turn, or the
 * one who cancels the request.  NULL: the other was first. */
static Bracket *
take_over (MemoCall *request)
{
  return g_atomic_pointer_exchange (&request->withdrawn_data, NULL);
}

static void
turn_free (Turn *turn)
{
  g_object_unref (turn->request);
  g_free (turn);
}

static void
turn_deliver (MemoMail *mail)
{
  Turn *turn = (Turn *) mail;
  Bracket *self = take_over (turn->request);

  if (self != NULL)
    {
      self->context = g_main_context_ref (turn->context);
      turn->step (self);
      bracket_unref (self);
    }

  turn_free (turn);
}

/* The function is not going to be called. */
static void
give_up (Bracket *self)
{
  if (self->mutations != NULL)
    end_mutations (self);
  else
    answer (self);
  bracket_unref (self);
}

/* The request was cancelled, in whichever thread. */
static void
request_withdrawn (MemoCall *request)
{
  Bracket *self = take_over (request);

  if (self != NULL)
    give_up (self);
}

/* The context went away before the function was called in it. */
static void
turn_discard (MemoMail *mail)
{
  Turn *turn = (Turn *) mail;
  Bracket *self = take_over (turn->request);

  if (self != NULL)
    {
      self->error = g_error_new_literal (MEMO_ERROR, MEMO_ERROR_ABANDONED,
                                         "The main context that was to run the function went away");
      give_up (self);
    }

  turn_free (turn);
}

/* The context is not held while the turn waits in it, or the two would hold each other. */
static void
post_turn (Bracket  *self,
           void    (*step) (Bracket *bracket))
{
  g_autoptr(GMainContext) context = g_steal_pointer (&self->context);
  g_autoptr(MemoCall) request = g_object_ref (self->request);
  Turn *turn = g_new0 (Turn, 1);

  turn->mail.deliver = turn_deliver;
  turn->mail.discard = turn_discard;
  turn->request = g_object_ref (request);
  turn->context = context;
  turn->step = step;

  g_atomic_pointer_set (&request->withdrawn_data, bracket_ref (self));
  memo_mailbox_post (context, &turn->mail);

  /* It may have been cancelled, in another thread, just before. */
  if (!memo_call_is_open (request))
    request_withdrawn (request);
}

/* --- the function --- */

static void
function_answered (gpointer   owner,
                   MemoEntry *entry,
                   GError    *error)
{
  Bracket *self = owner;

  self->entry = entry;
  self->error = error;
  end_mutations (self);
}

static const MemoCallOwner function_owner = {
  .answered = function_answered,
  .release = bracket_unref,
};

static MemoCall *
new_question (Bracket             *self,
              const MemoCallOwner *owner_funcs)
{
  MemoCall *call = memo_call_new_question (NULL, memo_call_get_cancellable (self->request), NULL,
                                           owner_funcs, bracket_ref (self));

  memo_call_set_args (call, memo_call_get_args (self->request), memo_call_get_instance (self->request));

  return call;
}

static void
call_function (Bracket *self)
{
  g_autoptr(MemoCall) call = NULL;

  if (!memo_call_is_open (self->request))
    {
      /* Cancelled before anything was changed. */
      end_mutations (self);
      return;
    }

  call = new_question (self, &function_owner);
  self->funcs->call_func (self->invalidator, self->request, call);
}

/* --- every mutation begins --- */

static void
all_begun (Bracket *self)
{
  if (self->error != NULL)
    end_mutations (self);
  else
    post_turn (self, call_function);
}

static void
begun (gpointer   owner,
       MemoEntry *entry,
       GError    *error)
{
  Bracket *self = owner;

  g_clear_pointer (&entry, memo_entry_unref);

  g_mutex_lock (&self->lock);
  if (self->error == NULL)
    self->error = g_steal_pointer (&error);
  g_mutex_unlock (&self->lock);
  g_clear_error (&error);

  if (g_atomic_int_dec_and_test (&self->pending))
    all_begun (self);
}

static const MemoCallOwner begin_owner = {
  .answered = begun,
  .release = bracket_unref,
};

static void
begin_mutations (Bracket *self)
{
  g_atomic_int_set (&self->pending, self->mutations->len + 1);

  for (guint i = 0; i < self->mutations->len; i++)
    {
      g_autoptr(MemoCall) call = memo_call_new_question (NULL, NULL, NULL, &begin_owner, bracket_ref (self));

      memo_mutation_begin (g_ptr_array_index (self->mutations, i), call);
    }

  if (g_atomic_int_dec_and_test (&self->pending))
    all_begun (self);
}

/* --- the keys --- */

static void
keys_answered (gpointer   owner,
               MemoEntry *entry,
               GError    *error)
{
  Bracket *self = owner;

  if (error == NULL)
    self->mutations = self->funcs->dup_mutations (self->invalidator, self->request, entry, &error);

  g_clear_pointer (&entry, memo_entry_unref);

  if (error != NULL)
    {
      self->error = error;
      answer (self);
    }
  else if (memo_call_is_open (self->request))
    {
      begin_mutations (self);
    }
}

static const MemoCallOwner keys_owner = {
  .answered = keys_answered,
  .release = bracket_unref,
};

static void
call_key_function (Bracket *self)
{
  g_autoptr(MemoCall) call = NULL;

  if (!memo_call_is_open (self->request))
    return;

  call = new_question (self, &keys_owner);
  self->funcs->call_key_func (self->invalidator, self->request, call);
}

/* Runs one call: REQUEST has the arguments and gets the answer. */
void
memo_bracket_run (gpointer                invalidator,
                  const MemoBracketFuncs *funcs,
                  MemoCall               *request)
{
  Bracket *self = g_new0 (Bracket, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->invalidator = g_object_ref (invalidator);
  self->funcs = funcs;
  self->request = g_object_ref (request);
  self->context = g_main_context_ref_thread_default ();
  request->withdrawn = request_withdrawn;
  g_mutex_init (&self->lock);

  if (funcs->call_key_func != NULL)
    post_turn (self, call_key_function);
  else
    keys_answered (self, NULL, NULL);

  bracket_unref (self);
}
