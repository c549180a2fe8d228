/* SPDX-License-Identifier: CC0-1.0 */

/* Readers who like some pages better than others, and a robot that reads them all. */

#include <libcache.h>

#include "popularity.h"

#define N_PAGES 2000
#define SEED    6

/* [ask] */
/* Asks for a page, and keeps it if it was not there.  Says whether it was. */
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
/* [/ask] */

/* How many of the readers found their page. */
static guint
readers (MemoCache  *cache,
         Popularity *popularity,
         guint       n_readers)
{
  guint n_hits = 0;

  for (guint i = 0; i < n_readers; i++)
    n_hits += ask (cache, popularity_draw (popularity));

  return n_hits;
}

static void
nobody (MemoCache *cache)
{
}

/* [robot] */
static void
robot (MemoCache *cache)
{
  for (guint page = 1; page <= N_PAGES; page++)
    ask (cache, page);
}
/* [/robot] */

/* [past] */
/* Takes what is there, and leaves no trace. */
static void
robot_past_the_cache (MemoCache *cache)
{
  for (guint page = 1; page <= N_PAGES; page++)
    {
      g_autofree char *key = g_strdup_printf ("page:%u", page);
      g_autoptr(MemoEntry) entry = memo_cache_peek (cache, key);
    }
}
/* [/past] */

static void
tell (const char         *what,
      MemoEvictionPolicy  policy,
      void              (*visit) (MemoCache *cache))
{
  /* [cache] */
  g_autoptr(MemoCache) cache = g_object_new (MEMO_TYPE_ASYNC_CACHE,
                                             "maxsize", 200u,
                                             "eviction-policy", policy,
                                             NULL);
  /* [/cache] */
  g_autoptr(Popularity) popularity = popularity_new (N_PAGES, SEED);

  /* [tell] */
  readers (cache, popularity, 10000);
  visit (cache);
  g_print ("  %-34s %3u of 200\n", what, readers (cache, popularity, 200));
  /* [/tell] */
}

int
main (void)
{
  g_print ("10000 readers, then the robot, then 200 readers, of whom find their page\n");
  tell ("there was no robot", MEMO_EVICTION_LRU, nobody);
  tell ("there was one", MEMO_EVICTION_LRU, robot);
  tell ("it reads past the cache", MEMO_EVICTION_LRU, robot_past_the_cache);
  tell ("S3-FIFO, and it does not", MEMO_EVICTION_S3_FIFO, robot);

  return 0;
}
