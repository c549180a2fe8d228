/* SPDX-License-Identifier: CC0-1.0 */

/* What a cache counts, one figure after another: each step does something and shows which
 * counters it moved.
 *
 *   metrics [SHOP.DB] */

#include <libcache.h>

#include "await.h"
#include "shop-db.h"

static void
product_read_cb (GObject      *source,
                 GAsyncResult *result,
                 gpointer      user_data)
{
  g_autoptr(MemoCall) call = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) product = shop_db_get_product_finish (result, &error);

  if (error != NULL)
    memo_call_return_error (call, g_steal_pointer (&error));
  else
    memo_call_return_entry (call, product != NULL ? memo_entry_new_variant (product) : NULL);
}

static void
load_product_cb (MemoCall *call,
                 gpointer  user_data)
{
  const char *key = memo_call_get_key (call);
  gint64 id = g_ascii_strtoll (key + strlen ("product:"), NULL, 10);

  if (id > 0)
    shop_db_get_product_async (user_data, id, memo_call_get_cancellable (call),
                               product_read_cb, g_object_ref (call));
  else
    memo_call_return_error (call, g_error_new (G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                                               "%s has no number", key));
}

static void
print_product (MemoCache  *cache,
               const char *key,
               MemoLoader *loader)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(MemoEntry) entry = NULL;
  g_autoptr(GError) error = NULL;
  const char *name = NULL;

  memo_cache_get_async (cache, key, MEMO_GET_NONE, loader, NULL, await_cb, &result);
  entry = memo_cache_get_finish (cache, await (&result), &error);

  if (entry != NULL)
    g_variant_lookup (memo_entry_get_variant (entry), "name", "&s", &name);

  g_print ("  %-12s %s\n", key, error != NULL ? error->message : name != NULL ? name : "(no such product)");
}

static void
print_if_moved (const char *name,
                guint64     before,
                guint64     now)
{
  if (before != now)
    g_print ("    %-14s %3" G_GUINT64_FORMAT " -> %" G_GUINT64_FORMAT "\n", name, before, now);
}

/* [snapshots] */
/* A snapshot does not change any more, so two of them show what happened in between. */
static void
print_moved (MemoCache    *cache,
             MemoMetrics **before)
{
  g_autoptr(MemoMetrics) now = memo_cache_get_metrics (cache);

  print_if_moved ("hits", (*before)->hits, now->hits);
  print_if_moved ("misses", (*before)->misses, now->misses);
  print_if_moved ("coalesced", (*before)->coalesced, now->coalesced);
  print_if_moved ("loads", (*before)->loads, now->loads);
  print_if_moved ("load failures", (*before)->load_failures, now->load_failures);
  print_if_moved ("evictions", (*before)->evictions, now->evictions);
  print_if_moved ("expirations", (*before)->expirations, now->expirations);
  print_if_moved ("invalidations", (*before)->invalidations, now->invalidations);
  print_if_moved ("size", (*before)->size, now->size);
  g_print ("    hit rate       %.3f\n\n", now->hit_rate);

  memo_metrics_free (*before);
  *before = g_steal_pointer (&now);
}
/* [/snapshots] */

static void
get_three_times_at_once (MemoCache  *cache,
                         const char *key,
                         MemoLoader *loader)
{
  GAsyncResult *results[3] = { NULL, };

  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    memo_cache_get_async (cache, key, MEMO_GET_NONE, loader, NULL, await_cb, &results[i]);

  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    {
      g_autoptr(MemoEntry) entry = memo_cache_get_finish (cache, await (&results[i]), NULL);

      g_object_unref (results[i]);
    }
}

/* Time is moved by hand here, so nobody has to wait for it; see ttl-and-invalidation. */
static void
let_time_pass (MemoManualClock *clock,
               double           seconds)
{
  memo_manual_clock_advance (clock, seconds);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

/* [decorator] */
static void
load_product_of_args_cb (MemoCall *call,
                         gpointer  user_data)
{
  gint64 id;

  g_variant_get (memo_call_get_args (call), "(x)", &id);
  shop_db_get_product_async (user_data, id, memo_call_get_cancellable (call),
                             product_read_cb, g_object_ref (call));
}
/* [/decorator] */

static gboolean
count_for_a_function (ShopDb *db)
{
  guint64 queries_before = shop_db_get_n_queries (db);
  guint64 n_queries;

  /* [decorator] */
  g_autoptr(MemoAsyncLru) get_product = memo_async_lru_new ("get_product", load_product_of_args_cb, db, NULL);
  /* [/decorator] */

  for (gint64 i = 0; i < 4; i++)
    {
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(MemoEntry) entry = NULL;

      memo_decorator_call_async (MEMO_DECORATOR (get_product), g_variant_new ("(x)", i % 2 + 1),
                                 MEMO_GET_NONE, NULL, await_cb, &result);
      entry = memo_decorator_call_finish (MEMO_DECORATOR (get_product), await (&result), NULL);
    }
  n_queries = shop_db_get_n_queries (db) - queries_before;

  g_print ("\nA decorated function has figures of its own: two products, each twice\n");
  /* [decorator] */
  g_autoptr(MemoMetrics) metrics = memo_decorator_get_metrics (MEMO_DECORATOR (get_product));
  g_print ("  hits %" G_GUINT64_FORMAT ", misses %" G_GUINT64_FORMAT ", size %" G_GUINT64_FORMAT ", hit rate %.3f\n",
           metrics->hits, metrics->misses, metrics->size, metrics->hit_rate);
  /* [/decorator] */
  g_print ("  loads %" G_GUINT64_FORMAT ", and the database ran %" G_GUINT64_FORMAT " queries\n",
           metrics->loads, n_queries);

  return metrics->hits == 2 && metrics->misses == 2 && metrics->size == 2 &&
         metrics->loads == 2 && n_queries == 2;
}

int
main (int    argc,
      char **argv)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(ShopDb) db = shop_db_open (argc > 1 ? argv[1] : SHOP_DB, &error);
  g_autoptr(MemoManualClock) clock = memo_manual_clock_new ();
  g_autoptr(MemoCache) cache = NULL;
  g_autoptr(MemoLoader) loader = NULL;
  g_autoptr(MemoMetrics) metrics = NULL;
  guint64 n_loads;
  gboolean right;

  if (db == NULL)
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }

  /* Room for three entries only, so that there is something to evict. */
  cache = g_object_new (MEMO_TYPE_ASYNC_CACHE,
                        "maxsize", 3u,
                        "default-ttl", 300.0,
                        "clock", clock,
                        NULL);
  loader = memo_loader_new (load_product_cb, db, NULL);
  metrics = memo_cache_get_metrics (cache);

  g_print ("A product that is not in the cache\n");
  print_product (cache, "product:1", loader);
  print_moved (cache, &metrics);

  g_print ("The same again\n");
  print_product (cache, "product:1", loader);
  print_moved (cache, &metrics);

  g_print ("Three callers at once of one that is not: one loads, two join\n");
  get_three_times_at_once (cache, "product:2", loader);
  print_moved (cache, &metrics);

  g_print ("One that the shop does not have: the loader says so, and nothing is kept\n");
  print_product (cache, "product:9999", loader);
  print_moved (cache, &metrics);

  g_print ("A key that makes no sense: the loader fails\n");
  print_product (cache, "product:x", loader);
  print_moved (cache, &metrics);

  g_print ("Two more, and there is room for three: the least recent has to go\n");
  print_product (cache, "product:3", loader);
  print_product (cache, "product:4", loader);
  print_moved (cache, &metrics);

  g_print ("One is deleted\n");
  memo_cache_delete (cache, "product:4");
  print_moved (cache, &metrics);

  g_print ("Ten minutes later the others have expired\n");
  let_time_pass (clock, 600.0);
  print_moved (cache, &metrics);

  n_loads = metrics->loads;

  g_print ("The counters are set to zero\n");
  memo_cache_reset_metrics (cache);
  print_moved (cache, &metrics);

  g_print ("The database ran %" G_GUINT64_FORMAT " queries for %" G_GUINT64_FORMAT
           " loads; the key that made no sense did not get that far\n",
           shop_db_get_n_queries (db), n_loads);

  right = shop_db_get_n_queries (db) == 5 && n_loads == 6 && metrics->loads == 0;

  return count_for_a_function (db) && right ? 0 : 1;
}
