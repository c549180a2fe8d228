/* SPDX-License-Identifier: CC0-1.0 */

/* Batches belong to their loader: one that is made for each get gathers nothing. */

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
show (const char *title,
      guint       n_loaders)
{
  g_autoptr(GPtrArray) loaders = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr(MemoCache) cache = NULL;
  Page page;

  page_open (&page);
  cache = g_object_new (MEMO_TYPE_ASYNC_CACHE, "clock", page.clock, NULL);
  for (guint i = 0; i < n_loaders; i++)
    g_ptr_array_add (loaders, names_loader_new (page.database));

  for (guint i = 0; i < N_ORDERS; i++)
    {
      Line *line = g_new (Line, 1);

      *line = (Line) { &page, i };
      memo_cache_get_async (cache, page.customers[i], MEMO_GET_NONE, loaders->pdata[i % n_loaders], NULL,
                            got_cb, line);
    }

  page_tell (&page, title);
  page_close (&page);
}
/* [/show] */

int
main (void)
{
  show ("One loader", 1);
  show ("Two of them", 2);
  show ("A new one for each order", N_ORDERS);

  return 0;
}
