/* SPDX-License-Identifier: CC0-1.0 */

/* What an acknowledgement costs: one for each change, and one for all of them.
 *
 * The disk counts how often it had to make sure that something cannot be lost any more. */

#include <libcache.h>

#include "await.h"
#include "remove-folder.h"

#define N_CHANGES 200

static MemoCache *
open_cache (const char *uri,
            MemoBackend **disk)
{
  g_autoptr(GError) error = NULL;

  *disk = memo_backend_new_for_uri (uri, &error);
  if (*disk == NULL)
    g_error ("%s", error->message);

  return g_object_new (MEMO_TYPE_ASYNC_CACHE, "maxsize", N_CHANGES, "backup", *disk, NULL);
}

static void
set_and_wait (MemoCache  *cache,
              const char *key)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  memo_cache_set_async (cache, key, memo_entry_new_string ("a price"), NULL, await_cb, &result);
  if (!memo_cache_set_finish (cache, await (&result), &error))
    g_error ("%s", error->message);
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

/* [measure] */
static void
measure (const char *title,
         const char *folder,
         gboolean    wait_for_each)
{
  g_autofree char *uri = g_strdup_printf ("disk://%s/%d/prices.db", folder, wait_for_each);
  g_autoptr(MemoBackend) disk = NULL;
  g_autoptr(MemoCache) cache = open_cache (uri, &disk);
  g_autoptr(GAsyncResult) closed = NULL;
  guint64 n_durable;

  for (guint i = 0; i < N_CHANGES; i++)
    {
      g_autofree char *key = g_strdup_printf ("price:%u", i);

      if (wait_for_each)
        set_and_wait (cache, key);
      else
        memo_cache_set (cache, key, memo_entry_new_string ("a price"));
    }
  if (!wait_for_each)
    flush (cache);

  g_object_get (disk, "durable-commits", &n_durable, NULL);
  if (n_durable < 10)
    g_print ("%-32s fewer than 10\n", title);
  else
    g_print ("%-32s %" G_GUINT64_FORMAT "\n", title, n_durable);

  memo_cache_close_async (cache, NULL, await_cb, &closed);
  memo_cache_close_finish (cache, await (&closed), NULL);
}
/* [/measure] */

int
main (void)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *folder = g_dir_make_tmp ("waiting-XXXXXX", &error);

  if (folder == NULL)
    g_error ("%s", error->message);

  g_print ("%u changes: how often the disk makes sure\n", N_CHANGES);
  measure ("  each is waited for", folder, TRUE);
  measure ("  one flush for all of them", folder, FALSE);

  remove_folder (folder);

  return 0;
}
