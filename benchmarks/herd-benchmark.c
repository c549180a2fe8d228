/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asks.h"
#include "bench.h"
#include "sources.h"
#include "workload.h"

/* Many callers who ask for one key that is not there, and one load for all of them, which the source answers in the next turn
 * of the main loop. */

#define SIZE 1000
#define MOST 1000

typedef struct
{
  MemoCache  *cache;
  MemoLoader *loader;
  ByHand     *by_hand;
  GHashTable *loads;        /* by hand: the one in progress, by its key */

  Keys       *keys;         /* twice as many as fit, so that the next is never there */
  guint       place;
  guint       callers;
  Asks       *asks;
} Herd;

static const char *
next_key (Herd *self)
{
  return self->keys->texts[advance (&self->place, self->keys->count)];
}

/* The operation is the whole herd. */
static guint
herd_ours (gpointer data)
{
  Herd *self = data;
  const char *key = next_key (self);
  guint reads = source_count ();

  for (guint i = 0; i < self->callers; i++)
    asks_get (self->asks, self->cache, key, self->loader);

  return asks_wait (self->asks) == self->callers && source_count () - reads == 1;
}

static guint
herd_by_hand (gpointer data)
{
  Herd *self = data;
  const char *key = next_key (self);
  guint reads = source_count ();

  for (guint i = 0; i < self->callers; i++)
    by_hand_get_shared_async (self->by_hand, self->loads, key, asks_got_by_hand_cb, asks_add (self->asks, key));

  return asks_wait (self->asks) == self->callers && source_count () - reads == 1;
}

typedef struct
{
  const char *name;
  guint       callers;
  double      target;
  double      next_target;
} HerdRow;

static void
compare (Bench         *bench,
         const HerdRow *row)
{
  g_autofree Keys *keys = keys_new (2 * SIZE, 6);
  g_autoptr(MemoLoader) loader = memo_loader_new (load_slowly, NULL, NULL);
  g_autoptr(ByHand) by_hand_cache = by_hand_new (SIZE);
  g_autoptr(GHashTable) loads = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr(Asks) asks = asks_new (MOST);
  g_autoptr(MemoMetrics) metrics = NULL;
  Herd ours = {
    .cache = MEMO_CACHE (memo_async_cache_new (SIZE, MEMO_TTL_FOREVER)),
    .loader = loader,
    .by_hand = by_hand_cache,
    .loads = loads,
    .keys = keys,
    .callers = row->callers,
    .asks = asks,
  };
  Herd by_hand = ours;

  bench_compare (bench, &(BenchRow) {
    .name = row->name,
    .operations = 1,
    .target = row->target,
    .next_target = row->next_target,
    .curve = "herd",
    .x = row->callers,
    .ours = { .run = herd_ours, .data = &ours },
    .by_hand = { .run = herd_by_hand, .data = &by_hand },
  });

  metrics = memo_cache_get_metrics (ours.cache);
  bench_check (bench, metrics->hits == 0, "herd, libcache: no hits");
  bench_check (bench, metrics->coalesced == metrics->loads * (row->callers - 1), "herd, libcache: all but one joined");
  bench_check (bench, g_hash_table_size (loads) == 0, "herd, by hand: none left");

  bench_drop (ours.cache);
}

int
main (int    argc,
      char **argv)
{
  static const HerdRow rows[] = {
    { "herd, 2 callers of one missing key, all",         2 },
    { "herd, 10 callers of one missing key, all",       10 },
    { "herd, 100 callers of one missing key, all",     100, 1.0, 0.5 },
    { "herd, 1000 callers of one missing key, all",   1000 },
  };
  Bench *bench = bench_new (&argc, &argv);

  g_main_context_acquire (NULL);

  bench_section (bench, "Herds");
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      if (bench_wants (bench, rows[i].name))
        compare (bench, &rows[i]);
    }

  g_main_context_release (NULL);

  return bench_finish (bench);
}
