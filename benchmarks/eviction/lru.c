/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy.h"

/* The least recently used goes first. */

typedef struct
{
  guint       capacity;
  GHashTable *places;
  Queue       queue;
} Lru;

static gpointer
lru_create (guint capacity)
{
  Lru *self = g_new0 (Lru, 1);

  self->capacity = capacity;
  self->places = g_hash_table_new_full (NULL, NULL, NULL, g_free);

  return self;
}

static void
lru_destroy (gpointer data)
{
  Lru *self = data;

  g_hash_table_unref (self->places);
  g_free (self);
}

static gboolean
lru_ask (gpointer data,
         guint32  number)
{
  Lru *self = data;
  Place *place = g_hash_table_lookup (self->places, GUINT_TO_POINTER (number));

  if (place != NULL)
    {
      place_move (place, &self->queue);
      return TRUE;
    }

  if (self->queue.count >= self->capacity)
    {
      Place *victim = self->queue.oldest;

      queue_remove (victim);
      g_hash_table_remove (self->places, GUINT_TO_POINTER (victim->number));
    }

  place = place_new (number);
  queue_push (&self->queue, place);
  g_hash_table_insert (self->places, GUINT_TO_POINTER (number), place);

  return FALSE;
}

const Policy policy_lru = { "LRU", lru_create, lru_ask, lru_destroy };
