/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>

#include "bench.h"
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
  char     **wanted;

  const char *section;        /* not printed yet, NULL when it was */
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
    { "profile", 0, 0, G_OPTION_ARG_DOUBLE, &self->profile_seconds,
      "Run only libcache's side of each row, for so long, for a profiler to look at", "SECONDS" },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &self->wanted, NULL, NULL },
    { NULL },
  };

  self->rounds = 61;

  g_option_context_set_summary (context,
                                "Compares libcache with the same work done by hand with GLib.\n"
                                "With one or more ROWs, only those rows whose name contains one of them.");
  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, argc, argv, &error))
    {
      g_printerr ("%s\n", error->message);
      exit (2);
    }

  if (self->smoke || self->rounds < 1)
    self->rounds = 1;

  if (!self->smoke && self->profile_seconds <= 0.0)
    {
      g_print ("Time of one operation: the median of %d rounds, and the spread of the middle half of them.\n"
               "The ratio to the same work done by hand is taken in each round; lower is better for libcache.\n",
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

  g_strfreev (self->wanted);
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
bench_profiles (Bench *self)
{
  return self->profile_seconds > 0.0;
}

/* --- printing --- */

void
bench_section (Bench      *self,
               const char *title)
{
  self->section = title;
}

static void
print_section (Bench *self)
{
  if (self->section != NULL)
    g_print ("\n%-44s %9s %8s %9s %8s %6s %13s  %s\n",
             self->section, "libcache", "spread", "by hand", "spread", "ratio", "quartiles", "at most");

  self->section = NULL;
}

static void
print_time (Summary seconds)
{
  double ns = seconds.median * 1e9;

  if (ns < 10000)
    g_print (" %6.*f ns", ns < 100 ? 1 : 0, ns);
  else
    g_print (" %6.1f us", ns / 1000);

  g_print (" %6.0f %%", 100 * (seconds.upper - seconds.lower) / seconds.median);
}

static void
print_verdict (double ratio,
               double target,
               double next_target)
{
  if (target == 0.0)
    g_print ("       -\n");
  else if (next_target == 0.0)
    g_print ("  %6.2f  %s\n", target, ratio <= target ? "reached" : "not reached");
  else
    g_print ("  %6.2f  %s; then %.2f  %s\n",
             target, ratio <= target ? "reached" : "not reached",
             next_target, ratio <= next_target ? "reached" : "not reached");
}

/* --- measuring --- */

static void
check_pass (Bench          *self,
            const BenchRow *row,
            const char     *side,
            guint           right)
{
  if (right == row->operations)
    return;

  g_print ("WRONG: %s, %s: %u of %u operations came out right\n", row->name, side, right, row->operations);
  self->n_wrong++;
}

/* The seconds that one operation took, in PASSES passes. */
static double
time_passes (Bench           *self,
             const BenchRow  *row,
             const BenchSide *side,
             guint            passes)
{
  const char *side_name = side == &row->ours ? "libcache" : "by hand";
  double total = 0.0;

  for (guint i = 0; i < passes; i++)
    {
      double start;
      guint right;

      if (side->prepare != NULL)
        side->prepare (side->data);

      start = seconds_now ();
      right = side->run (side->data);
      total += seconds_now () - start;

      check_pass (self, row, side_name, right);
    }

  return total / passes / row->operations;
}

/* Warms a side up and finds out how many passes are about as long as a round is to be. */
static guint
calibrate (Bench           *self,
           const BenchRow  *row,
           const BenchSide *side)
{
  for (guint passes = 1; ; passes *= 2)
    {
      double seconds = time_passes (self, row, side, passes) * passes * row->operations;

      if (seconds >= ROUND_SECONDS)
        return MAX (1, passes * ROUND_SECONDS / seconds);
    }
}

static void
profile (Bench          *self,
         const BenchRow *row)
{
  double end = seconds_now () + self->profile_seconds;

  while (seconds_now () < end)
    time_passes (self, row, &row->ours, 1);
}

void
bench_compare (Bench          *self,
               const BenchRow *row)
{
  g_autoptr(GArray) ours = NULL;
  g_autoptr(GArray) by_hand = NULL;
  g_autoptr(GArray) ratios = NULL;
  guint our_passes, by_hand_passes;
  Summary ratio;

  if (!bench_wants (self, row->name))
    return;

  self->n_rows++;

  if (bench_profiles (self))
    {
      profile (self, row);
      return;
    }

  if (self->smoke)
    {
      time_passes (self, row, &row->ours, 2);
      time_passes (self, row, &row->by_hand, 2);
      return;
    }

  ours = g_array_new (FALSE, FALSE, sizeof (double));
  by_hand = g_array_new (FALSE, FALSE, sizeof (double));
  ratios = g_array_new (FALSE, FALSE, sizeof (double));
  our_passes = calibrate (self, row, &row->ours);
  by_hand_passes = calibrate (self, row, &row->by_hand);

  for (int round = 0; round < self->rounds; round++)
    {
      double our_time, by_hand_time, one_ratio;

      /* Whoever is second finds the processor as the first left it.  By chance, since what
       * takes turns may fall into step with what else runs. */
      if (g_random_boolean ())
        {
          our_time = time_passes (self, row, &row->ours, our_passes);
          by_hand_time = time_passes (self, row, &row->by_hand, by_hand_passes);
        }
      else
        {
          by_hand_time = time_passes (self, row, &row->by_hand, by_hand_passes);
          our_time = time_passes (self, row, &row->ours, our_passes);
        }

      one_ratio = our_time / by_hand_time;
      g_array_append_val (ours, our_time);
      g_array_append_val (by_hand, by_hand_time);
      g_array_append_val (ratios, one_ratio);
    }

  print_section (self);
  g_print ("%-44s", row->name);
  print_time (summarize (ours));
  print_time (summarize (by_hand));
  ratio = summarize (ratios);
  g_print (" %6.2f  %.2f to %.2f", ratio.median, ratio.lower, ratio.upper);
  print_verdict (ratio.median, row->target, row->next_target);
}

/* A row of bytes in place of times; TARGET is how many are to be the most. */
void
bench_bytes (Bench      *self,
             const char *name,
             double      ours,
             double      by_hand,
             double      target)
{
  if (!bench_wants (self, name) || bench_profiles (self))
    return;

  self->n_rows++;
  if (self->smoke)
    return;

  print_section (self);
  g_print ("%-44s %7.1f B %8s %7.1f B %8s %6.2f %13s", name, ours, "", by_hand, "", ours / by_hand, "");
  if (target > 0.0)
    g_print ("  %4.0f B  %s\n", target, ours <= target ? "reached" : "not reached");
  else
    g_print ("       -\n");
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
