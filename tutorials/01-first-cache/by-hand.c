/* SPDX-License-Identifier: CC0-1.0 */

/* Ten thousand readers of ten thousand pages: without a cache, and with a hash table as a cache. */

#include "await.h"
#include "popularity.h"
#include "simulated-clock.h"
#include "slow-source.h"

#define N_PAGES    10000
#define N_READERS  10000
#define SEED       1

/* [ask] */
static char *
ask_and_wait (SlowSource     *source,
              SimulatedClock *clock,
              const char     *key)
{
  g_autoptr(GAsyncResult) result = NULL;

  slow_source_ask_async (source, key, NULL, await_cb, &result);

  return slow_source_ask_finish (source, simulated_clock_await (clock, &result), NULL);
}
/* [/ask] */

static void
without_a_cache (void)
{
  /* [source] */
  g_autoptr(SimulatedClock) clock = simulated_clock_new ();
  g_autoptr(SlowSource) database = slow_source_new (MEMO_CLOCK (clock), 0.05);
  g_autoptr(Popularity) popularity = popularity_new (N_PAGES, SEED);
  /* [/source] */

  /* [without] */
  for (guint i = 0; i < N_READERS; i++)
    {
      g_autofree char *key = g_strdup_printf ("page:%u", popularity_draw (popularity));
      g_autofree char *text = ask_and_wait (database, clock, key);
    }
  /* [/without] */

  g_print ("Without a cache\n"
           "  readers             %6u\n"
           "  queries             %6u\n"
           "  they waited, all in all %.0f s\n\n",
           N_READERS, slow_source_get_n_queries (database), simulated_clock_now (clock));
}

/* [aside] */
static const char *
get_page (GHashTable     *cache,
          SlowSource     *database,
          SimulatedClock *clock,
          const char     *key)
{
  char *text = g_hash_table_lookup (cache, key);

  if (text == NULL)
    {
      text = ask_and_wait (database, clock, key);
      g_hash_table_insert (cache, g_strdup (key), text);
    }

  return text;
}
/* [/aside] */

static void
with_a_hash_table (void)
{
  g_autoptr(SimulatedClock) clock = simulated_clock_new ();
  g_autoptr(SlowSource) database = slow_source_new (MEMO_CLOCK (clock), 0.05);
  g_autoptr(Popularity) popularity = popularity_new (N_PAGES, SEED);
  g_autoptr(GHashTable) cache = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  for (guint i = 0; i < N_READERS; i++)
    {
      g_autofree char *key = g_strdup_printf ("page:%u", popularity_draw (popularity));

      get_page (cache, database, clock, key);
    }

  g_print ("With a hash table\n"
           "  readers             %6u\n"
           "  queries             %6u\n"
           "  they waited, all in all %.0f s\n"
           "  pages in memory     %6u\n\n",
           N_READERS, slow_source_get_n_queries (database), simulated_clock_now (clock),
           g_hash_table_size (cache));
}

/* The first trap: what is there stays there. */
static void
trap_of_growing (void)
{
  g_autoptr(SimulatedClock) clock = simulated_clock_new ();
  g_autoptr(SlowSource) database = slow_source_new (MEMO_CLOCK (clock), 0.05);
  g_autoptr(GHashTable) cache = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  /* [growing] */
  for (guint i = 1; i <= N_PAGES; i++)
    {
      g_autofree char *key = g_strdup_printf ("page:%u", i);

      get_page (cache, database, clock, key);
    }
  /* [/growing] */

  g_print ("Trap 1: a robot reads all 10000 pages, each once\n"
           "  pages in memory     %6u\n\n", g_hash_table_size (cache));
}

/* The second trap: what was true once is told for ever. */
static void
trap_of_never_forgetting (void)
{
  g_autoptr(SimulatedClock) clock = simulated_clock_new ();
  g_autoptr(SlowSource) database = slow_source_new (MEMO_CLOCK (clock), 0.05);
  g_autoptr(GHashTable) cache = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  guint n_wrong = 0;

  /* [stale] */
  get_page (cache, database, clock, "page:1");
  slow_source_set (database, "page:1", "a new text");

  for (guint i = 0; i < 1000; i++)
    n_wrong += !g_str_equal (get_page (cache, database, clock, "page:1"), "a new text");
  /* [/stale] */

  g_print ("Trap 2: the page was changed, and 1000 more read it\n"
           "  were given the old text %u\n\n", n_wrong);
}

/* The third trap: there is nothing to remember where there is nothing. */
static void
trap_of_nothing (void)
{
  g_autoptr(SimulatedClock) clock = simulated_clock_new ();
  g_autoptr(SlowSource) database = slow_source_new (MEMO_CLOCK (clock), 0.05);
  g_autoptr(GHashTable) cache = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  /* [nothing] */
  slow_source_set (database, "page:0", NULL);

  for (guint i = 0; i < 1000; i++)
    get_page (cache, database, clock, "page:0");
  /* [/nothing] */

  g_print ("Trap 3: 1000 readers follow a link to a page that does not exist\n"
           "  queries             %6u\n\n", slow_source_get_n_queries (database));
}

/* The fourth trap: who comes while a page is being read finds nothing yet.  This needs readers who
 * do not wait for each other, and so a function that is asynchronous itself. */

/* [at-once] */
typedef struct
{
  GHashTable *cache;
  char       *key;
} Question;

static void
keep_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  Question *question = user_data;
  char *text = slow_source_ask_finish (SLOW_SOURCE (source), result, NULL);

  g_hash_table_insert (question->cache, question->key, text);
  g_free (question);
}

static void
read_page (GHashTable *cache,
           SlowSource *database,
           const char *key)
{
  if (!g_hash_table_contains (cache, key))
    {
      Question *question = g_new (Question, 1);

      question->cache = cache;
      question->key = g_strdup (key);
      slow_source_ask_async (database, key, NULL, keep_cb, question);
    }
}
/* [/at-once] */

static void
trap_of_coming_at_once (void)
{
  g_autoptr(SimulatedClock) clock = simulated_clock_new ();
  g_autoptr(SlowSource) database = slow_source_new (MEMO_CLOCK (clock), 0.05);
  g_autoptr(GHashTable) cache = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  /* [at-once] */

  for (guint i = 0; i < 100; i++)
    read_page (cache, database, "page:1");
  simulated_clock_run (clock, 1.0);
  /* [/at-once] */

  g_print ("Trap 4: 100 readers open the same page at once\n"
           "  queries             %6u\n", slow_source_get_n_queries (database));
}

int
main (void)
{
  without_a_cache ();
  with_a_hash_table ();
  trap_of_growing ();
  trap_of_never_forgetting ();
  trap_of_nothing ();
  trap_of_coming_at_once ();

  return 0;
}
