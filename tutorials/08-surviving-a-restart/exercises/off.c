/* SPDX-License-Identifier: CC0-1.0 */

/* A price lives for an hour.  The program is off for a part of it. */

#include <libcache.h>

#include "await.h"
#include "remove-folder.h"

#define MINUTES (60.0)

/* A run of the program that begins at MOMENT, in seconds since the price was loaded. */
static MemoCache *
start (const char       *uri,
       double            moment,
       MemoManualClock **clock)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MemoBackend) disk = memo_backend_new_for_uri (uri, &error);

  if (disk == NULL)
    g_error ("%s", error->message);

  *clock = memo_manual_clock_new ();
  memo_manual_clock_advance (*clock, moment);

  return g_object_new (MEMO_TYPE_ASYNC_CACHE,
                       "default-ttl", 60 * MINUTES,
                       "backup", disk,
                       "clock", *clock,
                       NULL);
}

static void
stop (MemoCache *cache)
{
  g_autoptr(GAsyncResult) closed = NULL;
  g_autoptr(GError) error = NULL;

  memo_cache_close_async (cache, NULL, await_cb, &closed);
  if (!memo_cache_close_finish (cache, await (&closed), &error))
    g_error ("%s", error->message);
}

static void
look (MemoCache *cache,
      guint      minute)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(MemoEntry) entry = NULL;

  memo_cache_get_async (cache, "price:7", MEMO_GET_NONE, NULL, NULL, await_cb, &result);
  entry = memo_cache_get_finish (cache, await (&result), NULL);
  g_print ("  minute %2u: %s\n", minute, entry != NULL ? "there" : "gone");
}

/* [tell] */
static void
tell (const char *folder,
      guint       off_until)
{
  g_autofree char *uri = g_strdup_printf ("disk://%s/%u/prices.db", folder, off_until);
  g_autoptr(MemoManualClock) first_clock = NULL, second_clock = NULL;
  g_autoptr(MemoCache) first = start (uri, 0.0, &first_clock);
  g_autoptr(MemoCache) second = NULL;

  memo_cache_set (first, "price:7", memo_entry_new_string ("59.59"));
  stop (first);

  g_print ("Off until minute %u\n", off_until);
  second = start (uri, off_until * MINUTES, &second_clock);
  look (second, off_until);
  memo_manual_clock_advance (second_clock, 15 * MINUTES);
  look (second, off_until + 15);
  stop (second);
}
/* [/tell] */

int
main (void)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *folder = g_dir_make_tmp ("off-XXXXXX", &error);

  if (folder == NULL)
    g_error ("%s", error->message);

  tell (folder, 30);
  tell (folder, 50);
  tell (folder, 61);

  remove_folder (folder);

  return 0;
}
