/* SPDX-License-Identifier: CC0-1.0 */

/* The hit rate of a cache that was just started, by the thousand: from snapshots of its counters. */

#include <libcache.h>

#include "popularity.h"

#define N_PAGES 2000
#define SEED    12

static void
ask (MemoCache *cache,
     guint      page)
{
  g_autofree char *key = g_strdup_printf ("page:%u", page);
  g_autoptr(MemoEntry) entry = memo_cache_lookup (cache, key);

  if (entry == NULL)
    memo_cache_set (cache, key, memo_entry_new_string ("the text of the page"));
}

int
main (void)
{
  g_autoptr(MemoCache) cache = MEMO_CACHE (memo_async_cache_new (1000, MEMO_TTL_FOREVER));
  g_autoptr(Popularity) popularity = popularity_new (N_PAGES, SEED);
  g_autoptr(MemoMetrics) before = memo_cache_get_metrics (cache);

  g_print ("readers     since the start   these thousand   evictions\n");

  /* [snapshots] */
  for (guint thousand = 1; thousand <= 8; thousand++)
    {
      g_autoptr(MemoMetrics) now = NULL;

      for (guint i = 0; i < 1000; i++)
        ask (cache, popularity_draw (popularity));

      now = memo_cache_get_metrics (cache);
      g_print ("%7u   %15.1f %%   %12.1f %%   %9" G_GUINT64_FORMAT "\n", 1000 * thousand, 100.0 * now->hit_rate,
               (now->hits - before->hits) / 10.0, now->evictions - before->evictions);

      memo_metrics_free (before);
      before = g_steal_pointer (&now);
    }
  /* [/snapshots] */

  return 0;
}
