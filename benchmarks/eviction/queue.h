/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What the policies are made of: numbers in a doubly linked queue. */

typedef struct _Place Place;
typedef struct _Queue Queue;

struct _Place
{
  Place   *newer;
  Place   *older;
  Queue   *queue;     /* the one that it is in */
  guint32  number;
  guint    uses;
};

struct _Queue
{
  Place *newest;
  Place *oldest;
  guint  count;
};

Place *place_new    (guint32  number);
void   queue_push   (Queue   *self,
                     Place   *place);
void   queue_remove (Place   *place);

/* To the newest end of QUEUE, from wherever it is. */
static inline void
place_move (Place *place,
            Queue *queue)
{
  queue_remove (place);
  queue_push (queue, place);
}

G_END_DECLS
