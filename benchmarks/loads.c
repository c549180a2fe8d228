/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "by-hand-async.h"
#include "sections.h"
#include "workload.h"

/* Gets of what is not there: alone, many different at once, and many of the same.
 *
 * The source answers either at once, when the loader is called, or in the next turn of the main
 * loop, as one does that works on its own.  By hand it is asked the moment a key is found
 * missing; libcache calls a loader in a turn of its own, so that no loader runs inside of
 * somebody's get. */

#define HERD 100

typedef void (*GetByHand) (ByHand              *self,
                           const char          *key,
                           GAsyncReadyCallback  callback,
                           gpointer             user_data);

typedef struct
{
  MemoCache  *cache;
  MemoLoader *loader;
  ByHand     *by_hand;
  GetByHand   get_by_hand;
  GHashTable *loads;        /* by hand, of the herd: the one in progress, by its key */

  Keys       *keys;         /* twice as many as fit, so that the next is never there */
  guint       place;
  guint       pass;
  guint       at_once;
  guint       pending;
  guint       right;
} Loads;

typedef struct
{
  Loads      *loads;
  const char *key;
} Ask;

static const char *
next_key (Loads *self)
{
  return self->keys->texts[advance (&self->place, self->keys->count)];
}

static void
wait_for_all (Loads *self)
{
  while (self->pending > 0)
    g_main_context_iteration (NULL, TRUE);
}

/* --- loaders --- */

static void
answer (MemoCall *call)
{
  g_autoptr(GBytes) value = source_read (memo_call_get_key (call));

  memo_call_return_entry (call, memo_entry_new_bytes (value));
}

static void
load_at_once (MemoCall *call,
              gpointer  user_data)
{
  answer (call);
}

static gboolean
answer_cb (gpointer user_data)
{
  g_autoptr(MemoCall) call = user_data;

  answer (call);

  return G_SOURCE_REMOVE;
}

static void
load_slowly (MemoCall *call,
             gpointer  user_data)
{
  g_idle_add_full (G_PRIORITY_DEFAULT, answer_cb, g_object_ref (call), NULL);
}

/* --- callbacks --- */

static void
got_ours_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  Ask *ask = user_data;
  g_autoptr(MemoEntry) entry = memo_cache_get_finish (MEMO_CACHE (source), result, NULL);

  ask->loads->pending--;
  if (entry != NULL && is_value_of (memo_entry_get_bytes (entry), ask->key))
    ask->loads->right++;
}

static void
got_by_hand_cb (GObject      *source,
                GAsyncResult *result,
                gpointer      user_data)
{
  Ask *ask = user_data;
  g_autoptr(GBytes) value = by_hand_get_finish (result, NULL);

  ask->loads->pending--;
  if (is_value_of (value, ask->key))
    ask->loads->right++;
}

/* --- different keys --- */

static guint
miss_ours (gpointer data)
{
  Loads *self = data;
  g_autofree Ask *asks = g_new (Ask, self->at_once);
  guint reads = source_count ();

  self->right = 0;

  for (guint done = 0; done < self->pass; done += self->at_once)
    {
      self->pending = self->at_once;
      for (guint i = 0; i < self->at_once; i++)
        {
          asks[i] = (Ask) { self, next_key (self) };
          memo_cache_get_async (self->cache, asks[i].key, MEMO_GET_NONE, self->loader, NULL, got_ours_cb, &asks[i]);
        }
      wait_for_all (self);
    }

  return source_count () - reads == self->pass ? self->right : 0;
}

static guint
miss_by_hand (gpointer data)
{
  Loads *self = data;
  g_autofree Ask *asks = g_new (Ask, self->at_once);
  guint reads = source_count ();

  self->right = 0;

  for (guint done = 0; done < self->pass; done += self->at_once)
    {
      self->pending = self->at_once;
      for (guint i = 0; i < self->at_once; i++)
        {
          asks[i] = (Ask) { self, next_key (self) };
          self->get_by_hand (self->by_hand, asks[i].key, got_by_hand_cb, &asks[i]);
        }
      wait_for_all (self);
    }

  return source_count () - reads == self->pass ? self->right : 0;
}

/* --- the same key --- */

static guint
herd_ours (gpointer data)
{
  Loads *self = data;
  Ask ask = { self, next_key (self) };
  guint reads = source_count ();

  self->right = 0;
  self->pending = HERD;
  for (guint i = 0; i < HERD; i++)
    memo_cache_get_async (self->cache, ask.key, MEMO_GET_NONE, self->loader, NULL, got_ours_cb, &ask);
  wait_for_all (self);

  return self->right == HERD && source_count () - reads == 1;
}

static guint
herd_by_hand (gpointer data)
{
  Loads *self = data;
  Ask ask = { self, next_key (self) };
  guint reads = source_count ();

  self->right = 0;
  self->pending = HERD;
  for (guint i = 0; i < HERD; i++)
    by_hand_get_shared_async (self->by_hand, self->loads, ask.key, got_by_hand_cb, &ask);
  wait_for_all (self);

  return self->right == HERD && source_count () - reads == 1;
}

/* --- both sides --- */

/* Each miss is one load, and evicts what was there. */
static void
check_metrics (Loads *self,
               Bench *bench,
               guint  size)
{
  g_autoptr(MemoMetrics) metrics = memo_cache_get_metrics (self->cache);

  bench_check (bench, metrics->hits == 0, "loads, libcache: no hits");
  bench_check (bench, metrics->loads == metrics->misses - metrics->coalesced, "loads, libcache: one load a key");
  bench_check (bench, metrics->size == MIN (metrics->loads, size), "loads, libcache: as many entries as fit");
  bench_check (bench, metrics->evictions == metrics->loads - metrics->size, "loads, libcache: the rest evicted");
}

typedef struct
{
  const char *name;
  MemoFunc    load;
  GetByHand   get_by_hand;    /* NULL for a herd */
  guint       pass;
  guint       at_once;
} LoadRow;

static void
compare (Bench         *bench,
         const LoadRow *row)
{
  const gboolean herd = row->get_by_hand == NULL;
  const guint size = MAX (1000, row->pass);
  g_autofree Keys *keys = keys_new (2 * size, 6);
  g_autoptr(MemoLoader) loader = memo_loader_new (row->load, NULL, NULL);
  g_autoptr(ByHand) by_hand_cache = by_hand_new (size);
  g_autoptr(GHashTable) loads = g_hash_table_new (g_str_hash, g_str_equal);
  Loads ours = {
    .cache = MEMO_CACHE (memo_async_cache_new (size, MEMO_TTL_FOREVER)),
    .loader = loader,
    .by_hand = by_hand_cache,
    .get_by_hand = row->get_by_hand,
    .loads = loads,
    .keys = keys,
    .pass = row->pass,
    .at_once = row->at_once,
  };
  Loads by_hand = ours;

  bench_compare (bench, &(BenchRow) {
    .name = row->name,
    .operations = row->pass,
    .target = herd ? 1.0 : 0.0,
    .next_target = herd ? 0.5 : 0.0,
    .ours = { .run = herd ? herd_ours : miss_ours, .data = &ours },
    .by_hand = { .run = herd ? herd_by_hand : miss_by_hand, .data = &by_hand },
  });

  check_metrics (&ours, bench, size);
  bench_check (bench, g_hash_table_size (loads) == 0, "loads, by hand: none left");

  drop_cache (ours.cache);
}

void
bench_loads (Bench *bench)
{
  static const LoadRow rows[] = {
    { "miss, answered at once, one at a time",     load_at_once, by_hand_get_async,          200,     1 },
    { "miss, answered at once, 100 keys, each",    load_at_once, by_hand_get_async,          200,   100 },
    { "miss, answered next turn, one at a time",   load_slowly,  by_hand_get_slowly_async,   200,     1 },
    { "miss, answered next turn, 100 keys, each",  load_slowly,  by_hand_get_slowly_async,   200,   100 },
    { "miss, answered next turn, 5k keys, each",   load_slowly,  by_hand_get_slowly_async,  5000,  5000 },
    { "herd, 100 callers of one missing key, all", load_slowly,  NULL,                         1,  HERD },
  };

  bench_section (bench, "Loads");

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      if (bench_wants (bench, rows[i].name))
        compare (bench, &rows[i]);
    }
}
