/* SPDX-License-Identifier: CC0-1.0 */

/* Somebody goes through the same pages again and again, a few more than there is room for. */

#include <libcache.h>

static double
measure (MemoEvictionPolicy policy,
         guint              n_pages)
{
  g_autoptr(MemoCache) cache = g_object_new (MEMO_TYPE_ASYNC_CACHE,
                                             "maxsize", 100u,
                                             "eviction-policy", policy,
                                             NULL);
  g_autoptr(MemoMetrics) metrics = NULL;

  for (guint i = 0; i < 100 * n_pages; i++)
    {
      g_autofree char *key = g_strdup_printf ("page:%u", i % n_pages);
      g_autoptr(MemoEntry) entry = memo_cache_lookup (cache, key);

      if (entry == NULL)
        memo_cache_set (cache, key, memo_entry_new_string ("the text of the page"));
    }

  metrics = memo_cache_get_metrics (cache);

  return 100.0 * metrics->hit_rate;
}

int
main (void)
{
  static const guint n_pages[] = { 90, 100, 101, 110, 150 };

  g_print ("Room for 100\npages in the round   least recently used   S3-FIFO\n");
  for (guint i = 0; i < G_N_ELEMENTS (n_pages); i++)
    g_print ("%18u   %17.1f %%   %5.1f %%\n", n_pages[i],
             measure (MEMO_EVICTION_LRU, n_pages[i]), measure (MEMO_EVICTION_S3_FIFO, n_pages[i]));

  return 0;
}
