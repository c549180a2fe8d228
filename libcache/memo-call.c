/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-call-private.h"
#include "memo-entry-private.h"
#include "memo-error.h"

/**
 * MemoCall:
 *
 * One question that somebody must answer exactly once.
 *
 * Every function that a user of libcache writes is a [callback@Memo.Func], and is
 * handed a call: it says what is asked, and takes the answer. The answer may be
 * given at once or later, from any thread; who wants to give it later keeps a
 * reference.
 *
 * A second answer is a mistake, said so by a critical, and the first one stands.
 * An answer that comes too late, after the callers were told that it timed out or when
 * the last of them was cancelled, is dropped in silence. A call whose last
 * reference goes before it was answered ends with `MEMO_ERROR_ABANDONED`.
 *
 * A call is also what the callback of an asynchronous function of
 * [iface@Memo.Cache] gets as its [iface@Gio.AsyncResult].
 *
 * Since: 0.1
 */

/* Who may answer. */
typedef enum
{
  UNCLAIMED,
  ANSWERED,
  WITHDRAWN,      /* the caller was told otherwise; an answer is too late and no mistake */
} Claim;

/* Where a request is: no callback before the function that made it is over. */
typedef enum
{
  ENTERING,
  WAITING,
  SETTLED,
} Phase;

static void memo_call_async_result_iface_init (GAsyncResultIface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (MemoCall, memo_call, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_ASYNC_RESULT, memo_call_async_result_iface_init))

/* --- delivery --- */

static MemoCall *
call_of_mail (MemoMail *mail)
{
  return (MemoCall *) ((char *) mail - G_STRUCT_OFFSET (MemoCall, mail));
}

static void
memo_call_stop_listening (MemoCall *self)
{
  /* Not g_cancellable_disconnect(): it waits for handlers that run, and in a main loop
   * inside one of them it would wait for ever. */
  if (self->cancelled_id != 0)
    g_signal_handler_disconnect (self->cancellable, self->cancelled_id);
  self->cancelled_id = 0;
}

static void
memo_call_invoke_closure (MemoCall *self)
{
  GValue values[2] = { G_VALUE_INIT, G_VALUE_INIT };

  g_value_init (&values[0], G_TYPE_OBJECT);
  g_value_set_object (&values[0], self->source_object);
  g_value_init (&values[1], G_TYPE_ASYNC_RESULT);
  g_value_set_object (&values[1], self);

  g_closure_invoke (self->closure, NULL, 2, values, NULL);

  g_value_unset (&values[1]);
  g_value_unset (&values[0]);
}

static void
memo_call_deliver (MemoMail *mail)
{
  MemoCall *self = call_of_mail (mail);

  memo_call_stop_listening (self);
  if (self->over != NULL)
    self->over (self, TRUE);

  if (self->closure != NULL)
    memo_call_invoke_closure (self);
  else if (self->callback != NULL)
    self->callback (self->source_object, G_ASYNC_RESULT (self), self->user_data);

  g_object_unref (self);
}

static void
memo_call_discard (MemoMail *mail)
{
  MemoCall *self = call_of_mail (mail);

  memo_call_stop_listening (self);
  if (self->over != NULL)
    self->over (self, FALSE);
  g_object_unref (self);
}

/* The context is not held while the answer waits in it, or the two would hold each other. */
static void
memo_call_post (MemoCall *self)
{
  g_autoptr(GMainContext) context = g_steal_pointer (&self->context);

  g_object_ref (self);
  if (self->ahead)
    memo_mailbox_post_ahead (context, &self->mail);
  else
    memo_mailbox_post (context, &self->mail);
}

static gboolean
memo_call_claim (MemoCall *self,
                 Claim     claim)
{
  return g_atomic_int_compare_and_exchange (&self->claim, UNCLAIMED, claim);
}

/* Brings the answer to whoever is to have it.  Takes both; the claim was made before. */
static void
memo_call_settle (MemoCall  *self,
                  MemoEntry *entry,
                  GError    *error)
{
  if (entry != NULL)
    memo_entry_seal (entry);

  if (self->owner_funcs != NULL)
    {
      self->owner_funcs->answered (self->owner, entry, error);
      return;
    }

  self->answer = entry;
  self->error = error;

  if (!g_atomic_int_compare_and_exchange (&self->phase, ENTERING, SETTLED))
    memo_call_post (self);
}

/* What messages call it: “The call for “user:1””, or “A call”. */
static char *
dup_name (MemoCall   *self,
          const char *article)
{
  if (self->keys == NULL || self->keys[0] == NULL)
    return g_strconcat (article, " call", NULL);

  return g_strdup_printf ("%s call for “%s”", article, self->keys[0]);
}

/* Whether a loader is asked. */
gboolean
memo_call_is_load (MemoCall *self)
{
  return self->owner_funcs != NULL && self->owner_funcs->tagged != NULL;
}

gboolean
memo_call_is_batch (MemoCall *self)
{
  return self->owner_funcs != NULL && self->owner_funcs->answered_key != NULL;
}

/* Whether there is no answer yet. */
gboolean
memo_call_is_open (MemoCall *self)
{
  return g_atomic_int_get (&self->claim) == UNCLAIMED;
}

/* Answers a call, and takes both.  Says whether it was the first answer. */
gboolean
memo_call_conclude (MemoCall  *self,
                    MemoEntry *entry,
                    GError    *error)
{
  if (memo_call_claim (self, ANSWERED))
    {
      memo_call_settle (self, entry, error);
      return TRUE;
    }

  if (g_atomic_int_get (&self->claim) == ANSWERED)
    {
      g_autofree char *name = dup_name (self, "A");

      g_critical ("%s was answered twice; the first answer stands", name);
    }

  g_clear_pointer (&entry, memo_entry_unref);
  g_clear_error (&error);

  return FALSE;
}

/* Answers a request, unless it was withdrawn, by mail of its own context, which the answer may follow at once.  Takes the entry. */
void
memo_call_conclude_ahead (MemoCall  *self,
                          MemoEntry *entry)
{
  if (memo_call_claim (self, ANSWERED))
    {
      self->ahead = TRUE;
      memo_call_settle (self, entry, NULL);
    }
  else
    {
      memo_entry_unref (entry);
    }
}

/* --- cancellation of a request --- */

/* Ends the wait of whoever asked with ERROR, which is taken.  An answer that comes later is no mistake. */
void
memo_call_withdraw_with_error (MemoCall *self,
                               GError   *error)
{
  if (!memo_call_claim (self, WITHDRAWN))
    {
      g_error_free (error);
      return;
    }

  if (self->withdrawn != NULL)
    self->withdrawn (self);

  memo_call_settle (self, NULL, error);
}

/* Whether the wait was ended like that. */
gboolean
memo_call_was_withdrawn (MemoCall *self)
{
  return g_atomic_int_get (&self->claim) == WITHDRAWN;
}

static void
memo_call_withdraw (MemoCall *self)
{
  memo_call_withdraw_with_error (self, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED,
                                                            "Operation was cancelled"));
}

/* The handler does not hold the request, or one that is dropped would never be noticed. */
static void
memo_call_cancelled_cb (GCancellable *cancellable,
                        GWeakRef     *weak)
{
  g_autoptr(MemoCall) self = g_weak_ref_get (weak);

  if (self != NULL)
    memo_call_withdraw (self);
}

static void
weak_ref_free (gpointer  data,
               GClosure *closure)
{
  g_weak_ref_clear (data);
  g_free (data);
}

/* --- requests --- */

static GObject *
memo_call_get_source_object (GAsyncResult *result)
{
  MemoCall *self = MEMO_CALL (result);

  return self->source_object != NULL ? g_object_ref (self->source_object) : NULL;
}

static gpointer
memo_call_get_user_data (GAsyncResult *result)
{
  return MEMO_CALL (result)->user_data;
}

static gboolean
memo_call_is_tagged (GAsyncResult *result,
                     gpointer      source_tag)
{
  return MEMO_CALL (result)->source_tag == source_tag;
}

static void
memo_call_async_result_iface_init (GAsyncResultIface *iface)
{
  iface->get_source_object = memo_call_get_source_object;
  iface->get_user_data = memo_call_get_user_data;
  iface->is_tagged = memo_call_is_tagged;
}

/* A request of the thread-default context; its callback is called there. */
MemoCall *
memo_call_new_request (gpointer             source_object,
                       gpointer             source_tag,
                       GCancellable        *cancellable,
                       GAsyncReadyCallback  callback,
                       gpointer             user_data)
{
  MemoCall *self = g_object_new (MEMO_TYPE_CALL, NULL);

  self->source_object = g_object_ref (source_object);
  self->source_tag = source_tag;
  self->cancellable = cancellable != NULL ? g_object_ref (cancellable) : NULL;
  self->callback = callback;
  self->user_data = user_data;
  self->context = g_main_context_ref_thread_default ();

  return self;
}

/* Has CLOSURE called with the source object and the result, in place of a callback. */
void
memo_call_set_closure (MemoCall *self,
                       GClosure *closure)
{
  self->closure = g_closure_ref (closure);
  g_closure_sink (closure);
  if (G_CLOSURE_NEEDS_MARSHAL (closure))
    g_closure_set_marshal (closure, g_cclosure_marshal_generic);
}

/* What the call is about.  Takes the key. */
void
memo_call_take_key (MemoCall *self,
                    char     *key)
{
  self->one_key[0] = key;
  self->keys = self->one_key;
}

/* What the call is about: a key that stays as it is until the owner is released. */
void
memo_call_borrow_key (MemoCall   *self,
                      const char *key)
{
  memo_call_take_key (self, (char *) key);
  self->borrowed = TRUE;
}

/* What the call is about.  Takes the entry, but not the key. */
void
memo_call_set_subject (MemoCall   *self,
                       const char *key,
                       MemoEntry  *entry)
{
  memo_call_take_key (self, g_strdup (key));
  self->entry = entry;
}

/* What a function is called with.  ARGS may be NULL, floating, or neither. */
void
memo_call_set_args (MemoCall *self,
                    GVariant *args,
                    GObject  *instance)
{
  self->args = args != NULL ? g_variant_ref_sink (args) : NULL;
  self->instance = instance != NULL ? g_object_ref (instance) : NULL;
}

/* Whether what is stored has to survive a loss of power. */
void
memo_call_set_durable (MemoCall *self,
                       gboolean  durable)
{
  self->durable = durable;
}

/* Before the request is handed on.  FALSE: it was cancelled already and must not be. */
gboolean
memo_call_enter (MemoCall *self)
{
  if (!g_cancellable_is_cancelled (self->cancellable))
    return TRUE;

  memo_call_withdraw (self);

  return FALSE;
}

/* When the function that made the request is about to return. */
void
memo_call_leave (MemoCall *self)
{
  if (self->cancellable != NULL && g_atomic_int_get (&self->phase) == ENTERING)
    {
      GWeakRef *weak = g_new (GWeakRef, 1);

      g_weak_ref_init (weak, self);
      self->cancelled_id = g_signal_connect_data (self->cancellable, "cancelled",
                                                  G_CALLBACK (memo_call_cancelled_cb), weak, weak_ref_free, 0);

      /* It may have been cancelled, in another thread, just before. */
      if (g_cancellable_is_cancelled (self->cancellable))
        memo_call_withdraw (self);
    }

  if (!g_atomic_int_compare_and_exchange (&self->phase, ENTERING, WAITING))
    memo_call_post (self);
}

/* Whether RESULT is what an _async function of SOURCE_OBJECT gave. */
gboolean
memo_call_is_result (gpointer result,
                     gpointer source_object,
                     gpointer source_tag)
{
  return MEMO_IS_CALL (result) &&
         MEMO_CALL (result)->source_object == source_object &&
         MEMO_CALL (result)->source_tag == source_tag;
}

/* The answer, full. */
MemoEntry *
memo_call_propagate (MemoCall  *self,
                     GError   **error)
{
  if (self->error != NULL)
    {
      g_propagate_error (error, g_error_copy (self->error));
      return NULL;
    }

  return self->answer != NULL ? memo_entry_ref (self->answer) : NULL;
}

/* What the _finish functions without a value have in common. */
gboolean
memo_call_finish (gpointer       source_object,
                  GAsyncResult  *result,
                  gpointer       source_tag,
                  GError       **error)
{
  MemoCall *self;

  g_return_val_if_fail (memo_call_is_result (result, source_object, source_tag), FALSE);

  self = MEMO_CALL (result);
  if (self->error == NULL)
    return TRUE;

  g_propagate_error (error, g_error_copy (self->error));

  return FALSE;
}

/* --- questions --- */

/* A question for OWNER, of which one reference is taken. */
MemoCall *
memo_call_new_question (const char * const  *keys,
                        GCancellable        *cancellable,
                        MemoEntry           *previous,
                        const MemoCallOwner *owner_funcs,
                        gpointer             owner)
{
  MemoCall *self = g_object_new (MEMO_TYPE_CALL, NULL);

  self->keys = g_strdupv ((char **) keys);
  self->cancellable = cancellable != NULL ? g_object_ref (cancellable) : NULL;
  self->entry = previous != NULL ? memo_entry_ref (previous) : NULL;
  self->owner_funcs = owner_funcs;
  self->owner = owner;

  return self;
}

static void
memo_call_dispose (GObject *object)
{
  MemoCall *self = MEMO_CALL (object);

  /* For a request this posts it, which keeps it alive until its callback has run. */
  if (memo_call_claim (self, ANSWERED))
    {
      g_autofree char *name = dup_name (self, "The");

      memo_call_settle (self, NULL, g_error_new (MEMO_ERROR, MEMO_ERROR_ABANDONED,
                                                 "%s was dropped without an answer", name));
    }

  /* Not that of the parent: what it does, g_object_unref() does right after it once more, and there are several
   * calls for each get. */
}

static void
memo_call_finalize (GObject *object)
{
  MemoCall *self = MEMO_CALL (object);

  if (self->owner_funcs != NULL)
    self->owner_funcs->release (self->owner);

  g_clear_pointer (&self->entry, memo_entry_unref);
  g_clear_pointer (&self->answer, memo_entry_unref);
  g_clear_pointer (&self->closure, g_closure_unref);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_clear_error (&self->error);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->args, g_variant_unref);
  g_clear_object (&self->instance);
  g_clear_object (&self->cache);
  g_clear_object (&self->source_object);
  if (self->keys != self->one_key)
    g_strfreev (self->keys);
  else if (!self->borrowed)
    g_free (self->one_key[0]);

  G_OBJECT_CLASS (memo_call_parent_class)->finalize (object);
}

static void
memo_call_class_init (MemoCallClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = memo_call_dispose;
  object_class->finalize = memo_call_finalize;
}

static void
memo_call_init (MemoCall *self)
{
  self->mail.deliver = memo_call_deliver;
  self->mail.discard = memo_call_discard;
}
