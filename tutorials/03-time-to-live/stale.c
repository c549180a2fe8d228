/* SPDX-License-Identifier: CC0-1.0 */

/* A price for ever, for no time, and for a minute. */

#include <libcache.h>

#include "market.h"

static void
print_day (const char *title,
           const Day  *day)
{
  g_print ("%-18s %7u   %16u   %11u s\n", title, day->n_queries, day->n_told_old, day->oldest);
}

int
main (void)
{
  Day for_ever, not_at_all, a_minute;

  /* [three] */
  market_tell (MEMO_TTL_FOREVER, &for_ever);
  market_tell (0.0, &not_at_all);
  market_tell (60.0, &a_minute);
  /* [/three] */

  g_print ("A day, %u readers, and the price changes %u times\n\n", for_ever.n_readers, for_ever.n_changes);
  g_print ("the price is kept  queries   told an old price   old for up to\n");
  print_day ("for ever", &for_ever);
  print_day ("not at all", &not_at_all);
  print_day ("for 60 s", &a_minute);

  return 0;
}
