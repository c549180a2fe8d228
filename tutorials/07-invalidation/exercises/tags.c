/* SPDX-License-Identifier: CC0-1.0 */

/* A price stands on many pages.  Who changes it does not know all of them: the pages say what is on them, by a tag. */

#include <libcache.h>

static void
keep (MemoCache  *cache,
      const char *page,
      const char *first_tag,
      const char *second_tag)
{
  const char * const tags[] = { first_tag, second_tag, NULL };
  MemoEntry *entry = memo_entry_new_string ("what the page looks like");

  memo_entry_set_tags (entry, tags);
  memo_cache_set (cache, page, entry);
}

static void
tell (MemoCache  *cache,
      const char *page)
{
  g_print ("  %-16s %s\n", page, memo_cache_contains (cache, page) ? "is there" : "is gone");
}

int
main (void)
{
  static const char * const lamp[] = { "product:lamp", NULL };
  g_autoptr(MemoCache) cache = MEMO_CACHE (memo_async_cache_new (100, MEMO_TTL_FOREVER));

  keep (cache, "page:lamp", "product:lamp", NULL);
  keep (cache, "page:chair", "product:chair", NULL);
  keep (cache, "page:offers", "product:lamp", "product:chair");

  g_print ("The lamp has another price\n");
  memo_cache_invalidate_tags (cache, lamp);
  tell (cache, "page:lamp");
  tell (cache, "page:chair");
  tell (cache, "page:offers");

  return 0;
}
