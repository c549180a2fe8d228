/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "filled.h"

/* Synchronous look-ups of what is there: of the same few keys mostly, as Zipf's law says, or of all alike.
 *
 *   lookup-benchmark                     everything
 *   lookup-benchmark 1k uniform          the rows that have one of these in their name
 *   lookup-benchmark --smoke             whether the answers are right, in a moment
 *   perf record lookup-benchmark --profile=5 "hit, 1k entries, Zipf" */

#define PASS 4096
#define CURVE "Zipf"

typedef struct
{
  Filled *filled;
  Draws  *draws;
  guint   place;
} Side;

static const char *
next_key (Side *self)
{
  return self->filled->keys->texts[self->draws->numbers[advance (&self->place, self->draws->count)]];
}

static guint
look_up_ours (gpointer data)
{
  Side *self = data;
  guint right = 0;

  for (guint i = 0; i < PASS; i++)
    {
      MemoEntry *entry = memo_cache_lookup (self->filled->cache, next_key (self));

      if (entry != NULL)
        {
          right++;
          memo_entry_unref (entry);
        }
    }

  return right;
}

static guint
look_up_by_hand (gpointer data)
{
  Side *self = data;
  guint right = 0;

  for (guint i = 0; i < PASS; i++)
    {
      GBytes *value = by_hand_lookup (self->filled->by_hand, next_key (self));

      if (value != NULL)
        {
          right++;
          g_bytes_unref (value);
        }
    }

  return right;
}

typedef struct
{
  const char *name;
  guint       count;
  gboolean    expire;
  double      exponent;     /* 0.0 is uniform */
  double      target;
  const char *curve;
} LookupRow;

/* The two sides go through the same draws, each with a place of its own. */
static void
compare (Bench           *bench,
         const LookupRow *row)
{
  Filled filled;
  g_autofree Draws *draws = NULL;
  Side ours, by_hand;

  if (!bench_wants (bench, row->name))
    return;

  filled_init (&filled, bench, row->count, row->expire);
  draws = filled_draw (&filled, bench, row->exponent);
  ours = by_hand = (Side) { .filled = &filled, .draws = draws };

  bench_compare (bench, &(BenchRow) {
    .name = row->name,
    .operations = PASS,
    .target = row->target,
    .curve = row->curve,
    .x = row->count,
    .ours = { .run = look_up_ours, .data = &ours },
    .by_hand = { .run = look_up_by_hand, .data = &by_hand },
  });

  filled_check (&filled, bench);
  filled_clear (&filled);
}

int
main (int    argc,
      char **argv)
{
  static const LookupRow rows[] = {
    { "hit, 1k entries without a TTL, Zipf",      1000, FALSE, 0.99, 1.0 },
    { "hit, 10 entries, Zipf",                      10, TRUE,  0.99, 0.0, CURVE },
    { "hit, 100 entries, Zipf",                    100, TRUE,  0.99, 0.0, CURVE },
    { "hit, 1k entries, Zipf",                    1000, TRUE,  0.99, 1.0, CURVE },
    { "hit, 10k entries, Zipf",                  10000, TRUE,  0.99, 0.0, CURVE },
    { "hit, 100k entries, Zipf",                100000, TRUE,  0.99, 0.8, CURVE },
    { "hit, 1M entries, Zipf",                 1000000, TRUE,  0.99, 0.8, CURVE },
    { "hit, 1k entries, uniform",                 1000, TRUE,  0.0,  1.0 },
    { "hit, 100k entries, uniform",             100000, TRUE,  0.0,  0.8 },
    { "hit, 1M entries, uniform",              1000000, TRUE,  0.0,  0.8 },
  };
  Bench *bench = bench_new (&argc, &argv);

  bench_section (bench, "Look-ups");
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    compare (bench, &rows[i]);

  return bench_finish (bench);
}
