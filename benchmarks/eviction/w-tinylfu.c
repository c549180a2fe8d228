/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "frequency-sketch.h"
#include "policy.h"

/* W-TinyLFU: Einziger, Friedman, Manes: "TinyLFU: a highly efficient cache admission policy", ACM Transactions on
 * Storage 13 (4), 2017, section 4.  What is new is in a window, a hundredth of the cache, the least recently used going
 * first.  What goes from it gets into the main part if it was asked for more often than what would have to go there; the main part
 * is a segmented LRU, of which four fifths are for what was asked for again. */

typedef struct
{
  guint           window_room;
  guint           main_room;
  guint           protected_room;
  GHashTable     *places;
  Queue           window;
  Queue           probation;
  Queue           protected;
  FrequencySketch sketch;
} WTinyLfu;

static gpointer
w_tinylfu_create (guint capacity)
{
  WTinyLfu *self = g_new0 (WTinyLfu, 1);

  self->window_room = MAX (capacity / 100, 1);
  self->main_room = capacity - self->window_room;
  self->protected_room = self->main_room / 5 * 4;
  self->places = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  frequency_sketch_init (&self->sketch, capacity);

  return self;
}

static void
w_tinylfu_destroy (gpointer data)
{
  WTinyLfu *self = data;

  g_hash_table_unref (self->places);
  frequency_sketch_deinit (&self->sketch);
  g_free (self);
}

static void
touch (WTinyLfu *self,
       Place    *place)
{
  if (place->queue != &self->probation)
    {
      place_move (place, place->queue);
      return;
    }

  place_move (place, &self->protected);
  if (self->protected.count > self->protected_room)
    place_move (self->protected.oldest, &self->probation);
}

/* What has to leave the window gets into the main part, or goes. */
static void
leave_window (WTinyLfu *self)
{
  Place *candidate = self->window.oldest;
  Place *victim = self->probation.oldest;

  if (self->probation.count + self->protected.count < self->main_room)
    {
      place_move (candidate, &self->probation);
      return;
    }

  if (frequency_sketch_get (&self->sketch, candidate->number) > frequency_sketch_get (&self->sketch, victim->number))
    place_move (candidate, &self->probation);
  else
    victim = candidate;

  queue_remove (victim);
  g_hash_table_remove (self->places, GUINT_TO_POINTER (victim->number));
}

static gboolean
w_tinylfu_ask (gpointer data,
               guint32  number)
{
  WTinyLfu *self = data;
  Place *place = g_hash_table_lookup (self->places, GUINT_TO_POINTER (number));

  frequency_sketch_add (&self->sketch, number);

  if (place != NULL)
    {
      touch (self, place);
      return TRUE;
    }

  place = place_new (number);
  queue_push (&self->window, place);
  g_hash_table_insert (self->places, GUINT_TO_POINTER (number), place);
  if (self->window.count > self->window_room)
    leave_window (self);

  return FALSE;
}

const Policy policy_w_tinylfu = { "W-TinyLFU", w_tinylfu_create, w_tinylfu_ask, w_tinylfu_destroy };
