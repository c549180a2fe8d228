/* SPDX-License-Identifier: CC0-1.0 */

/* Four processes want the same 200 prices: each on its own, and with Redis between them. */

#include "story.h"

#define N_SHOPS 4

static void
tell (const char *title,
      const char *program,
      Story      *story,
      const char *uri)
{
  guint n_right = 0, n_queries = 0, n_found = 0;

  /* [shops] */
  for (guint i = 0; i < N_SHOPS; i++)
    {
      g_autoptr(Shop) shop = shop_start (program, story->database, uri, AN_HOUR);

      n_right += shop_count (shop, "all");
      shop_tell (shop, "flush");

      n_queries += shop_count (shop, "queries");
      n_found += shop_count (shop, "remote-hits");
    }
  /* [/shops] */

  g_print ("%-24s %u processes, %u prices right, %3u queries, %3u found in Redis\n",
           title, N_SHOPS, n_right, n_queries, n_found);
}

int
main (int    argc,
      char **argv)
{
  Story story;

  if (argc > 1)
    return shop_run (argv);

  story_begin (&story);
  tell ("Each on its own:", argv[0], &story, "none");
  tell ("With Redis between them:", argv[0], &story, story.uri);
  story_end (&story);

  return 0;
}
