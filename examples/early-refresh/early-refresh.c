/* SPDX-License-Identifier: CC0-1.0 */

/* A report takes two seconds to make, and is good for a minute.  Whoever asks for it when that is over waits for two seconds, and so do
 * all who come meanwhile; unless it is made again shortly before, while everybody is still given the old one.
 *
 * Ten minutes go by, in which somebody asks ten times a second, by a clock that the program moves.
 *
 *   early-refresh */

#include <libcache.h>

#define A_TENTH  (G_USEC_PER_SEC / 10)
#define A_REPORT (2 * G_USEC_PER_SEC)
#define N_GETS   (10 * 60 * 10)

typedef struct
{
  MemoManualClock *clock;
  MemoCall        *call;      /* the report that is being made, or NULL */
  gint64           ready;     /* when it will be */
  guint            n_made;
  guint            n_waited;  /* of those who asked */
  gint64           longest;   /* of their waits */
} Office;

typedef struct
{
  Office *office;
  gint64  asked;
} Reader;

static gint64
now (Office *office)
{
  return memo_clock_get_time (MEMO_CLOCK (office->clock));
}

static void
make_report_cb (MemoCall *call,
                gpointer  user_data)
{
  Office *office = user_data;

  office->call = g_object_ref (call);
  office->ready = now (office) + A_REPORT;
}

static void
read_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autofree Reader *reader = user_data;
  g_autoptr(MemoEntry) report = memo_cache_get_finish (MEMO_CACHE (source), result, NULL);
  gint64 waited = now (reader->office) - reader->asked;

  g_assert (report != NULL);
  reader->office->n_waited += waited > 0;
  reader->office->longest = MAX (reader->office->longest, waited);
}

static void
do_what_can_be_done (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
pass_a_tenth (Office *office)
{
  memo_manual_clock_advance (office->clock, 0.1);
  if (office->call != NULL && now (office) >= office->ready)
    {
      g_autoptr(MemoCall) call = g_steal_pointer (&office->call);

      office->n_made++;
      memo_call_return_entry (call, memo_entry_new_string ("the report"));
    }
  do_what_can_be_done ();
}

/* Ten minutes; says how many reports were made. */
static guint
tell (double early_refresh)
{
  g_autoptr(MemoManualClock) clock = memo_manual_clock_new ();
  Office office = { .clock = clock };
  g_autoptr(MemoLoader) loader = memo_loader_new (make_report_cb, &office, NULL);

  /* [early] */
  g_autoptr(MemoCache) cache = g_object_new (MEMO_TYPE_ASYNC_CACHE, "default-ttl", 60.0, "early-refresh", early_refresh,
                                             "clock", clock, NULL);
  /* [/early] */

  /* Lots are drawn; the same ones each time that the program runs. */
  g_random_set_seed (2015);

  for (guint i = 0; i < N_GETS; i++)
    {
      Reader *reader = g_new (Reader, 1);

      *reader = (Reader) { &office, now (&office) };
      memo_cache_get_async (cache, "report", MEMO_GET_NONE, loader, NULL, read_cb, reader);
      do_what_can_be_done ();
      pass_a_tenth (&office);
    }
  while (office.call != NULL)
    pass_a_tenth (&office);

  g_print ("%13g %9u %9u %10.1f s\n", early_refresh, office.n_made, office.n_waited,
           (double) office.longest / G_USEC_PER_SEC);

  return office.n_waited;
}

int
main (void)
{
  guint late, early, earlier;

  g_print ("early-refresh   reports    waited   the longest\n");
  late = tell (0.0);
  early = tell (1.0);
  earlier = tell (3.0);

  /* The first report is waited for in any case, by those of two seconds. */
  return late == 200 && early == 20 && earlier == 20 ? 0 : 1;
}
