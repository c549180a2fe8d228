/* SPDX-License-Identifier: CC0-1.0 */

/* The database is down for ten seconds, and every second a hundred readers come. */

#include <libcache.h>

#include "simulated-clock.h"
#include "slow-source.h"

/* [fails] */
static void
failed_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr(MemoCall) call = user_data;
  g_autofree char *text = slow_source_ask_finish (SLOW_SOURCE (source), result, NULL);

  memo_call_return_error (call, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED,
                                                     "the database is down"));
}

static void
load_cb (MemoCall *call,
         gpointer  database)
{
  slow_source_ask_async (database, memo_call_get_key (call), NULL, failed_cb, g_object_ref (call));
}
/* [/fails] */

static void
told_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MemoEntry) entry = memo_cache_get_finish (MEMO_CACHE (source), result, &error);

  *(guint *) user_data += error != NULL;
}

/* [measure] */
static void
measure (double error_ttl)
{
  g_autoptr(SimulatedClock) clock = simulated_clock_new ();
  g_autoptr(SlowSource) database = slow_source_new (MEMO_CLOCK (clock), 0.2);
  g_autoptr(MemoLoader) loader = memo_loader_new (load_cb, database, NULL);
  g_autoptr(MemoCache) cache = g_object_new (MEMO_TYPE_ASYNC_CACHE, "clock", clock, NULL);
  guint n_told = 0;

  memo_loader_set_error_ttl (loader, error_ttl);

  for (guint second = 0; second < 10; second++)
    {
      simulated_clock_run_until (clock, second);
      for (guint i = 0; i < 100; i++)
        memo_cache_get_async (cache, "page:1", MEMO_GET_NONE, loader, NULL, told_cb, &n_told);
    }
  simulated_clock_run (clock, 1.0);

  g_print ("%14.0f s   %15u   %7u\n", error_ttl, n_told, slow_source_get_n_queries (database));
}
/* [/measure] */

int
main (void)
{
  g_print ("an error is kept   readers told it   queries\n");
  measure (0.0);
  measure (3.0);

  return 0;
}
