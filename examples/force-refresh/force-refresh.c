/* SPDX-License-Identifier: CC0-1.0 */

/* A price changes in the database while the cache still has the old one for some minutes.
 * A forced refresh gets the new one at once; the old one stays until it is there, and stays
 * where it is if it cannot be had.  It is the same flag for a get and for the call of a
 * decorated function.
 *
 * Since prices change here, the program works on a copy of the shop.
 *
 *   force-refresh [SHOP.DB] */

#include <libcache.h>

#include "await.h"
#include "shop-db.h"

#define KEY "product:42"

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
  gint64 id = g_ascii_strtoll (memo_call_get_key (call) + strlen ("product:"), NULL, 10);

  shop_db_get_product_async (user_data, id, memo_call_get_cancellable (call),
                             product_read_cb, g_object_ref (call));
}

static gint64
get_price (MemoEntry *entry)
{
  gint64 cents = -1;

  if (entry != NULL)
    g_variant_lookup (memo_entry_get_variant (entry), "price_cents", "x", &cents);

  return cents;
}

static void
print_price (const char *who,
             gint64      cents)
{
  g_print ("  %-26s %" G_GINT64_FORMAT ".%02d\n", who, cents / 100, (int) (cents % 100));
}

/* Gets the product, says what came of it, and gives the price, or -1. */
static gint64
ask (MemoCache    *cache,
     MemoGetFlags  flags,
     MemoLoader   *loader)
{
  const char *who = flags & MEMO_GET_REFRESH ? "a get with a refresh:" : "a get:";
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(MemoEntry) entry = NULL;
  g_autoptr(GError) error = NULL;

  memo_cache_get_async (cache, KEY, flags, loader, NULL, await_cb, &result);
  entry = memo_cache_get_finish (cache, await (&result), &error);

  if (error != NULL)
    g_print ("  %-26s %s\n", who, error->message);
  else
    print_price (who, get_price (entry));

  return get_price (entry);
}

/* The same for a decorated function: it is called with its arguments, and the loader finds the id in them. */
/* [decorated] */
static void
load_product_of_args_cb (MemoCall *call,
                         gpointer  user_data)
{
  gint64 id;

  g_variant_get (memo_call_get_args (call), "(x)", &id);
  shop_db_get_product_async (user_data, id, memo_call_get_cancellable (call),
                             product_read_cb, g_object_ref (call));
}
/* [/decorated] */

static gint64
finish_call (MemoAsyncTtl  *get_product,
             const char    *who,
             GAsyncResult **result)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MemoEntry) entry = memo_decorator_call_finish (MEMO_DECORATOR (get_product), await (result), &error);

  if (error != NULL)
    g_print ("  %-26s %s\n", who, error->message);
  else
    print_price (who, get_price (entry));

  return get_price (entry);
}

static gint64
call (MemoAsyncTtl *get_product)
{
  g_autoptr(GAsyncResult) result = NULL;

  memo_decorator_call_async (MEMO_DECORATOR (get_product), g_variant_new ("(x)", G_GINT64_CONSTANT (42)),
                             MEMO_GET_NONE, NULL, await_cb, &result);

  return finish_call (get_product, "a call:", &result);
}

static gboolean
tell_decorated (ShopDb  *db,
                GError **error)
{
  guint64 queries_before = shop_db_get_n_queries (db);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(MemoMetrics) metrics = NULL;
  gboolean right = TRUE;

  /* [decorated] */
  g_autoptr(MemoAsyncTtl) get_product = memo_async_ttl_new ("get_product", 300.0, load_product_of_args_cb, db, NULL);
  /* [/decorated] */

  g_print ("\nA decorated function, good for 300 s; the price rises to 109.00 after the first call\n");
  right &= call (get_product) == 9900;
  if (!shop_db_execute (db, "UPDATE products SET price_cents = 10900 WHERE id = 42", error))
    return FALSE;
  right &= call (get_product) == 9900;

  /* [decorated] */
  memo_decorator_call_async (MEMO_DECORATOR (get_product), g_variant_new ("(x)", G_GINT64_CONSTANT (42)),
                             MEMO_GET_REFRESH, NULL, await_cb, &result);
  /* [/decorated] */
  right &= finish_call (get_product, "a call with a refresh:", &result) == 10900;
  right &= call (get_product) == 10900;

  metrics = memo_decorator_get_metrics (MEMO_DECORATOR (get_product));
  g_print ("\n%" G_GUINT64_FORMAT " loads of the function; the database ran %" G_GUINT64_FORMAT " queries\n",
           metrics->loads, shop_db_get_n_queries (db) - queries_before);

  return right && metrics->loads == 2 && shop_db_get_n_queries (db) - queries_before == 2;
}

/* The story itself; says whether it went as it should. */
static gboolean
tell (ShopDb  *db,
      GError **error)
{
  g_autoptr(MemoCache) cache = MEMO_CACHE (memo_async_cache_new (1000, 300.0));
  g_autoptr(MemoLoader) loader = memo_loader_new (load_product_cb, db, NULL);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(MemoEntry) during = NULL, after = NULL;
  g_autoptr(MemoMetrics) metrics = NULL;
  gboolean right = TRUE;

  g_print ("%s is loaded\n", KEY);
  right &= ask (cache, MEMO_GET_NONE, loader) == 14850;

  g_print ("\nIts price falls to 119.90 in the database\n");
  if (!shop_db_execute (db, "UPDATE products SET price_cents = 11990 WHERE id = 42", error))
    return FALSE;
  right &= ask (cache, MEMO_GET_NONE, loader) == 14850;
  right &= ask (cache, MEMO_GET_REFRESH, loader) == 11990;
  right &= ask (cache, MEMO_GET_NONE, loader) == 11990;

  g_print ("\nSomeone locks the database: a refresh fails, and the entry is as it was\n");
  if (!shop_db_execute (db, "BEGIN EXCLUSIVE;"
                            "UPDATE products SET price_cents = 9900 WHERE id = 42", error))
    return FALSE;
  right &= ask (cache, MEMO_GET_REFRESH, loader) == -1;
  right &= ask (cache, MEMO_GET_NONE, loader) == 11990;

  g_print ("\nThe lock is gone and the price is 99.00; while a refresh is under way, the old entry serves\n");
  if (!shop_db_execute (db, "COMMIT", error))
    return FALSE;

  /* [refresh] */
  memo_cache_get_async (cache, KEY, MEMO_GET_REFRESH, loader, NULL, await_cb, &result);
  /* [/refresh] */

  during = memo_cache_lookup (cache, KEY);
  print_price ("a look-up meanwhile:", get_price (during));
  right &= get_price (during) == 11990;

  after = memo_cache_get_finish (cache, await (&result), error);
  if (after == NULL)
    return FALSE;
  print_price ("the get with a refresh:", get_price (after));
  right &= get_price (after) == 9900;

  metrics = memo_cache_get_metrics (cache);
  g_print ("\n%" G_GUINT64_FORMAT " loads, of which %" G_GUINT64_FORMAT " failed; "
           "the database ran %" G_GUINT64_FORMAT " queries\n",
           metrics->loads, metrics->load_failures, shop_db_get_n_queries (db));

  return right && metrics->loads == 4 && shop_db_get_n_queries (db) == 4;
}

int
main (int    argc,
      char **argv)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(ShopDb) db = shop_db_open_copy (argc > 1 ? argv[1] : SHOP_DB, &error);
  gboolean right = db != NULL && tell (db, &error) && tell_decorated (db, &error);

  if (error != NULL)
    g_printerr ("%s\n", error->message);

  return right ? 0 : 1;
}
