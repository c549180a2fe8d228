/* SPDX-License-Identifier: CC0-1.0 */

/* What a window costs and saves: 2000 requests that come one by one, on a busy day and in a quiet night.
 *
 *   window [--figures] */

#include "names.h"
#include "simulated-clock.h"

#define N_REQUESTS 2000
#define SEED       5

typedef struct
{
  double total;       /* seconds that all requests waited */
  double longest;
  guint  n_answered;
  guint  n_queries;
} Waits;

/* [request] */
typedef struct
{
  SimulatedClock *clock;
  Waits          *waits;
  double          start;
} Request;

static void
got_cb (GObject      *source,
        GAsyncResult *result,
        gpointer      user_data)
{
  g_autofree Request *request = user_data;
  g_autoptr(MemoEntry) entry = memo_cache_get_finish (MEMO_CACHE (source), result, NULL);
  double waited = simulated_clock_now (request->clock) - request->start;

  request->waits->total += waited;
  request->waits->longest = MAX (request->waits->longest, waited);
  request->waits->n_answered++;
}
/* [/request] */

/* [measure] */
static Waits
measure (guint window_ms,
         guint max_batch_size,
         guint mean_gap_us)
{
  g_autoptr(SimulatedClock) clock = simulated_clock_new ();
  g_autoptr(SlowSource) database = slow_source_new (MEMO_CLOCK (clock), 0.020);
  g_autoptr(MemoLoader) loader = names_loader_new (database);
  g_autoptr(GRand) random = g_rand_new_with_seed (SEED);
  g_autoptr(MemoCache) cache = g_object_new (MEMO_TYPE_ASYNC_CACHE,
                                             "batch-window-ms", window_ms,
                                             "max-batch-size", max_batch_size,
                                             "clock", clock,
                                             NULL);
  Waits waits = { 0 };

  slow_source_set_workers (database, 10);

  for (guint i = 0; i < N_REQUESTS; i++)
    {
      g_autofree char *key = g_strdup_printf ("customer:%u", i);
      Request *request = g_new (Request, 1);

      *request = (Request) { clock, &waits, simulated_clock_now (clock) };
      memo_cache_get_async (cache, key, MEMO_GET_NONE, loader, NULL, got_cb, request);
      simulated_clock_run (clock, g_rand_int (random) % (2 * mean_gap_us) / 1e6);
    }

  while (waits.n_answered < N_REQUESTS)
    simulated_clock_run (clock, 0.001);
  waits.n_queries = slow_source_get_n_queries (database);

  return waits;
}
/* [/measure] */

static double
average_ms (const Waits *waits)
{
  return 1000.0 * waits->total / N_REQUESTS;
}

int
main (int    argc,
      char **argv)
{
  static const guint windows[] = { 0, 1, 2, 3, 5, 10, 20, 50 };
  static const guint sizes[] = { 1, 2, 5, 10, 20, 100 };
  gboolean figures = argc > 1 && g_str_equal (argv[1], "--figures");

  g_print (figures ? "# window in ms, queries and average wait in ms on a busy day, and in a quiet night\n"
                   : "           busy: 1000 a second         quiet: 50 a second\n"
                     "window     queries   average wait     queries   average wait\n");

  for (guint i = 0; i < G_N_ELEMENTS (windows); i++)
    {
      Waits busy = measure (windows[i], 100, 1000);
      Waits quiet = measure (windows[i], 100, 20000);

      g_print (figures ? "%u %u %.1f %u %.1f\n" : "%3u ms     %7u     %7.1f ms     %7u     %7.1f ms\n",
               windows[i], busy.n_queries, average_ms (&busy), quiet.n_queries, average_ms (&quiet));
    }

  if (figures)
    return 0;

  g_print ("\nA window of 20 ms on the busy day\n"
           "most keys  queries   average wait   longest wait\n");
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      Waits busy = measure (20, sizes[i], 1000);

      g_print ("%9u  %7u     %7.1f ms     %7.1f ms\n",
               sizes[i], busy.n_queries, average_ms (&busy), 1000.0 * busy.longest);
    }

  return 0;
}
