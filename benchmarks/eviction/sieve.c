/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy.h"

/* SIEVE: Zhang, Yang, Yue, Vigfusson, Rashmi: "SIEVE is simpler than LRU: an efficient turn-key eviction algorithm for web
 * caches", NSDI 2024, algorithm 1.  A hand goes from the oldest to the newest, takes the mark from what was asked
 * for, and evicts the first that has none. */

typedef struct
{
  guint       capacity;
  GHashTable *places;
  Queue       queue;
  Place      *hand;     /* NULL is the oldest end */
} Sieve;

static gpointer
sieve_create (guint capacity)
{
  Sieve *self = g_new0 (Sieve, 1);

  self->capacity = capacity;
  self->places = g_hash_table_new_full (NULL, NULL, NULL, g_free);

  return self;
}

static void
sieve_destroy (gpointer data)
{
  Sieve *self = data;

  g_hash_table_unref (self->places);
  g_free (self);
}

static void
evict (Sieve *self)
{
  Place *victim = self->hand != NULL ? self->hand : self->queue.oldest;

  while (victim->uses > 0)
    {
      victim->uses = 0;
      victim = victim->newer != NULL ? victim->newer : self->queue.oldest;
    }

  self->hand = victim->newer;
  queue_remove (victim);
  g_hash_table_remove (self->places, GUINT_TO_POINTER (victim->number));
}

static gboolean
sieve_ask (gpointer data,
           guint32  number)
{
  Sieve *self = data;
  Place *place = g_hash_table_lookup (self->places, GUINT_TO_POINTER (number));

  if (place != NULL)
    {
      place->uses = 1;
      return TRUE;
    }

  if (self->queue.count >= self->capacity)
    evict (self);

  place = place_new (number);
  queue_push (&self->queue, place);
  g_hash_table_insert (self->places, GUINT_TO_POINTER (number), place);

  return FALSE;
}

const Policy policy_sieve = { "SIEVE", sieve_create, sieve_ask, sieve_destroy };
