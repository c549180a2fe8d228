/* SPDX-License-Identifier: CC0-1.0 */
#include "busy-page.h"

#include <libcache.h>

#include "simulated-clock.h"
#include "slow-source.h"

#define N_WORKERS 4

typedef struct
{
  SimulatedClock *clock;
  MemoCache      *cache;
  BusyPage       *page;
} Story;

typedef struct
{
  Story  *story;
  double  asked_at;
} Reader;

static void
tell_reader (Reader *reader)
{
  BusyPage *page = reader->story->page;
  double wait = simulated_clock_now (reader->story->clock) - reader->asked_at;

  page->n_readers++;
  page->n_waited += wait > 0.0;
  page->longest_wait = MAX (page->longest_wait, wait);
  g_free (reader);
}

/* [by-hand] */
static void
asked_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  Reader *reader = user_data;
  g_autofree char *text = slow_source_ask_finish (SLOW_SOURCE (source), result, NULL);

  memo_cache_set (reader->story->cache, "page:1", memo_entry_new_string (text));
  tell_reader (reader);
}

static void
read_by_hand (Reader     *reader,
              SlowSource *database)
{
  g_autoptr(MemoEntry) entry = memo_cache_lookup (reader->story->cache, "page:1");

  if (entry != NULL)
    tell_reader (reader);
  else
    slow_source_ask_async (database, "page:1", NULL, asked_cb, reader);
}
/* [/by-hand] */

/* [get] */
static void
got_cb (GObject      *source,
        GAsyncResult *result,
        gpointer      user_data)
{
  g_autoptr(MemoEntry) entry = memo_cache_get_finish (MEMO_CACHE (source), result, NULL);

  tell_reader (user_data);
}

static void
read_with_get (Reader     *reader,
               MemoLoader *loader)
{
  memo_cache_get_async (reader->story->cache, "page:1", MEMO_GET_NONE, loader, NULL, got_cb, reader);
}
/* [/get] */

/* [refresh] */
static void
refreshed_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MemoEntry) entry = memo_cache_get_finish (MEMO_CACHE (source), result, &error);

  /* When this fails the page is still there for two seconds; the next reader after that tries again. */
  if (error != NULL)
    g_warning ("The page was not loaded: %s", error->message);
}

static void
refresh (Story      *story,
         MemoLoader *loader)
{
  memo_cache_get_async (story->cache, "page:1", MEMO_GET_REFRESH, loader, NULL, refreshed_cb, NULL);
}
/* [/refresh] */

void
busy_page_tell (BusyPageWay  way,
                BusyPage    *page)
{
  g_autoptr(SimulatedClock) clock = simulated_clock_new ();
  g_autoptr(SlowSource) database = slow_source_new (MEMO_CLOCK (clock), 0.2);
  g_autoptr(MemoLoader) loader = slow_source_loader_new (database);
  g_autoptr(MemoCache) cache = g_object_new (MEMO_TYPE_ASYNC_CACHE,
                                             "default-ttl", 10.0,
                                             "clock", clock,
                                             NULL);
  Story story = { clock, cache, page };

  slow_source_set_workers (database, N_WORKERS);
  *page = (BusyPage) { 0, };

  /* [minute] */
  for (guint ms = 0; ms < 60000; ms += 10)
    {
      Reader *reader = g_new (Reader, 1);

      simulated_clock_run_until (clock, ms / 1000.0);
      *reader = (Reader) { &story, simulated_clock_now (clock) };

      if (way == BUSY_PAGE_REFRESHED && ms > 0 && ms % 8000 == 0)
        refresh (&story, loader);

      if (way == BUSY_PAGE_BY_HAND)
        read_by_hand (reader, database);
      else
        read_with_get (reader, loader);
    }
  /* [/minute] */

  simulated_clock_run (clock, 60.0);
  page->n_queries = slow_source_get_n_queries (database);
}

void
busy_page_print_head (void)
{
  g_print ("                            readers   waited   longest wait   queries\n");
}

void
busy_page_print (const char     *title,
                 const BusyPage *page)
{
  g_print ("%-27s %7u   %6u   %10.2f s   %7u\n", title,
           page->n_readers, page->n_waited, page->longest_wait, page->n_queries);
}
