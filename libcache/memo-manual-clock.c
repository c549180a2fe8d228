/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-manual-clock.h"
#include "memo-time-private.h"

/**
 * MemoManualClock:
 *
 * A clock that stands still until it is told to go on.
 *
 * For tests: give it to a cache as its [property@Memo.AsyncCache:clock], and what
 * takes an hour is over in no time, and always at the same point.
 *
 * ```c
 * g_autoptr(MemoManualClock) clock = memo_manual_clock_new ();
 * g_autoptr(MemoAsyncCache) cache = g_object_new (MEMO_TYPE_ASYNC_CACHE,
 *                                                 "default-ttl", 60.0,
 *                                                 "clock", clock,
 *                                                 NULL);
 *
 * memo_cache_set (MEMO_CACHE (cache), "key", memo_entry_new_int64 (42));
 * memo_manual_clock_advance (clock, 60.0);
 * g_assert_false (memo_cache_contains (MEMO_CACHE (cache), "key"));
 * ```
 *
 * [method@Memo.ManualClock.advance] runs nothing itself. What was waiting for the
 * time becomes ready, and runs when its main context is iterated next.
 *
 * Its wall clock shows the beginning of the year 2000 in UTC at first, goes on with the time, and can be
 * set by [method@Memo.ManualClock.set_real_time]. Each manual clock counts from an origin of its own.
 *
 * May be used from any thread.
 *
 * Since: 0.1
 */

struct _MemoManualClock
{
  GObject    parent_instance;

  GMutex     lock;
  gint64     now;
  gint64     real_time;
  GPtrArray *sources;   /* those that wait, borrowed */
  char      *origin;
};

/* 2000-01-01T00:00:00Z */
#define FIRST_REAL_TIME (G_GINT64_CONSTANT (946684800) * G_USEC_PER_SEC)

typedef struct
{
  GSource          source;
  MemoManualClock *clock;
  gint64           deadline;
  gboolean         waits;     /* is in `sources` of the clock */
} ManualSource;

static void memo_manual_clock_clock_iface_init (MemoClockInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (MemoManualClock, memo_manual_clock, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (MEMO_TYPE_CLOCK, memo_manual_clock_clock_iface_init))

static gboolean
manual_source_dispatch (GSource     *source,
                        GSourceFunc  callback,
                        gpointer     user_data)
{
  return callback != NULL ? callback (user_data) : G_SOURCE_REMOVE;
}

/* A source is in the list from its first turn on: before, it may not be attached yet. */
static gboolean
manual_source_prepare (GSource *source,
                       int     *timeout)
{
  ManualSource *self = (ManualSource *) source;
  gboolean ready;

  *timeout = -1;
  g_mutex_lock (&self->clock->lock);
  ready = self->deadline <= self->clock->now;
  if (!ready && !self->waits)
    {
      self->waits = TRUE;
      g_ptr_array_add (self->clock->sources, source);
    }
  g_mutex_unlock (&self->clock->lock);

  return ready;
}

static void
manual_source_dispose (GSource *source)
{
  ManualSource *self = (ManualSource *) source;

  g_mutex_lock (&self->clock->lock);
  if (self->waits)
    g_ptr_array_remove_fast (self->clock->sources, source);
  self->waits = FALSE;
  g_mutex_unlock (&self->clock->lock);
}

static void
manual_source_finalize (GSource *source)
{
  g_object_unref (((ManualSource *) source)->clock);
}

static GSourceFuncs manual_source_funcs = {
  .prepare = manual_source_prepare,
  .dispatch = manual_source_dispatch,
  .finalize = manual_source_finalize,
};

static gint64
memo_manual_clock_get_time (MemoClock *clock)
{
  MemoManualClock *self = MEMO_MANUAL_CLOCK (clock);
  gint64 now;

  g_mutex_lock (&self->lock);
  now = self->now;
  g_mutex_unlock (&self->lock);

  return now;
}

/* Takes the sources that are due from the list, with a reference.  With the lock held. */
static GPtrArray *
take_due (MemoManualClock *self)
{
  GPtrArray *due = g_ptr_array_new_with_free_func ((GDestroyNotify) g_source_unref);

  for (guint i = 0; i < self->sources->len;)
    {
      ManualSource *source = g_ptr_array_index (self->sources, i);

      if (source->deadline <= self->now)
        {
          source->waits = FALSE;
          g_ptr_array_remove_index_fast (self->sources, i);
          g_ptr_array_add (due, g_source_ref (&source->source));
        }
      else
        {
          i++;
        }
    }

  return due;
}

static GSource *
memo_manual_clock_create_source (MemoClock *clock,
                                 gint64     deadline)
{
  GSource *source = g_source_new (&manual_source_funcs, sizeof (ManualSource));
  ManualSource *self = (ManualSource *) source;

  self->clock = g_object_ref (MEMO_MANUAL_CLOCK (clock));
  self->deadline = deadline;
  g_source_set_dispose_function (source, manual_source_dispose);

  return source;
}

static gint64
memo_manual_clock_get_real_time (MemoClock *clock)
{
  MemoManualClock *self = MEMO_MANUAL_CLOCK (clock);
  gint64 real_time;

  g_mutex_lock (&self->lock);
  real_time = self->real_time;
  g_mutex_unlock (&self->lock);

  return real_time;
}

static char *
memo_manual_clock_dup_origin (MemoClock *clock)
{
  return g_strdup (MEMO_MANUAL_CLOCK (clock)->origin);
}

static void
memo_manual_clock_clock_iface_init (MemoClockInterface *iface)
{
  iface->get_time = memo_manual_clock_get_time;
  iface->create_source = memo_manual_clock_create_source;
  iface->get_real_time = memo_manual_clock_get_real_time;
  iface->dup_origin = memo_manual_clock_dup_origin;
}

static void
memo_manual_clock_finalize (GObject *object)
{
  MemoManualClock *self = MEMO_MANUAL_CLOCK (object);

  g_ptr_array_unref (self->sources);
  g_free (self->origin);
  g_mutex_clear (&self->lock);

  G_OBJECT_CLASS (memo_manual_clock_parent_class)->finalize (object);
}

static void
memo_manual_clock_class_init (MemoManualClockClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = memo_manual_clock_finalize;
}

static void
memo_manual_clock_init (MemoManualClock *self)
{
  g_mutex_init (&self->lock);
  self->real_time = FIRST_REAL_TIME;
  self->sources = g_ptr_array_new ();
  self->origin = g_uuid_string_random ();
}

/**
 * memo_manual_clock_new:
 *
 * Creates a clock that stands at 0, and its wall clock at the beginning of the year 2000.
 *
 * Returns: (transfer full): the new clock
 *
 * Since: 0.1
 */
MemoManualClock *
memo_manual_clock_new (void)
{
  return g_object_new (MEMO_TYPE_MANUAL_CLOCK, NULL);
}

/**
 * memo_manual_clock_advance:
 * @self: a manual clock
 * @seconds: by how much, in seconds; 0 or more
 *
 * Moves the time on, rounded up to a whole microsecond, and the wall clock with it.
 *
 * Since: 0.1
 */
void
memo_manual_clock_advance (MemoManualClock *self,
                           double           seconds)
{
  g_autoptr(GPtrArray) finished = NULL;
  gint64 step;

  g_return_if_fail (MEMO_IS_MANUAL_CLOCK (self));
  g_return_if_fail (seconds >= 0.0 && seconds <= MEMO_LONGEST_SPAN);

  g_mutex_lock (&self->lock);

  step = MIN ((gint64) ceil (seconds * G_USEC_PER_SEC), G_MAXINT64 - 1 - self->now);
  self->now += step;
  self->real_time = self->real_time > G_MAXINT64 - step ? G_MAXINT64 : self->real_time + step;
  finished = take_due (self);

  g_mutex_unlock (&self->lock);

  for (guint i = 0; i < finished->len; i++)
    g_source_set_ready_time (g_ptr_array_index (finished, i), 0);
}

/**
 * memo_manual_clock_set_real_time:
 * @self: a manual clock
 * @real_time: microseconds since the beginning of 1970 in UTC
 *
 * Sets the wall clock, to anything: for tests of what happens when somebody sets it back.
 *
 * The time that the clock tells does not change, and nothing becomes ready.
 *
 * Since: 0.1
 */
void
memo_manual_clock_set_real_time (MemoManualClock *self,
                                 gint64           real_time)
{
  g_return_if_fail (MEMO_IS_MANUAL_CLOCK (self));

  g_mutex_lock (&self->lock);
  self->real_time = real_time;
  g_mutex_unlock (&self->lock);
}
