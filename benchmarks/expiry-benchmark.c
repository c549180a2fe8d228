/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench.h"
#include "by-hand.h"
#include "filled.h"
#include "summary.h"

/* Entries that all expire at once, and what it takes to be rid of them: in all, and in the longest turn of the main loop.  By hand they
 * are gone through in one go, as one writes it.
 *
 * Times are those that the processor worked: a turn during which another process had it was not longer for that. */

#define TIME_TO_LIVE 60
#define N_ROUNDS 5

typedef struct
{
  double all;       /* seconds */
  double longest;
} Took;

static guint
size_of (MemoCache *cache)
{
  g_autoptr(MemoMetrics) metrics = memo_cache_get_metrics (cache);

  return metrics->size;
}

/* Turns the main loop until nothing is left to do. */
static Took
turn_until_idle (void)
{
  Took took = { 0 };
  gboolean done_something;

  do
    {
      double start = seconds_worked ();
      double seconds;

      done_something = g_main_context_iteration (NULL, FALSE);
      seconds = seconds_worked () - start;
      took.all += seconds;
      took.longest = MAX (took.longest, seconds);
    }
  while (done_something);

  return took;
}

static Took
expire_ours (Bench      *bench,
             const Keys *keys)
{
  g_autoptr(MemoManualClock) clock = memo_manual_clock_new ();
  MemoCache *cache = g_object_new (MEMO_TYPE_ASYNC_CACHE, "maxsize", MEMO_UNLIMITED, "default-ttl", (double) TIME_TO_LIVE,
                                   "clock", clock, NULL);
  g_autoptr(GBytes) value = g_bytes_new_static ("value", 5);
  g_autoptr(MemoEntry) entry = memo_entry_new_bytes (value);
  Took took;

  for (guint i = 0; i < keys->count; i++)
    memo_cache_set (cache, keys->texts[i], memo_entry_ref (entry));
  bench_check (bench, size_of (cache) == keys->count, "expiry, libcache: all are there before");

  /* Whoever waits for the clock is told in here. */
  turn_until_idle ();
  memo_manual_clock_advance (clock, TIME_TO_LIVE + 1);
  took = turn_until_idle ();
  bench_check (bench, size_of (cache) == 0, "expiry, libcache: none is there after");
  bench_drop (cache);

  return took;
}

static Took
expire_by_hand (Bench      *bench,
                const Keys *keys)
{
  g_autoptr(ByHand) cache = by_hand_new (G_MAXUINT);
  g_autoptr(GBytes) value = g_bytes_new_static ("value", 5);
  double start, seconds;

  for (guint i = 0; i < keys->count; i++)
    by_hand_set (cache, keys->texts[i], value, TIME_TO_LIVE * G_USEC_PER_SEC);

  start = seconds_worked ();
  by_hand_purge (cache, g_get_monotonic_time () + (TIME_TO_LIVE + 1) * G_USEC_PER_SEC);
  seconds = seconds_worked () - start;
  bench_check (bench, by_hand_size (cache) == 0, "expiry, by hand: none is there after");

  return (Took) { seconds, seconds };
}

static double
median_of (GArray *figures)
{
  return summarize (figures).median;
}

static void
compare (Bench      *bench,
         const char *size,
         guint       count,
         double      target)
{
  g_autofree char *all_name = g_strdup_printf ("expiry of %s entries, each", size);
  g_autofree char *longest_name = g_strdup_printf ("expiry of %s entries, the longest turn", size);
  g_autofree Keys *keys = NULL;
  g_autoptr(GArray) our_all = g_array_new (FALSE, FALSE, sizeof (double));
  g_autoptr(GArray) our_longest = g_array_new (FALSE, FALSE, sizeof (double));
  g_autoptr(GArray) hand_all = g_array_new (FALSE, FALSE, sizeof (double));

  if (!bench_wants (bench, all_name) && !bench_wants (bench, longest_name))
    return;

  keys = keys_new (bench_scale (bench, count), 7);
  for (guint round = 0; round < (bench_smokes (bench) ? 1 : N_ROUNDS); round++)
    {
      Took ours = expire_ours (bench, keys);
      Took by_hand = expire_by_hand (bench, keys);

      g_array_append_val (our_all, ours.all);
      g_array_append_val (our_longest, ours.longest);
      g_array_append_val (hand_all, by_hand.all);
    }

  bench_figure (bench, &(BenchFigure) {
    .name = all_name,
    .unit = "ns",
    .ours = median_of (our_all) / keys->count * 1e9,
    .by_hand = median_of (hand_all) / keys->count * 1e9,
  });
  bench_figure (bench, &(BenchFigure) {
    .name = longest_name,
    .unit = "us",
    .ours = median_of (our_longest) * 1e6,
    .by_hand = median_of (hand_all) * 1e6,
    .target = target,
    .curve = "longest turn",
    .x = count,
  });
}

int
main (int    argc,
      char **argv)
{
  Bench *bench = bench_new (&argc, &argv);

  g_main_context_acquire (NULL);

  bench_section (bench, "Expiry, in five rounds");
  compare (bench, "1k", 1000, 2000.0);
  compare (bench, "10k", 10000, 2000.0);
  compare (bench, "100k", 100000, 2000.0);
  compare (bench, "1M", 1000000, 2000.0);

  g_main_context_release (NULL);

  return bench_finish (bench);
}
