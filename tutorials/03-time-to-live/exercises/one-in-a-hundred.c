/* SPDX-License-Identifier: CC0-1.0 */

/* For how long the price may be kept if so many readers in a hundred may be told an old one. */

#include "market.h"

/* [search] */
/* Leaves in DAY the last that was tried and found good. */
static guint
find_longest (guint  percent,
              Day   *day)
{
  guint low = 0, high = 128;   /* seconds: good, and not good */

  while (high - low > 1)
    {
      guint middle = (low + high) / 2;
      Day tried;

      market_tell (middle, &tried);
      if (100 * tried.n_told_old <= percent * tried.n_readers)
        {
          low = middle;
          *day = tried;
        }
      else
        {
          high = middle;
        }
    }

  return low;
}
/* [/search] */

int
main (void)
{
  static const guint percents[] = { 1, 2, 5 };

  g_print ("may be told an old price   keep it for   queries an hour\n");
  for (guint i = 0; i < G_N_ELEMENTS (percents); i++)
    {
      Day day = { 0, };
      guint ttl = find_longest (percents[i], &day);

      g_print ("%22u %%   %9u s   %15.0f\n", percents[i], ttl, day.n_queries / 24.0);
    }

  return 0;
}
