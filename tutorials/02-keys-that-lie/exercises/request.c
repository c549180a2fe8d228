/* SPDX-License-Identifier: CC0-1.0 */

/* The search is told the number of the request, which it writes into the log.  Is that a part of the question? */

#include <libcache.h>

#include "await.h"
#include "customers.h"
#include "simulated-clock.h"
#include "slow-source.h"

#define N_CUSTOMERS 10000

/* An array of one, since Python's random numbers begin like that, too. */
static const guint32 seed = 1;

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
  guint request;

  /* What is skipped is there as well. */
  g_variant_get (memo_call_get_args (call), "(u&s&s)", &request, &words, &category);
  g_debug ("Request %u has to ask the database", request);
  question = g_strdup_printf ("\"%s\" in \"%s\"", words, category);
  slow_source_ask_async (database, question, NULL, found_cb, g_object_ref (call));
}

/* [tell] */
static void
tell (const char *title,
      guint       skip_args)
{
  g_autoptr(SimulatedClock) clock = simulated_clock_new ();
  g_autoptr(SlowSource) database = slow_source_new (MEMO_CLOCK (clock), 0.05);
  g_autoptr(GRand) random = g_rand_new_with_seed_array (&seed, 1);
  g_autoptr(MemoLoader) loader = memo_loader_new (search_cb, database, NULL);
  g_autoptr(MemoDecorator) search = g_object_new (MEMO_TYPE_ASYNC_LRU,
                                                  "name", "search",
                                                  "loader", loader,
                                                  "maxsize", MEMO_UNLIMITED,
                                                  "skip-args", skip_args,
                                                  NULL);

  for (guint i = 0; i < N_CUSTOMERS; i++)
    {
      g_autofree char *words = customers_dup_word (random);
      g_autofree char *category = customers_dup_word (random);
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(MemoEntry) entry = NULL;

      memo_decorator_call_async (search, g_variant_new ("(uss)", i, words, category), MEMO_GET_NONE, NULL,
                                 await_cb, &result);
      entry = memo_decorator_call_finish (search, simulated_clock_await (clock, &result), NULL);
    }

  g_print ("%-28s %5u customers, %5u queries\n", title, N_CUSTOMERS, slow_source_get_n_queries (database));
}
/* [/tell] */

int
main (void)
{
  tell ("The number is in the key", 0);
  tell ("It is skipped", 1);

  return 0;
}
