/* SPDX-License-Identifier: CC0-1.0 */

/* How long readers wait, with caches of many sizes: on average, and those who wait the longest.  Most pages take 5 ms, one in
 * twenty takes 200 ms.
 *
 *   latency [--figures] */

#include <libcache.h>

#include "await.h"
#include "popularity.h"
#include "simulated-clock.h"
#include "slow-source.h"

#define N_PAGES    2000
#define N_READERS  10000
#define SEED       12

/* [loader] */
typedef struct
{
  SlowSource *quick;
  SlowSource *slow;
} Sources;

static void
answered_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr(MemoCall) call = user_data;
  g_autofree char *text = slow_source_ask_finish (SLOW_SOURCE (source), result, NULL);

  memo_call_return_entry (call, memo_entry_new_string (text));
}

static void
load_cb (MemoCall *call,
         gpointer  user_data)
{
  Sources *sources = user_data;
  const char *key = memo_call_get_key (call);
  gint64 page = g_ascii_strtoll (key + strlen ("page:"), NULL, 10);

  slow_source_ask_async (page % 20 == 0 ? sources->slow : sources->quick, key,
                         memo_call_get_cancellable (call), answered_cb, g_object_ref (call));
}
/* [/loader] */

static int
compare (gconstpointer one,
         gconstpointer other)
{
  const double a = *(const double *) one, b = *(const double *) other;

  return (a > b) - (a < b);
}

typedef struct
{
  double hit_rate;
  double mean;
  double median;
  double slow;      /* one in a hundred waits longer */
} Figures;

/* [measure] */
static Figures
measure (guint maxsize)
{
  g_autoptr(SimulatedClock) clock = simulated_clock_new ();
  g_autoptr(SlowSource) quick = slow_source_new (MEMO_CLOCK (clock), 0.005);
  g_autoptr(SlowSource) slow = slow_source_new (MEMO_CLOCK (clock), 0.2);
  Sources sources = { quick, slow };
  g_autoptr(MemoLoader) loader = memo_loader_new (load_cb, &sources, NULL);
  g_autoptr(MemoCache) cache = g_object_new (MEMO_TYPE_ASYNC_CACHE, "maxsize", maxsize, "clock", clock, NULL);
  g_autoptr(Popularity) popularity = popularity_new (N_PAGES, SEED);
  g_autofree double *waited = g_new (double, N_READERS);
  g_autoptr(MemoMetrics) metrics = NULL;
  double sum = 0.0;

  for (guint i = 0; i < 2 * N_READERS; i++)
    {
      g_autofree char *key = g_strdup_printf ("page:%u", popularity_draw (popularity));
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(MemoEntry) entry = NULL;
      double began = simulated_clock_now (clock);

      /* The first half warms the cache up, the second is measured. */
      if (i == N_READERS)
        memo_cache_reset_metrics (cache);

      memo_cache_get_async (cache, key, MEMO_GET_NONE, loader, NULL, await_cb, &result);
      entry = memo_cache_get_finish (cache, simulated_clock_await (clock, &result), NULL);

      if (i >= N_READERS)
        sum += waited[i - N_READERS] = 1000.0 * (simulated_clock_now (clock) - began);
    }

  qsort (waited, N_READERS, sizeof waited[0], compare);
  metrics = memo_cache_get_metrics (cache);

  return (Figures) { 100.0 * metrics->hit_rate, sum / N_READERS, waited[N_READERS / 2], waited[N_READERS * 99 / 100] };
}
/* [/measure] */

int
main (int    argc,
      char **argv)
{
  static const guint sizes[] = { 0, 20, 100, 200, 500, 1000, 1500, 2000 };
  gboolean figures = argc > 1 && g_str_equal (argv[1], "--figures");

  g_print (figures ? "# entries, hit rate in %%, mean in ms, median in ms, 99th percentile in ms\n"
                   : "entries   hit rate      mean    median   one in a hundred waits longer than\n");

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      Figures is = measure (sizes[i]);

      g_print (figures ? "%u %.1f %.2f %.1f %.1f\n" : "%7u   %6.1f %%   %4.1f ms   %4.1f ms   %30.1f ms\n",
               sizes[i], is.hit_rate, is.mean, is.median, is.slow);
    }

  return 0;
}
