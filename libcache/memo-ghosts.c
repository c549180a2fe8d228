/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-ghosts-private.h"

#define BUCKET    4
#define MIN_SLOTS 64

/* Half of the slots stay free, so that hardly any bucket is full. */
#define SLOTS_EACH 2

void
memo_ghosts_clear (MemoGhosts *self)
{
  g_clear_pointer (&self->slots, g_free);
  self->n_slots = 0;
  self->time = 0;
}

static MemoGhost *
bucket_of (MemoGhosts *self,
           guint32     hash)
{
  return &self->slots[hash & (self->n_slots - BUCKET)];
}

static inline gboolean
is_known (MemoGhosts      *self,
          const MemoGhost *ghost,
          gsize            room)
{
  return ghost->time != 0 && (guint32) (self->time - ghost->time) < room;
}

/* Remembers HASH, and the ROOM - 1 before it. */
void
memo_ghosts_add (MemoGhosts *self,
                 guint32     hash,
                 gsize       room)
{
  MemoGhost *bucket, *place;

  if (room * SLOTS_EACH > self->n_slots)
    {
      gsize n_slots = MAX (self->n_slots, MIN_SLOTS);

      while (n_slots < room * SLOTS_EACH)
        n_slots *= 2;

      /* Who is a ghost is forgotten then, which costs a few hits.  To hash all anew would take its time, under a lock. */
      g_free (self->slots);
      self->slots = g_new0 (MemoGhost, n_slots);
      self->n_slots = n_slots;
    }

  self->time++;
  if (self->time == 0)
    self->time++;

  bucket = bucket_of (self, hash);
  place = bucket;
  for (guint i = 0; i < BUCKET; i++)
    {
      if (bucket[i].hash == hash || bucket[i].time == 0)
        {
          place = &bucket[i];
          break;
        }
      if (self->time - bucket[i].time > self->time - place->time)
        place = &bucket[i];
    }

  *place = (MemoGhost) { hash, self->time };
}

/* Whether HASH is among the last ROOM that came.  It is a ghost no longer. */
gboolean
memo_ghosts_take (MemoGhosts *self,
                  guint32     hash,
                  gsize       room)
{
  MemoGhost *bucket;

  if (self->slots == NULL)
    return FALSE;

  bucket = bucket_of (self, hash);
  for (guint i = 0; i < BUCKET; i++)
    {
      if (bucket[i].hash == hash && is_known (self, &bucket[i], room))
        {
          bucket[i].time = 0;
          return TRUE;
        }
    }

  return FALSE;
}
