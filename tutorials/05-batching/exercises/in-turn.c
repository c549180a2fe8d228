/* SPDX-License-Identifier: CC0-1.0 */

/* Who asks for one name after another waits for a window each time. */

#include "await.h"
#include "names.h"
#include "page.h"

static void
show_in_turn (const char *title,
              guint       window_ms)
{
  g_autoptr(MemoCache) cache = NULL;
  g_autoptr(MemoLoader) loader = NULL;
  Page page;

  page_open (&page);
  cache = g_object_new (MEMO_TYPE_ASYNC_CACHE,
                        "batch-window-ms", window_ms,
                        "clock", page.clock,
                        NULL);
  loader = names_loader_new (page.database);

  for (guint i = 0; i < N_ORDERS; i++)
    {
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(MemoEntry) entry = NULL;

      memo_cache_get_async (cache, page.customers[i], MEMO_GET_NONE, loader, NULL, await_cb, &result);
      entry = memo_cache_get_finish (cache, simulated_clock_await (page.clock, &result), NULL);
      page_answer (&page, i, g_strdup (memo_entry_get_string (entry)));
    }

  page_tell (&page, title);
  page_close (&page);
}

int
main (void)
{
  show_in_turn ("One after another, a window of 5 ms", 5);
  show_in_turn ("One after another, a window of 0", 0);

  return 0;
}
