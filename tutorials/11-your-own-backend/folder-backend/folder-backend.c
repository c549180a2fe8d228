/* SPDX-License-Identifier: CC0-1.0 */
#include "folder-backend.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

/* Each key is a file, whose name is the SHA-256 of the key: it has always the same length, and nothing in it that
 * means something to a file system.  All that touches the disk is done by one thread, in the order in which it was
 * asked for. */

struct _FolderBackend
{
  GObject      parent_instance;

  char        *uri;
  char        *folder;
  GThreadPool *worker;
};

/* [job] */
/* What the worker is to do.  It holds the backend, which must not end before. */
typedef struct
{
  FolderBackend *backend;
  char          *path;      /* of the key's file; NULL where it is about all */
  MemoCall      *call;
  void         (*work) (FolderBackend *backend,
                        const char    *path,
                        MemoCall      *call);
} Job;

static void
do_job_cb (gpointer data,
           gpointer user_data)
{
  Job *job = data;

  job->work (job->backend, job->path, job->call);

  g_object_unref (job->call);
  g_free (job->path);
  g_object_unref (job->backend);
  g_free (job);
}

static void
hand_over (MemoBackend *backend,
           const char  *key,
           MemoCall    *call,
           void       (*work) (FolderBackend *, const char *, MemoCall *))
{
  FolderBackend *self = FOLDER_BACKEND (backend);
  Job *job = g_new0 (Job, 1);

  if (key != NULL)
    {
      g_autofree char *name = g_compute_checksum_for_string (G_CHECKSUM_SHA256, key, -1);

      job->path = g_build_filename (self->folder, name, NULL);
    }

  job->backend = g_object_ref (self);
  job->call = g_object_ref (call);
  job->work = work;
  g_thread_pool_push (self->worker, job, NULL);
}
/* [/job] */

/* --- what the worker does --- */

/* [work] */
static void
make_folder (FolderBackend *self,
             const char    *path,
             MemoCall      *call)
{
  if (g_mkdir_with_parents (self->folder, 0700) == 0)
    memo_call_return_nothing (call);
  else
    memo_call_return_error (call, g_error_new (MEMO_ERROR, MEMO_ERROR_UNAVAILABLE, "%s cannot be made: %s",
                                               self->folder, g_strerror (errno)));
}

static void
read_file (FolderBackend *self,
           const char    *path,
           MemoCall      *call)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) bytes = NULL;
  char *data;
  gsize size;

  if (g_file_get_contents (path, &data, &size, &error))
    bytes = g_bytes_new_take (data, size);

  if (bytes != NULL || g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    memo_call_return_bytes (call, bytes);
  else
    memo_call_return_error (call, g_steal_pointer (&error));
}

static void
write_file (FolderBackend *self,
            const char    *path,
            MemoCall      *call)
{
  g_autoptr(GError) error = NULL;
  GBytes *bytes = memo_call_get_bytes (call);
  /* A file is there as a whole or not at all.  Not everything has to be there when the power fails. */
  GFileSetContentsFlags flags = G_FILE_SET_CONTENTS_CONSISTENT |
                                (memo_call_get_durable (call) ? G_FILE_SET_CONTENTS_DURABLE : 0);

  if (g_file_set_contents_full (path, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), flags, 0600, &error))
    memo_call_return_nothing (call);
  else
    memo_call_return_error (call, g_steal_pointer (&error));
}

static void
remove_file (FolderBackend *self,
             const char    *path,
             MemoCall      *call)
{
  GBytes *only = memo_call_get_bytes (call);
  g_autofree char *data = NULL;
  gsize size;

  /* With bytes, nothing but these is to go: meanwhile there may be something newer. */
  if (only != NULL && g_file_get_contents (path, &data, &size, NULL) &&
      (size != g_bytes_get_size (only) || memcmp (data, g_bytes_get_data (only, NULL), size) != 0))
    {
      memo_call_return_nothing (call);
      return;
    }

  if (g_unlink (path) == 0 || errno == ENOENT)
    memo_call_return_nothing (call);
  else
    memo_call_return_error (call, g_error_new (G_IO_ERROR, g_io_error_from_errno (errno), "%s cannot be removed: %s",
                                               path, g_strerror (errno)));
}
/* [/work] */

static void
remove_all (FolderBackend *self,
            const char    *path,
            MemoCall      *call)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GDir) dir = g_dir_open (self->folder, 0, &error);
  const char *name;

  while (error == NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *file = g_build_filename (self->folder, name, NULL);

      if (g_unlink (file) != 0 && errno != ENOENT)
        g_set_error (&error, G_IO_ERROR, g_io_error_from_errno (errno), "%s cannot be removed: %s", file, g_strerror (errno));
    }

  if (error == NULL)
    memo_call_return_nothing (call);
  else
    memo_call_return_error (call, g_steal_pointer (&error));
}

/* --- what a cache asks for --- */

/* [functions] */
static void
folder_backend_open (MemoBackend *backend,
                     MemoCall    *call)
{
  hand_over (backend, NULL, call, make_folder);
}

static void
folder_backend_load (MemoBackend *backend,
                     const char  *key,
                     MemoCall    *call)
{
  hand_over (backend, key, call, read_file);
}

static void
folder_backend_store (MemoBackend *backend,
                      const char  *key,
                      MemoCall    *call)
{
  hand_over (backend, key, call, write_file);
}

static void
folder_backend_remove (MemoBackend *backend,
                       const char  *key,
                       MemoCall    *call)
{
  hand_over (backend, key, call, remove_file);
}

static void
folder_backend_clear (MemoBackend *backend,
                      MemoCall    *call)
{
  hand_over (backend, NULL, call, remove_all);
}
/* [/functions] */

static void
folder_backend_iface_init (MemoBackendInterface *iface)
{
  iface->open = folder_backend_open;
  iface->load = folder_backend_load;
  iface->store = folder_backend_store;
  iface->remove = folder_backend_remove;
  iface->clear = folder_backend_clear;
}

/* [uri] */
static gboolean
folder_backend_init_initable (GInitable     *initable,
                              GCancellable  *cancellable,
                              GError       **error)
{
  FolderBackend *self = FOLDER_BACKEND (initable);
  g_autoptr(GUri) uri = g_uri_parse (self->uri, G_URI_FLAGS_NONE, error);

  if (uri == NULL)
    return FALSE;

  if (!g_path_is_absolute (g_uri_get_path (uri)) || g_uri_get_query (uri) != NULL)
    {
      g_set_error (error, MEMO_ERROR, MEMO_ERROR_INVALID_URI, "“%s” does not name a folder: folder:///the/folder", self->uri);
      return FALSE;
    }

  self->folder = g_strdup (g_uri_get_path (uri));

  return TRUE;
}
/* [/uri] */

static void
folder_backend_initable_iface_init (GInitableIface *iface)
{
  iface->init = folder_backend_init_initable;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (FolderBackend, folder_backend, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_INITABLE, folder_backend_initable_iface_init)
                               G_IMPLEMENT_INTERFACE (MEMO_TYPE_BACKEND, folder_backend_iface_init))

static void
folder_backend_set_property (GObject      *object,
                             guint         id,
                             const GValue *value,
                             GParamSpec   *pspec)
{
  FOLDER_BACKEND (object)->uri = g_value_dup_string (value);
}

static void
folder_backend_finalize (GObject *object)
{
  FolderBackend *self = FOLDER_BACKEND (object);

  /* Each job holds the backend, so there is none any more; this may be the worker's own thread, which cannot wait for itself. */
  g_thread_pool_free (self->worker, FALSE, FALSE);
  g_free (self->folder);
  g_free (self->uri);

  G_OBJECT_CLASS (folder_backend_parent_class)->finalize (object);
}

static void
folder_backend_class_init (FolderBackendClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->set_property = folder_backend_set_property;
  object_class->finalize = folder_backend_finalize;
  g_object_class_install_property (object_class, 1,
                                   g_param_spec_string ("uri", NULL, NULL, NULL,
                                                        G_PARAM_WRITABLE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS));
}

static void
folder_backend_init (FolderBackend *self)
{
  self->worker = g_thread_pool_new (do_job_cb, NULL, 1, FALSE, NULL);
}
