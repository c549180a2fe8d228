/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libcache.h>

#include "bench.h"

G_BEGIN_DECLS

/* Sets of keys that are new: into an empty cache that grows, or a full one that evicts. */

typedef struct
{
  const char         *name;
  guint               size;
  guint               pass;
  gboolean            grow;       /* begin each pass with nothing */
  gboolean            make;       /* make each value: a copy of a text; else keep a reference to one */
  gboolean            expire;
  MemoEvictionPolicy  policy;     /* by hand it is always the one that was used longest ago */
  double              target;
  const char         *curve;
} SetRow;

void sets_compare (Bench        *bench,
                   const SetRow *row);

G_END_DECLS
