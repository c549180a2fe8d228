/* SPDX-License-Identifier: CC0-1.0 */

/* How long an entry stays, and how to get rid of it before: the cache's default of 300 s, an
 * entry with an hour of its own, one that stays for ever; then delete, a tag, clear.
 *
 * Time comes from a clock that is moved by hand, as it would in a program's own tests: hours
 * pass here without anyone waiting.
 *
 *   ttl-and-invalidation [SHOP.DB] */

#include <libcache.h>

#include "await.h"
#include "shop-db.h"

static const char * const keys[] = { "product:7", "product:8", "product:9" };

static gboolean all_right = TRUE;

static void
load_product_cb (MemoCall *call,
                 gpointer  user_data)
{
  gint64 id = g_ascii_strtoll (memo_call_get_key (call) + strlen ("product:"), NULL, 10);
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) product = shop_db_get_product (user_data, id, &error);
  g_autoptr(MemoEntry) entry = NULL;
  const char *category = NULL;

  if (error != NULL)
    {
      memo_call_return_error (call, g_steal_pointer (&error));
      return;
    }

  /* The tag is what makes it possible to drop a whole category later on. */
  if (product != NULL && g_variant_lookup (product, "category", "&s", &category))
    {
      g_autofree char *tag = g_strconcat ("category:", category, NULL);
      const char * const tags[] = { tag, NULL };

      entry = memo_entry_new_variant (product);
      memo_entry_set_tags (entry, tags);
    }

  memo_call_return_entry (call, g_steal_pointer (&entry));
}

static void
get_all (MemoCache  *cache,
         MemoLoader *loader)
{
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(MemoEntry) entry = NULL;

      memo_cache_get_async (cache, keys[i], MEMO_GET_NONE, loader, NULL, await_cb, &result);
      entry = memo_cache_get_finish (cache, await (&result), NULL);
      all_right &= entry != NULL;
    }
}

/* Says which of the keys are there, one letter a key, and compares it with what should be. */
static void
expect (MemoCache  *cache,
        const char *when,
        const char *expected)
{
  char found[] = "---";

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    if (memo_cache_contains (cache, keys[i]))
      found[i] = '7' + i;

  g_print ("  %-42s %s\n", when, found);
  all_right &= g_str_equal (found, expected);
}

int
main (int    argc,
      char **argv)
{
  static const char * const kitchen[] = { "category:kitchen", NULL };
  g_autoptr(GError) error = NULL;
  g_autoptr(ShopDb) db = shop_db_open (argc > 1 ? argv[1] : SHOP_DB, &error);
  g_autoptr(MemoManualClock) clock = memo_manual_clock_new ();
  g_autoptr(MemoCache) cache = NULL;
  g_autoptr(MemoLoader) loader = NULL;
  g_autoptr(MemoMetrics) metrics = NULL;
  MemoEntry *entry;

  if (db == NULL)
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }

  /* [default] */
  cache = g_object_new (MEMO_TYPE_ASYNC_CACHE,
                        "maxsize", 1000u,
                        "default-ttl", 300.0,
                        "clock", clock,
                        NULL);
  /* [/default] */
  loader = memo_loader_new_in_thread (load_product_cb, db, NULL);

  g_print ("Nobody says how long: the cache's 300 s\n");
  get_all (cache, loader);
  expect (cache, "at once", "789");
  memo_manual_clock_advance (clock, 299.999999);
  expect (cache, "a microsecond before 300 s are over", "789");
  memo_manual_clock_advance (clock, 0.000001);
  expect (cache, "300 s after it was loaded", "---");

  g_print ("\nproduct:8 is set with 3600 s, product:9 for ever\n");
  get_all (cache, loader);

  /* [set] */
  entry = memo_entry_new_string ("on offer for an hour");
  memo_entry_set_ttl (entry, 3600.0);
  memo_cache_set (cache, "product:8", entry);

  entry = memo_entry_new_string ("out of stock for good");
  memo_entry_set_ttl (entry, MEMO_TTL_FOREVER);
  memo_cache_set (cache, "product:9", entry);
  /* [/set] */

  expect (cache, "at once", "789");
  memo_manual_clock_advance (clock, 300.0);
  expect (cache, "after 300 s", "-89");
  memo_manual_clock_advance (clock, 3300.0);
  expect (cache, "after 3600 s", "--9");
  memo_manual_clock_advance (clock, 10 * 365.25 * 86400.0);
  expect (cache, "after ten years", "--9");

  g_print ("\nGone before their time\n");
  memo_cache_clear (cache);
  get_all (cache, loader);
  expect (cache, "all loaded anew", "789");
  /* [invalidation] */
  memo_cache_delete (cache, "product:7");
  /* [/invalidation] */
  expect (cache, "product:7 deleted", "-89");
  /* [invalidation] */
  memo_cache_invalidate_tags (cache, kitchen);
  /* [/invalidation] */
  expect (cache, "the tag category:kitchen invalidated", "---");

  get_all (cache, loader);
  memo_cache_set (cache, "product:8", memo_entry_new_string ("without a tag"));
  expect (cache, "all there again, product:8 has no tag", "789");
  memo_cache_invalidate_tags (cache, kitchen);
  expect (cache, "the tag category:kitchen invalidated", "-8-");
  /* [invalidation] */
  memo_cache_clear (cache);
  /* [/invalidation] */
  expect (cache, "everything cleared", "---");

  metrics = memo_cache_get_metrics (cache);
  g_print ("\n%" G_GUINT64_FORMAT " loads, and the database ran %" G_GUINT64_FORMAT " queries\n",
           metrics->loads, shop_db_get_n_queries (db));

  return all_right && metrics->loads == shop_db_get_n_queries (db) ? 0 : 1;
}
