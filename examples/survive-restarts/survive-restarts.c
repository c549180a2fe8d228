/* SPDX-License-Identifier: CC0-1.0 */

/* A cache that survives a restart: what one process has loaded the next one finds on the disk.
 *
 *   survive-restarts [SHOP.DB]
 *
 * The program runs itself three times, one after another, over one file; each time it is a new
 * process with an empty memory. */

#include <libcache.h>

#include "await.h"
#include "remove-folder.h"
#include "shop-db.h"

#define N_USERS 200

/* --- one run --- */

static void
load_user_cb (MemoCall *call,
              gpointer  user_data)
{
  gint64 id = g_ascii_strtoll (memo_call_get_key (call) + strlen ("user:"), NULL, 10);
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) user = shop_db_get_user (user_data, id, &error);

  if (error != NULL)
    memo_call_return_error (call, g_steal_pointer (&error));
  else
    memo_call_return_entry (call, user != NULL ? memo_entry_new_variant (user) : NULL);
}

/* Asks for all users at once, and says how many came. */
static guint
get_users (MemoCache  *cache,
           MemoLoader *loader)
{
  g_autofree GAsyncResult **results = g_new0 (GAsyncResult *, N_USERS);
  guint n_users = 0;

  for (guint i = 0; i < N_USERS; i++)
    {
      g_autofree char *key = g_strdup_printf ("user:%u", i + 1);

      memo_cache_get_async (cache, key, MEMO_GET_NONE, loader, NULL, await_cb, &results[i]);
    }

  for (guint i = 0; i < N_USERS; i++)
    {
      g_autoptr(GAsyncResult) result = await (&results[i]);
      g_autoptr(MemoEntry) entry = memo_cache_get_finish (cache, result, NULL);

      n_users += entry != NULL;
    }

  return n_users;
}

static gboolean
run (const char  *shop,
     const char  *uri,
     gboolean     change,
     GError     **error)
{
  g_autoptr(ShopDb) db = shop_db_open (shop, error);
  g_autoptr(MemoLoader) loader = NULL;
  g_autoptr(MemoBackend) backend = NULL;
  g_autoptr(MemoCache) cache = NULL;
  g_autoptr(MemoMetrics) metrics = NULL;
  g_autoptr(GAsyncResult) closed = NULL;
  guint n_users;

  if (db == NULL)
    return FALSE;

  /* [backup] */
  backend = memo_backend_new_for_uri (uri, error);
  if (backend == NULL)
    return FALSE;

  cache = g_object_new (MEMO_TYPE_ASYNC_CACHE,
                        "maxsize", 1000,
                        "default-ttl", 3600.0,
                        "backup", backend,
                        NULL);
  /* [/backup] */

  loader = memo_loader_new_in_thread (load_user_cb, db, NULL);
  n_users = get_users (cache, loader);

  metrics = memo_cache_get_metrics (cache);
  g_print ("  users: %u, queries of the database: %" G_GUINT64_FORMAT ", found on the disk: %" G_GUINT64_FORMAT "\n",
           n_users, shop_db_get_n_queries (db), metrics->backup_hits);

  if (change)
    {
      g_autoptr(GAsyncResult) deleted = NULL;

      /* Acknowledged means that it is gone from the disk, too, and stays so. */
      memo_cache_delete_async (cache, "user:42", NULL, await_cb, &deleted);
      if (!memo_cache_delete_finish (cache, await (&deleted), error))
        return FALSE;
      g_print ("  user 42 has moved: deleted from the memory and from the disk\n");
    }

  /* [close] */
  /* What was loaded is written in the background: closing waits for that. */
  memo_cache_close_async (cache, NULL, await_cb, &closed);
  return memo_cache_close_finish (cache, await (&closed), error);
  /* [/close] */
}

/* --- the story --- */

static gboolean
run_again (const char *program,
           const char *shop,
           const char *uri,
           const char *change)
{
  const char * const argv[] = { program, shop, uri, change, NULL };
  g_autoptr(GError) error = NULL;
  g_autoptr(GSubprocess) process = g_subprocess_newv (argv, G_SUBPROCESS_FLAGS_NONE, &error);

  if (process == NULL || !g_subprocess_wait_check (process, NULL, &error))
    {
      g_printerr ("%s\n", error->message);
      return FALSE;
    }

  return TRUE;
}

int
main (int    argc,
      char **argv)
{
  const char *shop = argc > 1 ? argv[1] : SHOP_DB;
  g_autoptr(GError) error = NULL;
  g_autofree char *folder = NULL;
  g_autofree char *path = NULL;
  g_autofree char *uri = NULL;
  gboolean right;

  if (argc > 3)
    {
      if (run (shop, argv[2], g_str_equal (argv[3], "change"), &error))
        return 0;
      g_printerr ("%s\n", error->message);
      return 1;
    }

  folder = g_dir_make_tmp ("survive-restarts-XXXXXX", &error);
  if (folder == NULL)
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }
  path = g_build_filename (folder, "memo", "shop.db", NULL);
  uri = g_strconcat ("disk://", path, NULL);

  g_print ("The first run: there is nothing on the disk yet\n");
  right = run_again (argv[0], shop, uri, "");
  g_print ("\nThe second run, a new process: nothing is loaded again\n");
  right = right && run_again (argv[0], shop, uri, "change");
  g_print ("\nThe third run: what was deleted is loaded, and nothing else\n");
  right = right && run_again (argv[0], shop, uri, "");

  remove_folder (folder);

  return right ? 0 : 1;
}
