/* SPDX-License-Identifier: CC0-1.0 */

/* The lower half of the page asks a little later than the upper half. */

#include "names.h"
#include "page.h"

typedef struct
{
  Page  *page;
  guint  order;
} Line;

static void
got_cb (GObject      *source,
        GAsyncResult *result,
        gpointer      user_data)
{
  g_autofree Line *line = user_data;
  g_autoptr(MemoEntry) entry = memo_cache_get_finish (MEMO_CACHE (source), result, NULL);

  page_answer (line->page, line->order, g_strdup (memo_entry_get_string (entry)));
}

/* [show] */
static void
show (guint later_ms)
{
  g_autofree char *title = g_strdup_printf ("The lower half asks %u ms later", later_ms);
  g_autoptr(MemoCache) cache = NULL;
  g_autoptr(MemoLoader) loader = NULL;
  Page page;

  page_open (&page);
  cache = g_object_new (MEMO_TYPE_ASYNC_CACHE, "clock", page.clock, NULL);
  loader = names_loader_new (page.database);

  for (guint i = 0; i < N_ORDERS; i++)
    {
      Line *line = g_new (Line, 1);

      if (i == N_ORDERS / 2)
        simulated_clock_run (page.clock, later_ms / 1000.0);

      *line = (Line) { &page, i };
      memo_cache_get_async (cache, page.customers[i], MEMO_GET_NONE, loader, NULL, got_cb, line);
    }

  page_tell (&page, title);
  page_close (&page);
}
/* [/show] */

int
main (void)
{
  show (3);
  show (10);
  show (22);
  show (30);

  return 0;
}
