/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sections.h"

/* libcache beside the same work done by hand with GHashTable, a list, a mutex and GTask, in
 * one run.  Each section has a file of its own; what is done by hand is in by-hand.c and
 * by-hand-async.c.
 *
 *   cache-benchmark                     everything
 *   cache-benchmark hit set             the rows that have one of these in their name
 *   cache-benchmark --smoke             whether the answers are right, in a moment
 *   perf record cache-benchmark --profile=5 "hit, 1k entries, Zipf" */

int
main (int    argc,
      char **argv)
{
  Bench *bench = bench_new (&argc, &argv);

  /* As in the callbacks of a running main loop, where most gets come from: whoever adds a source to a
   * context that nobody owns wakes it up by a system call. */
  g_main_context_acquire (NULL);

  /* First, while the heap has no holes. */
  bench_memory (bench);
  bench_hits (bench);
  bench_sets (bench);
  bench_loads (bench);

  g_main_context_release (NULL);

  return bench_finish (bench);
}
