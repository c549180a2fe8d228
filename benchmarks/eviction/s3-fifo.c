/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy.h"

/* S3-FIFO: Yang, Zhang, Qiu, Yue, Vigfusson: "FIFO queues are all you need for cache eviction", SOSP 2023, algorithm 1.
 * The small queue has a tenth of the cache, and there are as many ghosts as the main one has room for. */

#define MAX_USES 3

typedef struct
{
  guint       capacity;
  guint       small_room;
  GHashTable *places;     /* of the ghosts, too */
  Queue       small;
  Queue       main;
  Queue       ghosts;
} S3Fifo;

static gpointer
s3_fifo_create (guint capacity)
{
  S3Fifo *self = g_new0 (S3Fifo, 1);

  self->capacity = capacity;
  self->small_room = MAX (capacity / 10, 1);
  self->places = g_hash_table_new_full (NULL, NULL, NULL, g_free);

  return self;
}

static void
s3_fifo_destroy (gpointer data)
{
  S3Fifo *self = data;

  g_hash_table_unref (self->places);
  g_free (self);
}

static void
forget (S3Fifo *self,
        Place  *place)
{
  queue_remove (place);
  g_hash_table_remove (self->places, GUINT_TO_POINTER (place->number));
}

/* Until one has gone from the main queue. */
static void
evict_from_main (S3Fifo *self)
{
  for (;;)
    {
      Place *oldest = self->main.oldest;

      if (oldest->uses == 0)
        {
          forget (self, oldest);
          return;
        }
      oldest->uses--;
      place_move (oldest, &self->main);
    }
}

/* Until one has gone from the small queue, or all that were there are in the main one. */
static void
evict_from_small (S3Fifo *self)
{
  while (self->small.count > 0)
    {
      Place *oldest = self->small.oldest;
      gboolean often = oldest->uses > 1;

      oldest->uses = 0;
      place_move (oldest, often ? &self->main : &self->ghosts);
      if (!often)
        {
          if (self->ghosts.count > self->capacity - self->small_room)
            forget (self, self->ghosts.oldest);
          return;
        }
    }
}

static gboolean
s3_fifo_ask (gpointer data,
             guint32  number)
{
  S3Fifo *self = data;
  Place *place = g_hash_table_lookup (self->places, GUINT_TO_POINTER (number));
  gboolean came_back = FALSE;

  if (place != NULL && place->queue != &self->ghosts)
    {
      place->uses = MIN (place->uses + 1, MAX_USES);
      return TRUE;
    }

  /* A ghost no longer, and so it cannot go while room is made for it. */
  if (place != NULL)
    {
      came_back = TRUE;
      forget (self, place);
    }

  while (self->small.count + self->main.count >= self->capacity)
    {
      if (self->small.count >= self->small_room || self->main.count == 0)
        evict_from_small (self);
      else
        evict_from_main (self);
    }

  place = place_new (number);
  queue_push (came_back ? &self->main : &self->small, place);
  g_hash_table_insert (self->places, GUINT_TO_POINTER (number), place);

  return FALSE;
}

const Policy policy_s3_fifo = { "S3-FIFO", s3_fifo_create, s3_fifo_ask, s3_fifo_destroy };
