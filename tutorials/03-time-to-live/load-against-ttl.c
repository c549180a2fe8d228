/* SPDX-License-Identifier: CC0-1.0 */

/* What a time to live costs, and what it saves.
 *
 *   load-against-ttl [--figures] */

#include "market.h"

int
main (int    argc,
      char **argv)
{
  static const guint times[] = { 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600 };
  gboolean figures = argc > 1 && g_str_equal (argv[1], "--figures");

  g_print (figures ? "# time to live in s, queries an hour, readers told an old price in %%\n"
                   : "time to live   queries an hour   told an old price\n");

  for (guint i = 0; i < G_N_ELEMENTS (times); i++)
    {
      Day day;

      market_tell (times[i], &day);
      g_print (figures ? "%u %.0f %.1f\n" : "%10u s   %15.0f   %15.1f %%\n",
               times[i], day.n_queries / 24.0, 100.0 * day.n_told_old / day.n_readers);
    }

  return 0;
}
