/* SPDX-License-Identifier: CC0-1.0 */

/* A page lists eighty orders and wants the name of the customer of each.  Who asks for them one
 * by one makes eighty queries.  A batch loader is asked once for all keys that come up within a
 * few milliseconds, and makes one query with WHERE id IN (...).
 *
 * Time comes from a clock that is moved by hand, so it is certain what happens before the
 * window closes and what after.
 *
 *   batching [SHOP.DB] */

#include <libcache.h>

#include "await.h"
#include "shop-db.h"
#include "user-loaders.h"

#define N_ORDERS    80
#define N_MANY      250
#define N_FULL      200    /* those of them that two full batches have room for */
#define MISSING_KEY "user:9999"

static gboolean all_right = TRUE;

static MemoCache *
new_cache (MemoManualClock *clock)
{
  /* What a cache does unless it is told otherwise; written down since the story depends on it. */
  return g_object_new (MEMO_TYPE_ASYNC_CACHE,
                       "maxsize", 1000u,
                       "clock", clock,
                       "batch-window-ms", 5u,
                       "max-batch-size", 100u,
                       NULL);
}

static void
let_time_pass (MemoManualClock *clock,
               double           seconds)
{
  memo_manual_clock_advance (clock, seconds);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

/* [batching] */
static void
start_gets (MemoCache     *cache,
            MemoLoader    *loader,
            guint          first_user,
            guint          n_gets,
            GAsyncResult **results)
{
  for (guint i = 0; i < n_gets; i++)
    {
      g_autofree char *key = g_strdup_printf ("user:%u", first_user + i);

      memo_cache_get_async (cache, key, MEMO_GET_NONE, loader, NULL, await_cb, &results[i]);
    }
}
/* [/batching] */

/* Says for how many of the gets there is the right user. */
static guint
finish_gets (MemoCache     *cache,
             guint          first_user,
             guint          n_gets,
             GAsyncResult **results)
{
  guint n_right = 0;

  for (guint i = 0; i < n_gets; i++)
    {
      g_autoptr(MemoEntry) entry = memo_cache_get_finish (cache, await (&results[i]), NULL);
      gint64 id = -1;

      n_right += entry != NULL && g_variant_lookup (memo_entry_get_variant (entry), "id", "x", &id) &&
                 id == first_user + i;
      g_clear_object (&results[i]);
    }

  return n_right;
}

static void
expect (const char *what,
        guint64     n,
        guint64     n_expected)
{
  g_print ("  %-42s %3" G_GUINT64_FORMAT "\n", what, n);
  all_right &= n == n_expected;
}

static guint64
count_batches (MemoCache *cache)
{
  g_autoptr(MemoMetrics) metrics = memo_cache_get_metrics (cache);

  return metrics->batches;
}

static void
without_batches (ShopDb *db)
{
  g_autoptr(MemoCache) cache = MEMO_CACHE (memo_async_cache_new (1000, MEMO_TTL_FOREVER));
  g_autoptr(MemoLoader) loader = memo_loader_new (load_user_cb, db, NULL);
  GAsyncResult *results[N_ORDERS] = { NULL, };
  guint64 queries_before = shop_db_get_n_queries (db);

  g_print ("One query for each customer\n");
  start_gets (cache, loader, 1, N_ORDERS, results);
  expect ("answered", finish_gets (cache, 1, N_ORDERS, results), N_ORDERS);
  expect ("queries", shop_db_get_n_queries (db) - queries_before, N_ORDERS);
}

static void
with_batches (MemoCache       *cache,
              MemoLoader      *loader,
              MemoManualClock *clock,
              ShopDb          *db)
{
  GAsyncResult *results[N_ORDERS] = { NULL, };
  GAsyncResult *miss = NULL, *hit = NULL;
  guint64 queries_before = shop_db_get_n_queries (db);

  g_print ("\nThe same with a batch loader\n");
  start_gets (cache, loader, 1, N_ORDERS, results);
  let_time_pass (clock, 0.004999);
  expect ("batches after 4.999 ms", count_batches (cache), 0);
  let_time_pass (clock, 0.000001);
  expect ("answered after 5 ms", finish_gets (cache, 1, N_ORDERS, results), N_ORDERS);
  expect ("queries", shop_db_get_n_queries (db) - queries_before, 1);

  g_print ("\nWho hits does not wait for the window of somebody else\n");
  start_gets (cache, loader, 500, 1, &miss);
  start_gets (cache, loader, 1, 1, &hit);
  expect ("user:1, which is there: answered", finish_gets (cache, 1, 1, &hit), 1);
  expect ("user:500, which is not: answered", miss != NULL, 0);
  let_time_pass (clock, 0.005);
  expect ("user:500 after 5 ms: answered", finish_gets (cache, 500, 1, &miss), 1);
}

static void
with_full_batches (MemoCache       *cache,
                   MemoLoader      *loader,
                   MemoManualClock *clock,
                   ShopDb          *db)
{
  GAsyncResult *results[N_MANY] = { NULL, };
  guint64 queries_before = shop_db_get_n_queries (db);

  g_print ("\n%u at once, and a batch has room for 100: who is full does not wait\n", N_MANY);
  start_gets (cache, loader, 1001, N_MANY, results);
  expect ("answered before the window closes", finish_gets (cache, 1001, N_FULL, results), N_FULL);
  expect ("queries", shop_db_get_n_queries (db) - queries_before, 2);
  let_time_pass (clock, 0.005);
  expect ("answered when it has",
          finish_gets (cache, 1001 + N_FULL, N_MANY - N_FULL, results + N_FULL), N_MANY - N_FULL);
  expect ("queries", shop_db_get_n_queries (db) - queries_before, 3);
}

/* Asks for two users and, between them, for one that nobody knows; then for that one again. */
static void
with_one_missing (const char      *how,
                  MemoFunc         load,
                  MemoManualClock *clock,
                  ShopDb          *db,
                  const char      *expected,
                  guint64          n_queries_expected)
{
  g_autoptr(MemoCache) cache = new_cache (clock);
  g_autoptr(MemoLoader) loader = memo_loader_new_batch (load, db, NULL);
  guint64 queries_before = shop_db_get_n_queries (db);

  for (guint i = 0; i < 2; i++)
    {
      GAsyncResult *others[2] = { NULL, };
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(MemoEntry) entry = NULL;
      g_autoptr(GError) error = NULL;
      const char *answer;

      start_gets (cache, loader, 1, 1, &others[0]);
      memo_cache_get_async (cache, MISSING_KEY, MEMO_GET_NONE, loader, NULL, await_cb, &result);
      start_gets (cache, loader, 2, 1, &others[1]);
      let_time_pass (clock, 0.005);

      all_right &= finish_gets (cache, 1, 2, others) == 2;
      entry = memo_cache_get_finish (cache, await (&result), &error);
      answer = g_error_matches (error, MEMO_ERROR, MEMO_ERROR_NOT_FOUND) ? "an error: not found" :
               error != NULL ? error->message :
               entry == NULL ? "a miss" :
               memo_entry_get_value_type (entry) == G_TYPE_NONE ? "a hit: nothing" : "?";

      if (i == 0)
        continue;

      g_print ("  %-22s asked twice: %-21s queries %" G_GUINT64_FORMAT "\n", how, answer,
               shop_db_get_n_queries (db) - queries_before);
      all_right &= g_str_equal (answer, expected) &&
                   shop_db_get_n_queries (db) - queries_before == n_queries_expected;
    }
}

int
main (int    argc,
      char **argv)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(ShopDb) db = shop_db_open (argc > 1 ? argv[1] : SHOP_DB, &error);
  g_autoptr(MemoManualClock) clock = memo_manual_clock_new ();
  g_autoptr(MemoCache) cache = new_cache (clock);
  g_autoptr(MemoMetrics) metrics = NULL;
  guint64 queries_before;

  if (db == NULL)
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }

  without_batches (db);
  queries_before = shop_db_get_n_queries (db);

  /* [batching] */
  g_autoptr(MemoLoader) loader = memo_loader_new_batch (load_users_cb, db, NULL);
  /* [/batching] */

  with_batches (cache, loader, clock, db);
  with_full_batches (cache, loader, clock, db);

  metrics = memo_cache_get_metrics (cache);
  g_print ("\nMetrics of this cache\n");
  expect ("loads: keys that were asked for", metrics->loads, N_ORDERS + 1 + N_MANY);
  expect ("batches: how often the function was called", metrics->batches, 5);
  expect ("queries by the database's own counter", shop_db_get_n_queries (db) - queries_before, 5);

  g_print ("\n" MISSING_KEY " does not exist; the others of its batch do, and get their answers\n");
  with_one_missing ("left out:", load_users_cb, clock, db, "an error: not found", 2);
  with_one_missing ("no entry:", load_users_or_none_cb, clock, db, "a miss", 2);
  with_one_missing ("an entry of nothing:", load_users_or_nothing_cb, clock, db, "a hit: nothing", 1);

  return all_right ? 0 : 1;
}
