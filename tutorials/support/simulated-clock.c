/* SPDX-License-Identifier: CC0-1.0 */
#include "simulated-clock.h"

struct _SimulatedClock
{
  GObject          parent_instance;

  MemoManualClock *hands;

  /* The moments for which something is planned, in order.  Whether it is still wanted when the
   * moment comes does not matter: then the leap was for nothing. */
  GMutex           lock;
  GSequence       *plans;
};

static void simulated_clock_clock_iface_init (MemoClockInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (SimulatedClock, simulated_clock, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (MEMO_TYPE_CLOCK, simulated_clock_clock_iface_init))

static gint64
simulated_clock_get_time (MemoClock *clock)
{
  return memo_clock_get_time (MEMO_CLOCK (SIMULATED_CLOCK (clock)->hands));
}

static int
compare_moments (gconstpointer a,
                 gconstpointer b,
                 gpointer      user_data)
{
  const gint64 *one = a, *other = b;

  return (*one > *other) - (*one < *other);
}

static GSource *
simulated_clock_create_source (MemoClock *clock,
                               gint64     deadline)
{
  SimulatedClock *self = SIMULATED_CLOCK (clock);

  g_mutex_lock (&self->lock);
  g_sequence_insert_sorted (self->plans, g_memdup2 (&deadline, sizeof deadline), compare_moments, NULL);
  g_mutex_unlock (&self->lock);

  return memo_clock_create_source (MEMO_CLOCK (self->hands), deadline);
}

static gint64
simulated_clock_get_real_time (MemoClock *clock)
{
  return memo_clock_get_real_time (MEMO_CLOCK (SIMULATED_CLOCK (clock)->hands));
}

static char *
simulated_clock_dup_origin (MemoClock *clock)
{
  return memo_clock_dup_origin (MEMO_CLOCK (SIMULATED_CLOCK (clock)->hands));
}

static void
simulated_clock_clock_iface_init (MemoClockInterface *iface)
{
  iface->get_time = simulated_clock_get_time;
  iface->create_source = simulated_clock_create_source;
  iface->get_real_time = simulated_clock_get_real_time;
  iface->dup_origin = simulated_clock_dup_origin;
}

static void
simulated_clock_finalize (GObject *object)
{
  SimulatedClock *self = SIMULATED_CLOCK (object);

  g_object_unref (self->hands);
  g_sequence_free (self->plans);
  g_mutex_clear (&self->lock);

  G_OBJECT_CLASS (simulated_clock_parent_class)->finalize (object);
}

static void
simulated_clock_class_init (SimulatedClockClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = simulated_clock_finalize;
}

static void
simulated_clock_init (SimulatedClock *self)
{
  g_mutex_init (&self->lock);
  self->hands = memo_manual_clock_new ();
  self->plans = g_sequence_new (g_free);
}

SimulatedClock *
simulated_clock_new (void)
{
  return g_object_new (TYPE_SIMULATED_CLOCK, NULL);
}

double
simulated_clock_now (SimulatedClock *self)
{
  return (double) simulated_clock_get_time (MEMO_CLOCK (self)) / G_USEC_PER_SEC;
}

/* The next moment for which there is a plan, or FALSE; those that have passed go. */
static gboolean
find_next_moment (SimulatedClock *self,
                  gint64         *moment)
{
  gint64 now = simulated_clock_get_time (MEMO_CLOCK (self));
  GSequenceIter *first;
  gboolean found = FALSE;

  g_mutex_lock (&self->lock);
  while (!found && !g_sequence_iter_is_end (first = g_sequence_get_begin_iter (self->plans)))
    {
      *moment = *(gint64 *) g_sequence_get (first);
      found = *moment > now;
      if (!found)
        g_sequence_remove (first);
    }
  g_mutex_unlock (&self->lock);

  return found;
}

static void
leap (SimulatedClock *self,
      gint64          moment)
{
  gint64 step = moment - simulated_clock_get_time (MEMO_CLOCK (self));

  /* It rounds up to a whole microsecond; the half keeps a rounding error from making it one more. */
  memo_manual_clock_advance (self->hands, (step - 0.5) / G_USEC_PER_SEC);
}

void
simulated_clock_run_until (SimulatedClock *self,
                           double          moment)
{
  gint64 end = (gint64) (moment * G_USEC_PER_SEC + 0.5);
  gint64 next = 0;

  while (g_main_context_iteration (NULL, FALSE))
    ;

  while (find_next_moment (self, &next) && next <= end)
    {
      leap (self, next);
      while (g_main_context_iteration (NULL, FALSE))
        ;
    }

  if (end > simulated_clock_get_time (MEMO_CLOCK (self)))
    leap (self, end);
}

void
simulated_clock_run (SimulatedClock *self,
                     double          seconds)
{
  simulated_clock_run_until (self, simulated_clock_now (self) + seconds);
}

GAsyncResult *
simulated_clock_await (SimulatedClock  *self,
                       GAsyncResult   **slot)
{
  gint64 next = 0;

  while (*slot == NULL)
    if (!g_main_context_iteration (NULL, FALSE))
      {
        if (!find_next_moment (self, &next))
          g_error ("Nothing is planned any more, so what is awaited will never be there.");
        leap (self, next);
      }

  return *slot;
}
