/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-redis-signals.h"

/* What a program is told: what has to take effect at once in the thread of the worker, and the notification of a property where the
 * object was made. */

struct _MemoRedisTeller
{
  gatomicrefcount  refs;
  GWeakRef         backend;
  GMainContext    *context;     /* where a notification is due */
  int              notifying;   /* atomic: one is on its way */
};

/* In the main context of the thread; before the thread of the worker is there. */
MemoRedisTeller *
memo_redis_teller_new (MemoRemoteBackend *backend)
{
  MemoRedisTeller *self = g_new0 (MemoRedisTeller, 1);

  g_atomic_ref_count_init (&self->refs);
  g_weak_ref_init (&self->backend, backend);
  self->context = g_main_context_ref_thread_default ();

  return self;
}

void
memo_redis_teller_free (MemoRedisTeller *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;

  g_weak_ref_clear (&self->backend);
  g_main_context_unref (self->context);
  g_free (self);
}

/* --- whether it is connected --- */

static gboolean
notify_cb (gpointer data)
{
  MemoRedisTeller *self = data;
  g_autoptr(MemoRemoteBackend) backend = g_weak_ref_get (&self->backend);

  g_atomic_int_set (&self->notifying, FALSE);
  if (backend != NULL)
    g_object_notify (G_OBJECT (backend), "connected");

  return G_SOURCE_REMOVE;
}

/* It is told where the object was made, once for all that changes until then, so that nothing piles up where nobody runs that
 * context. */
static void
connected (gpointer data)
{
  MemoRedisTeller *self = data;
  g_autoptr(GSource) source = NULL;

  if (!g_atomic_int_compare_and_exchange (&self->notifying, FALSE, TRUE))
    return;

  g_atomic_ref_count_inc (&self->refs);
  source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_static_name (source, "[libcache] redis connected");
  g_source_set_callback (source, notify_cb, self, (GDestroyNotify) memo_redis_teller_free);
  g_source_attach (source, self->context);
}

/* --- what keeps processes coherent --- */

static void
linked (gpointer data)
{
  g_autoptr(MemoRemoteBackend) backend = g_weak_ref_get (&((MemoRedisTeller *) data)->backend);

  if (backend != NULL)
    memo_remote_backend_emit_linked (backend);
}

static void
unlinked (gpointer data)
{
  g_autoptr(MemoRemoteBackend) backend = g_weak_ref_get (&((MemoRedisTeller *) data)->backend);

  if (backend != NULL)
    memo_remote_backend_emit_unlinked (backend);
}

static void
beat (gpointer data)
{
  g_autoptr(MemoRemoteBackend) backend = g_weak_ref_get (&((MemoRedisTeller *) data)->backend);

  if (backend != NULL)
    memo_remote_backend_emit_beat (backend);
}

static void
outdated (gpointer    data,
          const char *key)
{
  g_autoptr(MemoRemoteBackend) backend = g_weak_ref_get (&((MemoRedisTeller *) data)->backend);

  if (backend != NULL)
    memo_remote_backend_emit_outdated (backend, key);
}

const MemoRedisSignals memo_redis_signals = {
  .connected = connected,
  .linked = linked,
  .unlinked = unlinked,
  .beat = beat,
  .outdated = outdated,
};
