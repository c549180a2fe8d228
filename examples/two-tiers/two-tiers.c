/* SPDX-License-Identifier: CC0-1.0 */

/* Two tiers: every process has its own memory, and all share what is in Redis.
 *
 *   two-tiers [SHOP.DB]
 *
 * The program starts a Redis server of its own, and runs itself again and again: each time it is a new process
 * with an empty memory. Then the server is stopped, and started again. */

#include <libcache.h>

#include "await.h"
#include "redis-server.h"
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
     GError     **error)
{
  g_autoptr(ShopDb) db = shop_db_open (shop, error);
  g_autoptr(MemoLoader) loader = NULL;
  g_autoptr(MemoBackend) redis = NULL;
  g_autoptr(MemoCache) cache = NULL;
  g_autoptr(MemoMetrics) metrics = NULL;
  g_autoptr(GAsyncResult) closed = NULL;
  guint n_users;

  if (db == NULL)
    return FALSE;

  /* [remote] */
  redis = memo_backend_new_for_uri (uri, error);
  if (redis == NULL)
    return FALSE;

  cache = g_object_new (MEMO_TYPE_ASYNC_CACHE,
                        "maxsize", 1000,
                        "default-ttl", 3600.0,
                        "remote-cache", redis,
                        NULL);
  /* [/remote] */

  loader = memo_loader_new_in_thread (load_user_cb, db, NULL);
  n_users = get_users (cache, loader);

  metrics = memo_cache_get_metrics (cache);
  g_print ("  users: %u, queries of the database: %" G_GUINT64_FORMAT ", found in Redis: %" G_GUINT64_FORMAT "\n",
           n_users, shop_db_get_n_queries (db), metrics->remote_hits);

  /* Waits until Redis has what was loaded.  Where it is away nothing is on its way there. */
  memo_cache_close_async (cache, NULL, await_cb, &closed);
  if (!memo_cache_close_finish (cache, await (&closed), NULL))
    g_print ("  Redis did not get what was loaded\n");

  return n_users == N_USERS;
}

/* --- the story --- */

static gboolean
run_process (const char *program,
             const char *shop,
             const char *uri,
             const char *title)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GSubprocess) process = NULL;

  g_print ("%s\n", title);
  process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDERR_SILENCE, &error, program, shop, uri, NULL);
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
  g_autoptr(GSubprocess) server = NULL;
  g_autofree char *folder = NULL;
  g_autofree char *uri = NULL;
  gboolean right;

  if (argc > 2)
    {
      if (run (shop, argv[2], &error))
        return 0;
      g_printerr ("%s\n", error != NULL ? error->message : "not all users came");
      return 1;
    }

  folder = g_dir_make_tmp ("two-tiers-XXXXXX", &error);
  if (folder != NULL)
    server = start_redis_server (folder, &error);
  if (server == NULL)
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }
  uri = g_strdup_printf ("redis+unix://%s/redis.sock", folder);

  right = run_process (argv[0], shop, uri, "The first process: Redis has nothing yet");
  right &= run_process (argv[0], shop, uri, "\nAnother process: what the first has loaded is there");

  stop_redis_server (server);
  right &= run_process (argv[0], shop, uri, "\nRedis is stopped: a get costs its loader, and nothing else");

  g_object_unref (server);
  server = start_redis_server (folder, &error);
  right &= run_process (argv[0], shop, uri, "\nRedis runs again, and is empty");
  right &= run_process (argv[0], shop, uri, "\nAnd the next process finds everything there");

  stop_redis_server (server);
  remove_folder (folder);

  return right ? 0 : 1;
}
