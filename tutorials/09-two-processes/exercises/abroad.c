/* SPDX-License-Identifier: CC0-1.0 */

/* A shop abroad has a database of its own, with the same keys and other prices.  It shares the Redis server. */

#include <glib/gstdio.h>

#include "story.h"

#define N_CUSTOMERS 20

/* How many customers abroad are told a price that is not from there. */
static guint
count_misled (Shop *abroad)
{
  guint n_misled = 0;

  for (guint i = 1; i <= N_CUSTOMERS; i++)
    {
      g_autofree char *price = shop_ask (abroad, "get price:%u", i);

      n_misled += !g_str_equal (price, "CHF 24.90");
    }

  return n_misled;
}

/* [tell] */
static void
tell (const char *title,
      const char *program,
      const char *parameter)
{
  Story story;
  g_autofree char *database_abroad = NULL;
  g_autofree char *uri_abroad = NULL;

  story_begin (&story);
  database_abroad = g_build_filename (story.folder, "abroad", NULL);
  uri_abroad = g_strconcat (story.uri, parameter, NULL);

  g_mkdir (database_abroad, 0700);
  for (guint i = 1; i <= N_CUSTOMERS; i++)
    {
      g_autofree char *key = g_strdup_printf ("price:%u", i);

      database_change (database_abroad, key, "CHF 24.90");
    }

  {
    g_autoptr(Shop) here = shop_start (program, story.database, story.uri, AN_HOUR);
    g_autoptr(Shop) abroad = shop_start (program, database_abroad, uri_abroad, AN_HOUR);

    shop_count (here, "all");
    shop_tell (here, "flush");
    g_print ("%-22s %2u of %u customers abroad were told a price from here\n", title, count_misled (abroad), N_CUSTOMERS);
  }
  story_end (&story);
}
/* [/tell] */

int
main (int    argc,
      char **argv)
{
  if (argc > 1)
    return shop_run (argv);

  tell ("Both the same URI", argv[0], "");
  tell ("A prefix of its own", argv[0], "&prefix=abroad:");

  return 0;
}
