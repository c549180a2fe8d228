/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "bench.h"
#include "summary.h"

G_BEGIN_DECLS

/* What was measured, as lines of a table on the terminal, and as those of a CSV file. */

typedef struct _BenchTable BenchTable;

/* What came of one side. */
typedef struct
{
  const char *name;
  Summary     seconds;    /* of an operation */
  Summary     ratio;      /* to what it is compared with */
} BenchResult;

BenchTable *bench_table_new     (const char        *csv_path,
                                 GError           **error);
void        bench_table_free    (BenchTable        *self);
void        bench_table_section (BenchTable        *self,
                                 const char        *title);
/* The results are in the order of the row: ours, what it is compared with, the others. */
void        bench_table_row     (BenchTable        *self,
                                 const BenchRow    *row,
                                 const BenchResult *results);
void        bench_table_figure  (BenchTable        *self,
                                 const BenchFigure *figure);

G_END_DECLS
