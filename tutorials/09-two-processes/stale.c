/* SPDX-License-Identifier: CC0-1.0 */

/* One process changes a price and deletes it.  Another has a copy in its memory. */

#include "minutes.h"
#include "shop.h"

int
main (int    argc,
      char **argv)
{
  if (argc > 1)
    return shop_run (argv);

  minutes_head ();
  minutes_tell ("An hour in memory, as long as in Redis", argv[0], AN_HOUR);
  minutes_tell ("A minute in memory", argv[0], 60.0);
  minutes_tell ("Five seconds in memory", argv[0], 5.0);
  minutes_tell ("Not in memory at all", argv[0], 0.0);

  return 0;
}
