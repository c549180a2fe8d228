/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_MALLINFO2
# include <malloc.h>
#endif

#include <libcache.h>

#include "bench.h"
#include "by-hand.h"
#include "workload.h"

/* What an entry takes beyond its key and its value. */

#ifdef HAVE_MALLINFO2

#define KEY_LENGTH 12

/* Bytes in use, as the C library counts them; large tables are in mappings of their own. */
static gsize
bytes_in_use (void)
{
  struct mallinfo2 info = mallinfo2 ();

  return info.uordblks + info.hblkhd;
}

/* The value of every key is the same one, or a copy each of the text of its key. */
static double
measure_ours (Bench      *bench,
              const Keys *keys,
              MemoEntry  *shared)
{
  gsize before = bytes_in_use ();
  MemoCache *cache = MEMO_CACHE (memo_async_cache_new (MEMO_UNLIMITED, MEMO_TTL_FOREVER));
  g_autoptr(MemoMetrics) metrics = NULL;
  double bytes;

  for (guint i = 0; i < keys->count; i++)
    memo_cache_set (cache, keys->texts[i],
                    shared != NULL ? memo_entry_ref (shared) : memo_entry_new_string (keys->texts[i]));

  bytes = (double) (bytes_in_use () - before) / keys->count - KEY_LENGTH;

  metrics = memo_cache_get_metrics (cache);
  bench_check (bench, metrics->size == keys->count, "memory, libcache: how many entries there are");
  bench_drop (cache);

  return bytes;
}

static double
measure_by_hand (Bench      *bench,
                 const Keys *keys,
                 GBytes     *shared)
{
  gsize before = bytes_in_use ();
  g_autoptr(ByHand) cache = by_hand_new (G_MAXUINT);
  double bytes;

  for (guint i = 0; i < keys->count; i++)
    {
      g_autoptr(GBytes) value = shared != NULL ? g_bytes_ref (shared) : source_read (keys->texts[i]);

      by_hand_set (cache, keys->texts[i], value, 0);
    }

  bytes = (double) (bytes_in_use () - before) / keys->count - KEY_LENGTH;
  bench_check (bench, by_hand_size (cache) == keys->count, "memory, by hand: how many entries there are");

  return bytes;
}

static void
bench_memory (Bench *bench)
{
  static const struct
  {
    const char *name;
    guint       count;
    gboolean    shared;
    double      target;
  } rows[] = {
    { "memory an entry of 1k, one value shared",      1000, TRUE },
    { "memory an entry of 10k, one value shared",    10000, TRUE },
    { "memory an entry of 100k, one value shared",  100000, TRUE,  120 },
    { "memory an entry of 1M, one value shared",   1000000, TRUE },
    { "memory an entry of 100k, a string of 12",    100000, FALSE },
  };
  g_autoptr(GBytes) value = g_bytes_new_static ("value", 5);
  g_autoptr(MemoEntry) entry = memo_entry_new_bytes (value);

  bench_section (bench, "Memory, beyond a key of 12 bytes and the value");

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree Keys *keys = NULL;
      double in_value = rows[i].shared ? 0 : KEY_LENGTH;

      if (!bench_wants (bench, rows[i].name))
        continue;

      keys = keys_new (bench_scale (bench, rows[i].count), 7);
      bench_figure (bench, &(BenchFigure) {
        .name = rows[i].name,
        .unit = "B",
        .ours = measure_ours (bench, keys, rows[i].shared ? entry : NULL) - in_value,
        .by_hand = measure_by_hand (bench, keys, rows[i].shared ? value : NULL) - in_value,
        .target = rows[i].target,
        .curve = rows[i].shared ? "memory" : NULL,
        .x = rows[i].count,
      });
    }
}

int
main (int    argc,
      char **argv)
{
  Bench *bench = bench_new (&argc, &argv);

  bench_memory (bench);

  return bench_finish (bench);
}

#else

/* Meson's number for: skipped. */
int
main (void)
{
  g_printerr ("Skipped: the C library does not say how much memory is in use\n");

  return 77;
}

#endif
