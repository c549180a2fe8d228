/* SPDX-License-Identifier: CC0-1.0 */
#include "popularity.h"

/* The weight of the first; large enough for whole numbers to be exact enough, small enough for the
 * sum over some million things. */
#define FIRST_WEIGHT 1000000

struct _Popularity
{
  GRand   *random;
  guint    n_things;
  guint64 *sums;       /* the weights of the first, the first two, … */
};

Popularity *
popularity_new (guint   n_things,
                guint32 seed)
{
  Popularity *self = g_new (Popularity, 1);
  guint64 sum = 0;

  self->random = g_rand_new_with_seed_array (&seed, 1);
  self->n_things = n_things;
  self->sums = g_new (guint64, n_things);

  for (guint i = 0; i < n_things; i++)
    {
      sum += FIRST_WEIGHT / (i + 1);
      self->sums[i] = sum;
    }

  return self;
}

void
popularity_free (Popularity *self)
{
  g_rand_free (self->random);
  g_free (self->sums);
  g_free (self);
}

guint
popularity_draw (Popularity *self)
{
  guint64 drawn = (g_rand_int (self->random) * self->sums[self->n_things - 1]) >> 32;
  guint low = 0, high = self->n_things - 1;

  while (low < high)
    {
      guint middle = low + (high - low) / 2;

      if (self->sums[middle] > drawn)
        high = middle;
      else
        low = middle + 1;
    }

  return low + 1;
}
