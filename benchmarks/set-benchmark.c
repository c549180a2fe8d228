/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sets.h"

/* Sets of new keys into a cache that is empty at first and has room for all of them.
 *
 * A value may be at hand, and then only a reference to it is kept: an entry for libcache, a
 * GBytes by hand.  Or it is made for its key, as most are: a copy of a text in either. */

int
main (int    argc,
      char **argv)
{
  static const SetRow rows[] = {
    { "set new, 100",                    100,    100, .grow = TRUE, .curve = "set" },
    { "set new, 1k",                    1000,   1000, .grow = TRUE, .target = 1.0, .curve = "set" },
    { "set new, 10k",                  10000,  10000, .grow = TRUE, .curve = "set" },
    { "set new, 100k",                100000, 100000, .grow = TRUE, .target = 1.0, .curve = "set" },
    { "set new, 1k, the value made",    1000,   1000, .grow = TRUE, .make = TRUE, .target = 1.0 },
    { "set new with a TTL, 1k",         1000,   1000, .grow = TRUE, .expire = TRUE, .target = 1.0 },
  };
  Bench *bench = bench_new (&argc, &argv);

  bench_section (bench, "Sets");
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    sets_compare (bench, &rows[i]);

  return bench_finish (bench);
}
