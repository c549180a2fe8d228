/* SPDX-License-Identifier: CC0-1.0 */

/* A shop opens in the morning, and its first customers shall not be the ones who wait:
 * the keys that everybody needs are loaded at start-up, each with its own loader, all at
 * once.  One of them cannot be had, which does not keep the others.
 *
 *   warmup [SHOP.DB] */

#include <libcache.h>

#include "await.h"
#include "shop-db.h"

static void
answer (MemoCall *call,
        GVariant *value,
        GError   *error)
{
  if (error != NULL)
    memo_call_return_error (call, error);
  else
    memo_call_return_entry (call, value != NULL ? memo_entry_new_variant (value) : NULL);
}

static void
load_product_cb (MemoCall *call,
                 gpointer  user_data)
{
  gint64 id = g_ascii_strtoll (memo_call_get_key (call) + strlen ("product:"), NULL, 10);
  GError *error = NULL;
  g_autoptr(GVariant) product = shop_db_get_product (user_data, id, &error);

  answer (call, product, error);
}

static void
load_session_cb (MemoCall *call,
                 gpointer  user_data)
{
  const char *token = memo_call_get_key (call) + strlen ("session:");
  GError *error = NULL;
  g_autoptr(GVariant) session = shop_db_get_session (user_data, token, &error);

  answer (call, session, error);
}

static void
load_best_sellers_cb (MemoCall *call,
                      gpointer  user_data)
{
  const char *category = memo_call_get_key (call) + strlen ("best-sellers:");
  GError *error = NULL;
  g_autoptr(GVariant) products = shop_db_get_best_sellers (user_data, category, &error);

  answer (call, products, error);
}

/* The prices of the wholesaler come in a file of their own, which is not there yet. */
static void
load_offer_cb (MemoCall *call,
               gpointer  user_data)
{
  gint64 id = g_ascii_strtoll (memo_call_get_key (call) + strlen ("offer:"), NULL, 10);
  GError *error = NULL;
  g_autoptr(ShopDb) wholesaler = shop_db_open (user_data, &error);
  g_autoptr(GVariant) offer = wholesaler != NULL ? shop_db_get_product (wholesaler, id, &error) : NULL;

  answer (call, offer, error);
}

static void
warm_up (MemoCache  *cache,
         MemoWarmup *warmup,
         ShopDb     *db)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  g_auto(GStrv) failed = NULL;
  guint64 queries_before = shop_db_get_n_queries (db);

  /* [warm-up-and-report] */
  memo_cache_warmup_async (cache, warmup, NULL, await_cb, &result);
  if (memo_cache_warmup_finish (cache, await (&result), &error))
    g_print ("  everything is here\n");

  failed = memo_warmup_dup_failed_keys (warmup);
  for (guint i = 0; failed[i] != NULL; i++)
    g_print ("  %s is not: %s\n", failed[i], memo_warmup_get_error (warmup, failed[i])->message);
  /* [/warm-up-and-report] */

  g_print ("  queries: %" G_GUINT64_FORMAT "\n\n", shop_db_get_n_queries (db) - queries_before);
}

static gboolean
look_up (MemoCache  *cache,
         const char *key)
{
  g_autoptr(MemoEntry) entry = memo_cache_lookup (cache, key);

  g_print ("  %-24s %s\n", key, entry != NULL ? "hit" : "miss");

  return entry != NULL;
}

int
main (int    argc,
      char **argv)
{
  static const char * const keys[] = {
    "product:42", "session:0012252d6fee085b", "best-sellers:lighting",
  };
  g_autoptr(GError) error = NULL;
  g_autoptr(ShopDb) db = shop_db_open (argc > 1 ? argv[1] : SHOP_DB, &error);
  g_autoptr(MemoCache) cache = MEMO_CACHE (memo_async_cache_new (1000, 300.0));
  g_autoptr(MemoWarmup) warmup = memo_warmup_new ();
  g_autoptr(MemoLoader) product_loader = NULL;
  g_autoptr(MemoLoader) session_loader = NULL;
  g_autoptr(MemoLoader) best_sellers_loader = NULL;
  g_autoptr(MemoLoader) offer_loader = NULL;
  g_autoptr(MemoMetrics) metrics = NULL;
  guint n_hits = 0;

  if (db == NULL)
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }

  product_loader = memo_loader_new_in_thread (load_product_cb, db, NULL);
  session_loader = memo_loader_new_in_thread (load_session_cb, db, NULL);
  best_sellers_loader = memo_loader_new_in_thread (load_best_sellers_cb, db, NULL);
  offer_loader = memo_loader_new_in_thread (load_offer_cb, (gpointer) "/nowhere/wholesaler.db", NULL);

  /* [warmup] */
  memo_warmup_add (warmup, keys[0], product_loader);
  memo_warmup_add (warmup, keys[1], session_loader);
  memo_warmup_add (warmup, keys[2], best_sellers_loader);
  memo_warmup_add (warmup, "offer:42", offer_loader);
  /* [/warmup] */

  g_print ("At start-up, four keys, each with its own loader\n");
  warm_up (cache, warmup, db);

  g_print ("The first customers\n");
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    n_hits += look_up (cache, keys[i]);
  look_up (cache, "offer:42");
  g_print ("\n");

  /* What is fresh is left alone, so a warm-up may be repeated at any time. */
  g_print ("The same warm-up again\n");
  warm_up (cache, warmup, db);

  metrics = memo_cache_get_metrics (cache);
  g_print ("Metrics: %" G_GUINT64_FORMAT " hits and %" G_GUINT64_FORMAT " miss, which were the customers'; "
           "%" G_GUINT64_FORMAT " loads, of which %" G_GUINT64_FORMAT " failed\n",
           metrics->hits, metrics->misses, metrics->loads, metrics->load_failures);

  return n_hits == 3 && metrics->hits == 3 && metrics->misses == 1 &&
         shop_db_get_n_queries (db) == 3 && metrics->loads == 5 && metrics->load_failures == 2 ? 0 : 1;
}
