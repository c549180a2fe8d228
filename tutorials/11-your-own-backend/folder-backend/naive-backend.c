/* SPDX-License-Identifier: CC0-1.0 */
#include "naive-backend.h"

#include <glib/gstdio.h>

struct _NaiveBackend
{
  GObject parent_instance;

  char   *folder;
};

/* [naive] */
static void
naive_backend_load (MemoBackend *backend,
                    const char  *key,
                    MemoCall    *call)
{
  g_autofree char *path = g_build_filename (NAIVE_BACKEND (backend)->folder, key, NULL);
  char *data;
  gsize size;

  if (g_file_get_contents (path, &data, &size, NULL))
    {
      g_autoptr(GBytes) bytes = g_bytes_new_take (data, size);

      memo_call_return_bytes (call, bytes);
    }
  else
    {
      memo_call_return_bytes (call, NULL);
    }
}

static void
naive_backend_store (MemoBackend *backend,
                     const char  *key,
                     MemoCall    *call)
{
  g_autofree char *path = g_build_filename (NAIVE_BACKEND (backend)->folder, key, NULL);
  GBytes *bytes = memo_call_get_bytes (call);

  g_file_set_contents (path, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), NULL);
  memo_call_return_nothing (call);
}

static void
naive_backend_remove (MemoBackend *backend,
                      const char  *key,
                      MemoCall    *call)
{
  g_autofree char *path = g_build_filename (NAIVE_BACKEND (backend)->folder, key, NULL);

  g_unlink (path);
  memo_call_return_nothing (call);
}
/* [/naive] */

static void
naive_backend_clear (MemoBackend *backend,
                     MemoCall    *call)
{
  NaiveBackend *self = NAIVE_BACKEND (backend);
  g_autoptr(GDir) dir = g_dir_open (self->folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (self->folder, name, NULL);

      g_unlink (path);
    }

  memo_call_return_nothing (call);
}

static void
naive_backend_iface_init (MemoBackendInterface *iface)
{
  iface->load = naive_backend_load;
  iface->store = naive_backend_store;
  iface->remove = naive_backend_remove;
  iface->clear = naive_backend_clear;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (NaiveBackend, naive_backend, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (MEMO_TYPE_BACKEND, naive_backend_iface_init))

static void
naive_backend_finalize (GObject *object)
{
  g_free (NAIVE_BACKEND (object)->folder);

  G_OBJECT_CLASS (naive_backend_parent_class)->finalize (object);
}

static void
naive_backend_class_init (NaiveBackendClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = naive_backend_finalize;
}

static void
naive_backend_init (NaiveBackend *self)
{
}

MemoBackend *
naive_backend_new (const char *folder)
{
  NaiveBackend *self = g_object_new (NAIVE_TYPE_BACKEND, NULL);

  self->folder = g_strdup (folder);

  return MEMO_BACKEND (self);
}
