/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A source that is ready once each time that it is rung, in the thread of its context: it costs less than a new idle source for
 * each time, and than one with a ready time, which wakes up the context that is awake. */
GSource *memo_redis_bell_new  (GMainContext *context,
                               const char   *name,
                               GSourceFunc   callback,
                               gpointer      data);
void     memo_redis_bell_ring (GSource      *bell);

G_END_DECLS
