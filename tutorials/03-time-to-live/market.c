/* SPDX-License-Identifier: CC0-1.0 */
#include "market.h"

#include <libcache.h>

#include "await.h"
#include "simulated-clock.h"
#include "slow-source.h"

/* An array of one, since Python's random numbers begin like that, too. */
static const guint32 seed = 1;

/* The prices are called 0, 1, 2, …: so one sees how old what one is told is. */
static void
set_price (SlowSource *database,
           guint       price)
{
  g_autofree char *text = g_strdup_printf ("%u", price);

  slow_source_set (database, "price", text);
}

/* Looks first, since that is quicker than a get, of which there would be very many. */
static MemoEntry *
ask (MemoCache      *cache,
     MemoLoader     *loader,
     SimulatedClock *clock)
{
  MemoEntry *entry = memo_cache_lookup (cache, "price");
  g_autoptr(GAsyncResult) result = NULL;

  if (entry != NULL)
    return entry;

  memo_cache_get_async (cache, "price", MEMO_GET_NONE, loader, NULL, await_cb, &result);

  return memo_cache_get_finish (cache, simulated_clock_await (clock, &result), NULL);
}

/* [day] */
void
market_tell (double  ttl,
             Day    *day)
{
  g_autoptr(SimulatedClock) clock = simulated_clock_new ();
  g_autoptr(SlowSource) database = slow_source_new (MEMO_CLOCK (clock), 0.05);
  g_autoptr(MemoLoader) loader = slow_source_loader_new (database);
  g_autoptr(MemoCache) cache = g_object_new (MEMO_TYPE_ASYNC_CACHE,
                                             "default-ttl", ttl,
                                             "clock", clock,
                                             NULL);
  g_autoptr(GRand) random = g_rand_new_with_seed_array (&seed, 1);
  g_autoptr(GArray) ended = g_array_new (FALSE, FALSE, sizeof (guint));   /* when a price was no longer true */

  *day = (Day) { 0, };
  set_price (database, 0);

  for (guint second = 0; second < 24 * 60 * 60; second++)
    {
      g_autoptr(MemoEntry) entry = NULL;
      guint told;

      simulated_clock_run_until (clock, second);

      if (g_rand_int (random) % 600 == 0)
        {
          g_array_append_val (ended, second);
          set_price (database, ended->len);
        }

      entry = ask (cache, loader, clock);
      told = g_ascii_strtoull (memo_entry_get_string (entry), NULL, 10);
      day->n_readers++;
      if (told < ended->len)
        {
          day->n_told_old++;
          day->oldest = MAX (day->oldest, second - g_array_index (ended, guint, told));
        }
    }

  day->n_changes = ended->len;
  day->n_queries = slow_source_get_n_queries (database);
}
/* [/day] */
