/* SPDX-License-Identifier: CC0-1.0 */

/* The site grows, the cache does not: with readers who like some pages better than others, and with readers who do not. */

#include <libcache.h>

#include "popularity.h"

#define ROOM      1000
#define N_READERS 20000
#define SEED      1

/* An array of one, as Popularity has it. */
static const guint32 seed = SEED;

/* [hit-rate] */
/* The first half of the readers warms the cache up, the second is counted. */
static double
measure_hit_rate (guint    n_pages,
                  gboolean some_are_popular)
{
  g_autoptr(MemoCache) cache = MEMO_CACHE (memo_async_cache_new (ROOM, MEMO_TTL_FOREVER));
  g_autoptr(Popularity) popularity = popularity_new (n_pages, SEED);
  g_autoptr(GRand) random = g_rand_new_with_seed_array (&seed, 1);
  g_autoptr(MemoMetrics) metrics = NULL;

  for (guint i = 0; i < 2 * N_READERS; i++)
    {
      guint page = some_are_popular ? popularity_draw (popularity) : g_rand_int (random) % n_pages;
      g_autofree char *key = g_strdup_printf ("page:%u", page);
      g_autoptr(MemoEntry) entry = NULL;

      if (i == N_READERS)
        memo_cache_reset_metrics (cache);

      entry = memo_cache_lookup (cache, key);
      if (entry == NULL)
        memo_cache_set (cache, key, memo_entry_new_string ("the text of the page"));
    }

  metrics = memo_cache_get_metrics (cache);

  return 100.0 * metrics->hit_rate;
}
/* [/hit-rate] */

int
main (void)
{
  static const guint n_pages[] = { 2000, 5000, 10000, 50000, 100000 };

  g_print ("Room for 1000\n"
           "    pages   some are popular   all the same\n");
  for (guint i = 0; i < G_N_ELEMENTS (n_pages); i++)
    g_print ("%9u   %14.1f %%   %10.1f %%\n", n_pages[i],
             measure_hit_rate (n_pages[i], TRUE), measure_hit_rate (n_pages[i], FALSE));

  return 0;
}
