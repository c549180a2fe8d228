/* SPDX-License-Identifier: CC0-1.0 */

/* Somebody leafs through documents, each to its end and back, while other readers want the popular pages. */

#include <libcache.h>

#include "popularity.h"

#define N_PAGES     2000
#define N_DOCUMENTS 100
#define SEED        6

static gboolean
ask (MemoCache  *cache,
     const char *key)
{
  g_autoptr(MemoEntry) entry = memo_cache_lookup (cache, key);

  if (entry == NULL)
    memo_cache_set (cache, key, memo_entry_new_string ("the text of the page"));

  return entry != NULL;
}

static gboolean
ask_for_popular (MemoCache  *cache,
                 Popularity *popularity)
{
  g_autofree char *key = g_strdup_printf ("page:%u", popularity_draw (popularity));

  return ask (cache, key);
}

/* [measure] */
static void
measure (MemoEvictionPolicy policy,
         guint              n_pages,
         double            *leafing,
         double            *others)
{
  g_autoptr(MemoCache) cache = g_object_new (MEMO_TYPE_ASYNC_CACHE,
                                             "maxsize", 100u,
                                             "eviction-policy", policy,
                                             NULL);
  g_autoptr(Popularity) popularity = popularity_new (N_PAGES, SEED);
  guint n_steps = N_DOCUMENTS * 2 * n_pages;
  guint n_found_leafing = 0, n_found_others = 0;

  for (guint i = 0; i < 10000; i++)
    ask_for_popular (cache, popularity);

  /* After each page of the document somebody else has a turn. */
  for (guint step = 0; step < n_steps; step++)
    {
      guint turn = step % (2 * n_pages);
      guint page = turn < n_pages ? turn : 2 * n_pages - 1 - turn;
      g_autofree char *key = g_strdup_printf ("document:%u:%u", step / (2 * n_pages), page);

      n_found_leafing += ask (cache, key);
      n_found_others += ask_for_popular (cache, popularity);
    }

  *leafing = 100.0 * n_found_leafing / n_steps;
  *others = 100.0 * n_found_others / n_steps;
}
/* [/measure] */

int
main (void)
{
  static const guint n_pages[] = { 5, 10, 20, 50 };

  g_print ("              least recently used      S3-FIFO\n"
           "pages          leafing    others       leafing    others\n");
  for (guint i = 0; i < G_N_ELEMENTS (n_pages); i++)
    {
      double leafing, others, leafing_s3, others_s3;

      measure (MEMO_EVICTION_LRU, n_pages[i], &leafing, &others);
      measure (MEMO_EVICTION_S3_FIFO, n_pages[i], &leafing_s3, &others_s3);
      g_print ("%5u          %5.1f %%   %5.1f %%       %5.1f %%   %5.1f %%\n",
               n_pages[i], leafing, others, leafing_s3, others_s3);
    }

  return 0;
}
