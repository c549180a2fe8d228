/* SPDX-License-Identifier: CC0-1.0 */

/* How many readers have to be measured before a percentile can be believed?
 *
 * One in fifty pages takes 200 ms, the others 1 to 100, one as often as the other.  So half of the readers wait longer than
 * about 50 ms, and one in a hundred waits 200. */

#include <stdlib.h>

#include <glib.h>

#define N_RUNS 1000
#define SEED   12

/* An array of one, since Python's random numbers begin like that, too. */
static const guint32 seed = SEED;

static int
compare (gconstpointer a,
         gconstpointer b)
{
  return *(const guint *) a - *(const guint *) b;
}

/* [measure] */
static void
measure (GRand *random,
         guint  n_readers)
{
  g_autofree guint *waited = g_new (guint, n_readers);
  guint lowest[2] = { G_MAXUINT, G_MAXUINT }, highest[2] = { 0, 0 };

  for (guint run = 0; run < N_RUNS; run++)
    {
      guint figures[2];

      for (guint i = 0; i < n_readers; i++)
        waited[i] = g_rand_int (random) % 50 == 0 ? 200 : 1 + g_rand_int (random) % 100;
      qsort (waited, n_readers, sizeof waited[0], compare);

      figures[0] = waited[n_readers / 2];
      figures[1] = waited[n_readers * 99 / 100];
      for (guint i = 0; i < 2; i++)
        {
          lowest[i] = MIN (lowest[i], figures[i]);
          highest[i] = MAX (highest[i], figures[i]);
        }
    }

  g_print ("%7u   %3u to %3u ms   %3u to %3u ms\n", n_readers, lowest[0], highest[0], lowest[1], highest[1]);
}
/* [/measure] */

int
main (void)
{
  g_autoptr(GRand) random = g_rand_new_with_seed_array (&seed, 1);
  static const guint n_readers[] = { 20, 100, 500, 1000, 5000 };

  g_print ("A thousand measurements of the same site\n"
           "readers            median   one in a hundred waits longer than\n");
  for (guint i = 0; i < G_N_ELEMENTS (n_readers); i++)
    measure (random, n_readers[i]);

  return 0;
}
