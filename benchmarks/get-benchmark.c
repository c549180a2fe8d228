/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asks.h"
#include "filled.h"
#include "sources.h"

/* Asynchronous gets: of what is there, and of different keys that are not.
 *
 * The source answers either at once, when the loader is called, or in the next turn of the main
 * loop, as one does that works on its own.  By hand it is asked the moment a key is found
 * missing; libcache calls a loader in a turn of its own, so that no loader runs inside of
 * somebody's get. */

#define N_HELD 1000
#define HIT_PASS 1000

typedef void (*GetByHand) (ByHand              *self,
                           const char          *key,
                           GAsyncReadyCallback  callback,
                           gpointer             user_data);

typedef struct
{
  MemoCache   *cache;
  MemoLoader  *loader;
  ByHand      *by_hand;
  GetByHand    get_by_hand;

  const Keys  *keys;
  const Draws *draws;       /* NULL: one key after the other */
  guint        place;
  Asks        *asks;
  guint        pass;
  guint        at_once;
  gboolean     reads;       /* each get has to ask the source */
} Gets;

static const char *
next_key (Gets *self)
{
  return self->draws != NULL
         ? self->keys->texts[self->draws->numbers[advance (&self->place, self->draws->count)]]
         : self->keys->texts[advance (&self->place, self->keys->count)];
}

/* Nothing is right when the source was asked too often, or too seldom. */
static guint
check_reads (Gets  *self,
             guint  reads,
             guint  right)
{
  return reads == (self->reads ? self->pass : 0) ? right : 0;
}

static guint
get_ours (gpointer data)
{
  Gets *self = data;
  guint reads = source_count ();
  guint right = 0;

  for (guint done = 0; done < self->pass; done += self->at_once)
    {
      for (guint i = 0; i < self->at_once; i++)
        asks_get (self->asks, self->cache, next_key (self), self->loader);
      right += asks_wait (self->asks);
    }

  return check_reads (self, source_count () - reads, right);
}

static guint
get_by_hand (gpointer data)
{
  Gets *self = data;
  guint reads = source_count ();
  guint right = 0;

  for (guint done = 0; done < self->pass; done += self->at_once)
    {
      for (guint i = 0; i < self->at_once; i++)
        {
          const char *key = next_key (self);

          self->get_by_hand (self->by_hand, key, asks_got_by_hand_cb, asks_add (self->asks, key));
        }
      right += asks_wait (self->asks);
    }

  return check_reads (self, source_count () - reads, right);
}

static void
compare (Bench      *bench,
         const char *name,
         Gets       *both,
         const char *curve,
         double      target)
{
  g_autoptr(Asks) asks = asks_new (both->at_once);
  Gets ours, by_hand;

  both->asks = asks;
  ours = by_hand = *both;

  bench_compare (bench, &(BenchRow) {
    .name = name,
    .operations = both->pass,
    .target = target,
    .curve = curve,
    .x = both->at_once,
    .ours = { .run = get_ours, .data = &ours },
    .by_hand = { .run = get_by_hand, .data = &by_hand },
  });
}

/* --- hits --- */

static void
bench_hits (Bench *bench)
{
  static const struct
  {
    const char *name;
    guint       at_once;
    double      target;
  } rows[] = {
    { "asynchronous hit, one at a time",             1, 1.0 },
    { "asynchronous hit, 2 at once, each",           2, 0.0 },
    { "asynchronous hit, 10 at once, each",         10, 0.0 },
    { "asynchronous hit, 100 at once, each",       100, 0.6 },
    { "asynchronous hit, 1000 at once, each",     1000, 0.0 },
  };
  g_autofree Draws *draws = NULL;
  Filled filled;

  bench_section (bench, "Asynchronous hits");
  filled_init (&filled, bench, N_HELD, TRUE);
  draws = filled_draw (&filled, bench, 0.99);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      Gets gets = {
        .cache = filled.cache,
        .by_hand = filled.by_hand,
        .get_by_hand = by_hand_get_async,
        .keys = filled.keys,
        .draws = draws,
        .pass = HIT_PASS,
        .at_once = rows[i].at_once,
      };

      compare (bench, rows[i].name, &gets, "hits", rows[i].target);
    }

  filled_check (&filled, bench);
  filled_clear (&filled);
}

/* --- misses --- */

typedef struct
{
  const char *name;
  MemoFunc    load;
  GetByHand   get_by_hand;
  guint       pass;
  guint       at_once;
  const char *curve;
} MissRow;

/* Each miss is one load, and evicts what was there. */
static void
check_metrics (MemoCache *cache,
               Bench     *bench,
               guint      size)
{
  g_autoptr(MemoMetrics) metrics = memo_cache_get_metrics (cache);

  bench_check (bench, metrics->hits == 0, "misses, libcache: no hits");
  bench_check (bench, metrics->loads == metrics->misses, "misses, libcache: one load a key");
  bench_check (bench, metrics->size == MIN (metrics->loads, size), "misses, libcache: as many entries as fit");
  bench_check (bench, metrics->evictions == metrics->loads - metrics->size, "misses, libcache: the rest evicted");
}

static void
compare_misses (Bench         *bench,
                const MissRow *row)
{
  const guint size = MAX (1000, row->pass);
  /* Twice as many as fit, so that the next is never there. */
  g_autofree Keys *keys = keys_new (2 * size, 6);
  g_autoptr(MemoLoader) loader = memo_loader_new (row->load, NULL, NULL);
  g_autoptr(ByHand) by_hand = by_hand_new (size);
  MemoCache *cache = MEMO_CACHE (memo_async_cache_new (size, MEMO_TTL_FOREVER));
  Gets gets = {
    .cache = cache,
    .loader = loader,
    .by_hand = by_hand,
    .get_by_hand = row->get_by_hand,
    .keys = keys,
    .pass = row->pass,
    .at_once = row->at_once,
    .reads = TRUE,
  };

  compare (bench, row->name, &gets, row->curve, 0.0);
  check_metrics (cache, bench, size);
  bench_drop (cache);
}

static void
bench_misses (Bench *bench)
{
  static const MissRow rows[] = {
    { "miss, answered at once, one at a time",        load_at_once, by_hand_get_async,         200,    1 },
    { "miss, answered at once, 100 keys, each",       load_at_once, by_hand_get_async,         200,  100 },
    { "miss, answered next turn, one at a time",      load_slowly,  by_hand_get_slowly_async,  200,    1, "misses" },
    { "miss, answered next turn, 10 keys, each",      load_slowly,  by_hand_get_slowly_async,  200,   10, "misses" },
    { "miss, answered next turn, 100 keys, each",     load_slowly,  by_hand_get_slowly_async,  200,  100, "misses" },
    { "miss, answered next turn, 1000 keys, each",    load_slowly,  by_hand_get_slowly_async, 1000, 1000, "misses" },
    { "miss, answered next turn, 5k keys, each",      load_slowly,  by_hand_get_slowly_async, 5000, 5000 },
  };

  bench_section (bench, "Misses");
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      if (bench_wants (bench, rows[i].name))
        compare_misses (bench, &rows[i]);
    }
}

int
main (int    argc,
      char **argv)
{
  Bench *bench = bench_new (&argc, &argv);

  /* As in the callbacks of a running main loop, where most gets come from: whoever adds a source to a
   * context that nobody owns wakes it up by a system call. */
  g_main_context_acquire (NULL);

  bench_hits (bench);
  bench_misses (bench);

  g_main_context_release (NULL);

  return bench_finish (bench);
}
