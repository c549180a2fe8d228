/* SPDX-License-Identifier: CC0-1.0 */

/* Pictures of very different sizes in a cache that counts entries, and in one that counts bytes. */

#include <libcache.h>

#define KIB 1024

static void
fill (MemoCache *cache)
{
  for (guint i = 1; i <= 1000; i++)
    {
      g_autofree char *key = g_strdup_printf ("picture:%u", i);
      /* Every tenth is a large one. */
      gsize size = i % 10 == 0 ? 1000 * KIB : 10 * KIB;
      g_autofree char *pixels = g_malloc0 (size);
      g_autoptr(GBytes) bytes = g_bytes_new_take (g_steal_pointer (&pixels), size);

      memo_cache_set (cache, key, memo_entry_new_bytes (bytes));
    }
}

static void
tell (const char *what,
      MemoCache  *cache)
{
  g_autoptr(MemoMetrics) metrics = NULL;

  fill (cache);
  metrics = memo_cache_get_metrics (cache);
  g_print ("%-12s %4" G_GUINT64_FORMAT " pictures, %5.1f MiB\n",
           what, metrics->size, metrics->bytes / (double) (KIB * KIB));
}

int
main (void)
{
  g_autoptr(MemoCache) entries = MEMO_CACHE (memo_async_cache_new (100, MEMO_TTL_FOREVER));
  g_autoptr(MemoCache) bytes = g_object_new (MEMO_TYPE_ASYNC_CACHE,
                                             "maxsize", MEMO_UNLIMITED,
                                             "max-bytes", (guint64) 5 * KIB * KIB,
                                             NULL);

  tell ("100 entries:", entries);
  tell ("5 MiB:", bytes);

  return 0;
}
