/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_MALLINFO2
# include <malloc.h>
#endif

#include "sections.h"
#include "workload.h"

/* What an entry takes beyond its key and its value. */

#ifdef HAVE_MALLINFO2

#define N_ENTRIES 100000
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
  drop_cache (cache);

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

void
bench_memory (Bench *bench)
{
  const char *shared_name = "memory an entry, one value shared by all";
  const char *own_name = "memory an entry, a string of 12 each";
  g_autofree Keys *keys = keys_new (bench_scale (bench, N_ENTRIES), 7);
  g_autoptr(GBytes) value = g_bytes_new_static ("value", 5);
  g_autoptr(MemoEntry) entry = memo_entry_new_bytes (value);

  if (bench_profiles (bench))
    return;

  bench_section (bench, "Memory, beyond a key and a value of 12 bytes");

  if (bench_wants (bench, shared_name))
    bench_bytes (bench, shared_name,
                 measure_ours (bench, keys, entry),
                 measure_by_hand (bench, keys, value), 120);

  if (bench_wants (bench, own_name))
    bench_bytes (bench, own_name,
                 measure_ours (bench, keys, NULL) - KEY_LENGTH,
                 measure_by_hand (bench, keys, NULL) - KEY_LENGTH, 0);
}

#else

void
bench_memory (Bench *bench)
{
  g_print ("The C library does not say how much memory is in use: no rows of memory.\n");
}

#endif
