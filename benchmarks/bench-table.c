/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>

#include <gio/gio.h>

#include "bench-table.h"

struct _BenchTable
{
  FILE       *csv;            /* NULL: nobody wants one */
  const char *section;
  gboolean    section_shown;
};

BenchTable *
bench_table_new (const char  *csv_path,
                 GError     **error)
{
  FILE *csv = NULL;
  BenchTable *self;

  if (csv_path != NULL)
    {
      csv = fopen (csv_path, "w");
      if (csv == NULL)
        {
          int code = errno;

          g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s cannot be written: %s", csv_path, g_strerror (code));
          return NULL;
        }
      fprintf (csv, "program,section,row,curve,x,side,unit,median,lower,upper,ratio,ratio_lower,ratio_upper,target,next_target\n");
    }

  self = g_new0 (BenchTable, 1);
  self->csv = csv;

  return self;
}

void
bench_table_free (BenchTable *self)
{
  g_clear_pointer (&self->csv, fclose);
  g_free (self);
}

void
bench_table_section (BenchTable *self,
                     const char *title)
{
  self->section = title;
  self->section_shown = FALSE;
}

/* --- on the terminal --- */

/* A section without rows is not shown. */
static void
print_section (BenchTable *self)
{
  if (!self->section_shown && self->section != NULL)
    g_print ("\n%-46s %9s %8s %9s %8s %6s %13s  %s\n",
             self->section, "libcache", "spread", "base", "spread", "ratio", "quartiles", "at most");

  self->section_shown = TRUE;
}

static void
print_time (Summary seconds)
{
  double ns = seconds.median * 1e9;

  if (ns < 10000)
    g_print (" %6.*f ns", ns < 100 ? 1 : 0, ns);
  else if (ns < 10000000)
    g_print (" %6.1f us", ns / 1000);
  else
    g_print (" %6.1f ms", ns / 1000000);

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

/* One line for two. */
static void
print_pair (const BenchRow    *row,
            const BenchResult *results)
{
  g_print ("%-46s", row->name);
  print_time (results[0].seconds);
  print_time (results[1].seconds);
  g_print (" %6.2f  %.2f to %.2f", results[0].ratio.median, results[0].ratio.lower, results[0].ratio.upper);
  print_verdict (results[0].ratio.median, row->target, row->next_target);
}

/* A line each for more. */
static void
print_many (const BenchRow    *row,
            const BenchResult *results)
{
  g_print ("%s\n", row->name);
  for (guint i = 0; i < 2 + row->n_others; i++)
    {
      g_print ("  %-44s", results[i].name);
      print_time (results[i].seconds);
      g_print (" %18s %6.2f  %.2f to %.2f", "", results[i].ratio.median, results[i].ratio.lower, results[i].ratio.upper);
      if (i == 0)
        print_verdict (results[i].ratio.median, row->target, row->next_target);
      else
        g_print ("\n");
    }
}

/* --- in the file --- */

/* Fields of ours have no quotes in them. */
static void
write_line (BenchTable *self,
            const char *row,
            const char *curve,
            double      x,
            const char *side,
            const char *unit,
            Summary     value,
            Summary     ratio,
            double      target,
            double      next_target)
{
  if (self->csv == NULL)
    return;

  fprintf (self->csv, "%s,\"%s\",\"%s\",\"%s\",%g,\"%s\",%s,%.9g,%.9g,%.9g,%.4f,%.4f,%.4f,%g,%g\n",
           g_get_prgname (), self->section != NULL ? self->section : "", row, curve != NULL ? curve : "", x, side, unit,
           value.median, value.lower, value.upper, ratio.median, ratio.lower, ratio.upper, target, next_target);
  fflush (self->csv);
}

static Summary
in_ns (Summary seconds)
{
  return (Summary) { seconds.median * 1e9, seconds.lower * 1e9, seconds.upper * 1e9 };
}

/* --- both --- */

void
bench_table_row (BenchTable        *self,
                 const BenchRow    *row,
                 const BenchResult *results)
{
  print_section (self);
  if (row->n_others > 0)
    print_many (row, results);
  else
    print_pair (row, results);

  for (guint i = 0; i < 2 + row->n_others; i++)
    write_line (self, row->name, row->curve, row->x, results[i].name, "ns", in_ns (results[i].seconds), results[i].ratio,
                i == 0 ? row->target : 0.0, i == 0 ? row->next_target : 0.0);
}

static Summary
single (double value)
{
  return (Summary) { value, value, value };
}

void
bench_table_figure (BenchTable        *self,
                    const BenchFigure *figure)
{
  const char *base = figure->base != NULL ? figure->base : "by hand";
  double ratio = figure->ours / figure->by_hand;

  print_section (self);
  g_print ("%-46s %6.1f %-2s %8s %6.1f %-2s %8s %6.2f %13s",
           figure->name, figure->ours, figure->unit, "", figure->by_hand, figure->unit, "", ratio, "");
  if (figure->target > 0.0)
    g_print ("  %4.0f %s  %s\n", figure->target, figure->unit, figure->ours <= figure->target ? "reached" : "not reached");
  else
    g_print ("       -\n");

  write_line (self, figure->name, figure->curve, figure->x, "libcache", figure->unit, single (figure->ours), single (ratio),
              figure->target, 0.0);
  write_line (self, figure->name, figure->curve, figure->x, base, figure->unit, single (figure->by_hand), single (1.0), 0.0, 0.0);
}
