/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "queue.h"

Place *
place_new (guint32 number)
{
  Place *place = g_new0 (Place, 1);

  place->number = number;

  return place;
}

/* Puts a place at the newest end. */
void
queue_push (Queue *self,
            Place *place)
{
  place->queue = self;
  place->newer = NULL;
  place->older = self->newest;
  if (self->newest != NULL)
    self->newest->newer = place;
  else
    self->oldest = place;
  self->newest = place;
  self->count++;
}

/* Takes a place out of its queue. */
void
queue_remove (Place *place)
{
  Queue *self = place->queue;

  if (place->newer != NULL)
    place->newer->older = place->older;
  else
    self->newest = place->older;

  if (place->older != NULL)
    place->older->newer = place->newer;
  else
    self->oldest = place->newer;

  self->count--;
}
