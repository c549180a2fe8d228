/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sets.h"

/* Sets of new keys into a cache that is full, each of which throws another out. */

int
main (int    argc,
      char **argv)
{
  static const SetRow rows[] = {
    { "set, evicting, 100",                       100,     100, .curve = "eviction" },
    { "set, evicting, 1k",                       1000,    1000, .target = 1.0, .curve = "eviction" },
    { "set, evicting, 10k",                     10000,    1000, .curve = "eviction" },
    { "set, evicting, 100k",                   100000,    1000, .target = 1.0, .curve = "eviction" },
    { "set, evicting, 1k, the value made",       1000,    1000, .make = TRUE, .target = 1.0 },
    { "set with a TTL, evicting, 1k",            1000,    1000, .expire = TRUE, .target = 1.0 },
    { "set with a TTL, evicting, 100k",        100000,    1000, .expire = TRUE, .target = 1.0 },
    { "set, evicting, 1k, S3-FIFO",              1000,    1000, .policy = MEMO_EVICTION_S3_FIFO },
    { "set, evicting, 100k, S3-FIFO",          100000,    1000, .policy = MEMO_EVICTION_S3_FIFO },
  };
  Bench *bench = bench_new (&argc, &argv);

  bench_section (bench, "Evictions");
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    sets_compare (bench, &rows[i]);

  return bench_finish (bench);
}
