/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>

#include <gio/gio.h>

#include "bench.h"
#include "bench-table.h"
#include "summary.h"

/* How long one side runs in one round.  Less than other processes have the processor for when
 * they take it, so that most rounds are not interrupted, and the median is of those; and
 * long enough that the clock does not count. */
#define ROUND_SECONDS 0.004

struct _Bench
{
  gboolean   smoke;
  int        rounds;
  double     profile_seconds;
  char      *profiled;
  char      *csv_path;
  char     **wanted;

  BenchTable *table;
  guint       n_rows;
  guint       n_wrong;
};

/* --- options --- */

/* Ends the program when it cannot make sense of its arguments. */
Bench *
bench_new (int    *argc,
           char ***argv)
{
  Bench *self = g_new0 (Bench, 1);
  g_autoptr(GOptionContext) context = g_option_context_new ("[ROW...]");
  g_autoptr(GError) error = NULL;
  const GOptionEntry options[] = {
    { "smoke", 0, 0, G_OPTION_ARG_NONE, &self->smoke,
      "Run everything once with small counts, and print only whether the answers are right", NULL },
    { "rounds", 0, 0, G_OPTION_ARG_INT, &self->rounds,
      "How many rounds to take the median of (61)", "N" },
    { "csv", 0, 0, G_OPTION_ARG_FILENAME, &self->csv_path,
      "Write what came out into a file, too, a line for each side of each row", "FILE" },
    { "profile", 0, 0, G_OPTION_ARG_DOUBLE, &self->profile_seconds,
      "Run only one side of each row, for so long, for a profiler to look at", "SECONDS" },
    { "side", 0, 0, G_OPTION_ARG_STRING, &self->profiled,
      "Which one (libcache's)", "NAME" },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &self->wanted, NULL, NULL },
    { NULL },
  };

  self->rounds = 61;

  g_option_context_set_summary (context,
                                "Compares libcache with the same work done otherwise, by hand if nothing else is said.\n"
                                "With one or more ROWs, only those rows whose name contains one of them.");
  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, argc, argv, &error))
    {
      g_printerr ("%s\n", error->message);
      exit (2);
    }

  self->table = bench_table_new (self->csv_path, &error);
  if (self->table == NULL)
    {
      g_printerr ("%s\n", error->message);
      exit (2);
    }

  if (self->smoke || self->rounds < 1)
    self->rounds = 1;

  if (!self->smoke && self->profile_seconds <= 0.0)
    {
      g_print ("Time of one operation: the median of %d rounds, and the spread of the middle half of them.\n"
               "The ratio to what it is compared with, the base, is taken in each round; lower is better for libcache.\n",
               self->rounds);
#ifndef __OPTIMIZE__
      g_print ("This is a build without optimization, whose figures say little: use --buildtype=release.\n");
#endif
    }

  return self;
}

/* The exit status: what is slow is no failure, what is wrong is. */
int
bench_finish (Bench *self)
{
  guint n_wrong = self->n_wrong;

  if (self->n_rows == 0)
    {
      g_printerr ("No row has such a name.\n");
      n_wrong = 1;
    }
  else if (self->smoke)
    {
      g_print ("%u rows, %u wrong\n", self->n_rows, self->n_wrong);
    }
  else if (n_wrong > 0)
    {
      g_print ("\n%u wrong: the figures mean nothing.\n", n_wrong);
    }

  bench_table_free (self->table);
  g_strfreev (self->wanted);
  g_free (self->csv_path);
  g_free (self->profiled);
  g_free (self);

  return n_wrong > 0 ? 1 : 0;
}

gboolean
bench_wants (Bench      *self,
             const char *name)
{
  if (self->wanted == NULL)
    return TRUE;

  for (guint i = 0; self->wanted[i] != NULL; i++)
    {
      if (strstr (name, self->wanted[i]) != NULL)
        return TRUE;
    }

  return FALSE;
}

/* How many to do instead of COUNT when only the answers matter. */
guint
bench_scale (Bench *self,
             guint  count)
{
  return self->smoke ? MIN (count, 500) : count;
}

gboolean
bench_smokes (Bench *self)
{
  return self->smoke;
}

gboolean
bench_profiles (Bench *self)
{
  return self->profile_seconds > 0.0;
}

void
bench_section (Bench      *self,
               const char *title)
{
  bench_table_section (self->table, title);
}

/* --- measuring --- */

/* One of those that a row compares, while it is measured. */
typedef struct
{
  const BenchSide *side;
  const char      *name;
  guint            passes;    /* in a round */
  double           seconds;   /* of an operation in this round */
  GArray          *times;
  GArray          *ratios;
} Entrant;

#define OURS 0
#define BASE 1
#define MOST_ENTRANTS (2 + BENCH_MOST_OTHERS)

static void
entrant_init (Entrant         *self,
              const BenchSide *side,
              const char      *name)
{
  *self = (Entrant) {
    .side = side,
    .name = side->name != NULL ? side->name : name,
    .times = g_array_new (FALSE, FALSE, sizeof (double)),
    .ratios = g_array_new (FALSE, FALSE, sizeof (double)),
  };
}

static void
entrant_clear (Entrant *self)
{
  g_array_unref (self->times);
  g_array_unref (self->ratios);
}

static double
time_pass (const BenchRow  *row,
           const BenchSide *side,
           guint           *right)
{
  double (*clock) (void) = row->on_the_wall ? seconds_now : seconds_worked;
  double start;

  if (side->prepare != NULL)
    side->prepare (side->data);

  if (side->run_timed != NULL)
    return side->run_timed (side->data, right);

  start = clock ();
  *right = side->run (side->data);

  return clock () - start;
}

/* The seconds that one operation took, in PASSES passes. */
static double
time_passes (Bench          *self,
             const BenchRow *row,
             Entrant        *entrant,
             guint           passes)
{
  double total = 0.0;

  for (guint i = 0; i < passes; i++)
    {
      guint right;

      total += time_pass (row, entrant->side, &right);
      if (right != row->operations)
        {
          g_print ("WRONG: %s, %s: %u of %u operations came out right\n", row->name, entrant->name, right, row->operations);
          self->n_wrong++;
        }
    }

  return total / passes / row->operations;
}

/* Warms a side up and finds out how many passes are about as long as a round is to be. */
static guint
calibrate (Bench          *self,
           const BenchRow *row,
           Entrant        *entrant)
{
  for (guint passes = 1; ; passes *= 2)
    {
      double seconds = time_passes (self, row, entrant, passes) * passes * row->operations;

      if (seconds >= ROUND_SECONDS)
        return MAX (1, passes * ROUND_SECONDS / seconds);
    }
}

/* Ours, if nobody asked for another. */
static void
profile (Bench          *self,
         const BenchRow *row,
         Entrant        *entrants,
         guint           n)
{
  double end = seconds_now () + self->profile_seconds;
  Entrant *entrant = &entrants[OURS];

  for (guint i = 0; self->profiled != NULL && i < n; i++)
    {
      if (g_str_equal (entrants[i].name, self->profiled))
        entrant = &entrants[i];
    }

  while (seconds_now () < end)
    time_passes (self, row, entrant, 1);
}

/* Whoever is second finds the processor as the first left it.  So who that is, is left to chance: what takes turns may
 * fall into step with what else runs. */
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
run_round (Bench          *self,
           const BenchRow *row,
           Entrant        *entrants,
           guint           n)
{
  guint order[MOST_ENTRANTS];

  shuffle (order, n);
  for (guint i = 0; i < n; i++)
    entrants[order[i]].seconds = time_passes (self, row, &entrants[order[i]], entrants[order[i]].passes);

  for (guint i = 0; i < n; i++)
    {
      double ratio = entrants[i].seconds / entrants[BASE].seconds;

      g_array_append_val (entrants[i].times, entrants[i].seconds);
      g_array_append_val (entrants[i].ratios, ratio);
    }
}

static void
measure (Bench          *self,
         const BenchRow *row,
         Entrant        *entrants,
         guint           n)
{
  BenchResult results[MOST_ENTRANTS];

  for (guint i = 0; i < n; i++)
    entrants[i].passes = calibrate (self, row, &entrants[i]);
  for (int round = 0; round < self->rounds; round++)
    run_round (self, row, entrants, n);

  for (guint i = 0; i < n; i++)
    results[i] = (BenchResult) { entrants[i].name, summarize (entrants[i].times), summarize (entrants[i].ratios) };

  bench_table_row (self->table, row, results);
}

void
bench_compare (Bench          *self,
               const BenchRow *row)
{
  Entrant entrants[MOST_ENTRANTS];
  guint n = 2 + row->n_others;

  if (!bench_wants (self, row->name))
    return;

  self->n_rows++;
  entrant_init (&entrants[OURS], &row->ours, "libcache");
  entrant_init (&entrants[BASE], &row->by_hand, "by hand");
  for (guint i = 2; i < n; i++)
    entrant_init (&entrants[i], &row->others[i - 2], NULL);

  if (bench_profiles (self))
    profile (self, row, entrants, n);
  else if (self->smoke)
    for (guint i = 0; i < n; i++)
      time_passes (self, row, &entrants[i], 2);
  else
    measure (self, row, entrants, n);

  for (guint i = 0; i < n; i++)
    entrant_clear (&entrants[i]);
}

void
bench_figure (Bench             *self,
              const BenchFigure *figure)
{
  if (!bench_wants (self, figure->name) || bench_profiles (self))
    return;

  self->n_rows++;
  if (!self->smoke)
    bench_table_figure (self->table, figure);
}

/* What cannot be seen in a single pass. */
void
bench_check (Bench      *self,
             gboolean    right,
             const char *what)
{
  if (right)
    return;

  g_print ("WRONG: %s\n", what);
  self->n_wrong++;
}

void
bench_drop (gpointer object)
{
  g_object_unref (object);

  while (g_main_context_iteration (NULL, FALSE))
    ;
}
