/* SPDX-License-Identifier: CC0-1.0 */

/* The same customers; the key is made from the arguments. */

#include <libcache.h>

#include "await.h"
#include "customers.h"
#include "simulated-clock.h"
#include "slow-source.h"

#define N_CUSTOMERS  10000

/* An array of one, since Python's random numbers begin like that, too. */
static const guint32 seed = 1;

/* [function] */
static void
found_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autoptr(MemoCall) call = user_data;
  g_autofree char *answer = slow_source_ask_finish (SLOW_SOURCE (source), result, NULL);

  memo_call_return_entry (call, memo_entry_new_string (answer));
}

static void
search_cb (MemoCall *call,
           gpointer  database)
{
  const char *words, *category;
  g_autofree char *question = NULL;

  g_variant_get (memo_call_get_args (call), "(&s&s)", &words, &category);
  question = g_strdup_printf ("\"%s\" in \"%s\"", words, category);
  slow_source_ask_async (database, question, NULL, found_cb, g_object_ref (call));
}
/* [/function] */

int
main (void)
{
  g_autoptr(SimulatedClock) clock = simulated_clock_new ();
  g_autoptr(SlowSource) database = slow_source_new (MEMO_CLOCK (clock), 0.05);
  g_autoptr(GRand) random = g_rand_new_with_seed_array (&seed, 1);
  guint n_wrong = 0;

  /* [decorator] */
  g_autoptr(MemoLoader) loader = memo_loader_new (search_cb, database, NULL);
  g_autoptr(MemoDecorator) search = g_object_new (MEMO_TYPE_ASYNC_LRU,
                                                  "name", "search",
                                                  "loader", loader,
                                                  "maxsize", MEMO_UNLIMITED,
                                                  NULL);
  /* [/decorator] */

  for (guint i = 0; i < N_CUSTOMERS; i++)
    {
      g_autofree char *words = customers_dup_word (random);
      g_autofree char *category = customers_dup_word (random);
      g_autofree char *answer = g_strdup_printf ("the text of \"%s\" in \"%s\"", words, category);
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(MemoEntry) entry = NULL;

      /* [call] */
      memo_decorator_call_async (search, g_variant_new ("(ss)", words, category), MEMO_GET_NONE, NULL,
                                 await_cb, &result);
      entry = memo_decorator_call_finish (search, simulated_clock_await (clock, &result), NULL);
      /* [/call] */

      n_wrong += !g_str_equal (memo_entry_get_string (entry), answer);
    }

  g_print ("With a decorator\n"
           "  customers                     %5u\n"
           "  queries                       %5u\n"
           "  shown what others asked for   %5u\n",
           N_CUSTOMERS, slow_source_get_n_queries (database), n_wrong);

  return 0;
}
