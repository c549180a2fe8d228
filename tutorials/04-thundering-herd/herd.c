/* SPDX-License-Identifier: CC0-1.0 */

/* Many readers at once: how many queries, and how long the last one waits.
 *
 *   herd [--figures] */

#include <libcache.h>

#include "simulated-clock.h"
#include "slow-source.h"

#define N_WORKERS 4

typedef struct
{
  SimulatedClock *clock;
  double          last_answer;
  guint           n_queries;
} Herd;

static void
asked_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  Herd *herd = user_data;
  g_autofree char *text = slow_source_ask_finish (SLOW_SOURCE (source), result, NULL);

  herd->last_answer = simulated_clock_now (herd->clock);
}

static void
got_cb (GObject      *source,
        GAsyncResult *result,
        gpointer      user_data)
{
  Herd *herd = user_data;
  g_autoptr(MemoEntry) entry = memo_cache_get_finish (MEMO_CACHE (source), result, NULL);

  herd->last_answer = simulated_clock_now (herd->clock);
}

static void
measure (guint     n_readers,
         gboolean  with_a_cache,
         Herd     *herd)
{
  g_autoptr(SimulatedClock) clock = simulated_clock_new ();
  g_autoptr(SlowSource) database = slow_source_new (MEMO_CLOCK (clock), 0.2);
  g_autoptr(MemoLoader) loader = slow_source_loader_new (database);
  g_autoptr(MemoCache) cache = g_object_new (MEMO_TYPE_ASYNC_CACHE, "clock", clock, NULL);

  slow_source_set_workers (database, N_WORKERS);
  *herd = (Herd) { clock, };

  /* [measure] */
  for (guint i = 0; i < n_readers; i++)
    if (with_a_cache)
      memo_cache_get_async (cache, "page:1", MEMO_GET_NONE, loader, NULL, got_cb, herd);
    else
      slow_source_ask_async (database, "page:1", NULL, asked_cb, herd);
  /* [/measure] */

  simulated_clock_run (clock, 600.0);
  herd->n_queries = slow_source_get_n_queries (database);
}

int
main (int    argc,
      char **argv)
{
  static const guint sizes[] = { 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000 };
  gboolean figures = argc > 1 && g_str_equal (argv[1], "--figures");

  g_print (figures ? "# readers at once; queries and the longest wait in s when each asks, and when one load answers all\n"
                   : "               each asks            one load\n"
                     "readers    queries      wait    queries   wait\n");

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      Herd each, one;

      measure (sizes[i], FALSE, &each);
      measure (sizes[i], TRUE, &one);
      g_print (figures ? "%u %u %.1f %u %.1f\n" : "%7u    %7u   %5.1f s    %7u   %.1f s\n",
               sizes[i], each.n_queries, each.last_answer, one.n_queries, one.last_answer);
    }

  return 0;
}
