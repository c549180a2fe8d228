/* SPDX-License-Identifier: CC0-1.0 */
#pragma once

#include <libcache.h>

#include "popularity.h"
#include "slow-source.h"

G_BEGIN_DECLS

#define N_PAGES 2000
#define SEED    8

/* So many readers, one after another, each with a page. */
void readers_come (MemoCache  *cache,
                   MemoLoader *loader,
                   Popularity *popularity,
                   guint       n_readers);

G_END_DECLS
