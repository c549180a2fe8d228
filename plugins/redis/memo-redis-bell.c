/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-redis-bell.h"

typedef struct
{
  GSource  source;
  gboolean rung;
} Bell;

static gboolean
bell_prepare (GSource *source,
              int     *timeout)
{
  *timeout = -1;

  return ((Bell *) source)->rung;
}

static gboolean
bell_check (GSource *source)
{
  return ((Bell *) source)->rung;
}

static gboolean
bell_dispatch (GSource     *source,
               GSourceFunc  callback,
               gpointer     data)
{
  /* Before the callback: it may be rung again meanwhile. */
  ((Bell *) source)->rung = FALSE;

  return callback (data);
}

static GSourceFuncs bell_funcs = {
  .prepare = bell_prepare,
  .check = bell_check,
  .dispatch = bell_dispatch,
};

/* NAME is static.  CALLBACK is to return G_SOURCE_CONTINUE. */
GSource *
memo_redis_bell_new (GMainContext *context,
                     const char   *name,
                     GSourceFunc   callback,
                     gpointer      data)
{
  GSource *bell = g_source_new (&bell_funcs, sizeof (Bell));

  g_source_set_static_name (bell, name);
  g_source_set_callback (bell, callback, data, NULL);
  g_source_attach (bell, context);

  return bell;
}

void
memo_redis_bell_ring (GSource *bell)
{
  ((Bell *) bell)->rung = TRUE;
}
