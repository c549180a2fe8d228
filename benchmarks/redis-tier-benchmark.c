/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "redis-side.h"
#include "summary.h"

/* A cache over Redis, beside other ways to get the same from the same server, which this program starts: its times are those of one
 * machine.  All of a row are measured in turns, and in each round what one took is divided by what hiredis's own asynchronous
 * API took, so that the ratios say something on a machine that others use, too. */

#define N_KEYS 10000
#define MOST_SIDES 6

/* What the ratios are to. */
#define BASE 0

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
  guint          n;           /* gets in a round */
  double         target;      /* of the cache */
} Row;

typedef struct
{
  RedisSide *side;
  GArray    *times;
  GArray    *ratios;
} Entrant;

typedef struct
{
  gboolean   smoke;
  int        rounds;
  char      *csv_path;
  double     profile_seconds;
  char      *profiled;
  char     **wanted;

  FILE      *csv;
  guint      n_rows;
  guint      n_wrong;
} Program;

static const char * const transports[] = { [REDIS_UNIX] = "unix", [REDIS_TCP] = "tcp", [REDIS_TLS] = "tls" };

static char *
name_of (const Row *row)
{
  return g_strdup_printf ("%s, %" G_GSIZE_FORMAT " B, %s, %u in flight",
                          row->contest == WAYS ? "get" : "hits", row->value_size, transports[row->transport], row->at_once);
}

static gboolean
is_wanted (Program    *self,
           const char *name)
{
  gboolean wanted = self->wanted == NULL;

  for (guint i = 0; self->wanted != NULL && self->wanted[i] != NULL; i++)
    wanted |= strstr (name, self->wanted[i]) != NULL;

  return wanted;
}

/* --- entrants --- */

static void
enter (GPtrArray *entrants,
       RedisSide *side)
{
  Entrant *entrant;

  if (side == NULL)
    return;

  entrant = g_new0 (Entrant, 1);
  entrant->side = side;
  entrant->times = g_array_new (FALSE, FALSE, sizeof (double));
  entrant->ratios = g_array_new (FALSE, FALSE, sizeof (double));
  g_ptr_array_add (entrants, entrant);
}

static void
entrant_free (Entrant *entrant)
{
  redis_side_free (entrant->side);
  g_array_unref (entrant->times);
  g_array_unref (entrant->ratios);
  g_free (entrant);
}

static GPtrArray *
enter_all (RedisData *data,
           const Row *row)
{
  static const guint hits[] = { 50, 90, 99 };
  GPtrArray *entrants = g_ptr_array_new_with_free_func ((GDestroyNotify) entrant_free);

  enter (entrants, redis_side_hiredis (data, row->transport));
  enter (entrants, redis_side_cache (data, row->transport, 0));
  if (row->contest == HITS)
    {
      for (guint i = 0; i < G_N_ELEMENTS (hits); i++)
        enter (entrants, redis_side_cache (data, row->transport, hits[i]));
      return entrants;
    }

  enter (entrants, redis_side_backend (data, row->transport));
  enter (entrants, redis_side_raw (data, row->transport));
  enter (entrants, redis_side_tool (data, row->transport));
  if (row->transport == REDIS_TCP)
    enter (entrants, redis_side_cache (data, REDIS_TLS, 0));

  return entrants;
}

/* --- measuring --- */

static double
measure (Program   *self,
         const Row *row,
         Entrant   *entrant)
{
  guint n = self->smoke ? MIN (row->n, 2 * row->at_once) : row->n;
  guint right;
  double seconds = redis_side_measure (entrant->side, n, row->at_once, &right);

  if (right != n)
    {
      g_print ("WRONG: %s: %u of %u gets came out right\n", redis_side_name (entrant->side), right, n);
      self->n_wrong++;
    }

  return seconds;
}

/* Whoever is first finds the processor as the last of the round before left it: so who that is, is left to chance. */
static void
shuffle (guint *order,
         guint  n)
{
  for (guint i = 0; i < n; i++)
    order[i] = i;
  for (guint i = n - 1; i > 0; i--)
    {
      guint j = g_random_int_range (0, i + 1);
      guint other = order[j];

      order[j] = order[i];
      order[i] = other;
    }
}

static void
run_round (Program   *self,
           const Row *row,
           GPtrArray *entrants,
           int        round)
{
  double seconds[MOST_SIDES];
  guint order[MOST_SIDES];

  g_assert (entrants->len <= MOST_SIDES);
  shuffle (order, entrants->len);
  for (guint i = 0; i < entrants->len; i++)
    seconds[order[i]] = measure (self, row, g_ptr_array_index (entrants, order[i]));

  for (guint i = 0; i < entrants->len; i++)
    {
      Entrant *entrant = g_ptr_array_index (entrants, i);
      double ratio = seconds[i] / seconds[BASE];

      g_array_append_val (entrant->times, seconds[i]);
      g_array_append_val (entrant->ratios, ratio);
      if (self->csv != NULL)
        fprintf (self->csv, "%s,%" G_GSIZE_FORMAT ",%s,%u,\"%s\",%d,%.0f\n", row->contest == WAYS ? "get" : "hits", row->value_size,
                 transports[row->transport], row->at_once, redis_side_name (entrant->side), round, seconds[i] * 1e9);
    }
}

static void
print_row (const Row *row,
           GPtrArray *entrants)
{
  g_autofree char *name = name_of (row);

  g_print ("\n%-34s %9s %8s %10s %7s %15s\n", name, "each", "spread", "thousand/s", "ratio", "quartiles");
  for (guint i = 0; i < entrants->len; i++)
    {
      Entrant *entrant = g_ptr_array_index (entrants, i);
      Summary time = summarize (entrant->times);
      Summary ratio = summarize (entrant->ratios);

      g_print ("  %-32s %6.2f us %6.0f %% %10.1f %7.2f  %5.2f to %5.2f", redis_side_name (entrant->side), time.median * 1e6,
               100 * (time.upper - time.lower) / time.median, 1e-3 / time.median, ratio.median, ratio.lower, ratio.upper);
      if (row->target > 0.0 && i == BASE + 1)
        g_print ("  at most %.2f: %s", row->target, ratio.median <= row->target ? "reached" : "not reached");
      g_print ("\n");
    }
}

/* Only one side, for a profiler to look at. */
static void
profile (Program   *self,
         const Row *row,
         GPtrArray *entrants)
{
  for (guint i = 0; i < entrants->len; i++)
    {
      Entrant *entrant = g_ptr_array_index (entrants, i);
      double start = seconds_now ();
      guint n = 0;

      if (!g_str_equal (redis_side_name (entrant->side), self->profiled))
        continue;
      while (seconds_now () - start < self->profile_seconds)
        {
          measure (self, row, entrant);
          n += row->n;
        }
      g_print ("%u gets, %.2f us each\n", n, (seconds_now () - start) / n * 1e6);
    }
}

static void
run_row (Program   *self,
         RedisData *data,
         const Row *row)
{
  g_autoptr(GPtrArray) entrants = enter_all (data, row);

  self->n_rows++;
  if (self->profile_seconds > 0.0)
    {
      profile (self, row, entrants);
      return;
    }

  /* To warm up, and to connect. */
  for (guint i = 0; i < entrants->len; i++)
    measure (self, row, g_ptr_array_index (entrants, i));
  for (int round = 0; round < self->rounds; round++)
    run_round (self, row, entrants, round);

  for (guint i = 0; i < entrants->len; i++)
    {
      Entrant *entrant = g_ptr_array_index (entrants, i);

      if (redis_side_check (entrant->side))
        continue;
      g_print ("WRONG: %s: not all came from where it should\n", redis_side_name (entrant->side));
      self->n_wrong++;
    }
  if (!self->smoke)
    print_row (row, entrants);
}

static void
run_rows (Program     *self,
          RedisServer *server,
          const Row   *rows,
          guint        n_rows)
{
  RedisData *data = NULL;

  for (guint i = 0; i < n_rows; i++)
    {
      g_autofree char *name = name_of (&rows[i]);

      if (!is_wanted (self, name))
        continue;
      if (data == NULL || data->value_size != rows[i].value_size)
        {
          g_clear_pointer (&data, redis_data_free);
          data = redis_data_new (server, N_KEYS, rows[i].value_size);
        }
      run_row (self, data, &rows[i]);
    }
  g_clear_pointer (&data, redis_data_free);
}

/* --- the program --- */

static gboolean
parse (Program   *self,
       int       *argc,
       char    ***argv)
{
  g_autoptr(GOptionContext) context = g_option_context_new ("[ROW...]");
  g_autoptr(GError) error = NULL;
  const GOptionEntry options[] = {
    { "smoke", 0, 0, G_OPTION_ARG_NONE, &self->smoke,
      "Run everything once with small counts, and print only whether the answers are right", NULL },
    { "rounds", 0, 0, G_OPTION_ARG_INT, &self->rounds,
      "How many rounds to take the median of (21)", "N" },
    { "csv", 0, 0, G_OPTION_ARG_FILENAME, &self->csv_path,
      "Write what each side took in each round, in nanoseconds a get", "FILE" },
    { "profile", 0, 0, G_OPTION_ARG_DOUBLE, &self->profile_seconds,
      "Run only one side of each row, for so long, for a profiler to look at", "SECONDS" },
    { "side", 0, 0, G_OPTION_ARG_STRING, &self->profiled,
      "Which one (cache)", "NAME" },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &self->wanted, NULL, NULL },
    { NULL },
  };

  self->rounds = 21;
  self->profiled = g_strdup ("cache");
  g_option_context_set_summary (context, "Compares a cache over Redis with other ways to get the same from the same server.\n"
                                         "With one or more ROWs, only those rows whose name contains one of them.");
  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, argc, argv, &error))
    {
      g_printerr ("%s\n", error->message);
      return FALSE;
    }
  if (self->smoke || self->rounds < 1)
    self->rounds = 1;
  if (self->csv_path != NULL && (self->csv = fopen (self->csv_path, "w")) == NULL)
    {
      g_printerr ("%s cannot be written\n", self->csv_path);
      return FALSE;
    }

  return TRUE;
}

static void
print_head (Program *self)
{
  if (self->csv != NULL)
    fprintf (self->csv, "row,bytes,transport,in_flight,side,round,ns\n");
  if (self->smoke || self->profile_seconds > 0.0)
    return;

  g_print ("Time of one get: the median of %d rounds, and the spread of the middle half of them.\n"
           "The ratio to hiredis is taken in each round; lower is better.\n"
           "What the cache is asked for is not in its memory unless it says so: keys take turns, and there are ten times as many as\n"
           "it has room for.\n", self->rounds);
#ifndef __OPTIMIZE__
  g_print ("This is a build without optimization, whose figures say little: use --buildtype=release.\n");
#endif
}

static int
finish (Program *self)
{
  if (self->csv != NULL)
    fclose (self->csv);
  if (self->n_rows == 0)
    {
      g_printerr ("No row has such a name.\n");
      self->n_wrong++;
    }
  else if (self->smoke)
    {
      g_print ("%u rows, %u wrong\n", self->n_rows, self->n_wrong);
    }
  else if (self->n_wrong > 0)
    {
      g_print ("\n%u wrong: the figures mean nothing.\n", self->n_wrong);
    }
  g_strfreev (self->wanted);
  g_free (self->csv_path);
  g_free (self->profiled);

  return self->n_wrong > 0 ? 1 : 0;
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
    { WAYS,  100, REDIS_UNIX,   64,  6400, 1.2 },
    { WAYS,  100, REDIS_UNIX, 1024, 10240 },
    { WAYS,  100, REDIS_TCP,     1,   400 },
    { WAYS,  100, REDIS_TCP,    64,  6400, 1.2 },
    { WAYS,  100, REDIS_TCP,  1024, 10240 },
    { HITS,  100, REDIS_UNIX,   64,  6400 },
    { WAYS, 2048, REDIS_UNIX,   64,  6400, 1.2 },
    { WAYS, 2048, REDIS_TCP,    64,  6400, 1.2 },
  };
  Program program = { 0 };
  RedisServer *server;

  if (!parse (&program, &argc, &argv))
    return 2;
  if (!have ("redis-server") || !have ("openssl"))
    return SKIPPED;

  /* Where this build has it, unless somebody wants another. */
  g_setenv ("MEMO_PLUGIN_PATH", PLUGIN_FOLDER, FALSE);
  server = redis_server_new ();
  g_main_context_acquire (NULL);

  print_head (&program);
  run_rows (&program, server, rows, G_N_ELEMENTS (rows));

  g_main_context_release (NULL);
  redis_server_free (server);

  return finish (&program);
}
