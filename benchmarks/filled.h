/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libcache.h>

#include "bench.h"
#include "by-hand.h"
#include "workload.h"

G_BEGIN_DECLS

/* Both sides full: each holds every key, with a value of its own and, unless it is said, a time to live, so that no hit
 * goes without a look at the clock. */

typedef struct
{
  Keys      *keys;
  MemoCache *cache;
  ByHand    *by_hand;
} Filled;

void   filled_init  (Filled   *self,
                     Bench    *bench,
                     guint     count,
                     gboolean  expire);
/* Whether each side still holds the value of every key. */
void   filled_check (Filled   *self,
                     Bench    *bench);
void   filled_clear (Filled   *self);

/* Which keys are asked for, in turn; an EXPONENT of 0.0 is: each as often as the others. */
Draws *filled_draw  (Filled   *self,
                     Bench    *bench,
                     double    exponent);

G_END_DECLS
