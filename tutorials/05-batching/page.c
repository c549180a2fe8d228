/* SPDX-License-Identifier: CC0-1.0 */
#include "page.h"

#include "popularity.h"

#define N_CUSTOMERS 200
#define SEED        5

void
page_open (Page *page)
{
  g_autoptr(Popularity) popularity = popularity_new (N_CUSTOMERS, SEED);

  *page = (Page) { 0 };
  page->clock = simulated_clock_new ();
  page->database = slow_source_new (MEMO_CLOCK (page->clock), 0.020);
  slow_source_set_workers (page->database, 10);

  for (guint i = 0; i < N_ORDERS; i++)
    page->customers[i] = g_strdup_printf ("customer:%u", popularity_draw (popularity));
}

/* NAME is NULL where there is none; the page owns it. */
void
page_answer (Page  *page,
             guint  order,
             char  *name)
{
  page->names[order] = name;
  page->n_answered++;
}

void
page_tell (Page       *page,
           const char *title)
{
  guint n_right = 0, n_wrong = 0;

  while (page->n_answered < N_ORDERS)
    simulated_clock_run (page->clock, 0.001);

  for (guint i = 0; i < N_ORDERS; i++)
    {
      g_autofree char *right = g_strconcat ("the text of ", page->customers[i], NULL);

      if (g_strcmp0 (page->names[i], right) == 0)
        n_right++;
      else if (page->names[i] != NULL)
        n_wrong++;
    }

  g_print ("%-42s %2u right, %2u wrong, %2u empty; %2u queries, %3.0f ms\n", title,
           n_right, n_wrong, N_ORDERS - n_right - n_wrong, slow_source_get_n_queries (page->database),
           1000.0 * simulated_clock_now (page->clock));
}

void
page_close (Page *page)
{
  for (guint i = 0; i < N_ORDERS; i++)
    {
      g_free (page->customers[i]);
      g_free (page->names[i]);
    }

  g_object_unref (page->database);
  g_object_unref (page->clock);
}
