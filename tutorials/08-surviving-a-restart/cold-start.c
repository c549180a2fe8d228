/* SPDX-License-Identifier: CC0-1.0 */

/* Eight thousand readers, by a program that runs all the time, and by one that is started anew for each thousand. */

#include "readers.h"

#define N_RUNS    8
#define N_READERS 1000

int
main (void)
{
  g_autoptr(SlowSource) database = slow_source_new (memo_clock_get_default (), 0.0);
  g_autoptr(MemoLoader) loader = slow_source_loader_new (database);
  g_autoptr(MemoCache) all_the_time = MEMO_CACHE (memo_async_cache_new (N_PAGES, MEMO_TTL_FOREVER));
  g_autoptr(Popularity) popularity = popularity_new (N_PAGES, SEED);
  g_autoptr(Popularity) the_same = popularity_new (N_PAGES, SEED);
  guint total[2] = { 0 };

  g_print ("readers          queries of a program    of one that\n"
           "                 that runs on            is started anew\n");
  for (guint run = 0; run < N_RUNS; run++)
    {
      /* [anew] */
      g_autoptr(MemoCache) anew = MEMO_CACHE (memo_async_cache_new (N_PAGES, MEMO_TTL_FOREVER));
      /* [/anew] */
      guint before = slow_source_get_n_queries (database), between, after;

      readers_come (all_the_time, loader, popularity, N_READERS);
      between = slow_source_get_n_queries (database);
      readers_come (anew, loader, the_same, N_READERS);
      after = slow_source_get_n_queries (database);

      g_print ("%4u to %4u     %20u    %15u\n",
               run * N_READERS + 1, (run + 1) * N_READERS, between - before, after - between);
      total[0] += between - before;
      total[1] += after - between;
    }
  g_print ("all              %20u    %15u\n", total[0], total[1]);

  return 0;
}
