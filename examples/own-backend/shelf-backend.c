/* SPDX-License-Identifier: CC0-1.0 */
#include "shelf-backend.h"

/* A backend that keeps bytes in a hash table, and not more of them than it has room for: shelf:?room=3.  A real one
 * would ask something slow; what has to be written is the same. */

struct _ShelfBackend
{
  GObject     parent_instance;

  char       *uri;
  guint       room;
  GMutex      lock;     /* a backend is asked in any thread */
  GHashTable *shelf;    /* key to GBytes */
};

/* [functions] */
static void
shelf_backend_load (MemoBackend *backend,
                    const char  *key,
                    MemoCall    *call)
{
  ShelfBackend *self = SHELF_BACKEND (backend);
  g_autoptr(GBytes) found = NULL;

  g_mutex_lock (&self->lock);
  found = g_hash_table_lookup (self->shelf, key);
  if (found != NULL)
    g_bytes_ref (found);
  g_mutex_unlock (&self->lock);

  memo_call_return_bytes (call, found);
}

static void
shelf_backend_store (MemoBackend *backend,
                     const char  *key,
                     MemoCall    *call)
{
  ShelfBackend *self = SHELF_BACKEND (backend);
  gboolean stored;

  g_mutex_lock (&self->lock);
  stored = g_hash_table_contains (self->shelf, key) || g_hash_table_size (self->shelf) < self->room;
  if (stored)
    g_hash_table_insert (self->shelf, g_strdup (key), g_bytes_ref (memo_call_get_bytes (call)));
  g_mutex_unlock (&self->lock);

  if (stored)
    memo_call_return_nothing (call);
  else
    memo_call_return_error (call, g_error_new (MEMO_ERROR, MEMO_ERROR_BUSY, "the shelf is full"));
}

static void
shelf_backend_remove (MemoBackend *backend,
                      const char  *key,
                      MemoCall    *call)
{
  ShelfBackend *self = SHELF_BACKEND (backend);
  GBytes *only = memo_call_get_bytes (call);
  GBytes *found;

  g_mutex_lock (&self->lock);
  found = g_hash_table_lookup (self->shelf, key);
  if (found != NULL && (only == NULL || g_bytes_equal (only, found)))
    g_hash_table_remove (self->shelf, key);
  g_mutex_unlock (&self->lock);

  memo_call_return_nothing (call);
}

static void
shelf_backend_clear (MemoBackend *backend,
                     MemoCall    *call)
{
  ShelfBackend *self = SHELF_BACKEND (backend);

  g_mutex_lock (&self->lock);
  g_hash_table_remove_all (self->shelf);
  g_mutex_unlock (&self->lock);

  memo_call_return_nothing (call);
}

static void
shelf_backend_iface_init (MemoBackendInterface *iface)
{
  iface->load = shelf_backend_load;
  iface->store = shelf_backend_store;
  iface->remove = shelf_backend_remove;
  iface->clear = shelf_backend_clear;
}
/* [/functions] */

/* [uri] */
/* Looks at the URI when the backend is made.  To open something is for the function `open`. */
static gboolean
shelf_backend_init_initable (GInitable     *initable,
                             GCancellable  *cancellable,
                             GError       **error)
{
  ShelfBackend *self = SHELF_BACKEND (initable);
  const char *query = self->uri != NULL ? strchr (self->uri, '?') : NULL;
  guint64 room = 1000;

  if (query != NULL && !(g_str_has_prefix (query, "?room=") &&
                         g_ascii_string_to_unsigned (query + strlen ("?room="), 10, 1, G_MAXUINT, &room, NULL)))
    {
      g_set_error (error, MEMO_ERROR, MEMO_ERROR_INVALID_URI, "“%s” does not say how much room there is: ?room=3", query);
      return FALSE;
    }

  self->room = room;

  return TRUE;
}

static void
shelf_backend_initable_iface_init (GInitableIface *iface)
{
  iface->init = shelf_backend_init_initable;
}
/* [/uri] */

G_DEFINE_FINAL_TYPE_WITH_CODE (ShelfBackend, shelf_backend, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_INITABLE, shelf_backend_initable_iface_init)
                               G_IMPLEMENT_INTERFACE (MEMO_TYPE_BACKEND, shelf_backend_iface_init))

static void
shelf_backend_set_property (GObject      *object,
                            guint         id,
                            const GValue *value,
                            GParamSpec   *pspec)
{
  SHELF_BACKEND (object)->uri = g_value_dup_string (value);
}

static void
shelf_backend_finalize (GObject *object)
{
  ShelfBackend *self = SHELF_BACKEND (object);

  g_hash_table_unref (self->shelf);
  g_mutex_clear (&self->lock);
  g_free (self->uri);

  G_OBJECT_CLASS (shelf_backend_parent_class)->finalize (object);
}

static void
shelf_backend_class_init (ShelfBackendClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->set_property = shelf_backend_set_property;
  object_class->finalize = shelf_backend_finalize;
  g_object_class_install_property (object_class, 1,
                                   g_param_spec_string ("uri", NULL, NULL, NULL,
                                                        G_PARAM_WRITABLE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS));
}

static void
shelf_backend_init (ShelfBackend *self)
{
  g_mutex_init (&self->lock);
  self->shelf = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_bytes_unref);
}
