/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <time.h>

#include <libcache.h>

#include "../workload.h"

/* For how long a cache with very many entries holds the main loop when they go: each turn of the loop is timed, and the call
 * with which it begins.  The time of the clock on the wall includes what other programs have the processor for; that of the
 * thread does not. */

#define N_ENTRIES       1000000
#define N_LARGE         1000
#define LARGE           (1024 * 1024)
#define TIME_TO_LIVE    60.0
#define LIMIT           0.002     /* seconds a turn */

static gboolean smoke;

typedef struct
{
  MemoCache       *cache;
  MemoManualClock *clock;
} Work;

typedef struct
{
  const char         *name;
  guint               count;
  gsize               size;       /* of a value; 0 for the text of its key */
  const char         *tag;        /* of each entry, or NULL */
  gboolean            often;      /* each was asked for often */
  MemoEvictionPolicy  policy;
  void              (*begin) (Work *work);
} Row;

typedef struct
{
  GArray *wall;     /* seconds, a turn each */
  GArray *thread;
} Turns;

static double
read_clock (clockid_t which)
{
  struct timespec now;

  clock_gettime (which, &now);

  return now.tv_sec + now.tv_nsec * 1e-9;
}

/* --- what is done --- */

static void
expire (Work *work)
{
  memo_manual_clock_advance (work->clock, TIME_TO_LIVE);
}

static void
clear (Work *work)
{
  memo_cache_clear (work->cache);
}

static void
invalidate_tag (Work *work)
{
  memo_cache_invalidate_tags (work->cache, (const char *[]) { "tag", NULL });
}

static void
lower_maxsize (Work *work)
{
  memo_async_cache_set_maxsize (MEMO_ASYNC_CACHE (work->cache), 100);
}

static void
lower_max_bytes (Work *work)
{
  memo_async_cache_set_max_bytes (MEMO_ASYNC_CACHE (work->cache), 10000);
}

static void
trim (Work *work)
{
  memo_async_cache_trim (MEMO_ASYNC_CACHE (work->cache), 100);
}

static void
drop (Work *work)
{
  g_clear_object (&work->cache);
}

static void
closed_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  memo_cache_close_finish (MEMO_CACHE (source), result, NULL);
}

static void
close_cache (Work *work)
{
  memo_cache_close_async (work->cache, NULL, closed_cb, NULL);
}

/* --- filling --- */

static MemoEntry *
make_entry (const Row  *row,
            const char *key)
{
  MemoEntry *entry;

  if (row->size > 0)
    {
      g_autoptr(GBytes) value = padded_value_new (key, row->size);

      entry = memo_entry_new_bytes (value);
    }
  else
    {
      entry = memo_entry_new_string (key);
    }

  if (row->tag != NULL)
    memo_entry_set_tags (entry, (const char *[]) { row->tag, NULL });

  return entry;
}

static void
fill (Work       *work,
      const Row  *row,
      const Keys *keys)
{
  for (guint i = 0; i < keys->count; i++)
    memo_cache_set (work->cache, keys->texts[i], make_entry (row, keys->texts[i]));

  for (guint round = 0; row->often && round < 3; round++)
    {
      for (guint i = 0; i < keys->count; i++)
        memo_entry_unref (memo_cache_lookup (work->cache, keys->texts[i]));
    }
}

/* --- measuring --- */

static int
compare_times (gconstpointer a,
               gconstpointer b)
{
  double first = *(const double *) a, second = *(const double *) b;

  return (first > second) - (first < second);
}

static double
percentile (GArray *sorted,
            double  part)
{
  return g_array_index (sorted, double, (guint) (part * (sorted->len - 1) + 0.5));
}

static void
note_turn (Turns *turns,
           double wall,
           double thread)
{
  wall = read_clock (CLOCK_MONOTONIC) - wall;
  thread = read_clock (CLOCK_THREAD_CPUTIME_ID) - thread;
  g_array_append_val (turns->wall, wall);
  g_array_append_val (turns->thread, thread);
}

static void
time_turns (Work      *work,
            const Row *row,
            Turns     *turns)
{
  double wall = read_clock (CLOCK_MONOTONIC);
  double thread = read_clock (CLOCK_THREAD_CPUTIME_ID);

  row->begin (work);
  note_turn (turns, wall, thread);

  while (g_main_context_pending (NULL))
    {
      wall = read_clock (CLOCK_MONOTONIC);
      thread = read_clock (CLOCK_THREAD_CPUTIME_ID);
      g_main_context_iteration (NULL, FALSE);
      note_turn (turns, wall, thread);
    }
}

/* Whether everything has gone that was to go. */
static gboolean
is_done (Work *work)
{
  g_autoptr(MemoMetrics) metrics = NULL;

  if (work->cache == NULL)
    return TRUE;
  metrics = memo_cache_get_metrics (work->cache);

  return metrics->size <= 100;
}

static gboolean
measure (const Row *row)
{
  g_autofree Keys *keys = keys_new (smoke ? MIN (row->count, 5000) : row->count, 7);
  Turns turns = { g_array_new (FALSE, FALSE, sizeof (double)), g_array_new (FALSE, FALSE, sizeof (double)) };
  Work work = { .clock = memo_manual_clock_new () };
  double longest;
  gboolean done;

  work.cache = g_object_new (MEMO_TYPE_ASYNC_CACHE,
                             "maxsize", keys->count,
                             "default-ttl", TIME_TO_LIVE,
                             "eviction-policy", row->policy,
                             "clock", work.clock,
                             NULL);
  fill (&work, row, keys);
  time_turns (&work, row, &turns);
  done = is_done (&work);

  g_array_sort (turns.wall, compare_times);
  g_array_sort (turns.thread, compare_times);
  longest = percentile (turns.thread, 1.0);
  if (!smoke)
    {
      g_print ("%-44s %6u %8.3f %8.3f %8.3f %10.3f   %s\n",
               row->name, turns.wall->len, 1e3 * percentile (turns.thread, 0.5), 1e3 * percentile (turns.thread, 0.99),
               1e3 * longest, 1e3 * percentile (turns.wall, 1.0), longest <= LIMIT ? "reached" : "not reached");
    }
  if (!done)
    g_print ("%s: not all is gone\n", row->name);

  /* The last cache of a row is none of the next one's business. */
  g_clear_object (&work.cache);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_object_unref (work.clock);
  g_array_unref (turns.wall);
  g_array_unref (turns.thread);

  return done;
}

int
main (int    argc,
      char **argv)
{
  static const Row rows[] = {
    /* First, since the malloc() of glibc changes its ways once something very large was freed. */
    { "expiry of 1,000 of 1 MiB",               N_LARGE, LARGE, NULL, FALSE, MEMO_EVICTION_LRU, expire },
    { "clear of 1,000 of 1 MiB",                N_LARGE, LARGE, NULL, FALSE, MEMO_EVICTION_LRU, clear },
    { "end of a cache with 1,000 of 1 MiB",     N_LARGE, LARGE, NULL, FALSE, MEMO_EVICTION_LRU, drop },
    { "maxsize with 1,000 of 1 MiB to 100",     N_LARGE, LARGE, NULL, FALSE, MEMO_EVICTION_LRU, lower_maxsize },
    { "expiry of a million",                    N_ENTRIES, 0, NULL, FALSE, MEMO_EVICTION_LRU, expire },
    { "clear of a million",                     N_ENTRIES, 0, NULL, FALSE, MEMO_EVICTION_LRU, clear },
    { "end of a cache with a million",          N_ENTRIES, 0, NULL, FALSE, MEMO_EVICTION_LRU, drop },
    { "close of a cache with a million",        N_ENTRIES, 0, NULL, FALSE, MEMO_EVICTION_LRU, close_cache },
    { "invalidation of a tag of a million",     N_ENTRIES, 0, "tag", FALSE, MEMO_EVICTION_LRU, invalidate_tag },
    { "maxsize from a million to 100",          N_ENTRIES, 0, NULL, FALSE, MEMO_EVICTION_LRU, lower_maxsize },
    { "max-bytes of a million to 10,000 bytes", N_ENTRIES, 0, NULL, FALSE, MEMO_EVICTION_LRU, lower_max_bytes },
    { "trim of a million",                      N_ENTRIES, 0, NULL, FALSE, MEMO_EVICTION_LRU, trim },
    { "S3-FIFO: maxsize, all asked for often",  N_ENTRIES, 0, NULL, TRUE, MEMO_EVICTION_S3_FIFO, lower_maxsize },
    { "S3-FIFO: clear of a million",            N_ENTRIES, 0, NULL, FALSE, MEMO_EVICTION_S3_FIFO, clear },
  };
  const GOptionEntry options[] = {
    { "smoke", 0, 0, G_OPTION_ARG_NONE, &smoke, "Only whether everything goes, with small counts", NULL },
    { NULL },
  };
  g_autoptr(GOptionContext) context = g_option_context_new (NULL);
  g_autoptr(GError) error = NULL;
  gboolean done = TRUE;

  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("%s\n", error->message);
      return 2;
    }

  g_main_context_acquire (NULL);
  if (!smoke)
    g_print ("Milliseconds of a turn of the main loop, by the thread's clock; and the longest by the clock on the wall.\n\n"
             "%-44s %6s %8s %8s %8s %10s   at most %.1f\n",
             "what goes", "turns", "median", "99 %", "longest", "on wall", 1e3 * LIMIT);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      Row row = rows[i];

      if (smoke && row.size > 0)
        row.count = 20;
      done = measure (&row) && done;
    }
  g_main_context_release (NULL);

  return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
