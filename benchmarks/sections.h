/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libcache.h>

#include "bench.h"
#include "by-hand.h"

G_BEGIN_DECLS

/* The parts of the benchmark; each sets up both sides, compares them, and checks what they hold. */

void bench_memory (Bench *bench);
void bench_hits   (Bench *bench);
void bench_loads  (Bench *bench);
void bench_sets   (Bench *bench);

/* Drops a cache, and all of it now: a large one goes in slices of the main loop, which would be
 * in the way of what is measured next. */
static inline void
drop_cache (MemoCache *cache)
{
  g_object_unref (cache);

  while (g_main_context_iteration (NULL, FALSE))
    ;
}

G_END_DECLS
