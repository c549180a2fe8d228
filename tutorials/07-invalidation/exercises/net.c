/* SPDX-License-Identifier: CC0-1.0 */

/* Nobody tells the cache.  What does a time to live save? */

#include "prices.h"

int
main (void)
{
  static const double seconds[] = { 1.0, 0.2, 0.1, 0.05, 0.0 };

  for (guint i = 0; i < G_N_ELEMENTS (seconds); i++)
    {
      g_autofree char *title = g_strdup_printf ("Prices live for %.0f ms", 1000.0 * seconds[i]);

      prices_tell (title, &(Script) { .ask = prices_ask }, seconds[i]);
    }

  return 0;
}
