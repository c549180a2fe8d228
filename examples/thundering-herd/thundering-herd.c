/* SPDX-License-Identifier: CC0-1.0 */

/* A page that many people open at once wants a figure that takes long to work out: which
 * products of a category sold best, of all orders.  Without a cache each of them asks the
 * database.  With one that merely remembers, all who come before the first answer would still
 * do so.  Here they wait for the one question that is being asked already.
 *
 *   thundering-herd [SHOP.DB] */

#include <libcache.h>

#include "await.h"
#include "shop-db.h"

#define N_CALLERS 100

/* [loader] */
static void
best_sellers_read_cb (GObject      *source,
                      GAsyncResult *result,
                      gpointer      user_data)
{
  g_autoptr(MemoCall) call = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) products = shop_db_get_best_sellers_finish (result, &error);

  if (error != NULL)
    memo_call_return_error (call, g_steal_pointer (&error));
  else
    memo_call_return_entry (call, products != NULL ? memo_entry_new_variant (products) : NULL);
}

/* A loader over a function that is asynchronous itself: it keeps the call until the answer is
 * there, and hands on the cancellable, which says when nobody wants the answer any more. */
static void
load_best_sellers_cb (MemoCall *call,
                      gpointer  user_data)
{
  const char *category = memo_call_get_key (call) + strlen ("best-sellers:");

  shop_db_get_best_sellers_async (user_data, category, memo_call_get_cancellable (call),
                                  best_sellers_read_cb, g_object_ref (call));
}
/* [/loader] */

static void
without_a_cache (ShopDb *db)
{
  GAsyncResult *results[N_CALLERS] = { NULL, };
  guint64 queries_before = shop_db_get_n_queries (db);
  gint64 start = g_get_monotonic_time ();
  guint n_answered = 0;

  for (guint i = 0; i < N_CALLERS; i++)
    shop_db_get_best_sellers_async (db, "garden", NULL, await_cb, &results[i]);

  for (guint i = 0; i < N_CALLERS; i++)
    {
      g_autoptr(GVariant) products = shop_db_get_best_sellers_finish (await (&results[i]), NULL);

      n_answered += products != NULL;
      g_object_unref (results[i]);
    }

  g_print ("Without a cache: %u callers at once\n", N_CALLERS);
  g_print ("  answered %u, queries %" G_GUINT64_FORMAT "\n",
           n_answered, shop_db_get_n_queries (db) - queries_before);
  g_print ("  time: %.1f ms\n\n", (g_get_monotonic_time () - start) / 1000.0);
}

/* Starts the gets and, when told so, takes the first caller away before there is an answer. */
static gboolean
with_a_cache (MemoCache  *cache,
              MemoLoader *loader,
              ShopDb     *db,
              const char *key,
              gboolean    first_leaves)
{
  GAsyncResult *results[N_CALLERS] = { NULL, };
  g_autoptr(GCancellable) first = g_cancellable_new ();
  g_autoptr(MemoEntry) answer = NULL;
  guint64 queries_before = shop_db_get_n_queries (db);
  gint64 start = g_get_monotonic_time ();
  guint n_answered = 0, n_cancelled = 0, n_others = 0;
  guint64 n_queries;

  /* [herd] */
  for (guint i = 0; i < N_CALLERS; i++)
    memo_cache_get_async (cache, key, MEMO_GET_NONE, loader, i == 0 ? first : NULL,
                          await_cb, &results[i]);
  /* [/herd] */

  if (first_leaves)
    g_cancellable_cancel (first);

  for (guint i = 0; i < N_CALLERS; i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(MemoEntry) entry = memo_cache_get_finish (cache, await (&results[i]), &error);

      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        n_cancelled++;
      else if (entry != NULL && (answer == NULL || answer == entry))
        n_answered++;
      else
        n_others++;

      /* Everyone is given the same entry: a hit is a reference and never a copy. */
      if (answer == NULL && entry != NULL)
        answer = memo_entry_ref (entry);

      g_object_unref (results[i]);
    }

  n_queries = shop_db_get_n_queries (db) - queries_before;
  g_print ("  answered %u, cancelled %u, queries %" G_GUINT64_FORMAT "\n",
           n_answered, n_cancelled, n_queries);
  g_print ("  time: %.1f ms\n\n", (g_get_monotonic_time () - start) / 1000.0);

  return n_queries == 1 && n_others == 0 && n_cancelled == (first_leaves ? 1 : 0);
}

static void
print_best_sellers (MemoCache  *cache,
                    const char *key)
{
  g_autoptr(MemoEntry) entry = memo_cache_lookup (cache, key);
  GVariantIter iter;
  GVariant *product;

  if (entry == NULL)
    return;

  g_variant_iter_init (&iter, memo_entry_get_variant (entry));
  while (g_variant_iter_loop (&iter, "@a{sv}", &product))
    {
      const char *name = "?";
      gint64 sold = 0;

      g_variant_lookup (product, "name", "&s", &name);
      g_variant_lookup (product, "sold", "x", &sold);
      g_print ("  %4" G_GINT64_FORMAT "  %s\n", sold, name);
    }
  g_print ("\n");
}

int
main (int    argc,
      char **argv)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(ShopDb) db = shop_db_open (argc > 1 ? argv[1] : SHOP_DB, &error);
  g_autoptr(MemoCache) cache = MEMO_CACHE (memo_async_cache_new (1000, 300.0));
  g_autoptr(MemoLoader) loader = NULL;
  g_autoptr(MemoMetrics) metrics = NULL;
  gboolean right = TRUE;

  if (db == NULL)
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }

  loader = memo_loader_new (load_best_sellers_cb, db, NULL);

  without_a_cache (db);

  g_print ("With a cache: %u callers at once\n", N_CALLERS);
  right &= with_a_cache (cache, loader, db, "best-sellers:garden", FALSE);

  g_print ("What they were told\n");
  print_best_sellers (cache, "best-sellers:garden");

  /* The load belongs to everyone who waits for it, not to the one who happened to start it. */
  g_print ("Once more, and the caller who came first leaves before the answer\n");
  right &= with_a_cache (cache, loader, db, "best-sellers:kitchen", TRUE);

  metrics = memo_cache_get_metrics (cache);
  g_print ("Metrics: %" G_GUINT64_FORMAT " misses, of which %" G_GUINT64_FORMAT
           " joined a load of somebody else's; %" G_GUINT64_FORMAT " loads\n",
           metrics->misses, metrics->coalesced, metrics->loads);

  return right && metrics->loads == 2 ? 0 : 1;
}
