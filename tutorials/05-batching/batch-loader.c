/* SPDX-License-Identifier: CC0-1.0 */

/* The page with a batch loader, and with what were traps by hand. */

#include "names.h"
#include "page.h"

/* [page] */
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
  g_autoptr(GError) error = NULL;
  g_autoptr(MemoEntry) entry = memo_cache_get_finish (MEMO_CACHE (source), result, &error);

  page_answer (line->page, line->order, entry != NULL ? g_strdup (memo_entry_get_string (entry)) : NULL);
}

static void
show (Page         *page,
      MemoCache    *cache,
      MemoLoader   *loader,
      GCancellable *of_the_first)
{
  for (guint i = 0; i < N_ORDERS; i++)
    {
      Line *line = g_new (Line, 1);

      *line = (Line) { page, i };
      memo_cache_get_async (cache, page->customers[i], MEMO_GET_NONE, loader, i == 0 ? of_the_first : NULL,
                            got_cb, line);
    }
}
/* [/page] */

static void
tell (const char *title,
      const char *missing,
      gboolean    first_leaves)
{
  g_autoptr(GCancellable) leaves = g_cancellable_new ();
  g_autoptr(MemoCache) cache = NULL;
  g_autoptr(MemoLoader) loader = NULL;
  Page page;

  page_open (&page);
  if (missing != NULL)
    slow_source_set (page.database, missing, NULL);

  cache = g_object_new (MEMO_TYPE_ASYNC_CACHE, "clock", page.clock, NULL);
  loader = names_loader_new (page.database);
  show (&page, cache, loader, leaves);
  simulated_clock_run (page.clock, 0.010);
  if (first_leaves)
    g_cancellable_cancel (leaves);

  page_tell (&page, title);
  page_close (&page);
}

int
main (void)
{
  tell ("A batch loader", NULL, FALSE);
  tell ("And customer 3 has closed the account", "customer:3", FALSE);
  tell ("And the first one who asked leaves", NULL, TRUE);

  return 0;
}
