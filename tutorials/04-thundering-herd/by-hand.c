/* SPDX-License-Identifier: CC0-1.0 */

/* A hundred readers at once, with a hash table: each asks, the first asks for all, and the first leaves. */

#include "simulated-clock.h"
#include "slow-source.h"

#define N_READERS  100
#define N_WORKERS  4

typedef struct
{
  SimulatedClock *clock;
  SlowSource     *database;
  GHashTable     *pages;       /* what was read */
  guint           n_answered;
  double          last_answer;
} Shop;

static void
tell_reader (Shop *shop)
{
  shop->n_answered++;
  shop->last_answer = simulated_clock_now (shop->clock);
}

/* [each] */
static void
page_read_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  Shop *shop = user_data;
  char *text = slow_source_ask_finish (SLOW_SOURCE (source), result, NULL);

  g_hash_table_insert (shop->pages, g_strdup ("page:1"), text);
  tell_reader (shop);
}

static void
each_asks (Shop *shop)
{
  if (g_hash_table_contains (shop->pages, "page:1"))
    tell_reader (shop);
  else
    slow_source_ask_async (shop->database, "page:1", NULL, page_read_cb, shop);
}
/* [/each] */

/* [first] */
typedef struct
{
  Shop     *shop;
  gboolean  is_being_read;
  guint     n_waiting;
} Desk;

static void
page_read_for_all_cb (GObject      *source,
                      GAsyncResult *result,
                      gpointer      user_data)
{
  Desk *desk = user_data;
  char *text = slow_source_ask_finish (SLOW_SOURCE (source), result, NULL);

  if (text == NULL)   /* the reader has left: nobody to tell */
    return;

  g_hash_table_insert (desk->shop->pages, g_strdup ("page:1"), text);
  desk->is_being_read = FALSE;
  for (; desk->n_waiting > 0; desk->n_waiting--)
    tell_reader (desk->shop);
}

static void
first_asks_for_all (Desk         *desk,
                    GCancellable *cancellable)
{
  if (g_hash_table_contains (desk->shop->pages, "page:1"))
    {
      tell_reader (desk->shop);
      return;
    }

  desk->n_waiting++;
  if (!desk->is_being_read)
    {
      desk->is_being_read = TRUE;
      slow_source_ask_async (desk->shop->database, "page:1", cancellable, page_read_for_all_cb, desk);
    }
}
/* [/first] */

static void
shop_init (Shop *shop)
{
  *shop = (Shop) { simulated_clock_new (), };
  shop->database = slow_source_new (MEMO_CLOCK (shop->clock), 0.2);
  shop->pages = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  slow_source_set_workers (shop->database, N_WORKERS);
}

static void
shop_clear (Shop *shop)
{
  g_object_unref (shop->database);
  g_object_unref (shop->clock);
  g_hash_table_unref (shop->pages);
}

int
main (void)
{
  Shop shop;
  Desk desk = { &shop, };
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();

  shop_init (&shop);
  for (guint i = 0; i < N_READERS; i++)
    each_asks (&shop);
  simulated_clock_run (shop.clock, 60.0);
  g_print ("Each reader asks\n"
           "  answered                    %4u\n"
           "  queries                     %4u\n"
           "  the last one waits       %7.2f s\n\n",
           shop.n_answered, slow_source_get_n_queries (shop.database), shop.last_answer);
  shop_clear (&shop);

  shop_init (&shop);
  for (guint i = 0; i < N_READERS; i++)
    first_asks_for_all (&desk, NULL);
  simulated_clock_run (shop.clock, 60.0);
  g_print ("The first one asks for all\n"
           "  answered                    %4u\n"
           "  queries                     %4u\n"
           "  the last one waits       %7.2f s\n\n",
           shop.n_answered, slow_source_get_n_queries (shop.database), shop.last_answer);
  shop_clear (&shop);

  /* [leaves] */
  shop_init (&shop);
  first_asks_for_all (&desk, cancellable);
  for (guint i = 1; i < N_READERS; i++)
    first_asks_for_all (&desk, NULL);

  g_cancellable_cancel (cancellable);
  simulated_clock_run (shop.clock, 60.0);

  for (guint i = 0; i < N_READERS; i++)
    first_asks_for_all (&desk, NULL);
  simulated_clock_run (shop.clock, 3600.0);
  /* [/leaves] */
  g_print ("The first one leaves; a minute later %u more come\n"
           "  answered                    %4u\n"
           "  still waiting after an hour %4u\n", N_READERS, shop.n_answered, desk.n_waiting - 1);
  shop_clear (&shop);

  return 0;
}
