/* SPDX-License-Identifier: CC0-1.0 */

/* Who keeps a value alive: everybody who holds a reference to it. */

#include <libcache.h>

/* Called when the last reference to the text is gone. */
static void
freed_cb (gpointer data)
{
  g_print ("   the text is freed\n");
}

int
main (void)
{
  static const char text[] = "Once upon a time";

  /* [fill] */
  g_autoptr(MemoCache) cache = MEMO_CACHE (memo_async_cache_new (10, MEMO_TTL_FOREVER));
  GBytes *bytes = g_bytes_new_with_free_func (text, strlen (text), freed_cb, NULL);

  memo_cache_set (cache, "story", memo_entry_new_bytes (bytes));
  g_print ("1. the cache has the text, and so have we\n");

  g_bytes_unref (bytes);
  g_print ("2. we gave ours up; the cache still has it\n");
  /* [/fill] */

  /* [look-up] */
  MemoEntry *entry = memo_cache_lookup (cache, "story");

  memo_cache_delete (cache, "story");
  g_print ("3. deleted from the cache; we looked it up before, and still read \"%.*s\"\n",
           (int) strlen (text), (const char *) g_bytes_get_data (memo_entry_get_bytes (entry), NULL));

  memo_entry_unref (entry);
  g_print ("4. nobody has it any more\n");
  /* [/look-up] */

  return 0;
}
