/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Measures two or more that do the same work, in turns, and prints how they compare.
 *
 * Times from a machine that others use as well say little; what all needed one right after
 * the other says more.  So the ratio is taken within each round, and the median of these
 * is what counts.  For work of one thread, how long the processor worked is measured: then other processes take
 * nothing but its caches. */

typedef struct _Bench Bench;

#define BENCH_MOST_OTHERS 4

typedef struct
{
  void   (*prepare) (gpointer data);    /* before each pass, not timed; may be NULL */
  guint  (*run)     (gpointer data);    /* one pass; says how many operations came out right */
  gpointer data;
  const char *name;                     /* NULL: "libcache", or "by hand" */
  /* In place of run, for what knows better how long it took: the seconds of a pass. */
  double (*run_timed) (gpointer  data,
                       guint    *right);
} BenchSide;

typedef struct
{
  const char *name;
  guint       operations;     /* in a pass */
  double      target;         /* the ratio to reach, 0.0 when there is none */
  double      next_target;    /* the one after that, 0.0 when there is none */
  const char *curve;          /* which this row is a point of, or NULL */
  double      x;              /* where on it */
  gboolean    on_the_wall;    /* that clock counts, as several threads or processes take part, or a disk; else how long
                               * processors worked */
  BenchSide   ours;
  BenchSide   by_hand;        /* what the ratios are to */
  BenchSide   others[BENCH_MOST_OTHERS];
  guint       n_others;       /* only shown */
} BenchRow;

/* A figure that is no time of an operation, and was taken by whoever asks to print it. */
typedef struct
{
  const char *name;
  const char *unit;
  double      ours;
  const char *base;           /* NULL: "by hand" */
  double      by_hand;
  double      target;         /* in the same unit, 0.0 when there is none */
  const char *curve;
  double      x;
} BenchFigure;

Bench    *bench_new      (int               *argc,
                          char            ***argv);
int       bench_finish   (Bench             *self);

/* For a row that takes long to set up: ask before. */
gboolean  bench_wants    (Bench             *self,
                          const char        *name);
guint     bench_scale    (Bench             *self,
                          guint              count);
gboolean  bench_smokes   (Bench             *self);
gboolean  bench_profiles (Bench             *self);

void      bench_section  (Bench             *self,
                          const char        *title);
void      bench_compare  (Bench             *self,
                          const BenchRow    *row);
void      bench_figure   (Bench             *self,
                          const BenchFigure *figure);
void      bench_check    (Bench             *self,
                          gboolean           right,
                          const char        *what);

/* Drops an object, and all that it has put off to the main loop: what a large cache leaves to it would be in the way
 * of what is measured next. */
void      bench_drop     (gpointer           object);

G_END_DECLS
