/* SPDX-License-Identifier: CC0-1.0 */

/* The same readers with libcache, and what has become of the four traps. */

#include <libcache.h>

#include "await.h"
#include "popularity.h"
#include "simulated-clock.h"
#include "slow-source.h"

#define N_PAGES    10000
#define N_READERS  10000
#define SEED       1

/* [loader] */
static void
page_read_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  g_autoptr(MemoCall) call = user_data;
  g_autoptr(GError) error = NULL;
  g_autofree char *text = slow_source_ask_finish (SLOW_SOURCE (source), result, &error);

  if (error != NULL)
    memo_call_return_error (call, g_steal_pointer (&error));
  else if (text != NULL)
    memo_call_return_entry (call, memo_entry_new_string (text));
  else
    memo_call_return_entry (call, memo_entry_new_nothing ());
}

static void
load_page_cb (MemoCall *call,
              gpointer  user_data)
{
  SlowSource *database = user_data;

  slow_source_ask_async (database, memo_call_get_key (call), NULL, page_read_cb, g_object_ref (call));
}
/* [/loader] */

/* [get] */
static MemoEntry *
get_page (MemoCache      *cache,
          MemoLoader     *loader,
          SimulatedClock *clock,
          const char     *key)
{
  g_autoptr(GAsyncResult) result = NULL;

  memo_cache_get_async (cache, key, MEMO_GET_NONE, loader, NULL, await_cb, &result);

  return memo_cache_get_finish (cache, simulated_clock_await (clock, &result), NULL);
}
/* [/get] */

int
main (void)
{
  /* [cache] */
  g_autoptr(SimulatedClock) clock = simulated_clock_new ();
  g_autoptr(SlowSource) database = slow_source_new (MEMO_CLOCK (clock), 0.05);
  g_autoptr(MemoLoader) loader = memo_loader_new (load_page_cb, database, NULL);
  g_autoptr(MemoCache) cache = g_object_new (MEMO_TYPE_ASYNC_CACHE,
                                             "maxsize", 1000u,
                                             "default-ttl", 300.0,
                                             "clock", clock,
                                             NULL);
  /* [/cache] */
  g_autoptr(Popularity) popularity = popularity_new (N_PAGES, SEED);
  g_autoptr(MemoMetrics) metrics = NULL;
  GAsyncResult *results[100] = { NULL, };
  guint n_queries, n_wrong = 0;

  /* [readers] */
  for (guint i = 0; i < N_READERS; i++)
    {
      g_autofree char *key = g_strdup_printf ("page:%u", popularity_draw (popularity));
      g_autoptr(MemoEntry) entry = get_page (cache, loader, clock, key);
    }

  /* [/readers] */

  /* [metrics] */
  metrics = memo_cache_get_metrics (cache);
  /* [/metrics] */
  g_print ("With libcache\n"
           "  readers             %6u\n"
           "  queries             %6u\n"
           "  they waited, all in all %.0f s\n"
           "  pages in memory     %6" G_GUINT64_FORMAT "\n\n",
           N_READERS, slow_source_get_n_queries (database), simulated_clock_now (clock), metrics->size);

  /* [metrics] */
  g_print ("By the cache's own metrics\n"
           "  hits                %6" G_GUINT64_FORMAT "\n"
           "  misses              %6" G_GUINT64_FORMAT "\n"
           "  loads               %6" G_GUINT64_FORMAT "\n"
           "  evictions           %6" G_GUINT64_FORMAT "\n"
           "  expirations         %6" G_GUINT64_FORMAT "\n"
           "  hit rate            %6.1f %%\n\n",
           metrics->hits, metrics->misses, metrics->loads, metrics->evictions, metrics->expirations,
           100.0 * metrics->hit_rate);
  /* [/metrics] */

  for (guint i = 1; i <= N_PAGES; i++)
    {
      g_autofree char *key = g_strdup_printf ("page:%u", i);
      g_autoptr(MemoEntry) entry = get_page (cache, loader, clock, key);
    }
  memo_metrics_free (metrics);
  metrics = memo_cache_get_metrics (cache);
  g_print ("Trap 1: a robot reads all 10000 pages, each once\n"
           "  pages in memory     %6" G_GUINT64_FORMAT "\n\n", metrics->size);

  /* [changed] */
  memo_entry_unref (get_page (cache, loader, clock, "page:1"));
  slow_source_set (database, "page:1", "a new text");
  memo_cache_delete (cache, "page:1");

  for (guint i = 0; i < 1000; i++)
    {
      g_autoptr(MemoEntry) entry = get_page (cache, loader, clock, "page:1");

      n_wrong += !g_str_equal (memo_entry_get_string (entry), "a new text");
    }
  /* [/changed] */
  g_print ("Trap 2: the page was changed, and 1000 more read it\n"
           "  were given the old text %u\n\n", n_wrong);

  slow_source_set (database, "page:0", NULL);
  n_queries = slow_source_get_n_queries (database);
  for (guint i = 0; i < 1000; i++)
    {
      g_autoptr(MemoEntry) entry = get_page (cache, loader, clock, "page:0");
    }
  g_print ("Trap 3: 1000 readers follow a link to a page that does not exist\n"
           "  queries             %6u\n\n", slow_source_get_n_queries (database) - n_queries);

  /* [at-once] */
  memo_cache_delete (cache, "page:1");
  n_queries = slow_source_get_n_queries (database);

  for (guint i = 0; i < 100; i++)
    memo_cache_get_async (cache, "page:1", MEMO_GET_NONE, loader, NULL, await_cb, &results[i]);

  for (guint i = 0; i < 100; i++)
    {
      g_autoptr(MemoEntry) entry =
        memo_cache_get_finish (cache, simulated_clock_await (clock, &results[i]), NULL);

      g_object_unref (results[i]);
    }
  /* [/at-once] */
  g_print ("Trap 4: 100 readers open the same page at once\n"
           "  queries             %6u\n", slow_source_get_n_queries (database) - n_queries);

  return 0;
}
