/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "by-hand-async.h"
#include "sections.h"
#include "workload.h"

/* Gets of what is there: both sides hold every key, each with a value of its own and, unless it is
 * said, a time to live, so that no hit goes without a look at the clock. */

#define TIME_TO_LIVE 300
#define N_DRAWS (1 << 18)
#define PASS 4096
#define ASYNC_PASS 400

typedef struct
{
  Keys      *keys;
  Draws     *draws;
  MemoCache *cache;
  ByHand    *by_hand;

  guint      place;         /* in the draws */
  guint      at_once;       /* how many asynchronous gets are on their way together */
  guint      pending;
  guint      right;
} Hits;

/* An asynchronous get: what it is for, to see whether its answer is right. */
typedef struct
{
  Hits       *hits;
  const char *key;
} Ask;

static const char *
next_key (Hits *self)
{
  return self->keys->texts[self->draws->numbers[advance (&self->place, self->draws->count)]];
}

/* --- looking up --- */

static guint
look_up_ours (gpointer data)
{
  Hits *self = data;
  guint right = 0;

  for (guint i = 0; i < PASS; i++)
    {
      MemoEntry *entry = memo_cache_lookup (self->cache, next_key (self));

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
  Hits *self = data;
  guint right = 0;

  for (guint i = 0; i < PASS; i++)
    {
      GBytes *value = by_hand_lookup (self->by_hand, next_key (self));

      if (value != NULL)
        {
          right++;
          g_bytes_unref (value);
        }
    }

  return right;
}

/* --- asynchronously --- */

static void
got_ours_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  Ask *ask = user_data;
  g_autoptr(MemoEntry) entry = memo_cache_get_finish (MEMO_CACHE (source), result, NULL);

  ask->hits->pending--;
  if (entry != NULL && is_value_of (memo_entry_get_bytes (entry), ask->key))
    ask->hits->right++;
}

static guint
get_ours (gpointer data)
{
  Hits *self = data;
  g_autofree Ask *asks = g_new (Ask, self->at_once);

  self->right = 0;

  for (guint done = 0; done < ASYNC_PASS; done += self->at_once)
    {
      self->pending = self->at_once;
      for (guint i = 0; i < self->at_once; i++)
        {
          asks[i] = (Ask) { self, next_key (self) };
          memo_cache_get_async (self->cache, asks[i].key, MEMO_GET_NONE, NULL, NULL, got_ours_cb, &asks[i]);
        }

      while (self->pending > 0)
        g_main_context_iteration (NULL, TRUE);
    }

  return self->right;
}

static void
got_by_hand_cb (GObject      *source,
                GAsyncResult *result,
                gpointer      user_data)
{
  Ask *ask = user_data;
  g_autoptr(GBytes) value = by_hand_get_finish (result, NULL);

  ask->hits->pending--;
  if (is_value_of (value, ask->key))
    ask->hits->right++;
}

static guint
get_by_hand (gpointer data)
{
  Hits *self = data;
  g_autofree Ask *asks = g_new (Ask, self->at_once);

  self->right = 0;

  for (guint done = 0; done < ASYNC_PASS; done += self->at_once)
    {
      self->pending = self->at_once;
      for (guint i = 0; i < self->at_once; i++)
        {
          asks[i] = (Ask) { self, next_key (self) };
          by_hand_get_async (self->by_hand, asks[i].key, got_by_hand_cb, &asks[i]);
        }

      while (self->pending > 0)
        g_main_context_iteration (NULL, TRUE);
    }

  return self->right;
}

/* --- both sides --- */

static void
hits_init (Hits     *self,
           Bench    *bench,
           guint     count,
           gboolean  expire)
{
  gint64 time_to_live = expire ? TIME_TO_LIVE * G_USEC_PER_SEC : 0;

  count = bench_scale (bench, count);

  *self = (Hits) { .keys = keys_new (count, 6) };
  self->cache = MEMO_CACHE (memo_async_cache_new (count, expire ? TIME_TO_LIVE : MEMO_TTL_FOREVER));
  self->by_hand = by_hand_new (count);

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

/* Whether each side still holds the value of every key. */
static void
hits_check (Hits  *self,
            Bench *bench)
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

static void
hits_clear (Hits *self)
{
  drop_cache (self->cache);
  by_hand_free (self->by_hand);
  g_free (self->keys);
}

static Draws *
draw (Hits  *self,
      Bench *bench,
      double exponent)
{
  guint count = bench_scale (bench, N_DRAWS);

  return exponent > 0.0
         ? draws_new_zipf (count, self->keys->count, exponent)
         : draws_new_uniform (count, self->keys->count);
}

typedef struct
{
  const char *name;
  guint       count;
  gboolean    expire;
  guint       at_once;      /* 0 is a look-up, which is synchronous */
  double      exponent;     /* 0.0 is uniform */
  double      target;
} HitRow;

/* The two sides go through the same draws, each with a place of its own. */
static void
compare (Bench        *bench,
         Hits         *hits,
         const HitRow *row)
{
  const gboolean synchronous = row->at_once == 0;
  g_autofree Draws *draws = draw (hits, bench, row->exponent);
  Hits ours = *hits;
  Hits by_hand = *hits;

  ours.draws = by_hand.draws = draws;
  ours.at_once = by_hand.at_once = row->at_once;

  bench_compare (bench, &(BenchRow) {
    .name = row->name,
    .operations = synchronous ? PASS : ASYNC_PASS,
    .target = row->target,
    .ours = { .run = synchronous ? look_up_ours : get_ours, .data = &ours },
    .by_hand = { .run = synchronous ? look_up_by_hand : get_by_hand, .data = &by_hand },
  });
}

/* Rows with the same entries are next to each other and share them. */
static gboolean
share_entries (const HitRow *a,
               const HitRow *b)
{
  return a != NULL && b != NULL && a->count == b->count && a->expire == b->expire;
}

void
bench_hits (Bench *bench)
{
  static const HitRow rows[] = {
    { "hit, 1k entries without a TTL, Zipf",      1000, FALSE,   0, 0.99, 1.0 },
    { "hit, 1k entries, Zipf",                    1000, TRUE,    0, 0.99, 1.0 },
    { "hit, 1k entries, uniform",                 1000, TRUE,    0, 0.0,  1.0 },
    { "asynchronous hit, one at a time",          1000, TRUE,    1, 0.99, 1.0 },
    { "asynchronous hit, 100 at once, each",      1000, TRUE,  100, 0.99, 0.6 },
    { "hit, 100k entries, Zipf",                100000, TRUE,    0, 0.99, 0.8 },
    { "hit, 100k entries, uniform",             100000, TRUE,    0, 0.0,  0.8 },
    { "hit, 1M entries, Zipf",                 1000000, TRUE,    0, 0.99, 0.8 },
    { "hit, 1M entries, uniform",              1000000, TRUE,    0, 0.0,  0.8 },
  };
  const HitRow *filled = NULL;
  Hits hits = { 0 };

  bench_section (bench, "Hits");

  for (guint i = 0; i <= G_N_ELEMENTS (rows); i++)
    {
      const HitRow *row = i < G_N_ELEMENTS (rows) ? &rows[i] : NULL;

      if (row != NULL && !bench_wants (bench, row->name))
        continue;

      if (filled != NULL && !share_entries (filled, row))
        {
          hits_check (&hits, bench);
          hits_clear (&hits);
        }

      if (row == NULL)
        break;

      if (!share_entries (filled, row))
        hits_init (&hits, bench, row->count, row->expire);

      filled = row;
      compare (bench, &hits, row);
    }
}
