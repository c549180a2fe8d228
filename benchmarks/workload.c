/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "workload.h"

/* The same in every run: two runs are to differ in the machine only. */
#define SEED 20240229

static guint n_reads;

/* The numbers below COUNT in no order. */
static guint32 *
shuffled_numbers (guint count,
                  guint seed)
{
  g_autoptr(GRand) random = g_rand_new_with_seed (seed);
  guint32 *numbers = g_new (guint32, count);

  for (guint i = 0; i < count; i++)
    numbers[i] = i;

  for (guint i = count - 1; i > 0; i--)
    {
      guint j = g_rand_int_range (random, 0, i + 1);
      guint32 other = numbers[j];

      numbers[j] = numbers[i];
      numbers[i] = other;
    }

  return numbers;
}

/* "user:" and a number of so many DIGITS.  Not one number after the other: g_str_hash() of
 * neighbours gives neighbours, and a GHashTable would look better than it is. */
Keys *
keys_new (guint count,
          guint digits)
{
  Keys *self = g_malloc0 (sizeof *self + count * sizeof self->texts[0]);
  g_autofree guint32 *numbers = shuffled_numbers (count, SEED);

  self->count = count;
  for (guint i = 0; i < count; i++)
    g_snprintf (self->texts[i], KEY_ROOM, "user:%0*u", (int) digits, numbers[i]);

  return self;
}

static Draws *
draws_new (guint count)
{
  Draws *self = g_malloc (sizeof *self + count * sizeof self->numbers[0]);

  self->count = count;

  return self;
}

Draws *
draws_new_uniform (guint count,
                   guint n_keys)
{
  Draws *self = draws_new (count);
  g_autoptr(GRand) random = g_rand_new_with_seed (SEED);

  for (guint i = 0; i < count; i++)
    self->numbers[i] = g_rand_int_range (random, 0, n_keys);

  return self;
}

/* The key of rank N as often as 1 / N^EXPONENT says.  Which key has which rank has nothing to do
 * with the order in which they are set, and so with where they are in memory. */
Draws *
draws_new_zipf (guint  count,
                guint  n_keys,
                double exponent)
{
  Draws *self = draws_new (count);
  g_autoptr(GRand) random = g_rand_new_with_seed (SEED);
  g_autofree guint32 *numbers = shuffled_numbers (n_keys, SEED + 1);
  g_autofree double *sums = g_new (double, n_keys);
  double sum = 0.0;

  for (guint i = 0; i < n_keys; i++)
    {
      sum += pow (i + 1, -exponent);
      sums[i] = sum;
    }

  for (guint i = 0; i < count; i++)
    {
      double drawn = g_rand_double (random) * sum;
      guint low = 0, high = n_keys - 1;

      while (low < high)
        {
          guint middle = low + (high - low) / 2;

          if (sums[middle] > drawn)
            high = middle;
          else
            low = middle + 1;
        }

      self->numbers[i] = numbers[low];
    }

  return self;
}

/* Reads the value of a key from what stands for the database, which counts by itself. */
GBytes *
source_read (const char *key)
{
  n_reads++;

  return g_bytes_new (key, strlen (key));
}

guint
source_count (void)
{
  return n_reads;
}

GBytes *
padded_value_new (const char *text,
                  gsize       size)
{
  gsize length = strlen (text);
  char *data = g_malloc (size);

  memset (data, 'x', size);
  memcpy (data, text, length);

  return g_bytes_new_take (data, size);
}

gboolean
is_padded_value (GBytes     *value,
                 const char *text,
                 gsize       size)
{
  gsize length = strlen (text);
  const char *data;

  if (value == NULL || g_bytes_get_size (value) != size)
    return FALSE;

  data = g_bytes_get_data (value, NULL);

  /* Each byte is like the one before it. */
  return memcmp (data, text, length) == 0 && data[length] == 'x' &&
         memcmp (data + length, data + length + 1, size - length - 1) == 0;
}
