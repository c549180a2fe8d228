/* SPDX-License-Identifier: CC0-1.0 */

/* Asks for three squares, as if they were slow to compute, with a cache that is backed up by what the URI says.
 *
 *   remember URI */

#include <libcache.h>

static guint n_left = 3;

static void
square_cb (MemoCall *call,
           gpointer  user_data)
{
  gint64 number = g_ascii_strtoll (memo_call_get_key (call), NULL, 10);

  memo_call_return_entry (call, memo_entry_new_int64 (number * number));
}

static void
got_cb (GObject      *source,
        GAsyncResult *result,
        gpointer      loop)
{
  g_autoptr(MemoEntry) entry = memo_cache_get_finish (MEMO_CACHE (source), result, NULL);

  g_print ("  %" G_GINT64_FORMAT "\n", memo_entry_get_int64 (entry));
  if (--n_left == 0)
    g_main_loop_quit (loop);
}

static void
closed_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      loop)
{
  g_autoptr(GError) error = NULL;

  if (!memo_cache_close_finish (MEMO_CACHE (source), result, &error))
    g_printerr ("%s\n", error->message);
  g_main_loop_quit (loop);
}

int
main (int    argc,
      char **argv)
{
  static const char * const numbers[] = { "12", "25", "111" };
  g_autoptr(GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr(GError) error = NULL;
  /* [remember] */
  g_autoptr(MemoBackend) backend = memo_backend_new_for_uri (argc > 1 ? argv[1] : "", &error);
  /* [/remember] */

  if (backend == NULL)
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }

  /* [remember] */
  g_autoptr(MemoCache) cache = g_object_new (MEMO_TYPE_ASYNC_CACHE, "backup", backend, NULL);
  /* [/remember] */
  /* In the main loop, so that they are printed in the order in which they were asked for. */
  g_autoptr(MemoLoader) loader = memo_loader_new (square_cb, NULL, NULL);
  g_autoptr(MemoMetrics) metrics = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    memo_cache_get_async (cache, numbers[i], MEMO_GET_NONE, loader, NULL, got_cb, loop);
  g_main_loop_run (loop);

  metrics = memo_cache_get_metrics (cache);
  g_print ("loads: %" G_GUINT64_FORMAT ", found in the backup: %" G_GUINT64_FORMAT "\n",
           metrics->loads, metrics->backup_hits);

  memo_cache_close_async (cache, NULL, closed_cb, loop);
  g_main_loop_run (loop);

  return 0;
}
