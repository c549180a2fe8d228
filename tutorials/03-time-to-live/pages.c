/* SPDX-License-Identifier: CC0-1.0 */
#include "pages.h"

#include <libcache.h>

#include "simulated-clock.h"
#include "slow-source.h"

#define N_WORKERS 20

/* An array of one, since Python's random numbers begin like that, too. */
static const guint32 seed = 1;

typedef struct
{
  SimulatedClock *clock;
  SlowSource     *database;
  GRand          *random;
  double          jitter;
  double          longest_wait;
} Story;

typedef struct
{
  Story  *story;
  double  asked_at;
} Reader;

typedef struct
{
  Story    *story;
  MemoCall *call;
} Load;

/* [loader] */
static void
page_read_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  Load *load = user_data;
  g_autofree char *text = slow_source_ask_finish (SLOW_SOURCE (source), result, NULL);
  MemoEntry *entry = memo_entry_new_string (text);
  int drawn = (int) (g_rand_int (load->story->random) % 2001) - 1000;   /* from -1000 to 1000 */

  memo_entry_set_ttl (entry, TIME_TO_LIVE * (1.0 + load->story->jitter * drawn / 1000.0));
  memo_call_return_entry (load->call, entry);

  g_object_unref (load->call);
  g_free (load);
}
/* [/loader] */

static void
load_page_cb (MemoCall *call,
              gpointer  user_data)
{
  Load *load = g_new (Load, 1);

  load->story = user_data;
  load->call = g_object_ref (call);
  slow_source_ask_async (load->story->database, memo_call_get_key (call), NULL, page_read_cb, load);
}

/* A reader's page is there. */
static void
read_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autofree Reader *reader = user_data;
  g_autoptr(MemoEntry) entry = memo_cache_get_finish (MEMO_CACHE (source), result, NULL);
  double wait = simulated_clock_now (reader->story->clock) - reader->asked_at;

  if (reader->asked_at >= STARTED)
    reader->story->longest_wait = MAX (reader->story->longest_wait, wait);
}

void
pages_tell (double       jitter,
            FiveMinutes *minutes)
{
  g_autoptr(SimulatedClock) clock = simulated_clock_new ();
  g_autoptr(SlowSource) database = slow_source_new (MEMO_CLOCK (clock), 0.05);
  g_autoptr(GRand) random = g_rand_new_with_seed_array (&seed, 1);
  Story story = { clock, database, random, jitter, };
  g_autoptr(MemoLoader) loader = memo_loader_new (load_page_cb, &story, NULL);
  g_autoptr(MemoCache) cache = g_object_new (MEMO_TYPE_ASYNC_CACHE,
                                             "maxsize", N_PAGES,
                                             "clock", clock,
                                             NULL);

  slow_source_set_workers (database, N_WORKERS);

  /* [minutes] */
  for (guint second = 0; second < N_SECONDS; second++)
    {
      guint n_before = slow_source_get_n_queries (database);

      for (guint page = 1; page <= N_PAGES; page++)
        {
          g_autofree char *key = g_strdup_printf ("page:%u", page);
          g_autoptr(MemoEntry) entry = memo_cache_lookup (cache, key);

          if (entry == NULL)
            {
              Reader *reader = g_new (Reader, 1);

              *reader = (Reader) { &story, second };
              memo_cache_get_async (cache, key, MEMO_GET_NONE, loader, NULL, read_cb, reader);
            }
        }

      simulated_clock_run_until (clock, second + 1);
      minutes->queries[second] = slow_source_get_n_queries (database) - n_before;
    }
  /* [/minutes] */

  simulated_clock_run (clock, 60.0);
  minutes->longest_wait = story.longest_wait;
}

guint
pages_busiest (const FiveMinutes *minutes,
               guint              first,
               guint              end)
{
  guint most = 0;

  for (guint second = first; second < end; second++)
    most = MAX (most, minutes->queries[second]);

  return most;
}
