/* SPDX-License-Identifier: CC0-1.0 */

/* A gatherer by hand: who asks waits 5 ms for others who ask, then all are asked for by one query.
 * Three traps, one after another. */

#include "page.h"

#define WINDOW 0.005

typedef struct
{
  Page         *page;
  gboolean      each_key_once;
  gboolean      by_key;
  GPtrArray    *keys;                  /* what the query is to ask for, NULL while nobody waits */
  guint         positions[N_ORDERS];   /* of each order, the place of its key in these */
  GCancellable *cancellable;           /* of whoever came first */
} Gatherer;

/* [hand-out] */
static const char *
find_name (Gatherer  *self,
           guint      order,
           GPtrArray *rows)
{
  if (!self->by_key)
    return self->positions[order] < rows->len ? ((SlowRow *) rows->pdata[self->positions[order]])->answer : NULL;

  for (guint i = 0; i < rows->len; i++)
    {
      SlowRow *row = rows->pdata[i];

      if (g_str_equal (row->key, self->page->customers[order]))
        return row->answer;
    }

  return NULL;
}

static void
answered_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  Gatherer *self = user_data;
  g_autoptr(GPtrArray) rows = slow_source_ask_many_finish (SLOW_SOURCE (source), result, NULL);

  for (guint i = 0; i < N_ORDERS; i++)
    page_answer (self->page, i, rows != NULL ? g_strdup (find_name (self, i, rows)) : NULL);
}
/* [/hand-out] */

/* [gather] */
static gboolean
window_closes_cb (gpointer user_data)
{
  Gatherer *self = user_data;
  g_autoptr(GPtrArray) keys = g_steal_pointer (&self->keys);

  g_ptr_array_add (keys, NULL);
  slow_source_ask_many_async (self->page->database, (const char * const *) keys->pdata, self->cancellable,
                              answered_cb, self);

  return G_SOURCE_REMOVE;
}

static void
open_window (Gatherer     *self,
             GCancellable *cancellable)
{
  MemoClock *clock = MEMO_CLOCK (self->page->clock);
  gint64 deadline = memo_clock_get_time (clock) + (gint64) (WINDOW * G_USEC_PER_SEC);
  g_autoptr(GSource) timer = memo_clock_create_source (clock, deadline);

  self->keys = g_ptr_array_new ();
  self->cancellable = cancellable;
  g_source_set_callback (timer, window_closes_cb, self, NULL);
  g_source_attach (timer, NULL);
}

static void
gather (Gatherer     *self,
        guint         order,
        GCancellable *cancellable)
{
  char *key = self->page->customers[order];

  if (self->keys == NULL)
    open_window (self, cancellable);

  if (self->each_key_once &&
      g_ptr_array_find_with_equal_func (self->keys, key, g_str_equal, &self->positions[order]))
    return;

  self->positions[order] = self->keys->len;
  g_ptr_array_add (self->keys, key);
}
/* [/gather] */

static void
show (const char *title,
      gboolean    each_key_once,
      gboolean    by_key,
      const char *missing,
      gboolean    first_leaves)
{
  g_autoptr(GCancellable) leaves = g_cancellable_new ();
  Page page;
  Gatherer gatherer = { &page, each_key_once, by_key };

  page_open (&page);
  if (missing != NULL)
    slow_source_set (page.database, missing, NULL);

  for (guint i = 0; i < N_ORDERS; i++)
    gather (&gatherer, i, i == 0 ? leaves : NULL);
  /* Just before the names are there. */
  simulated_clock_run (page.clock, 0.024);
  if (first_leaves)
    g_cancellable_cancel (leaves);

  page_tell (&page, title);
  page_close (&page);
}

int
main (void)
{
  show ("Row after row", FALSE, FALSE, NULL, FALSE);
  show ("The same, each key once", TRUE, FALSE, NULL, FALSE);
  show ("And customer 3 has closed the account", TRUE, FALSE, "customer:3", FALSE);
  show ("The same, by the keys of the rows", TRUE, TRUE, "customer:3", FALSE);
  show ("And the first one who asked leaves", TRUE, TRUE, NULL, TRUE);

  return 0;
}
