/* SPDX-License-Identifier: CC0-1.0 */

/* One cache, several threads.  Each thread that waits for something has a main context of its
 * own, and is called back there; who only looks up needs none. */

#include <libcache.h>

static GThread *main_thread;

static const char *
where (void)
{
  return g_thread_self () == main_thread ? "the main thread" : "a thread of its own";
}

static void
square_cb (MemoCall *call,
           gpointer  user_data)
{
  gint64 number = g_ascii_strtoll (memo_call_get_key (call), NULL, 10);

  g_print ("  the loader of %s runs in %s\n", memo_call_get_key (call), where ());
  memo_call_return_entry (call, memo_entry_new_int64 (number * number));
}

/* [callback] */
static void
got_cb (GObject      *source,
        GAsyncResult *result,
        gpointer      loop)
{
  g_autoptr(MemoEntry) entry = memo_cache_get_finish (MEMO_CACHE (source), result, NULL);

  g_print ("  and is called back in %s: %" G_GINT64_FORMAT "\n", where (), memo_entry_get_int64 (entry));
  g_main_loop_quit (loop);
}
/* [/callback] */

typedef struct
{
  MemoCache  *cache;
  MemoLoader *loader;
  const char *key;
} Question;

/* [thread] */
static gpointer
ask_thread (gpointer data)
{
  Question *question = data;
  g_autoptr(GMainContext) context = g_main_context_new ();
  g_autoptr(GMainLoop) loop = g_main_loop_new (context, FALSE);

  g_main_context_push_thread_default (context);
  memo_cache_get_async (question->cache, question->key, MEMO_GET_NONE, question->loader, NULL, got_cb, loop);
  g_main_loop_run (loop);
  g_main_context_pop_thread_default (context);

  return NULL;
}
/* [/thread] */

static gpointer
look_up_thread (gpointer data)
{
  Question *question = data;
  g_autoptr(MemoEntry) entry = memo_cache_lookup (question->cache, question->key);

  return GINT_TO_POINTER (entry != NULL ? (int) memo_entry_get_int64 (entry) : -1);
}

int
main (void)
{
  g_autoptr(MemoCache) cache = MEMO_CACHE (memo_async_cache_new (100, MEMO_TTL_FOREVER));
  g_autoptr(MemoLoader) loader = memo_loader_new (square_cb, NULL, NULL);
  g_autoptr(MemoLoader) in_thread = memo_loader_new_in_thread (square_cb, NULL, NULL);
  g_autoptr(GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  Question question = { cache, loader, "7" };
  int found;

  main_thread = g_thread_self ();

  g_print ("The main thread asks for 5\n");
  memo_cache_get_async (cache, "5", MEMO_GET_NONE, loader, NULL, got_cb, loop);
  g_main_loop_run (loop);

  g_print ("The main thread asks for 6, by a loader that runs in threads\n");
  memo_cache_get_async (cache, "6", MEMO_GET_NONE, in_thread, NULL, got_cb, loop);
  g_main_loop_run (loop);

  g_print ("A thread asks for 7\n");
  g_thread_join (g_thread_new ("asks", ask_thread, &question));

  found = GPOINTER_TO_INT (g_thread_join (g_thread_new ("looks up", look_up_thread, &question)));
  g_print ("Another thread looks it up, which needs no main context: %d\n", found);

  return found == 49 ? 0 : 1;
}
