/* SPDX-License-Identifier: CC0-1.0 */

/* A backend that comes from a plugin: this program knows the URI of it and nothing else.
 *
 *   MEMO_PLUGIN_PATH=FOLDER-OF-THE-PLUGIN own-backend */

#include <locale.h>

#include <libcache.h>

#include "await.h"

static guint failures;

/* Prints what is so, or complains that it is not. */
static void
check (gboolean    condition,
       const char *what)
{
  if (!condition)
    failures++;
  g_print ("  %s%s\n", condition ? "" : "NOT ", what);
}

/* What is there, or NULL. */
static char *
load (MemoBackend  *backend,
      const char   *key,
      GError      **error)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GBytes) bytes = NULL;

  memo_backend_load_async (backend, key, NULL, await_cb, &result);
  bytes = memo_backend_load_finish (backend, await (&result), error);

  return bytes != NULL ? g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes)) : NULL;
}

static gboolean
has (MemoBackend *backend,
     const char  *key,
     const char  *expected)
{
  g_autofree char *found = load (backend, key, NULL);

  return g_strcmp0 (found, expected) == 0;
}

static gboolean
store (MemoBackend  *backend,
       const char   *key,
       const char   *content,
       GError      **error)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GBytes) bytes = g_bytes_new (content, strlen (content));

  memo_backend_store_async (backend, key, bytes, MEMO_TTL_FOREVER, FALSE, NULL, await_cb, &result);

  return memo_backend_store_finish (backend, await (&result), error);
}

static gboolean
remove_it (MemoBackend *backend,
           const char  *key,
           const char  *content)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GBytes) only = g_bytes_new (content, strlen (content));

  memo_backend_remove_async (backend, key, only, NULL, await_cb, &result);

  return memo_backend_remove_finish (backend, await (&result), NULL);
}

static gboolean
clear (MemoBackend *backend)
{
  g_autoptr(GAsyncResult) result = NULL;

  memo_backend_clear_async (backend, NULL, await_cb, &result);

  return memo_backend_clear_finish (backend, await (&result), NULL);
}

static gboolean
close_it (MemoBackend *backend)
{
  g_autoptr(GAsyncResult) result = NULL;

  memo_backend_close_async (backend, NULL, await_cb, &result);

  return memo_backend_close_finish (backend, await (&result), NULL);
}

static void
keep (MemoBackend *backend)
{
  g_autoptr(GError) error = NULL;

  check (has (backend, "key", NULL), "at first there is nothing, which is no error");
  check (store (backend, "key", "content", NULL) && has (backend, "key", "content"), "stored, and found");
  check (store (backend, "key", "new", NULL) && has (backend, "key", "new"), "replaced");
  check (remove_it (backend, "key", "old") && has (backend, "key", "new"), "not removed: it is another one");
  check (remove_it (backend, "key", "new") && has (backend, "key", NULL), "removed");

  for (int i = 0; i < 3; i++)
    store (backend, (const char *[]) { "one", "two", "three" }[i], "content", NULL);
  check (!store (backend, "four", "content", &error), "an error:");
  g_print ("    %s\n", error != NULL ? error->message : "none");
  check (clear (backend) && has (backend, "one", NULL), "cleared");
}

static void
end (MemoBackend *backend)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *nothing = NULL;

  check (close_it (backend), "closed");
  nothing = load (backend, "key", &error);
  check (g_error_matches (error, MEMO_ERROR, MEMO_ERROR_CLOSED), "and nothing more is to be had");
}

static void
mistake (const char *uri,
         int         code)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MemoBackend) backend = memo_backend_new_for_uri (uri, &error);

  check (backend == NULL && g_error_matches (error, MEMO_ERROR, code), uri);
  if (code == MEMO_ERROR_INVALID_URI)
    g_print ("    %s\n", error->message);
}

/* [new] */
static MemoBackend *
get_shelf (void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MemoBackend) backend = memo_backend_new_for_uri ("shelf:?room=3", &error);

  if (backend == NULL)
    g_printerr ("%s\n", error->message);

  return g_steal_pointer (&backend);
}
/* [/new] */

int
main (void)
{
  g_auto(GStrv) schemes = memo_backend_list_schemes ();
  g_autoptr(MemoBackend) backend = NULL;

  setlocale (LC_ALL, "");
  backend = get_shelf ();
  if (backend == NULL)
    return 1;

  g_print ("A backend that a URI names\n");
  check (g_strv_contains ((const char * const *) schemes, "shelf"), "it is listed");
  keep (backend);
  end (backend);

  g_print ("What is not to be had\n");
  mistake ("shelf:?room=none", MEMO_ERROR_INVALID_URI);
  mistake ("no URI", MEMO_ERROR_INVALID_URI);
  mistake ("cellar:", MEMO_ERROR_NO_BACKEND);

  return failures > 0 ? 1 : 0;
}
