/* SPDX-License-Identifier: CC0-1.0 */

/* The function API on a shop's database: get a key with a loader, warm up, look at the
 * metrics, and see what a hundred callers of one key cost.
 *
 *   quick-start-function-api [SHOP.DB]
 *
 * How often the database was asked is SQLite's own figure.  The program fails when that and
 * the cache's differ, when a value is not the one in the database, or when a get fails. */

#include <libcache.h>

#include "await.h"
#include "shop-db.h"

#define HOT_KEY      "user:1"
#define FIRST_USER   101
#define N_USERS      500
#define HERD_USER    1815
#define HERD_KEY     "user:" G_STRINGIFY (HERD_USER)
#define N_HERD       100

/* [quick-start] */
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

static void
show_user_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      loop)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MemoEntry) entry = memo_cache_get_finish (MEMO_CACHE (source), result, &error);
  const char *name;

  if (error != NULL)
    g_printerr ("%s\n", error->message);
  else if (entry != NULL && g_variant_lookup (memo_entry_get_variant (entry), "name", "&s", &name))
    g_print ("%s, welcome to the shop!\n", name);

  g_main_loop_quit (loop);
}
/* [/quick-start] */

typedef struct
{
  MemoCache  *cache;
  MemoLoader *loader;
  ShopDb     *db;
  ShopDb     *witness;   /* reads the same file, but is not counted */
  guint       n_gets;
  guint       n_failed;
  guint       n_wrong;
} Story;

/* Compares an answer with what the database says, asked behind the cache's back. */
static void
check_user (Story     *story,
            gint64     id,
            MemoEntry *entry)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) user = shop_db_get_user (story->witness, id, &error);

  if (user == NULL || entry == NULL || memo_entry_get_variant (entry) == NULL ||
      !g_variant_equal (user, memo_entry_get_variant (entry)))
    {
      g_printerr ("user:%" G_GINT64_FORMAT " is not what the database says%s%s\n", id,
                  error != NULL ? ": " : "", error != NULL ? error->message : "");
      story->n_wrong++;
    }
}

static MemoEntry *
finish_get (Story         *story,
            GAsyncResult **result)
{
  g_autoptr(GError) error = NULL;
  MemoEntry *entry = memo_cache_get_finish (story->cache, await (result), &error);

  if (error != NULL)
    {
      g_printerr ("a get failed: %s\n", error->message);
      story->n_failed++;
    }

  return entry;
}

static void
start_get (Story         *story,
           const char    *key,
           GAsyncResult **result)
{
  story->n_gets++;
  memo_cache_get_async (story->cache, key, MEMO_GET_NONE, story->loader, NULL, await_cb, result);
}

static void
print_cost (Story   *story,
            guint    n_gets,
            guint64  queries_before)
{
  g_print ("  gets: %u, queries of the database: %" G_GUINT64_FORMAT "\n", n_gets,
           shop_db_get_n_queries (story->db) - queries_before);
}

static void
warm_up (Story *story)
{
  g_autoptr(MemoWarmup) warmup = memo_warmup_new ();
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(MemoEntry) entry = NULL;
  g_autoptr(GError) error = NULL;
  guint64 queries_before = shop_db_get_n_queries (story->db);

  g_print ("Warm-up of %s\n", HOT_KEY);

  memo_warmup_add (warmup, HOT_KEY, story->loader);
  memo_cache_warmup_async (story->cache, warmup, NULL, await_cb, &result);
  if (!memo_cache_warmup_finish (story->cache, await (&result), &error))
    {
      g_printerr ("the warm-up failed: %s\n", error->message);
      story->n_failed++;
    }
  print_cost (story, 0, queries_before);

  /* A hit without a callback: what hot paths use. */
  entry = memo_cache_lookup (story->cache, HOT_KEY);
  check_user (story, 1, entry);
  g_print ("  a look-up: %s\n\n", entry != NULL ? "it is in memory" : "it is not there");
}

/* Asks for some hundred users, one after another. */
static void
pass (Story      *story,
      const char *title)
{
  g_autoptr(GPtrArray) entries = g_ptr_array_new_full (N_USERS, NULL);
  guint64 queries_before = shop_db_get_n_queries (story->db);
  gint64 start = g_get_monotonic_time ();
  double elapsed;

  for (guint i = 0; i < N_USERS; i++)
    {
      g_autofree char *key = g_strdup_printf ("user:%u", FIRST_USER + i);
      g_autoptr(GAsyncResult) result = NULL;

      start_get (story, key, &result);
      g_ptr_array_add (entries, finish_get (story, &result));
    }

  elapsed = (g_get_monotonic_time () - start) / 1000.0;

  g_print ("%s: users %u to %u, one after another\n", title, FIRST_USER, FIRST_USER + N_USERS - 1);
  print_cost (story, N_USERS, queries_before);
  g_print ("  time: %.1f ms\n\n", elapsed);

  for (guint i = 0; i < N_USERS; i++)
    {
      g_autoptr(MemoEntry) entry = g_ptr_array_index (entries, i);

      check_user (story, FIRST_USER + i, entry);
    }
}

static void
herd (Story *story)
{
  GAsyncResult *results[N_HERD] = { NULL, };
  g_autoptr(MemoMetrics) before = memo_cache_get_metrics (story->cache);
  g_autoptr(MemoMetrics) after = NULL;
  guint64 queries_before = shop_db_get_n_queries (story->db);

  for (guint i = 0; i < N_HERD; i++)
    start_get (story, HERD_KEY, &results[i]);

  for (guint i = 0; i < N_HERD; i++)
    {
      g_autoptr(MemoEntry) entry = finish_get (story, &results[i]);

      check_user (story, HERD_USER, entry);
      g_object_unref (results[i]);
    }

  g_print ("Herd: %u gets of %s at once, which nobody had loaded\n", N_HERD, HERD_KEY);
  print_cost (story, N_HERD, queries_before);

  /* The database is quick: a thread may have the user before the last callers have asked. */
  after = memo_cache_get_metrics (story->cache);
  g_print ("  joined the load that was under way, or came right after it: %" G_GUINT64_FORMAT "\n\n",
           after->coalesced - before->coalesced + after->hits - before->hits);
}

static void
print_metrics (Story *story)
{
  g_autoptr(MemoMetrics) metrics = memo_cache_get_metrics (story->cache);

  g_print ("Metrics of the cache so far\n");
  g_print ("  hits         %4" G_GUINT64_FORMAT "\n", metrics->hits);
  g_print ("  misses       %4" G_GUINT64_FORMAT "\n", metrics->misses);
  g_print ("  coalesced    %4" G_GUINT64_FORMAT "\n", metrics->coalesced);
  g_print ("  loads        %4" G_GUINT64_FORMAT "\n", metrics->loads);
  g_print ("  load errors  %4" G_GUINT64_FORMAT "\n", metrics->load_failures);
  g_print ("  evictions    %4" G_GUINT64_FORMAT "\n", metrics->evictions);
  g_print ("  size         %4" G_GUINT64_FORMAT "\n", metrics->size);
  g_print ("  hit rate     %4.1f %%\n\n", 100.0 * metrics->hit_rate);
}

static gboolean
conclude (Story *story)
{
  g_autoptr(MemoMetrics) metrics = memo_cache_get_metrics (story->cache);
  guint64 n_queries = shop_db_get_n_queries (story->db);
  gboolean agree = n_queries == metrics->loads;

  g_print ("In all\n");
  g_print ("  gets: %u and a look-up; failed: %u; wrong values: %u\n",
           story->n_gets, story->n_failed, story->n_wrong);
  g_print ("  queries by the database's own counter: %" G_GUINT64_FORMAT "\n", n_queries);
  g_print ("  loads by the metrics of the cache: %" G_GUINT64_FORMAT ", %s\n", metrics->loads,
           agree ? "the same" : "WHICH IS NOT THE SAME");

  return agree && story->n_failed == 0 && story->n_wrong == 0;
}

int
main (int    argc,
      char **argv)
{
  const char *path = argc > 1 ? argv[1] : SHOP_DB;
  g_autoptr(GError) error = NULL;
  g_autoptr(ShopDb) db = shop_db_open (path, &error);
  g_autoptr(ShopDb) witness = db != NULL ? shop_db_open (path, &error) : NULL;
  g_autoptr(GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr(MemoEntry) first = NULL;
  Story story = { NULL, };

  if (witness == NULL)
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }

  /* [quick-start] */
  g_autoptr(MemoCache) cache = MEMO_CACHE (memo_async_cache_new (1000, 300.0));
  g_autoptr(MemoLoader) loader = memo_loader_new_in_thread (load_user_cb, db, NULL);

  memo_cache_get_async (cache, "user:42", MEMO_GET_NONE, loader, NULL, show_user_cb, loop);
  g_main_loop_run (loop);
  /* [/quick-start] */

  story.cache = cache;
  story.loader = loader;
  story.db = db;
  story.witness = witness;
  story.n_gets = 1;
  first = memo_cache_peek (cache, "user:42");
  check_user (&story, 42, first);
  g_print ("\n");

  warm_up (&story);
  pass (&story, "Cold pass");
  pass (&story, "Warm pass");
  print_metrics (&story);
  herd (&story);

  return conclude (&story) ? 0 : 1;
}
