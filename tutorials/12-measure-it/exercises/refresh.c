/* SPDX-License-Identifier: CC0-1.0 */

/* A page lives for a minute and takes two seconds to make.  Who comes when it has expired waits; unless somebody
 * refreshes it before. */

#include <libcache.h>

#include "await.h"
#include "simulated-clock.h"
#include "slow-source.h"

#define KEY "page:front"

static void
ignore_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr(MemoEntry) entry = memo_cache_get_finish (MEMO_CACHE (source), result, NULL);
}

static void
tell (const char *title,
      guint       refresh_every)
{
  g_autoptr(SimulatedClock) clock = simulated_clock_new ();
  g_autoptr(SlowSource) source = slow_source_new (MEMO_CLOCK (clock), 2.0);
  g_autoptr(MemoLoader) loader = slow_source_loader_new (source);
  g_autoptr(MemoCache) cache = g_object_new (MEMO_TYPE_ASYNC_CACHE, "default-ttl", 60.0, "clock", clock, NULL);
  double longest = 0.0;
  guint n_waited = 0;

  for (guint second = 0; second < 600; second++)
    {
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(MemoEntry) entry = NULL;
      double waited;

      simulated_clock_run_until (clock, second);
      if (refresh_every != 0 && second > 0 && second % refresh_every == 0)
        memo_cache_get_async (cache, KEY, MEMO_GET_REFRESH, loader, NULL, ignore_cb, NULL);

      memo_cache_get_async (cache, KEY, MEMO_GET_NONE, loader, NULL, await_cb, &result);
      entry = memo_cache_get_finish (cache, simulated_clock_await (clock, &result), NULL);
      waited = simulated_clock_now (clock) - second;
      n_waited += waited > 0.0;
      longest = MAX (longest, waited);
    }
  simulated_clock_run (clock, 10.0);

  g_print ("%-26s %2u of 600 readers waited, the longest %.0f s; %u queries\n",
           title, n_waited, longest, slow_source_get_n_queries (source));
}

int
main (void)
{
  tell ("It expires", 0);
  tell ("Refreshed every 50 s", 50);

  return 0;
}
