/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Measures two that do the same work, in turns, and prints how they compare.
 *
 * Times from a machine that others use as well say little; what both needed one right after
 * the other says more.  So the ratio is taken within each round, and the median of these
 * is what counts. */

typedef struct _Bench Bench;

typedef struct
{
  void   (*prepare) (gpointer data);    /* before each pass, not timed; may be NULL */
  guint  (*run)     (gpointer data);    /* one pass; says how many operations came out right */
  gpointer data;
} BenchSide;

typedef struct
{
  const char *name;
  guint       operations;     /* in a pass */
  double      target;         /* the ratio to reach, 0.0 when there is none */
  double      next_target;    /* the one after that, 0.0 when there is none */
  BenchSide   ours;
  BenchSide   by_hand;
} BenchRow;

Bench    *bench_new      (int            *argc,
                          char         ***argv);
int       bench_finish   (Bench          *self);

/* For a row that takes long to set up: ask before. */
gboolean  bench_wants    (Bench          *self,
                          const char     *name);
guint     bench_scale    (Bench          *self,
                          guint           count);
gboolean  bench_profiles (Bench          *self);

void      bench_section  (Bench          *self,
                          const char     *title);
void      bench_compare  (Bench          *self,
                          const BenchRow *row);
void      bench_bytes    (Bench          *self,
                          const char     *name,
                          double          ours,
                          double          by_hand,
                          double          target);
void      bench_check    (Bench          *self,
                          gboolean        right,
                          const char     *what);

G_END_DECLS
