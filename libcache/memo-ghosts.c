/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-ghosts-private.h"

#define MIN_SIZE 32

void
memo_ghosts_clear (MemoGhosts *self)
{
  g_free (self->slots);
  g_free (self->line);
  *self = (MemoGhosts) { 0 };
}

static inline gsize
last_slot (MemoGhosts *self)
{
  return 2 * self->size - 1;
}

/* Where HASH is, or else the free slot where it belongs. */
static MemoGhost *
find_slot (MemoGhosts *self,
           guint32     hash)
{
  gsize i = hash & last_slot (self);

  while (self->slots[i].time != 0 && self->slots[i].hash != hash)
    i = (i + 1) & last_slot (self);

  return &self->slots[i];
}

/* Frees a slot, and moves those behind it that had to make way (Knuth, TAOCP 3, 6.4, algorithm R). */
static void
free_slot (MemoGhosts *self,
           MemoGhost  *slot)
{
  gsize gap = slot - self->slots;

  for (gsize i = (gap + 1) & last_slot (self); self->slots[i].time != 0; i = (i + 1) & last_slot (self))
    {
      gsize home = self->slots[i].hash & last_slot (self);

      if (((i - home) & last_slot (self)) >= ((i - gap) & last_slot (self)))
        {
          self->slots[gap] = self->slots[i];
          gap = i;
        }
    }

  self->slots[gap].time = 0;
}

/* The one that stands where the next is to stand goes. */
static void
make_place (MemoGhosts *self,
            gsize       place)
{
  MemoGhost *slot = find_slot (self, self->line[place]);

  if (slot->time != 0 && self->time - slot->time >= self->size)
    free_slot (self, slot);
}

/* Remembers HASH, and at least the ROOM - 1 before it. */
void
memo_ghosts_add (MemoGhosts *self,
                 guint32     hash,
                 gsize       room)
{
  MemoGhost *slot;
  gsize place;

  if (room > self->size)
    {
      gsize size = MAX (self->size, MIN_SIZE);

      while (size < room)
        size *= 2;

      /* Who is a ghost is forgotten then, which costs a few hits.  To hash all anew would take its time, under a lock. */
      memo_ghosts_clear (self);
      self->slots = g_new0 (MemoGhost, 2 * size);
      self->line = g_new0 (guint32, size);
      self->size = size;
    }

  /* 0 is no time. */
  self->time += self->time == G_MAXUINT32 ? 2 : 1;
  place = self->time & (self->size - 1);
  make_place (self, place);

  slot = find_slot (self, hash);
  *slot = (MemoGhost) { hash, self->time };
  self->line[place] = hash;
}

/* Whether HASH is among the last ROOM that came.  It is a ghost no longer. */
gboolean
memo_ghosts_take (MemoGhosts *self,
                  guint32     hash,
                  gsize       room)
{
  MemoGhost *slot;
  gboolean known;

  if (self->size == 0)
    return FALSE;

  slot = find_slot (self, hash);
  if (slot->time == 0)
    return FALSE;

  known = self->time - slot->time < room;
  free_slot (self, slot);

  return known;
}
