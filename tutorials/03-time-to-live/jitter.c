/* SPDX-License-Identifier: CC0-1.0 */

/* What was loaded together expires together.
 *
 *   jitter [--figures] */

#include "pages.h"

int
main (int    argc,
      char **argv)
{
  static FiveMinutes plain, jittered;
  guint n_plain = 0, n_jittered = 0;

  pages_tell (0.0, &plain);
  pages_tell (0.1, &jittered);

  if (argc > 1 && g_str_equal (argv[1], "--figures"))
    g_print ("# second, queries in it, queries with jitter\n");

  for (guint second = 0; second < N_SECONDS; second++)
    {
      n_plain += plain.queries[second];
      n_jittered += jittered.queries[second];
      if (argc > 1)
        g_print ("%u %u %u\n", second, plain.queries[second], jittered.queries[second]);
    }

  if (argc == 1)
    g_print ("%u pages, each kept for         60 s    54 to 66 s\n"
             "  queries in five minutes     %6u    %10u\n"
             "After the start\n"
             "  in the busiest second       %6u    %10u\n"
             "  the longest wait            %4.2f s    %8.2f s\n",
             N_PAGES, n_plain, n_jittered,
             pages_busiest (&plain, STARTED, N_SECONDS), pages_busiest (&jittered, STARTED, N_SECONDS),
             plain.longest_wait, jittered.longest_wait);

  return 0;
}
