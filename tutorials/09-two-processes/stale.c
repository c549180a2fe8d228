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
  minutes_tell ("A price lives for an hour", argv[0], 3600.0, 0.0);
  minutes_tell ("For a minute", argv[0], 60.0, 0.0);
  minutes_tell ("For five seconds", argv[0], 5.0, 0.0);
  minutes_tell ("For an hour, and 5 s of it in memory", argv[0], 3600.0, 5.0);

  return 0;
}
