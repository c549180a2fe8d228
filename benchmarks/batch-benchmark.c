/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asks.h"
#include "bench.h"
#include "by-hand-batch.h"
#include "sources.h"
#include "workload.h"

/* Gets of different keys that are not there, which are gathered and read from the source all together. */

#define SIZE 1000
#define MOST 1000

typedef struct
{
  MemoCache   *cache;
  MemoLoader  *loader;
  ByHandBatch *by_hand;

  Keys        *keys;        /* twice as many as fit, so that the next is never there */
  guint        place;
  guint        count;       /* of a batch */
  Asks        *asks;
} Batch;

static const char *
next_key (Batch *self)
{
  return self->keys->texts[advance (&self->place, self->keys->count)];
}

/* The operation is the whole batch. */
static guint
batch_ours (gpointer data)
{
  Batch *self = data;

  for (guint i = 0; i < self->count; i++)
    asks_get (self->asks, self->cache, next_key (self), self->loader);

  return asks_wait (self->asks) == self->count;
}

static guint
batch_by_hand (gpointer data)
{
  Batch *self = data;

  for (guint i = 0; i < self->count; i++)
    {
      const char *key = next_key (self);

      by_hand_batch_get_async (self->by_hand, key, asks_got_by_hand_cb, asks_add (self->asks, key));
    }

  return asks_wait (self->asks) == self->count;
}

typedef struct
{
  const char *name;
  guint       count;
  double      target;
  double      next_target;
} BatchRow;

static void
compare (Bench          *bench,
         const BatchRow *row)
{
  g_autofree Keys *keys = keys_new (2 * SIZE, 6);
  guint queries = 0;
  g_autoptr(MemoLoader) loader = memo_loader_new_batch (load_many, &queries, NULL);
  g_autoptr(ByHand) by_hand_cache = by_hand_new (SIZE);
  g_autoptr(ByHandBatch) by_hand_batch_loader = by_hand_batch_new (by_hand_cache);
  g_autoptr(Asks) asks = asks_new (MOST);
  g_autoptr(MemoMetrics) metrics = NULL;
  Batch ours = {
    .cache = g_object_new (MEMO_TYPE_ASYNC_CACHE, "maxsize", SIZE, "batch-window-ms", 0, "max-batch-size", MOST, NULL),
    .loader = loader,
    .by_hand = by_hand_batch_loader,
    .keys = keys,
    .count = row->count,
    .asks = asks,
  };
  Batch by_hand = ours;

  bench_compare (bench, &(BenchRow) {
    .name = row->name,
    .operations = 1,
    .target = row->target,
    .next_target = row->next_target,
    .curve = "batch",
    .x = row->count,
    .ours = { .run = batch_ours, .data = &ours },
    .by_hand = { .run = batch_by_hand, .data = &by_hand },
  });

  metrics = memo_cache_get_metrics (ours.cache);
  bench_check (bench, metrics->hits == 0, "batch, libcache: no hits");
  bench_check (bench, metrics->loads == queries * row->count, "batch, libcache: one load a batch");

  bench_drop (ours.cache);
}

int
main (int    argc,
      char **argv)
{
  static const BatchRow rows[] = {
    { "batch of 1 key",         1 },
    { "batch of 10 keys",      10 },
    { "batch of 100 keys",    100, 1.0, 0.5 },
    { "batch of 1000 keys",  1000 },
  };
  Bench *bench = bench_new (&argc, &argv);

  g_main_context_acquire (NULL);

  bench_section (bench, "Batches");
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      if (bench_wants (bench, rows[i].name))
        compare (bench, &rows[i]);
    }

  g_main_context_release (NULL);

  return bench_finish (bench);
}
