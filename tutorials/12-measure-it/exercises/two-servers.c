/* SPDX-License-Identifier: CC0-1.0 */

/* Two servers, each with its own 99th percentile.  What is that of both? */

#include <stdlib.h>

#include <glib.h>

#define N_FIRST  10000
#define N_SECOND 1000

static int
compare (gconstpointer a,
         gconstpointer b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

static double
percentile_99 (const double *waited,
               guint         n)
{
  g_autofree double *sorted = g_memdup2 (waited, n * sizeof waited[0]);

  qsort (sorted, n, sizeof sorted[0], compare);

  return sorted[n * 99 / 100];
}

static double
mean (const double *waited,
      guint         n)
{
  double sum = 0.0;

  for (guint i = 0; i < n; i++)
    sum += waited[i];

  return sum / n;
}

/* One in EVERY takes 300 ms, the others 5. */
static void
serve (double *waited,
       guint   n,
       guint   every)
{
  for (guint i = 0; i < n; i++)
    waited[i] = i % every == 0 ? 300.0 : 5.0;
}

int
main (void)
{
  /* The readers of the second stand behind those of the first, so that together they are those of both. */
  g_autofree double *waited = g_new (double, N_FIRST + N_SECOND);
  double *second = waited + N_FIRST;
  double mean_1, mean_2, slow_1, slow_2;

  serve (waited, N_FIRST, 200);
  serve (second, N_SECOND, 20);
  mean_1 = mean (waited, N_FIRST);
  mean_2 = mean (second, N_SECOND);
  slow_1 = percentile_99 (waited, N_FIRST);
  slow_2 = percentile_99 (second, N_SECOND);

  g_print ("                            readers      mean    one in a hundred waits longer than\n"
           "The first                     %5u   %4.1f ms   %5.1f ms\n"
           "The second                    %5u   %4.1f ms   %5.1f ms\n"
           "The average of both                   %4.1f ms   %5.1f ms\n"
           "The same, by their readers            %4.1f ms   %5.1f ms\n"
           "All readers                   %5u   %4.1f ms   %5.1f ms\n",
           N_FIRST, mean_1, slow_1, N_SECOND, mean_2, slow_2,
           (mean_1 + mean_2) / 2, (slow_1 + slow_2) / 2,
           (N_FIRST * mean_1 + N_SECOND * mean_2) / (N_FIRST + N_SECOND),
           (N_FIRST * slow_1 + N_SECOND * slow_2) / (N_FIRST + N_SECOND),
           N_FIRST + N_SECOND, mean (waited, N_FIRST + N_SECOND), percentile_99 (waited, N_FIRST + N_SECOND));

  return 0;
}
