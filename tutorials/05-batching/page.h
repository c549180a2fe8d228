/* SPDX-License-Identifier: CC0-1.0 */
#pragma once

#include "simulated-clock.h"
#include "slow-source.h"

G_BEGIN_DECLS

/* The page in each program of this chapter: a list of 80 orders, each with the name of its customer.
 *
 * The names are in a database that takes 20 ms for a query and runs ten at a time.  Some customers have
 * ordered more than once. */

#define N_ORDERS 80

typedef struct
{
  SimulatedClock *clock;
  SlowSource     *database;
  char           *customers[N_ORDERS];   /* the key of each order's customer */
  char           *names[N_ORDERS];       /* what the page has been told */
  guint           n_answered;
} Page;

void page_open   (Page       *page);
void page_answer (Page       *page,
                  guint       order,
                  char       *name);

/* Lets time pass until all orders have an answer, and tells how it went. */
void page_tell   (Page       *page,
                  const char *title);
void page_close  (Page       *page);

G_END_DECLS
