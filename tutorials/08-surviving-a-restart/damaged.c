/* SPDX-License-Identifier: CC0-1.0 */

/* What the disk has of a price, with one bit of it turned over: each bit, one after the other. */

#include <libcache.h>

#include "await.h"
#include "remove-folder.h"
#include "shop.h"

#define KEY         "price:7"
#define KEY_ON_DISK "d:" KEY   /* a cache has its values under d: */

static GBytes *
read_bytes (MemoBackend *disk)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  GBytes *bytes;

  memo_backend_load_async (disk, KEY_ON_DISK, NULL, await_cb, &result);
  bytes = memo_backend_load_finish (disk, await (&result), &error);
  if (bytes == NULL)
    g_error ("%s", error != NULL ? error->message : "The price is not on the disk");

  return bytes;
}

static void
write_bytes (MemoBackend *disk,
             GBytes      *bytes)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  memo_backend_store_async (disk, KEY_ON_DISK, bytes, MEMO_TTL_FOREVER, FALSE, NULL, await_cb, &result);
  if (!memo_backend_store_finish (disk, await (&result), &error))
    g_error ("%s", error->message);
}

static MemoEntry *
get (MemoCache *cache)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  MemoEntry *entry;

  /* Nothing in memory, so that the disk is read; and no loader, so that what is not there is a miss. */
  memo_async_cache_trim (MEMO_ASYNC_CACHE (cache), 100);
  memo_cache_get_async (cache, KEY, MEMO_GET_NONE, NULL, NULL, await_cb, &result);
  entry = memo_cache_get_finish (cache, await (&result), &error);
  if (error != NULL)
    g_error ("%s", error->message);

  return entry;
}

static void
flush (MemoCache *cache)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  memo_cache_flush_async (cache, NULL, await_cb, &result);
  if (!memo_cache_flush_finish (cache, await (&result), &error))
    g_error ("%s", error->message);
}

int
main (void)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *folder = g_dir_make_tmp ("damaged-XXXXXX", &error);
  g_autofree char *uri = g_strdup_printf ("disk://%s/prices/prices.db", folder);
  g_autofree char *price = price_new (7);
  g_autoptr(MemoBackend) disk = memo_backend_new_for_uri (uri, &error);
  g_autoptr(MemoCache) cache = NULL;
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(MemoEntry) undamaged = NULL;
  g_autoptr(GAsyncResult) closed = NULL;
  guint n_flips = 0, n_wrong = 0, n_misses = 0;
  const guint8 *data;
  gsize size;

  if (disk == NULL)
    g_error ("%s", error->message);

  cache = g_object_new (MEMO_TYPE_ASYNC_CACHE, "backup", disk, NULL);
  memo_cache_set (cache, KEY, memo_entry_new_string (price));
  flush (cache);
  bytes = read_bytes (disk);
  data = g_bytes_get_data (bytes, &size);

  /* [flips] */
  for (gsize bit = 0; bit < 8 * size; bit++)
    {
      g_autofree guint8 *copy = g_memdup2 (data, size);
      g_autoptr(GBytes) damaged = NULL;
      g_autoptr(MemoEntry) entry = NULL;

      copy[bit / 8] ^= 1 << bit % 8;
      damaged = g_bytes_new_take (g_steal_pointer (&copy), size);
      write_bytes (disk, damaged);

      entry = get (cache);
      n_flips++;
      if (entry == NULL)
        n_misses++;
      else if (g_strcmp0 (memo_entry_get_string (entry), price) != 0)
        n_wrong++;
    }
  /* [/flips] */

  write_bytes (disk, bytes);
  undamaged = get (cache);
  g_print ("A price on the disk, one bit of it is wrong: %u ways\n"
           "  a wrong price is told     %5u\n"
           "  a miss, and it is loaded  %5u\n"
           "With all bits as they were, it is %s\n",
           n_flips, n_wrong, n_misses, undamaged != NULL ? "there" : "gone");

  memo_cache_close_async (cache, NULL, await_cb, &closed);
  memo_cache_close_finish (cache, await (&closed), NULL);
  remove_folder (folder);

  return 0;
}
