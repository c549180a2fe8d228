/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench.h"
#include "redis-side.h"

/* A cache over Redis, beside other ways to get the same from the same server, which this program starts: its times are those of one
 * machine.  What the cache is asked for is not in its memory unless it says so: keys take turns, and there are ten times as many as it
 * has room for. */

#define N_KEYS 10000

/* Meson's number for: skipped. */
#define SKIPPED 77

typedef enum
{
  WAYS,     /* ways to get one thing */
  HITS,     /* of the cache, with more and more in memory */
} Contest;

typedef struct
{
  Contest        contest;
  gsize          value_size;
  RedisTransport transport;
  guint          at_once;
  guint          n;           /* gets in a pass */
  double         target;      /* of the cache */
} Row;

/* A side of a row, and how much it is to do. */
typedef struct
{
  RedisSide *side;
  guint      n;
  guint      at_once;
} Entrant;

static const char * const transports[] = { [REDIS_UNIX] = "unix", [REDIS_TCP] = "tcp", [REDIS_TLS] = "tls" };

static double
get_all (gpointer  data,
         guint    *right)
{
  Entrant *self = data;

  return redis_side_measure (self->side, self->n, self->at_once, right) * self->n;
}

static void
entrant_free (Entrant *self)
{
  redis_side_free (self->side);
  g_free (self);
}

static BenchSide
enter (GPtrArray *entrants,
       RedisSide *side,
       const Row *row,
       guint      n)
{
  Entrant *entrant = g_new (Entrant, 1);

  *entrant = (Entrant) { side, n, row->at_once };
  g_ptr_array_add (entrants, entrant);

  return (BenchSide) { .name = redis_side_name (side), .run_timed = get_all, .data = entrant };
}

static void
enter_others (BenchRow  *both,
              GPtrArray *entrants,
              RedisData *data,
              const Row *row)
{
  static const guint hits[] = { 50, 90, 99 };
  const RedisTransport transport = row->transport;
  RedisSide *tool;

  if (row->contest == HITS)
    {
      for (guint i = 0; i < G_N_ELEMENTS (hits); i++)
        both->others[both->n_others++] = enter (entrants, redis_side_cache (data, transport, hits[i]), row, both->operations);
      return;
    }

  both->others[both->n_others++] = enter (entrants, redis_side_backend (data, transport), row, both->operations);
  both->others[both->n_others++] = enter (entrants, redis_side_raw (data, transport), row, both->operations);
  tool = redis_side_tool (data, transport);
  if (tool != NULL)
    both->others[both->n_others++] = enter (entrants, tool, row, both->operations);
  if (transport == REDIS_TCP)
    both->others[both->n_others++] = enter (entrants, redis_side_cache (data, REDIS_TLS, 0), row, both->operations);
}

static void
compare (Bench       *bench,
         RedisServer *server,
         const Row   *row)
{
  g_autofree char *name = g_strdup_printf ("%s, %" G_GSIZE_FORMAT " B, %s, %u in flight",
                                           row->contest == WAYS ? "get" : "hits", row->value_size,
                                           transports[row->transport], row->at_once);
  g_autofree char *curve = g_strdup_printf ("%" G_GSIZE_FORMAT " B, %s", row->value_size, transports[row->transport]);
  g_autoptr(GPtrArray) entrants = g_ptr_array_new_with_free_func ((GDestroyNotify) entrant_free);
  BenchRow both = {
    .name = name,
    .operations = bench_smokes (bench) ? MIN (row->n, 2 * row->at_once) : row->n,
    .target = row->target,
    .curve = row->contest == WAYS ? curve : NULL,
    .x = row->at_once,
  };
  RedisData *data;

  if (!bench_wants (bench, name))
    return;

  data = redis_data_new (server, N_KEYS, row->value_size);
  both.ours = enter (entrants, redis_side_cache (data, row->transport, 0), row, both.operations);
  both.by_hand = enter (entrants, redis_side_hiredis (data, row->transport), row, both.operations);
  enter_others (&both, entrants, data, row);

  bench_compare (bench, &both);

  for (guint i = 0; i < entrants->len; i++)
    {
      RedisSide *side = ((Entrant *) g_ptr_array_index (entrants, i))->side;

      bench_check (bench, redis_side_check (side), redis_side_name (side));
    }

  g_ptr_array_set_size (entrants, 0);
  redis_data_free (data);
}

static gboolean
have (const char *program)
{
  g_autofree char *path = g_find_program_in_path (program);

  if (path == NULL)
    g_printerr ("Skipped: there is no %s here\n", program);

  return path != NULL;
}

int
main (int    argc,
      char **argv)
{
  static const Row rows[] = {
    { WAYS,  100, REDIS_UNIX,    1,   400 },
    { WAYS,  100, REDIS_UNIX,   16,  3200 },
    { WAYS,  100, REDIS_UNIX,   64,  6400, 1.2 },
    { WAYS,  100, REDIS_UNIX,  256,  7680 },
    { WAYS,  100, REDIS_UNIX, 1024, 10240 },
    { WAYS,  100, REDIS_TCP,     1,   400 },
    { WAYS,  100, REDIS_TCP,    64,  6400, 1.2 },
    { WAYS,  100, REDIS_TCP,  1024, 10240 },
    { HITS,  100, REDIS_UNIX,   64,  6400 },
    { WAYS, 2048, REDIS_UNIX,   64,  6400, 1.2 },
    { WAYS, 2048, REDIS_TCP,    64,  6400, 1.2 },
  };
  Bench *bench = bench_new (&argc, &argv);
  RedisServer *server;

  if (!have ("redis-server") || !have ("openssl"))
    return SKIPPED;

  /* Where this build has it, unless somebody wants another. */
  g_setenv ("MEMO_PLUGIN_PATH", PLUGIN_FOLDER, FALSE);
  server = redis_server_new ();
  g_main_context_acquire (NULL);

  bench_section (bench, "Gets from Redis");
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    compare (bench, server, &rows[i]);

  g_main_context_release (NULL);
  redis_server_free (server);

  return bench_finish (bench);
}
