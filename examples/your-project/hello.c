/* SPDX-License-Identifier: CC0-1.0 */
#include <libcache.h>

/* [hello] */
static void
load_cb (MemoCall *call, gpointer user_data)
{
  g_print ("asking for %s, which is slow\n", memo_call_get_key (call));
  memo_call_return_entry (call, memo_entry_new_string ("Ada"));
}

static void
loaded_cb (GObject *cache, GAsyncResult *result, gpointer loop)
{
  g_autoptr(MemoEntry) entry = memo_cache_get_finish (MEMO_CACHE (cache), result, NULL);

  g_print ("%s\n", memo_entry_get_string (entry));
  g_main_loop_quit (loop);
}
/* [/hello] */

int
main (void)
{
  g_autoptr(GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  /* [hello] */
  g_autoptr(MemoCache) cache = MEMO_CACHE (memo_async_cache_new (1000, 300.0));
  g_autoptr(MemoLoader) loader = memo_loader_new_in_thread (load_cb, NULL, NULL);

  for (guint i = 0; i < 2; i++)
    {
      memo_cache_get_async (cache, "user:42", MEMO_GET_NONE, loader, NULL, loaded_cb, loop);
      g_main_loop_run (loop);
    }
  /* [/hello] */

  return 0;
}
