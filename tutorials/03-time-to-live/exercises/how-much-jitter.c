/* SPDX-License-Identifier: CC0-1.0 */

/* How much jitter flattens the wave, and how soon. */

#include "pages.h"

int
main (void)
{
  static const double jitters[] = { 0.0, 0.01, 0.05, 0.1, 0.25, 0.5 };

  g_print ("         the busiest second of the\n"
           "jitter   2nd minute   3rd   4th   5th\n");
  for (guint i = 0; i < G_N_ELEMENTS (jitters); i++)
    {
      FiveMinutes minutes;

      pages_tell (jitters[i], &minutes);
      g_print ("%4.0f %%", 100.0 * jitters[i]);
      /* A wave may begin half a minute before its minute is over. */
      for (guint minute = 1; minute < 5; minute++)
        g_print (minute == 1 ? "   %10u" : "   %3u",
                 pages_busiest (&minutes, 60 * minute - 30, MIN (60 * minute + 30, N_SECONDS)));
      g_print ("\n");
    }

  return 0;
}
