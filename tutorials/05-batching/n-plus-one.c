/* SPDX-License-Identifier: CC0-1.0 */

/* A page with 80 orders: each asks for its customer, without a cache and with one; and the page asks for all at once. */

#include "page.h"

/* An order that waits for the name of its customer. */
typedef struct
{
  Page  *page;
  guint  order;
} Line;

static Line *
line_new (Page  *page,
          guint  order)
{
  Line *line = g_new (Line, 1);

  *line = (Line) { page, order };

  return line;
}

/* [each] */
static void
named_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autofree Line *line = user_data;

  page_answer (line->page, line->order, slow_source_ask_finish (SLOW_SOURCE (source), result, NULL));
}

static void
each_asks (Page *page)
{
  for (guint i = 0; i < N_ORDERS; i++)
    slow_source_ask_async (page->database, page->customers[i], NULL, named_cb, line_new (page, i));
}
/* [/each] */

static void
got_cb (GObject      *source,
        GAsyncResult *result,
        gpointer      user_data)
{
  g_autofree Line *line = user_data;
  g_autoptr(MemoEntry) entry = memo_cache_get_finish (MEMO_CACHE (source), result, NULL);

  page_answer (line->page, line->order, g_strdup (memo_entry_get_string (entry)));
}

static void
each_asks_a_cache (Page      *page,
                   MemoCache *cache)
{
  g_autoptr(MemoLoader) loader = slow_source_loader_new (page->database);

  for (guint i = 0; i < N_ORDERS; i++)
    memo_cache_get_async (cache, page->customers[i], MEMO_GET_NONE, loader, NULL, got_cb, line_new (page, i));
}

/* [page] */
static void
all_named_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  Page *page = user_data;
  g_autoptr(GPtrArray) rows = slow_source_ask_many_finish (SLOW_SOURCE (source), result, NULL);

  for (guint i = 0; i < N_ORDERS; i++)
    for (guint j = 0; j < rows->len; j++)
      {
        SlowRow *row = rows->pdata[j];

        if (g_str_equal (row->key, page->customers[i]))
          page_answer (page, i, g_strdup (row->answer));
      }
}

static void
the_page_asks (Page *page)
{
  g_autoptr(GStrvBuilder) keys = g_strv_builder_new ();
  g_auto(GStrv) all = NULL;

  for (guint i = 0; i < N_ORDERS; i++)
    g_strv_builder_add (keys, page->customers[i]);
  all = g_strv_builder_end (keys);

  slow_source_ask_many_async (page->database, (const char * const *) all, NULL, all_named_cb, page);
}
/* [/page] */

int
main (void)
{
  g_autoptr(MemoCache) cache = NULL;
  Page page;

  page_open (&page);
  each_asks (&page);
  page_tell (&page, "Each order asks for its customer");
  page_close (&page);

  page_open (&page);
  cache = g_object_new (MEMO_TYPE_ASYNC_CACHE, "clock", page.clock, NULL);
  each_asks_a_cache (&page, cache);
  page_tell (&page, "Each order asks a cache");
  page_close (&page);

  page_open (&page);
  the_page_asks (&page);
  page_tell (&page, "The page asks for all of them");
  page_close (&page);

  return 0;
}
