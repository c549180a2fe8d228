/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-redis-bell.h"

static gboolean
bell_dispatch (GSource     *source,
               GSourceFunc  callback,
               gpointer     data)
{
  /* Before the callback: it may be rung again meanwhile. */
  g_source_set_ready_time (source, -1);

  return callback (data);
}

static GSourceFuncs bell_funcs = { .dispatch = bell_dispatch };

/* NAME is static.  CALLBACK is to return G_SOURCE_CONTINUE. */
GSource *
memo_redis_bell_new (GMainContext *context,
                     const char   *name,
                     GSourceFunc   callback,
                     gpointer      data)
{
  GSource *bell = g_source_new (&bell_funcs, sizeof (GSource));

  g_source_set_static_name (bell, name);
  g_source_set_callback (bell, callback, data, NULL);
  g_source_attach (bell, context);

  return bell;
}

void
memo_redis_bell_ring (GSource *bell)
{
  g_source_set_ready_time (bell, 0);
}
