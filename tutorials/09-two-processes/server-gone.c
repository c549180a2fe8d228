/* SPDX-License-Identifier: CC0-1.0 */

/* The Redis server is killed, and comes back empty. */

#include "story.h"

static void
look (const char *title,
      const char *program,
      Story      *story,
      Shop       *here)
{
  g_autoptr(Shop) there = shop_start (program, story->database, story->uri, AN_HOUR);
  guint before = shop_count (here, "queries");
  guint right_here, right_there;

  right_here = shop_count (here, "all");
  right_there = shop_count (there, "all");
  g_print ("%-40s %3u right, %3u queries     %3u right, %3u queries\n", title,
           right_here, shop_count (here, "queries") - before, right_there, shop_count (there, "queries"));
}

int
main (int    argc,
      char **argv)
{
  Story story;

  if (argc > 1)
    return shop_run (argv);

  story_begin (&story);
  {
    g_autoptr(Shop) here = shop_start (argv[0], story.database, story.uri, AN_HOUR);
    g_autoptr(Shop) again = NULL;

    g_print ("                                         a shop that runs on         one that was just started\n");

    /* [gone] */
    shop_count (here, "all");
    shop_tell (here, "flush");
    look ("Redis runs, and has the prices", argv[0], &story, here);

    g_subprocess_force_exit (story.server);
    g_subprocess_wait (story.server, NULL, NULL);
    look ("Redis is killed", argv[0], &story, here);

    story_start_server (&story);
    shop_tell (here, "reconnected");
    look ("Redis is back, and empty", argv[0], &story, here);

    again = shop_start (argv[0], story.database, story.uri, AN_HOUR);
    shop_count (again, "all");
    shop_tell (again, "flush");
    look ("Somebody has asked for all prices since", argv[0], &story, here);
    /* [/gone] */
  }
  story_end (&story);

  return 0;
}
