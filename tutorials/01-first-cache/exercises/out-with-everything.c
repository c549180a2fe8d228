/* SPDX-License-Identifier: CC0-1.0 */

/* A hash table with room for a thousand pages, which throws everything out when it is full;
 * and the cache, which throws out one. */

#include <libcache.h>

#include "popularity.h"

#define N_PAGES    10000
#define N_READERS  10000
#define ROOM       1000
#define SEED       1

/* [table] */
static guint
with_a_hash_table (void)
{
  g_autoptr(GHashTable) cache = g_hash_table_new (g_direct_hash, g_direct_equal);
  g_autoptr(Popularity) popularity = popularity_new (N_PAGES, SEED);
  guint n_queries = 0;

  for (guint i = 0; i < N_READERS; i++)
    {
      guint page = popularity_draw (popularity);

      if (g_hash_table_contains (cache, GUINT_TO_POINTER (page)))
        continue;

      n_queries++;
      if (g_hash_table_size (cache) == ROOM)
        g_hash_table_remove_all (cache);
      g_hash_table_add (cache, GUINT_TO_POINTER (page));
    }

  return n_queries;
}
/* [/table] */

static guint
with_libcache (void)
{
  g_autoptr(MemoCache) cache = MEMO_CACHE (memo_async_cache_new (ROOM, MEMO_TTL_FOREVER));
  g_autoptr(Popularity) popularity = popularity_new (N_PAGES, SEED);
  guint n_queries = 0;

  for (guint i = 0; i < N_READERS; i++)
    {
      g_autofree char *key = g_strdup_printf ("page:%u", popularity_draw (popularity));
      g_autoptr(MemoEntry) entry = memo_cache_lookup (cache, key);

      if (entry != NULL)
        continue;

      n_queries++;
      memo_cache_set (cache, key, memo_entry_new_string ("the text of the page"));
    }

  return n_queries;
}

int
main (void)
{
  g_print ("Room for %u pages: queries for %u readers\n"
           "  everything goes when it is full   %u\n"
           "  the least recently used goes      %u\n",
           ROOM, N_READERS, with_a_hash_table (), with_libcache ());

  return 0;
}
