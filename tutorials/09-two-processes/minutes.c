/* SPDX-License-Identifier: CC0-1.0 */
#include "minutes.h"

#include "story.h"

#define CHANGE 13

void
minutes_head (void)
{
  g_print ("                                           told the old price\n"
           "                                           here    there    queries    found in Redis\n");
}

/* [minutes] */
void
minutes_tell (const char *title,
              const char *program,
              double      memory_ttl)
{
  Story story;
  guint n_misled_here = 0, n_misled_there = 0;

  story_begin (&story);
  {
    g_autoptr(Shop) here = shop_start (program, story.database, story.uri, memory_ttl);
    g_autoptr(Shop) there = shop_start (program, story.database, story.uri, memory_ttl);

    /* Two minutes, each second a customer in both shops. */
    for (guint second = 0; second < 120; second++)
      {
        g_autofree char *price_here = NULL, *price_there = NULL;

        if (second == CHANGE)
          {
            database_change (story.database, "price:7", "24.90");
            shop_tell (here, "delete price:7");
          }

        /* What a get brings is on its way to Redis; it has arrived before the next shop asks. */
        price_here = shop_ask (here, "get price:7");
        shop_tell (here, "flush");
        price_there = shop_ask (there, "get price:7");
        shop_tell (there, "flush");
        if (second >= CHANGE)
          {
            n_misled_here += !g_str_equal (price_here, "24.90");
            n_misled_there += !g_str_equal (price_there, "24.90");
          }

        shop_tell (here, "pass 1");
        shop_tell (there, "pass 1");
      }

    g_print ("%-42s %4u    %5u    %7u    %14u\n", title, n_misled_here, n_misled_there,
             shop_count (here, "queries") + shop_count (there, "queries"),
             shop_count (here, "remote-hits") + shop_count (there, "remote-hits"));
  }
  story_end (&story);
}
/* [/minutes] */
