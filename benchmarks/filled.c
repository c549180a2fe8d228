/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "filled.h"

#define TIME_TO_LIVE 300
#define N_DRAWS (1 << 18)

void
filled_init (Filled   *self,
             Bench    *bench,
             guint     count,
             gboolean  expire)
{
  gint64 time_to_live = expire ? TIME_TO_LIVE * G_USEC_PER_SEC : 0;

  count = bench_scale (bench, count);

  *self = (Filled) {
    .keys = keys_new (count, 6),
    .cache = MEMO_CACHE (memo_async_cache_new (count, expire ? TIME_TO_LIVE : MEMO_TTL_FOREVER)),
    .by_hand = by_hand_new (count),
  };

  /* One side after the other, so that what each allocates lies together. */
  for (guint i = 0; i < count; i++)
    {
      g_autoptr(GBytes) value = source_read (self->keys->texts[i]);

      memo_cache_set (self->cache, self->keys->texts[i], memo_entry_new_bytes (value));
    }

  for (guint i = 0; i < count; i++)
    {
      g_autoptr(GBytes) value = source_read (self->keys->texts[i]);

      by_hand_set (self->by_hand, self->keys->texts[i], value, time_to_live);
    }
}

void
filled_check (Filled *self,
              Bench  *bench)
{
  guint ours = 0, by_hand = 0;

  for (guint i = 0; i < self->keys->count; i++)
    {
      g_autoptr(MemoEntry) entry = memo_cache_lookup (self->cache, self->keys->texts[i]);
      g_autoptr(GBytes) value = by_hand_lookup (self->by_hand, self->keys->texts[i]);

      ours += entry != NULL && is_value_of (memo_entry_get_bytes (entry), self->keys->texts[i]);
      by_hand += is_value_of (value, self->keys->texts[i]);
    }

  bench_check (bench, ours == self->keys->count, "hits, libcache: a value");
  bench_check (bench, by_hand == self->keys->count, "hits, by hand: a value");
}

void
filled_clear (Filled *self)
{
  bench_drop (self->cache);
  by_hand_free (self->by_hand);
  g_free (self->keys);
}

Draws *
filled_draw (Filled *self,
             Bench  *bench,
             double  exponent)
{
  guint count = bench_scale (bench, N_DRAWS);

  return exponent > 0.0
         ? draws_new_zipf (count, self->keys->count, exponent)
         : draws_new_uniform (count, self->keys->count);
}
