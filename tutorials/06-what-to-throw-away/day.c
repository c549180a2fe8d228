/* SPDX-License-Identifier: CC0-1.0 */

/* A day of a web site, with caches of many sizes.  What the readers like changes from hour to hour; at three in the morning and
 * at three in the afternoon a robot reads everything.
 *
 *   day [--figures] */

#include <libcache.h>

#include "popularity.h"

#define N_PAGES            2000
#define READERS_AN_HOUR    1000
#define SEED               6

/* [day] */
static gboolean
ask (MemoCache *cache,
     guint      page)
{
  g_autofree char *key = g_strdup_printf ("page:%u", page);
  g_autoptr(MemoEntry) entry = memo_cache_lookup (cache, key);

  if (entry == NULL)
    memo_cache_set (cache, key, memo_entry_new_string ("the text of the page"));

  return entry != NULL;
}

static double
measure (MemoEvictionPolicy policy,
         guint              maxsize)
{
  g_autoptr(MemoCache) cache = g_object_new (MEMO_TYPE_ASYNC_CACHE,
                                             "maxsize", maxsize,
                                             "eviction-policy", policy,
                                             NULL);
  g_autoptr(Popularity) popularity = popularity_new (N_PAGES, SEED);
  guint n_hits = 0;

  for (guint hour = 0; hour < 24; hour++)
    {
      for (guint i = 0; i < READERS_AN_HOUR; i++)
        n_hits += ask (cache, (popularity_draw (popularity) + 7 * hour) % N_PAGES);

      if (hour % 12 == 3)
        for (guint page = 0; page < N_PAGES; page++)
          ask (cache, page);
    }

  return 100.0 * n_hits / (24 * READERS_AN_HOUR);
}
/* [/day] */

int
main (int    argc,
      char **argv)
{
  static const guint sizes[] = { 10, 20, 50, 100, 200, 300, 500, 1000, 1500, 2000 };
  gboolean figures = argc > 1 && g_str_equal (argv[1], "--figures");

  g_print (figures ? "# entries, hit rate in %% of the least recently used, of S3-FIFO\n"
                   : "entries   least recently used   S3-FIFO\n");

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    g_print (figures ? "%u %.1f %.1f\n" : "%7u   %17.1f %%   %5.1f %%\n",
             sizes[i], measure (MEMO_EVICTION_LRU, sizes[i]), measure (MEMO_EVICTION_S3_FIFO, sizes[i]));

  return 0;
}
