/* SPDX-License-Identifier: CC0-1.0 */
#pragma once

#include <libcache.h>

#include "simulated-clock.h"
#include "slow-source.h"

G_BEGIN_DECLS

/* The same half second in each program of this chapter.
 *
 * A price is in a database that takes 50 ms for an answer.  Every 10 ms a customer asks for it.
 * At 100 ms the shop begins to change it, from "19.90" to "24.90"; at 130 ms the new one is in the database; at 150 ms
 * the database says that it is done.  From then on nobody should be told the old price. */

#define PRICE "price:lamp"

typedef struct
{
  SimulatedClock *clock;
  SlowSource     *database;
  gboolean        changed;        /* the shop was told that it is done */
  guint           n_customers;    /* who asked after that */
  guint           n_misled;       /* of these, who were told the old price */
} Story;

/* What a program does in its own way.  Each may be NULL. */
typedef struct
{
  void (*ask)           (Story    *story,
                         gpointer  data);
  void (*before_change) (Story    *story,
                         gpointer  data);
  void (*after_change)  (Story    *story,
                         gpointer  data);
  void (*evict)         (Story    *story,
                         gpointer  data);   /* at 110 ms, when the memory is needed for something else */
} Script;

void story_tell   (const char   *title,
                   const Script *script,
                   Story        *story,
                   gpointer      data);
void story_told   (Story        *story,
                   gboolean      asked_after_the_change,
                   const char   *price);

void story_begin  (Story        *story);
void story_end    (Story        *story);

G_END_DECLS
