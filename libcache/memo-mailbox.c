/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-lock-private.h"
#include "memo-mailbox-private.h"

typedef struct
{
  GSource       source;
  GMainContext *context;    /* not a reference: the context owns the source */
  MemoMail     *first;
  MemoMail     *last;
  guint64       posted;     /* how many came in all */
  gboolean      retired;    /* no longer in `mailboxes`, takes no more mail */

  /* Of whoever runs the context, and no lock is needed: a lock for each mail would be in the way of those who post. */
  MemoMail     *fetched;
  MemoMail     *last_fetched;
  guint64       taken;      /* how many of all that came were taken */
  MemoMail     *ahead;      /* comes before all of that */
  MemoMail     *last_ahead;
} Mailbox;

static GMutex lock;             /* guards all that follows, and every mailbox but for what was fetched */
static GHashTable *mailboxes;   /* GMainContext to Mailbox, both borrowed */

/* With the lock held. */
static void
retire (Mailbox *self)
{
  if (self->retired)
    return;

  g_hash_table_remove (mailboxes, self->context);
  self->retired = TRUE;
}

/* With the lock held: what was posted comes behind what was fetched before. */
static void
fetch (Mailbox *self)
{
  if (self->first == NULL)
    return;

  if (self->fetched == NULL)
    self->fetched = self->first;
  else
    self->last_fetched->next = self->first;
  self->last_fetched = self->last;
  self->first = NULL;
}

/* What was posted before END, and what is ahead of it; or NULL. */
static MemoMail *
take_first (Mailbox *self,
            guint64  end)
{
  MemoMail **first = self->ahead != NULL ? &self->ahead : &self->fetched;
  MemoMail *mail = *first;

  if (mail == NULL)
    return NULL;

  if (first == &self->fetched)
    {
      if (self->taken >= end)
        return NULL;
      self->taken++;
    }
  *first = mail->next;
  mail->next = NULL;

  return mail;
}

static gboolean
mailbox_dispatch (GSource     *source,
                  GSourceFunc  callback,
                  gpointer     user_data)
{
  Mailbox *self = (Mailbox *) source;
  MemoMail *mail;
  gboolean empty;
  guint64 end;

  memo_lock (&lock);
  fetch (self);
  end = self->posted;
  g_mutex_unlock (&lock);

  /* What is posted meanwhile is for the next turn.  A callback may run a loop of its own,
   * which then delivers the rest: so the mail is taken one by one. */
  while ((mail = take_first (self, end)) != NULL)
    mail->deliver (mail);

  memo_lock (&lock);
  empty = self->first == NULL && self->fetched == NULL && self->ahead == NULL;
  if (empty)
    retire (self);
  g_mutex_unlock (&lock);

  return empty ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

static void
mailbox_finalize (GSource *source)
{
  Mailbox *self = (Mailbox *) source;
  MemoMail *mail;

  memo_lock (&lock);
  retire (self);
  fetch (self);
  g_mutex_unlock (&lock);

  while ((mail = take_first (self, G_MAXUINT64)) != NULL)
    mail->discard (mail);
}

static GSourceFuncs mailbox_funcs = {
  .dispatch = mailbox_dispatch,
  .finalize = mailbox_finalize,
};

/* With the lock held: the one of CONTEXT, if it has one at the moment. */
static Mailbox *
find (GMainContext *context)
{
  Mailbox *self;

  if (mailboxes == NULL)
    mailboxes = g_hash_table_new (NULL, NULL);

  self = g_hash_table_lookup (mailboxes, context);
  if (self != NULL && g_source_is_destroyed (&self->source))
    {
      /* It was of a context that is gone, and whose address this one has. */
      retire (self);
      self = NULL;
    }

  return self;
}

/* Has MAIL delivered in CONTEXT, in a later turn of its loop.  From any thread. */
void
memo_mailbox_post (GMainContext *context,
                   MemoMail     *mail)
{
  g_autoptr(GSource) source = NULL;
  Mailbox *self;

  mail->next = NULL;

  memo_lock (&lock);

  self = find (context);
  if (self == NULL)
    {
      source = g_source_new (&mailbox_funcs, sizeof (Mailbox));
      g_source_set_static_name (source, "[libcache] mailbox");
      g_source_set_can_recurse (source, TRUE);
      g_source_set_ready_time (source, 0);

      self = (Mailbox *) source;
      self->context = context;
      g_hash_table_insert (mailboxes, context, self);
    }

  if (self->first == NULL)
    self->first = mail;
  else
    self->last->next = mail;
  self->last = mail;
  self->posted++;

  g_mutex_unlock (&lock);

  /* Not under the lock, or the thread of the context would wake up to wait for it. */
  if (source != NULL)
    g_source_attach (source, context);
}

/* The same, but where that is possible before all that was posted earlier: behind the mail that is being delivered, in the same turn.
 * Only what was posted by memo_mailbox_post() may post like this, so that a turn ends. */
void
memo_mailbox_post_ahead (GMainContext *context,
                         MemoMail     *mail)
{
  Mailbox *self = NULL;

  /* Nobody else delivers what is in there. */
  if (g_main_context_is_owner (context))
    {
      memo_lock (&lock);
      self = find (context);
      g_mutex_unlock (&lock);
    }
  if (self == NULL)
    {
      memo_mailbox_post (context, mail);
      return;
    }

  mail->next = NULL;
  if (self->ahead == NULL)
    self->ahead = mail;
  else
    self->last_ahead->next = mail;
  self->last_ahead = mail;
}
