/* SPDX-License-Identifier: CC0-1.0 */

/* Where does a value go whose key is "../outside"? */

#include "../folder-backend/naive-backend.h"

#include <glib/gstdio.h>

static void
stored_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      loop)
{
  memo_backend_store_finish (MEMO_BACKEND (source), result, NULL);
  g_main_loop_quit (loop);
}

static void
store (MemoBackend *backend)
{
  g_autoptr(GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr(GBytes) bytes = g_bytes_new_static ("a value", 7);

  memo_backend_store_async (backend, "../outside", bytes, MEMO_TTL_FOREVER, FALSE, NULL, stored_cb, loop);
  g_main_loop_run (loop);
}

static void
try_it (const char  *name,
        MemoBackend *backend,
        const char  *top)
{
  g_autofree char *outside = g_build_filename (top, "outside", NULL);

  store (backend);
  g_print ("%s: %s\n", name, g_unlink (outside) == 0 ? "it is beside the folder" : "it is in the folder");
}

int
main (void)
{
  g_autofree char *top = g_dir_make_tmp ("escape-XXXXXX", NULL);
  g_autofree char *folder = g_build_filename (top, "folder", NULL);
  g_autofree char *uri = g_strconcat ("folder://", folder, NULL);
  g_autoptr(GDir) dir = NULL;
  const char *name;

  g_mkdir (folder, 0700);

  {
    g_autoptr(MemoBackend) naive = naive_backend_new (folder);
    g_autoptr(MemoBackend) own = memo_backend_new_for_uri (uri, NULL);

    try_it ("naive", naive, top);
    try_it ("folder", own, top);
  }

  dir = g_dir_open (folder, 0, NULL);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      g_unlink (path);
    }
  g_rmdir (folder);
  g_rmdir (top);

  return 0;
}
