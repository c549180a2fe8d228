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

static MemoMail *
take_first (Mailbox *self)
{
  MemoMail *mail = self->fetched;

  self->fetched = mail->next;
  mail->next = NULL;
  self->taken++;

  return mail;
}

static gboolean
mailbox_dispatch (GSource     *source,
                  GSourceFunc  callback,
                  gpointer     user_data)
{
  Mailbox *self = (Mailbox *) source;
  gboolean empty;
  guint64 end;

  memo_lock (&lock);
  fetch (self);
  end = self->posted;
  g_mutex_unlock (&lock);

  /* What is posted meanwhile is for the next turn.  A callback may run a loop of its own,
   * which then delivers the rest: so the mail is taken one by one. */
  while (self->taken < end)
    {
      MemoMail *mail = take_first (self);

      mail->deliver (mail);
    }

  memo_lock (&lock);
  empty = self->first == NULL && self->fetched == NULL;
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
  mail = self->fetched;
  g_mutex_unlock (&lock);

  while (mail != NULL)
    {
      MemoMail *next = mail->next;

      mail->discard (mail);
      mail = next;
    }
}

static GSourceFuncs mailbox_funcs = {
  .dispatch = mailbox_dispatch,
  .finalize = mailbox_finalize,
};

/* Has MAIL delivered in CONTEXT, in a later turn of its loop.  From any thread. */
void
memo_mailbox_post (GMainContext *context,
                   MemoMail     *mail)
{
  g_autoptr(GSource) source = NULL;
  Mailbox *self;

  mail->next = NULL;

  memo_lock (&lock);

  if (mailboxes == NULL)
    mailboxes = g_hash_table_new (NULL, NULL);

  self = g_hash_table_lookup (mailboxes, context);
  if (self != NULL && g_source_is_destroyed (&self->source))
    {
      /* It was of a context that is gone, and whose address this one has. */
      retire (self);
      self = NULL;
    }
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
