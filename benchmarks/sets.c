/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sets.h"
#include "by-hand.h"
#include "workload.h"

#define TIME_TO_LIVE 300

typedef struct
{
  const SetRow *row;
  guint         size;
  guint         pass;
  Keys         *keys;         /* twice as many as fit, so that the next is never there */
  guint         place;
  MemoEntry    *entry;
  GBytes       *value;

  MemoCache    *cache;
  ByHand       *by_hand;
} Sets;

static const char *
next_key (Sets *self)
{
  return self->keys->texts[advance (&self->place, self->keys->count)];
}

/* --- libcache --- */

static MemoCache *
cache_new (Sets *self)
{
  return g_object_new (MEMO_TYPE_ASYNC_CACHE,
                       "maxsize", self->size,
                       "default-ttl", self->row->expire ? (double) TIME_TO_LIVE : MEMO_TTL_FOREVER,
                       "eviction-policy", self->row->policy,
                       NULL);
}

static void
renew_ours (gpointer data)
{
  Sets *self = data;

  bench_drop (self->cache);
  self->cache = cache_new (self);
}

static guint
size_of_ours (Sets *self)
{
  g_autoptr(MemoMetrics) metrics = memo_cache_get_metrics (self->cache);

  return metrics->size;
}

static guint
set_ours (gpointer data)
{
  Sets *self = data;

  for (guint i = 0; i < self->pass; i++)
    {
      const char *key = next_key (self);

      memo_cache_set (self->cache, key,
                      self->row->make ? memo_entry_new_string (key) : memo_entry_ref (self->entry));
    }

  return size_of_ours (self) == self->size ? self->pass : 0;
}

/* --- by hand --- */

static void
renew_by_hand (gpointer data)
{
  Sets *self = data;

  by_hand_free (self->by_hand);
  self->by_hand = by_hand_new (self->size);
}

static guint
set_by_hand (gpointer data)
{
  Sets *self = data;
  gint64 time_to_live = self->row->expire ? TIME_TO_LIVE * G_USEC_PER_SEC : 0;

  for (guint i = 0; i < self->pass; i++)
    {
      const char *key = next_key (self);

      if (self->row->make)
        {
          g_autoptr(GBytes) value = g_bytes_new (key, strlen (key));

          by_hand_set (self->by_hand, key, value, time_to_live);
        }
      else
        {
          by_hand_set (self->by_hand, key, self->value, time_to_live);
        }
    }

  return by_hand_size (self->by_hand) == self->size ? self->pass : 0;
}

/* --- both sides --- */

/* What ought to be there has the right value; there are as many as fit.  Where the one goes that was used longest ago, the last keys
 * that were set are there, and the ones before them are not. */
static void
check_ours (Sets  *self,
            Bench *bench)
{
  guint wrong = 0;

  for (guint i = 0; i < self->keys->count; i++)
    {
      const char *key = next_key (self);
      g_autoptr(MemoEntry) entry = memo_cache_lookup (self->cache, key);
      gboolean exact = self->row->policy == MEMO_EVICTION_LRU;
      gboolean there = exact ? i >= self->keys->count - self->size : entry != NULL;
      gboolean right = there == (entry != NULL);

      if (right && there)
        right = self->row->make
                ? g_str_equal (memo_entry_get_string (entry), key)
                : entry == self->entry;
      wrong += !right;
    }

  bench_check (bench, wrong == 0, self->row->name);
}

static void
check_by_hand (Sets  *self,
               Bench *bench)
{
  guint wrong = 0;

  for (guint i = 0; i < self->keys->count; i++)
    {
      const char *key = next_key (self);
      g_autoptr(GBytes) value = by_hand_lookup (self->by_hand, key);
      gboolean there = i >= self->keys->count - self->size;
      gboolean right = there == (value != NULL);

      if (right && there)
        right = self->row->make ? is_value_of (value, key) : value == self->value;
      wrong += !right;
    }

  bench_check (bench, wrong == 0, self->row->name);
}

void
sets_compare (Bench        *bench,
              const SetRow *row)
{
  guint size = bench_scale (bench, row->size);
  g_autofree Keys *keys = keys_new (2 * size, 6);
  g_autoptr(GBytes) value = g_bytes_new_static ("value", 5);
  g_autoptr(MemoEntry) entry = memo_entry_new_bytes (value);
  Sets ours = {
    .row = row,
    .size = size,
    .pass = bench_scale (bench, row->pass),
    .keys = keys,
    .entry = entry,
    .value = value,
  };
  Sets by_hand = ours;

  if (!bench_wants (bench, row->name))
    return;

  ours.cache = cache_new (&ours);
  by_hand.by_hand = by_hand_new (size);

  if (!row->grow)
    {
      /* Full from the start. */
      for (guint done = 0; done < size; done += ours.pass)
        {
          set_ours (&ours);
          set_by_hand (&by_hand);
        }
    }

  bench_compare (bench, &(BenchRow) {
    .name = row->name,
    .operations = ours.pass,
    .target = row->target,
    .curve = row->curve,
    .x = row->size,
    .ours = { .prepare = row->grow ? renew_ours : NULL, .run = set_ours, .data = &ours },
    .by_hand = { .prepare = row->grow ? renew_by_hand : NULL, .run = set_by_hand, .data = &by_hand },
  });

  if (!bench_profiles (bench))
    {
      check_ours (&ours, bench);
      check_by_hand (&by_hand, bench);
    }

  bench_drop (ours.cache);
  by_hand_free (by_hand.by_hand);
}
