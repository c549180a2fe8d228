/* SPDX-License-Identifier: CC0-1.0 */

/* How many readers find their page in memory, with caches of many sizes.
 *
 *   hit-rate [--figures] */

#include <libcache.h>

#include "await.h"
#include "popularity.h"
#include "simulated-clock.h"
#include "slow-source.h"

#define N_PAGES    2000
#define N_READERS  10000

/* An array of one, since Python's random numbers begin like that, too. */
static const guint32 seed = 1;

/* [measure] */
static double
measure (guint    maxsize,
         gboolean some_are_popular)
{
  g_autoptr(SimulatedClock) clock = simulated_clock_new ();
  g_autoptr(SlowSource) database = slow_source_new (MEMO_CLOCK (clock), 0.05);
  g_autoptr(MemoLoader) loader = slow_source_loader_new (database);
  g_autoptr(MemoCache) cache = g_object_new (MEMO_TYPE_ASYNC_CACHE,
                                             "maxsize", maxsize,
                                             "clock", clock,
                                             NULL);
  g_autoptr(Popularity) popularity = popularity_new (N_PAGES, seed);
  g_autoptr(GRand) random = g_rand_new_with_seed_array (&seed, 1);
  g_autoptr(MemoMetrics) metrics = NULL;

  for (guint i = 0; i < 2 * N_READERS; i++)
    {
      guint page = some_are_popular ? popularity_draw (popularity) : g_rand_int (random) % N_PAGES + 1;
      g_autofree char *key = g_strdup_printf ("page:%u", page);
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(MemoEntry) entry = NULL;

      /* The first half fills the cache, the second is counted. */
      if (i == N_READERS)
        memo_cache_reset_metrics (cache);

      memo_cache_get_async (cache, key, MEMO_GET_NONE, loader, NULL, await_cb, &result);
      entry = memo_cache_get_finish (cache, simulated_clock_await (clock, &result), NULL);
    }

  metrics = memo_cache_get_metrics (cache);

  return 100.0 * metrics->hit_rate;
}
/* [/measure] */

int
main (int    argc,
      char **argv)
{
  static const guint sizes[] = { 10, 20, 50, 100, 200, 500, 1000, 2000 };
  gboolean figures = argc > 1 && g_str_equal (argv[1], "--figures");

  g_print (figures ? "# entries, hit rate in %% where some pages are popular, where all are alike\n"
                   : "entries   hit rate where some pages are popular   where all are alike\n");

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    g_print (figures ? "%u %.1f %.1f\n" : "%7u   %35.1f %%   %17.1f %%\n",
             sizes[i], measure (sizes[i], TRUE), measure (sizes[i], FALSE));

  return 0;
}
