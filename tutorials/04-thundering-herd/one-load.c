/* SPDX-License-Identifier: CC0-1.0 */

/* A hundred readers at once, with libcache, and four ways for it to go wrong. */

#include <libcache.h>

#include "simulated-clock.h"
#include "slow-source.h"

#define N_READERS  100

/* What the readers were told. */
typedef struct
{
  SimulatedClock *clock;
  double          asked_at;
  guint           n_answered;
  guint           n_cancelled;
  guint           n_errors;
  char           *error;
  double          longest_wait;
} Readers;

/* [told] */
static void
told_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  Readers *readers = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(MemoEntry) entry = memo_cache_get_finish (MEMO_CACHE (source), result, &error);

  if (entry != NULL)
    {
      readers->n_answered++;
    }
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      readers->n_cancelled++;
    }
  else
    {
      readers->n_errors++;
      g_free (readers->error);
      readers->error = g_strdup (error->message);
    }

  readers->longest_wait = simulated_clock_now (readers->clock) - readers->asked_at;
}
/* [/told] */

static void
print_readers (const char *title,
               Readers    *readers)
{
  g_print ("%s\n  answered %u, left %u, told an error %u\n  the last one waits %.2f s\n", title,
           readers->n_answered, readers->n_cancelled, readers->n_errors, readers->longest_wait);
  if (readers->error != NULL)
    g_print ("  the error: %s\n", readers->error);
}

/* [ask] */
static void
ask (SimulatedClock *clock,
     MemoLoader     *loader,
     GCancellable   *of_the_first,
     const char     *title)
{
  g_autoptr(MemoCache) cache = g_object_new (MEMO_TYPE_ASYNC_CACHE, "clock", clock, NULL);
  Readers readers = { clock, simulated_clock_now (clock), };

  for (guint i = 0; i < N_READERS; i++)
    memo_cache_get_async (cache, "page:1", MEMO_GET_NONE, loader, i == 0 ? of_the_first : NULL, told_cb, &readers);

  if (of_the_first != NULL)
    g_cancellable_cancel (of_the_first);

  simulated_clock_run (clock, 60.0);
  print_readers (title, &readers);
  g_free (readers.error);
}
/* [/ask] */

/* [forgets] */
static void
forgets_cb (MemoCall *call,
            gpointer  user_data)
{
}
/* [/forgets] */

/* [keeps] */
static void
keeps_cb (MemoCall *call,
          gpointer  user_data)
{
  GPtrArray *calls = user_data;

  g_ptr_array_add (calls, g_object_ref (call));
}
/* [/keeps] */

int
main (void)
{
  g_autoptr(SimulatedClock) clock = simulated_clock_new ();
  g_autoptr(SlowSource) database = slow_source_new (MEMO_CLOCK (clock), 0.2);
  g_autoptr(MemoLoader) loader = slow_source_loader_new (database);
  g_autoptr(GCancellable) of_the_first = g_cancellable_new ();
  g_autoptr(GPtrArray) calls = g_ptr_array_new_with_free_func (g_object_unref);
  guint n_before;

  /* [herd] */
  ask (clock, loader, NULL, "A hundred readers at once");
  /* [/herd] */
  g_print ("  queries %u\n\n", slow_source_get_n_queries (database));

  n_before = slow_source_get_n_queries (database);
  /* [leaves] */
  ask (clock, loader, of_the_first, "The first one leaves");
  /* [/leaves] */
  g_print ("  queries %u\n\n", slow_source_get_n_queries (database) - n_before);

  /* [forgetful] */
  g_autoptr(MemoLoader) forgetful = memo_loader_new (forgets_cb, NULL, NULL);

  ask (clock, forgetful, NULL, "The loader forgets to answer");
  /* [/forgetful] */
  g_print ("\n");

  /* [silent] */
  g_autoptr(MemoLoader) silent = memo_loader_new (keeps_cb, calls, NULL);

  memo_loader_set_timeout (silent, 2.0);
  ask (clock, silent, NULL, "The loader keeps the call and never answers; its time is 2 s");
  /* [/silent] */

  return 0;
}
