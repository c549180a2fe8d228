/* SPDX-License-Identifier: CC0-1.0 */

/* A new version of the program wants its prices with the currency.  What is on the disk is from the one before. */

#include <libcache.h>

#include "await.h"
#include "remove-folder.h"

#define N_CUSTOMERS 20

static void
load_cb (MemoCall *call,
         gpointer  price)
{
  memo_call_return_entry (call, memo_entry_new_string (price));
}

/* [run] */
/* A run of a version whose prices look like PRICE: how many customers are told another one. */
static guint
run (const char *uri,
     const char *price)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MemoBackend) disk = memo_backend_new_for_uri (uri, &error);
  g_autoptr(MemoLoader) loader = memo_loader_new (load_cb, (gpointer) price, NULL);
  g_autoptr(MemoCache) cache = NULL;
  g_autoptr(GAsyncResult) closed = NULL;
  guint n_misled = 0;

  if (disk == NULL)
    g_error ("%s", error->message);
  cache = g_object_new (MEMO_TYPE_ASYNC_CACHE, "backup", disk, NULL);

  for (guint i = 1; i <= N_CUSTOMERS; i++)
    {
      g_autofree char *key = g_strdup_printf ("price:%u", i);
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(MemoEntry) entry = NULL;

      memo_cache_get_async (cache, key, MEMO_GET_NONE, loader, NULL, await_cb, &result);
      entry = memo_cache_get_finish (cache, await (&result), &error);
      if (entry == NULL)
        g_error ("%s: %s", key, error->message);

      n_misled += !g_str_equal (memo_entry_get_string (entry), price);
    }

  memo_cache_close_async (cache, NULL, await_cb, &closed);
  if (!memo_cache_close_finish (cache, await (&closed), &error))
    g_error ("%s", error->message);

  return n_misled;
}
/* [/run] */

static void
tell (const char *title,
      const char *folder,
      const char *file,
      const char *new_file)
{
  g_autofree char *uri = g_strdup_printf ("disk://%s/%s", folder, file);
  g_autofree char *new_uri = g_strdup_printf ("disk://%s/%s", folder, new_file);

  run (uri, "24.90");
  g_print ("%-36s %2u of %u\n", title, run (new_uri, "CHF 24.90"), N_CUSTOMERS);
}

int
main (void)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *folder = g_dir_make_tmp ("new-version-XXXXXX", &error);

  if (folder == NULL)
    g_error ("%s", error->message);

  g_print ("Customers who are told a price without the currency\n");
  tell ("  the new version has the same file", folder, "same/prices.db", "same/prices.db");
  tell ("  it has a file of its own", folder, "own/prices-1.db", "own/prices-2.db");

  remove_folder (folder);

  return 0;
}
