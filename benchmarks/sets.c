/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sections.h"
#include "workload.h"

/* Sets: of keys that are new, into an empty cache that grows or a full one that evicts.
 *
 * A value may be at hand, and then only a reference to it is kept: an entry for libcache, a
 * GBytes by hand.  Or it is made for its key, as most are: a copy of a text in either. */

#define TIME_TO_LIVE 300

typedef struct
{
  const char *name;
  guint       size;
  guint       pass;
  gboolean    grow;       /* begin each pass with nothing */
  gboolean    make;       /* make each value */
  gboolean    expire;
} SetRow;

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

static void
renew_ours (gpointer data)
{
  Sets *self = data;

  drop_cache (self->cache);
  self->cache = MEMO_CACHE (memo_async_cache_new (self->size, MEMO_TTL_FOREVER));
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

/* The last keys that were set are there, and the ones before them are not. */
static void
check_ours (Sets  *self,
            Bench *bench)
{
  guint wrong = 0;

  for (guint i = 0; i < self->keys->count; i++)
    {
      const char *key = next_key (self);
      g_autoptr(MemoEntry) entry = memo_cache_lookup (self->cache, key);
      gboolean there = i >= self->keys->count - self->size;
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

static void
compare (Bench        *bench,
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

  ours.cache = MEMO_CACHE (memo_async_cache_new (size, row->expire ? TIME_TO_LIVE : MEMO_TTL_FOREVER));
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
    .target = 1.0,
    .ours = { .prepare = row->grow ? renew_ours : NULL, .run = set_ours, .data = &ours },
    .by_hand = { .prepare = row->grow ? renew_by_hand : NULL, .run = set_by_hand, .data = &by_hand },
  });

  if (!bench_profiles (bench))
    {
      check_ours (&ours, bench);
      check_by_hand (&by_hand, bench);
    }

  drop_cache (ours.cache);
  by_hand_free (by_hand.by_hand);
}

void
bench_sets (Bench *bench)
{
  static const SetRow rows[] = {
    { "set new, 1k",                           1000,   1000, .grow = TRUE },
    { "set new, 1k, the value made",           1000,   1000, .grow = TRUE, .make = TRUE },
    { "set new, 100k",                       100000, 100000, .grow = TRUE },
    { "set, evicting, 1k",                     1000,   1000 },
    { "set, evicting, 1k, the value made",     1000,   1000, .make = TRUE },
    { "set, evicting, 100k",                 100000,   1000 },
    { "set with a TTL, evicting, 1k",          1000,   1000, .expire = TRUE },
    { "set with a TTL, evicting, 100k",      100000,   1000, .expire = TRUE },
  };

  bench_section (bench, "Sets");

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      if (bench_wants (bench, rows[i].name))
        compare (bench, &rows[i]);
    }
}
