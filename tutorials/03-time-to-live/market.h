/* SPDX-License-Identifier: CC0-1.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  guint n_readers;
  guint n_changes;
  guint n_queries;
  guint n_told_old;   /* readers who were told a price that was not true any more */
  guint oldest;       /* for how many seconds it had not been, at worst */
} Day;

/* A day on which a price changes every ten minutes or so, and somebody asks for it every second,
 * with a cache that keeps it for so many seconds. */
void market_tell (double  ttl,
                  Day    *day);

G_END_DECLS
