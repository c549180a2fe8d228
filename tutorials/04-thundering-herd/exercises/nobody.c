/* SPDX-License-Identifier: CC0-1.0 */

/* A hundred readers wait, and leave one after the other. */

#include <libcache.h>

#include "simulated-clock.h"

#define N_READERS 100

/* [load] */
static void
cancelled_cb (GCancellable *cancellable,
              gpointer      user_data)
{
  g_print ("   the load is cancelled\n");
}

static void
load_cb (MemoCall *call,
         gpointer  user_data)
{
  g_print ("   the load begins\n");
  g_cancellable_connect (memo_call_get_cancellable (call), G_CALLBACK (cancelled_cb), NULL, NULL);
  g_ptr_array_add (user_data, g_object_ref (call));
}
/* [/load] */

static void
told_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MemoEntry) entry = memo_cache_get_finish (MEMO_CACHE (source), result, &error);

  *(guint *) user_data += g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

int
main (void)
{
  g_autoptr(SimulatedClock) clock = simulated_clock_new ();
  g_autoptr(GPtrArray) calls = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr(MemoLoader) loader = memo_loader_new (load_cb, calls, NULL);
  g_autoptr(MemoCache) cache = g_object_new (MEMO_TYPE_ASYNC_CACHE, "clock", clock, NULL);
  GCancellable *cancellables[N_READERS];
  guint n_left = 0;

  /* [leave] */
  for (guint i = 0; i < N_READERS; i++)
    {
      cancellables[i] = g_cancellable_new ();
      memo_cache_get_async (cache, "page:1", MEMO_GET_NONE, loader, cancellables[i], told_cb, &n_left);
    }
  simulated_clock_run (clock, 1.0);

  for (guint i = 0; i < N_READERS - 1; i++)
    g_cancellable_cancel (cancellables[i]);
  simulated_clock_run (clock, 1.0);
  g_print ("%u of %u have left\n", n_left, N_READERS);

  g_cancellable_cancel (cancellables[N_READERS - 1]);
  simulated_clock_run (clock, 1.0);
  g_print ("%u of %u have left\n", n_left, N_READERS);
  /* [/leave] */

  for (guint i = 0; i < N_READERS; i++)
    g_object_unref (cancellables[i]);

  return 0;
}
