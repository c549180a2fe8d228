/* SPDX-License-Identifier: CC0-1.0 */

/* How large a cache has to be for so many of ten readers to find their page. */

#include <libcache.h>

#include "popularity.h"

#define N_PAGES    2000
#define N_READERS  10000
#define SEED       1

/* [hits] */
/* No loader and no waiting: what is not there is set, and it is counted who found something. */
static guint
count_hits (guint maxsize)
{
  g_autoptr(MemoCache) cache = MEMO_CACHE (memo_async_cache_new (maxsize, MEMO_TTL_FOREVER));
  g_autoptr(Popularity) popularity = popularity_new (N_PAGES, SEED);
  guint n_hits = 0;

  for (guint i = 0; i < 2 * N_READERS; i++)
    {
      g_autofree char *key = g_strdup_printf ("page:%u", popularity_draw (popularity));
      g_autoptr(MemoEntry) entry = memo_cache_lookup (cache, key);

      if (entry == NULL)
        memo_cache_set (cache, key, memo_entry_new_string ("the text of the page"));
      else if (i >= N_READERS)
        n_hits++;
    }

  return n_hits;
}
/* [/hits] */

/* [search] */
static guint
find_size (guint n_hits)
{
  guint low = 1, high = N_PAGES;

  while (low < high)
    {
      guint middle = (low + high) / 2;

      if (count_hits (middle) >= n_hits)
        high = middle;
      else
        low = middle + 1;
    }

  return low;
}
/* [/search] */

int
main (void)
{
  g_print ("of ten readers find their page   entries\n");
  for (guint n = 1; n <= 9; n++)
    g_print ("%30u   %7u\n", n, find_size (n * N_READERS / 10));

  return 0;
}
