/* SPDX-License-Identifier: CC0-1.0 */

/* How long a price may stay in memory: who is misled, and how often Redis is asked. */

#include "minutes.h"
#include "shop.h"

int
main (int    argc,
      char **argv)
{
  static const guint seconds[] = { 1, 2, 5, 10, 20, 60 };

  if (argc > 1)
    return shop_run (argv);

  minutes_head ();
  for (guint i = 0; i < G_N_ELEMENTS (seconds); i++)
    {
      g_autofree char *title = g_strdup_printf ("%2u s in memory", seconds[i]);

      minutes_tell (title, argv[0], seconds[i]);
    }

  return 0;
}
