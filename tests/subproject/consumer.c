/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A small program in C, valid C++ too, that other projects could have written: it gets a
 * value with a loader, finds it again without one, and fails if either is not so. */

#include <libcache.h>
#include <string.h>

static void
load_cb (MemoCall *call,
         gpointer  user_data)
{
  guint *n_loads = (guint *) user_data;

  ++*n_loads;
  memo_call_return_entry (call, memo_entry_new_string (memo_call_get_key (call)));
}

static void
got_cb (GObject      *source,
        GAsyncResult *result,
        gpointer      user_data)
{
  GAsyncResult **got = (GAsyncResult **) user_data;

  (void) source;
  *got = G_ASYNC_RESULT (g_object_ref (result));
}

int
main (void)
{
  MemoCache *cache = MEMO_CACHE (memo_async_cache_new (10, MEMO_TTL_FOREVER));
  guint n_loads = 0;
  MemoLoader *loader = memo_loader_new (load_cb, &n_loads, NULL);
  GAsyncResult *got = NULL;
  GError *error = NULL;
  MemoEntry *loaded, *found;
  int status = 1;

  memo_cache_get_async (cache, "key", MEMO_GET_NONE, loader, NULL, got_cb, &got);
  while (got == NULL)
    g_main_context_iteration (NULL, TRUE);
  loaded = memo_cache_get_finish (cache, got, &error);
  found = memo_cache_lookup (cache, "key");

  if (error != NULL)
    g_printerr ("%s\n", error->message);
  else if (n_loads != 1 || loaded == NULL || found == NULL ||
           strcmp (memo_entry_get_string (found), "key") != 0)
    g_printerr ("%u loads, and not the value that was loaded\n", n_loads);
  else
    status = 0;

  g_print ("libcache %s\n", MEMO_VERSION_S);
  g_clear_pointer (&loaded, memo_entry_unref);
  g_clear_pointer (&found, memo_entry_unref);
  g_clear_error (&error);
  g_object_unref (got);
  g_object_unref (loader);
  g_object_unref (cache);

  return status;
}
