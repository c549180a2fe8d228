/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <stdlib.h>

#include "../summary.h"
#include "ours.h"
#include "trace.h"

/* Which part of the requests eviction policies answer, as they were published and as the library has them, and what each
 * costs.  The hit ratios are the same in every run. */

#define SCANS 0.2

/* How far the library's own may be from what was published. */
#define NEAR 0.005

static const Policy *policies[] = {
  &policy_lru, &ours_lru, &policy_sieve, &policy_s3_fifo, &ours_s3_fifo, &policy_w_tinylfu,
};

/* Two of them, by their places there, that have to be alike. */
static const guint pairs[][2] = { { 0, 1 }, { 3, 4 } };

#define N_POLICIES G_N_ELEMENTS (policies)
#define N_SIZES    2

typedef struct
{
  guint n_keys;
  guint n_requests;
  guint capacities[N_SIZES];
} Scale;

static const Scale full = { 1000000, 10000000, { 10000, 100000 } };
static const Scale reduced = { 100000, 300000, { 1000, 10000 } };

typedef double Ratios[N_POLICIES][N_SIZES];

static double
hit_ratio (const Policy *policy,
           guint         capacity,
           const Draws  *trace)
{
  gpointer cache = policy->create (capacity);
  guint hits = 0;

  for (guint i = 0; i < trace->count; i++)
    hits += policy->ask (cache, trace->numbers[i]);
  policy->destroy (cache);

  return (double) hits / trace->count;
}

/* Prints a table, and says whether the library's own do what was published. */
static gboolean
compare_ratios (const Scale *scale,
                double       scans)
{
  g_autofree Draws *trace = trace_new (scale->n_requests, scale->n_keys, scans);
  gboolean alike = TRUE;
  Ratios ratios;

  g_print ("\nZipf %.2f over %u keys, %u requests", TRACE_EXPONENT, scale->n_keys, scale->n_requests);
  if (scans > 0.0)
    g_print (", of which %.0f %% scan", 100.0 * scans);
  g_print ("\n%-20s", "room for");
  for (guint size = 0; size < N_SIZES; size++)
    g_print (" %8u", scale->capacities[size]);
  g_print ("\n");

  for (guint i = 0; i < N_POLICIES; i++)
    {
      g_print ("%-20s", policies[i]->name);
      for (guint size = 0; size < N_SIZES; size++)
        {
          ratios[i][size] = hit_ratio (policies[i], scale->capacities[size], trace);
          g_print (" %8.3f", ratios[i][size]);
        }
      g_print ("\n");
    }

  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++)
    {
      for (guint size = 0; size < N_SIZES; size++)
        {
          double difference = fabs (ratios[pairs[i][0]][size] - ratios[pairs[i][1]][size]);

          alike = alike && difference <= NEAR;
        }
    }

  return alike;
}

/* --- costs --- */

#define N_ROUNDS    31
#define ROUND       50000

/* Nanoseconds a request; each policy in turn, a round at a time, since the machine may be somebody else's, too. */
static void
compare_costs (const Scale *scale,
               guint        capacity)
{
  g_autofree Draws *trace = trace_new (scale->n_requests, scale->n_keys, 0.0);
  gpointer caches[N_POLICIES];
  GArray *costs[N_POLICIES];
  GArray *factors[N_POLICIES];
  const guint warm = trace->count - N_ROUNDS * ROUND;

  for (guint i = 0; i < N_POLICIES; i++)
    {
      caches[i] = policies[i]->create (capacity);
      costs[i] = g_array_new (FALSE, FALSE, sizeof (double));
      factors[i] = g_array_new (FALSE, FALSE, sizeof (double));
      for (guint j = 0; j < warm; j++)
        policies[i]->ask (caches[i], trace->numbers[j]);
    }

  for (guint round = 0; round < N_ROUNDS; round++)
    {
      const guint32 *numbers = trace->numbers + warm + round * ROUND;
      double first = 0.0;

      for (guint i = 0; i < N_POLICIES; i++)
        {
          double begin = seconds_now ();
          double cost, factor;

          for (guint j = 0; j < ROUND; j++)
            policies[i]->ask (caches[i], numbers[j]);
          cost = (seconds_now () - begin) / ROUND;
          if (i == 0)
            first = cost;
          factor = cost / first;
          g_array_append_val (costs[i], cost);
          g_array_append_val (factors[i], factor);
        }
    }

  g_print ("\n%-20s %10s %10s   (room for %u, no scans; medians of %d rounds of %d requests)\n",
           "cost of a request", "ns", "/ LRU", capacity, N_ROUNDS, ROUND);
  for (guint i = 0; i < N_POLICIES; i++)
    {
      g_print ("%-20s %10.0f %10.2f\n", policies[i]->name, summarize (costs[i]).median * 1e9,
               summarize (factors[i]).median);
      policies[i]->destroy (caches[i]);
      g_array_unref (costs[i]);
      g_array_unref (factors[i]);
    }
}

int
main (int    argc,
      char **argv)
{
  gboolean use_reduced = FALSE;
  gboolean costs = FALSE;
  const GOptionEntry options[] = {
    { "reduced", 0, 0, G_OPTION_ARG_NONE, &use_reduced, "A trace of fewer keys and requests", NULL },
    { "costs", 0, 0, G_OPTION_ARG_NONE, &costs, "What a request costs, too", NULL },
    { NULL },
  };
  g_autoptr(GOptionContext) context = g_option_context_new (NULL);
  g_autoptr(GError) error = NULL;
  const Scale *scale;
  gboolean alike;

  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("%s\n", error->message);
      return 2;
    }

  scale = use_reduced ? &reduced : &full;
  g_print ("Which part of the requests is answered from the cache\n");
  alike = compare_ratios (scale, 0.0);
  alike = compare_ratios (scale, SCANS) && alike;

  if (costs)
    {
      for (guint size = 0; size < N_SIZES; size++)
        compare_costs (&full, full.capacities[size]);
    }

  if (!alike)
    g_print ("\nThe library differs from the published algorithm by more than %.3f.\n", NEAR);

  return alike ? EXIT_SUCCESS : EXIT_FAILURE;
}
