/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <time.h>

#include "summary.h"

double
seconds_now (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);

  return now.tv_sec + now.tv_nsec * 1e-9;
}

double
seconds_worked (void)
{
  struct timespec worked;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &worked);

  return worked.tv_sec + worked.tv_nsec * 1e-9;
}

static int
compare_doubles (gconstpointer a,
                 gconstpointer b)
{
  double x = *(const double *) a;
  double y = *(const double *) b;

  return (x > y) - (x < y);
}

/* Between two figures, as far as FRACTION is between their places. */
static double
quantile (GArray *sorted,
          double  fraction)
{
  double place = fraction * (sorted->len - 1);
  guint below = (guint) place;
  guint above = MIN (below + 1, sorted->len - 1);
  double low = g_array_index (sorted, double, below);

  return low + (place - below) * (g_array_index (sorted, double, above) - low);
}

/* Sorts FIGURES, of which there is at least one. */
Summary
summarize (GArray *figures)
{
  g_array_sort (figures, compare_doubles);

  return (Summary) { quantile (figures, 0.5), quantile (figures, 0.25), quantile (figures, 0.75) };
}
