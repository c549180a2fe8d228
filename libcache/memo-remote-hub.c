/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-remote-private.h"

/* All caches on one backend: each is told what the server says, and what another of them has written.  The
 * server does not tell a connection what that wrote itself. */

struct _MemoRemoteHub
{
  GMutex     lock;
  GPtrArray *members;     /* remotes; each leaves before it ends */
};

static GQuark hub_quark (void);

G_DEFINE_QUARK (memo-remote-hub, hub)

static void
hub_free (MemoRemoteHub *self)
{
  g_ptr_array_unref (self->members);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* A copy, so that nobody is called under the lock. */
static GPtrArray *
dup_members (MemoRemoteHub *self,
             MemoRemote    *but)
{
  GPtrArray *members = g_ptr_array_new_with_free_func ((GDestroyNotify) memo_remote_unref);

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->members->len; i++)
    {
      MemoRemote *member = g_ptr_array_index (self->members, i);

      if (member != but)
        g_ptr_array_add (members, memo_remote_ref (member));
    }
  g_mutex_unlock (&self->lock);

  return members;
}

/* --- what the backend says, in its thread --- */

static void
linked_cb (MemoRemoteBackend *backend,
           gpointer           data)
{
  g_autoptr(GPtrArray) members = dup_members (data, NULL);

  for (guint i = 0; i < members->len; i++)
    memo_remote_linked (g_ptr_array_index (members, i));
}

static void
unlinked_cb (MemoRemoteBackend *backend,
             gpointer           data)
{
  g_autoptr(GPtrArray) members = dup_members (data, NULL);

  for (guint i = 0; i < members->len; i++)
    memo_remote_unlinked (g_ptr_array_index (members, i));
}

static void
beat_cb (MemoRemoteBackend *backend,
         gpointer           data)
{
  g_autoptr(GPtrArray) members = dup_members (data, NULL);

  for (guint i = 0; i < members->len; i++)
    memo_remote_beat (g_ptr_array_index (members, i));
}

static void
outdated_cb (MemoRemoteBackend *backend,
             const char        *name,
             gpointer           data)
{
  g_autoptr(GPtrArray) members = dup_members (data, NULL);

  for (guint i = 0; i < members->len; i++)
    memo_remote_outdated (g_ptr_array_index (members, i), name);
}

/* --- its members --- */

/* The hub of the backend of REMOTE, which is a member from now on.  It ends with the backend. */
MemoRemoteHub *
memo_remote_hub_join (MemoRemote *remote)
{
  static GMutex making;
  GObject *backend = G_OBJECT (remote->backend);
  MemoRemoteHub *self;

  g_mutex_lock (&making);
  self = g_object_get_qdata (backend, hub_quark ());
  if (self == NULL)
    {
      self = g_new0 (MemoRemoteHub, 1);
      g_mutex_init (&self->lock);
      self->members = g_ptr_array_new ();
      g_object_set_qdata_full (backend, hub_quark (), self, (GDestroyNotify) hub_free);

      g_signal_connect (backend, "linked", G_CALLBACK (linked_cb), self);
      g_signal_connect (backend, "unlinked", G_CALLBACK (unlinked_cb), self);
      g_signal_connect (backend, "beat", G_CALLBACK (beat_cb), self);
      g_signal_connect (backend, "outdated", G_CALLBACK (outdated_cb), self);
    }
  g_mutex_unlock (&making);

  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->members, remote);
  g_mutex_unlock (&self->lock);

  return self;
}

void
memo_remote_hub_leave (MemoRemoteHub *self,
                       MemoRemote    *remote)
{
  g_mutex_lock (&self->lock);
  g_ptr_array_remove_fast (self->members, remote);
  g_mutex_unlock (&self->lock);
}

/* In the handler of a reply: NAME was written for BUT. */
void
memo_remote_hub_tell_others (MemoRemoteHub *self,
                             MemoRemote    *but,
                             const char    *name)
{
  g_autoptr(GPtrArray) others = NULL;
  gboolean alone;

  g_mutex_lock (&self->lock);
  alone = self->members->len <= 1;
  g_mutex_unlock (&self->lock);

  if (alone)
    return;

  others = dup_members (self, but);
  for (guint i = 0; i < others->len; i++)
    memo_remote_outdated (g_ptr_array_index (others, i), name);
}
