/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-async-cache-private.h"
#include "memo-remote-private.h"
#include "memo-time-private.h"

/* Leases on loads: waiting for those of others, and holding one.  All with the lock of the cache held. */

static MemoRemoteLoad *
load_of (GList *link)
{
  return link->data;
}

/* How long whoever loads for this flight may take, in milliseconds. */
guint64
memo_remote_lease_ms (MemoFlight *flight)
{
  const double timeout = memo_loader_get_timeout (flight->loader);

  return timeout > 0.0 ? (guint64) ((MIN (timeout, MEMO_LONGEST_SPAN) + 1.0) * 1000) : MEMO_REMOTE_LEASE_MS;
}

/* --- waiting --- */

/* Somebody else loads the key (wait-for-the-holder); it has an end whatever becomes of him (waiting-has-an-end).  Takes a
 * reference to the flight. */
void
memo_remote_wait (MemoRemoteLoad *load,
                  gint64          now)
{
  MemoRemote *self = load->remote;
  MemoFlight *flight = load->flight;
  const double timeout = memo_loader_get_timeout (flight->loader);
  GPtrArray *loads = g_hash_table_lookup (self->waits, load->name);

  if (loads == NULL)
    {
      loads = g_ptr_array_new ();
      g_hash_table_insert (self->waits, g_strdup (load->name), loads);
    }

  g_ptr_array_add (loads, load);
  load->waiting = TRUE;
  load->listed = TRUE;
  load->wait_end = memo_time_after (now, memo_remote_lease_ms (flight) / 1000.0);

  /* The time that its own loader has does not begin before. */
  if (flight->deadline != MEMO_NEVER)
    flight->deadline = memo_time_after (load->wait_end, timeout);
}

/* It goes on as soon as the lock is released, and sees for itself where the flight is over.  Until then it counts as waiting: what
 * is outdated meanwhile does not concern it. */
static void
wake (MemoRemoteLoad *load,
      gboolean        to_read,
      MemoRemoteWork *work)
{
  MemoRemote *self = load->remote;
  GPtrArray *loads = g_hash_table_lookup (self->waits, load->name);

  g_ptr_array_remove_fast (loads, load);
  if (loads->len == 0)
    g_hash_table_remove (self->waits, load->name);

  load->listed = FALSE;
  load->gives_up = !to_read;
  memo_remote_work_add (work, &load->deed);
}

/* The flight is over: it waits for nothing. */
void
memo_remote_wait_end (MemoRemoteLoad *load,
                      MemoRemoteWork *work)
{
  if (load->listed)
    wake (load, TRUE, work);
}

/* What NAME has may be something else now. */
void
memo_remote_wake (MemoRemote     *self,
                  const char     *name,
                  MemoRemoteWork *work)
{
  GPtrArray *loads;

  while ((loads = g_hash_table_lookup (self->waits, name)) != NULL)
    wake (g_ptr_array_index (loads, loads->len - 1), TRUE, work);
}

/* Those whose wait ends at LATE or before look again, or give it up. */
void
memo_remote_wake_all (MemoRemote     *self,
                      gboolean        to_read,
                      gint64          late,
                      MemoRemoteWork *work)
{
  g_autoptr(GPtrArray) woken = NULL;
  GHashTableIter iter;
  gpointer value;

  if (g_hash_table_size (self->waits) == 0)
    return;

  woken = g_ptr_array_new ();
  g_hash_table_iter_init (&iter, self->waits);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      GPtrArray *loads = value;

      for (guint i = 0; i < loads->len; i++)
        {
          MemoRemoteLoad *load = g_ptr_array_index (loads, i);

          if (load->wait_end <= late)
            g_ptr_array_add (woken, load);
        }
    }

  for (guint i = 0; i < woken->len; i++)
    wake (g_ptr_array_index (woken, i), to_read, work);
}

/* --- holding --- */

/* The lease in `expected` was granted. */
void
memo_remote_hold (MemoRemoteLoad *load,
                  gint64          now)
{
  load->holds = TRUE;
  load->keep = MEMO_REMOTE_KEEP_FILL;
  load->renewed = now;
  load->link.data = load;
  g_queue_push_tail_link (&load->remote->leases, &load->link);
}

/* Whether what it brings takes the place of a value; where it brings none, that has to go.  LOAD may be NULL. */
gboolean
memo_remote_load_replaces (MemoRemoteLoad *load)
{
  return load != NULL && load->keep == MEMO_REMOTE_KEEP_FILL && memo_remote_is (load->expected, 'V');
}

/* The lease is not this load's any more: something else has it now, or it is given back. */
void
memo_remote_let_go (MemoRemoteLoad *load)
{
  if (!load->holds)
    return;

  load->holds = FALSE;
  g_queue_unlink (&load->remote->leases, &load->link);
}

/* Something that is asked for once, whatever comes of it. */
typedef struct
{
  MemoRemoteDeed    deed;
  MemoRemoteRequest request;
  MemoRemote       *remote;
  char              name[];
} Errand;

static void
errand_answered (MemoRemoteRequest *request,
                 gboolean           done,
                 GBytes            *found,
                 const GError      *error)
{
  Errand *errand = request->owner;

  /* Its lease ends by itself where this failed. */
  if (error == NULL)
    memo_remote_wrote (errand->remote, errand->name, FALSE);

  g_clear_pointer (&errand->request.expected, g_bytes_unref);
  g_bytes_unref (errand->request.value);
  memo_remote_unref (errand->remote);
  g_free (errand);
}

static void
errand_act (MemoRemoteDeed *deed)
{
  Errand *errand = (Errand *) deed;

  memo_remote_ask (errand->remote, &errand->request);
}

/* Has VALUE, which is taken, taken away from NAME, or given another life there, on LINK. */
void
memo_remote_send (MemoRemote     *self,
                  MemoRemoteStep  step,
                  const char     *name,
                  GBytes         *value,
                  guint64         link,
                  MemoRemoteWork *work)
{
  const gsize size = strlen (name) + 1;
  Errand *errand = g_malloc0 (sizeof *errand + size);

  memcpy (errand->name, name, size);
  errand->deed.act = errand_act;
  errand->remote = memo_remote_ref (self);
  errand->request = (MemoRemoteRequest) {
    .step = step,
    .key = errand->name,
    .value = value,
    .link = link,
    .answered = errand_answered,
    .owner = errand,
  };
  if (step == MEMO_REMOTE_FILL)
    {
      errand->request.expected = g_bytes_ref (value);
      errand->request.lifetime_ms = MEMO_REMOTE_LEASE_MS;
    }
  memo_remote_work_add (work, &errand->deed);
}

static void
send (MemoRemoteLoad *load,
      MemoRemoteStep  step,
      MemoRemoteWork *work)
{
  memo_remote_send (load->remote, step, load->name, g_bytes_ref (load->expected), load->on_link, work);
}

/* Gives back the lease and the turn, where it has them. */
void
memo_remote_release (MemoRemoteLoad *load,
                     MemoRemoteWork *work)
{
  if (load->turn != NULL)
    memo_remote_turn_end (g_steal_pointer (&load->turn), work);
  if (!load->holds)
    return;

  memo_remote_let_go (load);
  send (load, MEMO_REMOTE_RELEASE, work);
}

/* Who loads without a time limit says now and then that he still does. */
void
memo_remote_leases_renew (MemoRemote     *self,
                          gint64          now,
                          MemoRemoteWork *work)
{
  for (GList *link = self->leases.head; link != NULL; link = link->next)
    {
      MemoRemoteLoad *load = load_of (link);

      if (memo_loader_get_timeout (load->flight->loader) > 0.0 ||
          now - load->renewed < MEMO_REMOTE_LEASE_RENEW_MS * G_TIME_SPAN_MILLISECOND)
        continue;

      load->renewed = now;
      send (load, MEMO_REMOTE_FILL, work);
    }
}
