/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "frequency-sketch.h"

/* So many counters a row for each that the cache has room for, and so many requests until all are halved; the
 * paper on TinyLFU has them as free, and Caffeine, by one of its authors, has these. */
#define COUNTERS_PER_ENTRY 4
#define SAMPLE_PER_ENTRY   10
#define MAX_COUNT          15

void
frequency_sketch_init (FrequencySketch *self,
                       guint            capacity)
{
  guint32 width = 16;

  while (width < (guint64) COUNTERS_PER_ENTRY * capacity)
    width *= 2;

  *self = (FrequencySketch) {
    .counters = g_new0 (guint8, (gsize) SKETCH_ROWS * width),
    .mask = width - 1,
    .sample = SAMPLE_PER_ENTRY * capacity,
  };
}

void
frequency_sketch_deinit (FrequencySketch *self)
{
  g_free (self->counters);
}

/* The counter of NUMBER in a row: each row has a hash function of its own, the finalizer of SplitMix64 (Steele, Lea, Flood,
 * OOPSLA 2014) over the number and the row. */
static inline guint8 *
counter_at (FrequencySketch *self,
            guint            row,
            guint32          number)
{
  guint64 hash = number + (row + 1) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);

  hash = (hash ^ (hash >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  hash = (hash ^ (hash >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  hash ^= hash >> 31;

  return &self->counters[(gsize) row * (self->mask + 1) + (hash & self->mask)];
}

void
frequency_sketch_add (FrequencySketch *self,
                      guint32          number)
{
  for (guint row = 0; row < SKETCH_ROWS; row++)
    {
      guint8 *counter = counter_at (self, row, number);

      if (*counter < MAX_COUNT)
        (*counter)++;
    }

  if (++self->seen < self->sample)
    return;

  for (gsize i = 0; i < (gsize) SKETCH_ROWS * (self->mask + 1); i++)
    self->counters[i] /= 2;
  self->seen /= 2;
}

guint
frequency_sketch_get (FrequencySketch *self,
                      guint32          number)
{
  guint count = MAX_COUNT;

  for (guint row = 0; row < SKETCH_ROWS; row++)
    count = MIN (count, *counter_at (self, row, number));

  return count;
}
