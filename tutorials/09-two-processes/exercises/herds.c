/* SPDX-License-Identifier: CC0-1.0 */

/* In each of four processes a hundred customers ask for the same price at once, which nobody has yet. */

#include "story.h"

#define N_SHOPS 4

int
main (int    argc,
      char **argv)
{
  Story story;

  if (argc > 1)
    return shop_run (argv);

  story_begin (&story);
  {
    Shop *shops[N_SHOPS];
    guint n_told = 0, n_queries = 0;

    for (guint i = 0; i < N_SHOPS; i++)
      shops[i] = shop_start (argv[0], story.database, story.uri, AN_HOUR);

    /* All have asked the database before the first one has an answer. */
    for (guint i = 0; i < N_SHOPS; i++)
      shop_tell (shops[i], "crowd price:7");
    for (guint i = 0; i < N_SHOPS; i++)
      n_told += shop_count (shops[i], "serve");

    for (guint i = 0; i < N_SHOPS; i++)
      {
        n_queries += shop_count (shops[i], "queries");
        shop_end (shops[i]);
      }

    g_print ("%u processes, %u customers were told the price, %u queries\n", N_SHOPS, n_told, n_queries);
  }
  story_end (&story);

  return 0;
}
