/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "queue.h"

G_BEGIN_DECLS

/* A cache of numbers that keeps nothing but which of them are in it: an eviction policy as it was published, written down
 * plainly, to compare with.  All of them find a number in a GHashTable. */

typedef struct
{
  const char *name;
  gpointer  (*create) (guint    capacity);
  gboolean  (*ask)    (gpointer self,
                       guint32  number);  /* puts it in when it is not there; says whether it was */
  void      (*destroy) (gpointer self);
} Policy;

extern const Policy policy_lru;
extern const Policy policy_sieve;
extern const Policy policy_s3_fifo;
extern const Policy policy_w_tinylfu;

G_END_DECLS
