/* SPDX-License-Identifier: CC0-1.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Draws from a number of things of which some are wanted far more often than others, as it is with
 * pages, products and words: the first twice as often as the second, three times as often as the third,
 * and so on (Zipf's law).
 *
 * The same seed gives the same draws, in Python too: whole numbers only, from the Mersenne Twister
 * that is seeded by an array, as Python's random.Random (seed) does it. */
typedef struct _Popularity Popularity;

Popularity *popularity_new  (guint       n_things,
                             guint32     seed);
void        popularity_free (Popularity *self);

/* 1 is the most popular, N_THINGS the least. */
guint       popularity_draw (Popularity *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Popularity, popularity_free)

G_END_DECLS
