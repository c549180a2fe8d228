/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-redis-worker.h"

#include <string.h>

#include "memo-redis-dial.h"
#include "memo-redis-steps.h"

/* One thread has the link and all that belongs to it, in a main context of its own.  Who asks leaves a wish and goes on; while the
 * server is known to be away not even that: the error is at hand.
 *
 * Nobody waits for the thread to end.  It shares this structure with the object, and the last of the two frees it. */

struct _MemoRedisWorker
{
  gatomicrefcount         refs;
  MemoRedisAddress        address;
  MemoRedisSetup          setup;
  MemoRedisCounters       counters;
  const MemoRedisSignals *signals;
  gpointer                data;
  GDestroyNotify          destroy;
  GMainContext           *context;
  GMainLoop              *loop;
  GSource                *look;       /* has the thread look at the wishes */

  GMutex                  lock;       /* the next ones are guarded by it */
  GQueue                  wishes;
  GQueue                  requests;
  gboolean                asleep;     /* the thread does not look at them before it is woken up */
  gboolean                started;
  gboolean                closed;
  gboolean                connected;
  GError                 *away;       /* why nobody needs to ask */
  gint64                  lease_end;  /* in the time of the link's clock */
  guint8                  server[MEMO_REMOTE_SERVER_ID_SIZE];

  /* The thread's own. */
  MemoRedisLink          *link;
  MemoRedisDesk          *desk;
  MemoRedisSteps         *steps;
  gboolean                done;       /* it was closed, and all calls are answered */
};

static int n_workers;

/* A thread that is about to end has one yet. */
guint
memo_redis_worker_count (void)
{
  return g_atomic_int_get (&n_workers);
}

/* --- the wishes --- */

typedef struct
{
  GSource          source;
  MemoRedisWorker *worker;
} LookSource;

/* The thread is about to sleep, or awake again.  Says whether there is something to do. */
static gboolean
look (MemoRedisWorker *self,
      gboolean         asleep)
{
  gboolean any;

  g_mutex_lock (&self->lock);
  any = self->wishes.head != NULL || self->requests.head != NULL;
  self->asleep = asleep && !any;
  g_mutex_unlock (&self->lock);

  return any;
}

static gboolean
look_prepare (GSource *source,
              int     *timeout)
{
  *timeout = -1;

  return look (((LookSource *) source)->worker, TRUE);
}

static gboolean
look_check (GSource *source)
{
  return look (((LookSource *) source)->worker, FALSE);
}

static gboolean
look_dispatch (GSource     *source,
               GSourceFunc  callback,
               gpointer     data)
{
  MemoRedisWorker *self = ((LookSource *) source)->worker;
  GQueue wishes;
  GQueue requests;

  g_mutex_lock (&self->lock);
  wishes = self->wishes;
  g_queue_init (&self->wishes);
  requests = self->requests;
  g_queue_init (&self->requests);
  g_mutex_unlock (&self->lock);

  /* Before a wish that it be closed. */
  while (requests.head != NULL)
    memo_redis_steps_take (self->steps, g_queue_pop_head_link (&requests)->data);
  while (wishes.head != NULL)
    memo_redis_desk_take (self->desk, g_queue_pop_head_link (&wishes)->data);

  return G_SOURCE_CONTINUE;
}

/* Woken up is only a thread that sleeps: one that has not finished a turn finds what came meanwhile by itself. */
static GSourceFuncs look_funcs = {
  .prepare = look_prepare,
  .check = look_check,
  .dispatch = look_dispatch,
};

/* --- life --- */

MemoRedisWorker *
memo_redis_worker_new (const MemoRedisAddress *address,
                       const MemoRedisSetup   *setup,
                       const MemoRedisSignals *signals,
                       gpointer                data,
                       GDestroyNotify          destroy)
{
  MemoRedisWorker *self = g_new0 (MemoRedisWorker, 1);

  g_atomic_int_inc (&n_workers);
  g_atomic_ref_count_init (&self->refs);
  memo_redis_address_copy (address, &self->address);
  self->setup = *setup;
  if (self->setup.clock != NULL)
    g_object_ref (self->setup.clock);
  g_mutex_init (&self->counters.lock);
  self->counters.round_trip = -1.0;
  self->signals = signals;
  self->data = data;
  self->destroy = destroy;
  self->context = g_main_context_new ();
  self->loop = g_main_loop_new (self->context, FALSE);
  self->look = g_source_new (&look_funcs, sizeof (LookSource));
  ((LookSource *) self->look)->worker = self;
  g_source_set_static_name (self->look, "[libcache] redis wishes");
  g_source_attach (self->look, self->context);
  g_mutex_init (&self->lock);
  g_queue_init (&self->wishes);
  g_queue_init (&self->requests);

  return self;
}

static void
worker_unref (MemoRedisWorker *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;

  self->destroy (self->data);
  memo_redis_address_clear (&self->address);
  g_clear_object (&self->setup.clock);
  g_clear_error (&self->away);
  g_source_destroy (self->look);
  g_source_unref (self->look);
  g_main_loop_unref (self->loop);
  g_main_context_unref (self->context);
  g_mutex_clear (&self->counters.lock);
  g_mutex_clear (&self->lock);
  g_free (self);
  g_atomic_int_add (&n_workers, -1);
}

/* --- the thread --- */

static void
take_lease (MemoRedisWorker *self)
{
  const gint64 lease_end = memo_redis_link_get_lease (self->link);

  g_mutex_lock (&self->lock);
  self->lease_end = lease_end;
  g_mutex_unlock (&self->lock);
}

static void
outdated (gpointer    owner,
          const char *name)
{
  MemoRedisWorker *self = owner;
  const char *key = NULL;

  if (name == NULL || memo_redis_steps_name (self->steps, name, &key))
    self->signals->outdated (self->data, key);
}

static void
beat (gpointer owner)
{
  MemoRedisWorker *self = owner;

  take_lease (self);
  self->signals->beat (self->data);
}

static const MemoRedisHeard heard = {
  .outdated = outdated,
  .beat = beat,
};

static void
changed (MemoRedisLink *link,
         gpointer       owner)
{
  MemoRedisWorker *self = owner;
  const GError *error = memo_redis_link_get_error (link);
  const gboolean connected = memo_redis_link_get_state (link) == MEMO_REDIS_UP;
  gboolean notify;

  g_mutex_lock (&self->lock);
  notify = self->connected != connected;
  self->connected = connected;
  g_clear_error (&self->away);
  if (error != NULL)
    self->away = g_error_copy (error);
  self->lease_end = memo_redis_link_get_lease (link);
  memcpy (self->server, memo_redis_link_get_server (link), sizeof self->server);
  g_mutex_unlock (&self->lock);

  /* Before anything is sent on a new link, and before those are told who waited for the old one. */
  if (notify && self->address.max_staleness_ms > 0)
    (connected ? self->signals->linked : self->signals->unlinked) (self->data);

  memo_redis_desk_changed (self->desk);
  memo_redis_steps_changed (self->steps);
  if (notify)
    self->signals->connected (self->data);
}

/* It ends when both have answered all that was asked before it was closed. */
static void
done (gpointer owner)
{
  MemoRedisWorker *self = owner;

  self->done = TRUE;
  if (memo_redis_steps_is_idle (self->steps))
    g_main_loop_quit (self->loop);
}

static void
idle (gpointer owner)
{
  MemoRedisWorker *self = owner;

  if (self->done)
    g_main_loop_quit (self->loop);
}

/* What was written here, and would not be said by the server. */
static void
wrote (gpointer    owner,
       const char *key)
{
  MemoRedisWorker *self = owner;

  if (self->address.max_staleness_ms > 0)
    self->signals->outdated (self->data, key);
}

static const MemoRedisDeskOwner desk_owner = {
  .done = done,
  .outdated = wrote,
};

static const MemoRedisStepsOwner steps_owner = {
  .outdated = wrote,
  .idle = idle,
};

/* Who asked before it was closed, and was not heard any more. */
static void
refuse_requests (MemoRedisWorker *self)
{
  g_autoptr(GError) error = g_error_new (MEMO_ERROR, MEMO_ERROR_CLOSED, "%s was closed", self->address.label);
  GQueue requests;

  g_mutex_lock (&self->lock);
  self->closed = TRUE;
  requests = self->requests;
  g_queue_init (&self->requests);
  g_mutex_unlock (&self->lock);

  while (requests.head != NULL)
    memo_remote_request_fail (g_queue_pop_head_link (&requests)->data, error);
}

static gpointer
worker_main (gpointer data)
{
  MemoRedisWorker *self = data;
  g_autoptr(GPtrArray) closing = NULL;

  g_main_context_push_thread_default (self->context);
  self->link = memo_redis_link_new (&self->address, &self->setup, &self->counters, changed, &heard, self);
  self->desk = memo_redis_desk_new (self->link, &self->address, &self->setup, &self->counters, &desk_owner, self);
  self->steps = memo_redis_steps_new (self->link, &self->address, &self->setup, &self->counters, &steps_owner, self);
  memo_redis_link_start (self->link);

  g_main_loop_run (self->loop);

  memo_redis_link_stop (self->link);
  refuse_requests (self);
  memo_redis_steps_free (self->steps);
  closing = memo_redis_desk_free (self->desk);
  memo_redis_link_free (self->link);
  /* What was cancelled ends in this context, and nowhere else. */
  while (memo_redis_dial_count () > 0)
    g_main_context_iteration (self->context, TRUE);
  g_main_context_pop_thread_default (self->context);
  worker_unref (self);

  for (guint i = 0; i < closing->len; i++)
    memo_call_return_nothing (g_ptr_array_index (closing, i));

  return NULL;
}

/* --- asking --- */

/* With the lock. */
static gboolean
ensure_thread (MemoRedisWorker  *self,
               GError          **error)
{
  GThread *thread;

  if (self->started)
    return TRUE;

  g_atomic_ref_count_inc (&self->refs);
  thread = g_thread_try_new ("memo-redis", worker_main, self, error);
  if (thread == NULL)
    {
      (void) g_atomic_ref_count_dec (&self->refs);
      return FALSE;
    }
  g_thread_unref (thread);
  self->started = TRUE;

  return TRUE;
}

/* With the lock.  Why it cannot be asked. */
static GError *
check_wish (MemoRedisWorker *self,
            MemoRedisAsk     ask)
{
  g_autoptr(GError) why = NULL;

  if (self->closed)
    return g_error_new (MEMO_ERROR, MEMO_ERROR_CLOSED, "%s was closed", self->address.label);
  if (ask == MEMO_REDIS_CLOSE)
    return NULL;
  if (self->away != NULL)
    return g_error_copy (self->away);
  if (self->wishes.length + self->requests.length >= self->setup.in_flight)
    return g_error_new (MEMO_ERROR, MEMO_ERROR_BUSY, "%s: %u operations wait already", self->address.label,
                        self->wishes.length + self->requests.length);
  if (!ensure_thread (self, &why))
    return g_error_new (MEMO_ERROR, MEMO_ERROR_UNAVAILABLE, "There is no thread for %s: %s", self->address.label, why->message);

  return NULL;
}

/* Takes a wish; the call is answered when it is granted. */
void
memo_redis_worker_ask (MemoRedisWorker *self,
                       MemoRedisAsk     ask,
                       const char      *key,
                       MemoCall        *call)
{
  MemoRedisWish *wish = memo_redis_wish_new (ask, key, call);
  gboolean wake = FALSE;
  GError *error;

  g_mutex_lock (&self->lock);
  error = check_wish (self, ask);
  if (error == NULL)
    {
      self->closed |= ask == MEMO_REDIS_CLOSE;
      if (self->started)
        {
          g_queue_push_tail_link (&self->wishes, &wish->link);
          wish = NULL;
          wake = self->asleep;
          self->asleep = FALSE;
        }
    }
  g_mutex_unlock (&self->lock);

  /* Not under the lock, or the thread would wake up to wait for it. */
  if (wake)
    g_main_context_wakeup (self->context);
  if (wish == NULL)
    return;
  if (error != NULL)
    {
      memo_redis_count (&self->counters, refused, 1);
      memo_call_return_error (call, error);
    }
  else
    {
      memo_call_return_nothing (call);
    }
  memo_redis_wish_free (wish);
}

/* Has a step done. */
void
memo_redis_worker_request (MemoRedisWorker   *self,
                           MemoRemoteRequest *request)
{
  gboolean wake = FALSE;
  g_autoptr(GError) error = NULL;

  g_mutex_lock (&self->lock);
  error = check_wish (self, MEMO_REDIS_LOAD);
  if (error == NULL)
    {
      g_queue_push_tail_link (&self->requests, memo_redis_request_link (request));
      wake = self->asleep;
      self->asleep = FALSE;
    }
  g_mutex_unlock (&self->lock);

  if (wake)
    g_main_context_wakeup (self->context);
  if (error != NULL)
    {
      memo_redis_count (&self->counters, refused, 1);
      memo_remote_request_fail (request, error);
    }
}

/* How long what was read may be served from now on, in microseconds. */
gint64
memo_redis_worker_get_lease (MemoRedisWorker *self)
{
  MemoClock *clock = self->setup.clock != NULL ? self->setup.clock : memo_clock_get_default ();
  gint64 lease_end;

  g_mutex_lock (&self->lock);
  lease_end = self->lease_end;
  g_mutex_unlock (&self->lock);

  return lease_end - memo_clock_get_time (clock);
}

void
memo_redis_worker_get_server (MemoRedisWorker *self,
                              guint8          *server)
{
  g_mutex_lock (&self->lock);
  memcpy (server, self->server, sizeof self->server);
  g_mutex_unlock (&self->lock);
}

static gboolean
quit_cb (gpointer data)
{
  g_main_loop_quit (data);

  return G_SOURCE_REMOVE;
}

/* Takes the reference.  Nobody waits for an answer any more: who does has the object. */
void
memo_redis_worker_end (MemoRedisWorker *self)
{
  GSource *source = g_idle_source_new ();

  /* One that is not running yet would not be ended by g_main_loop_quit(). */
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, quit_cb, g_main_loop_ref (self->loop), (GDestroyNotify) g_main_loop_unref);
  g_source_attach (source, self->context);
  /* While the context is there for sure: it may go with the thread as soon as nobody else has the worker. */
  g_source_unref (source);
  worker_unref (self);
}

gboolean
memo_redis_worker_is_connected (MemoRedisWorker *self)
{
  gboolean connected;

  g_mutex_lock (&self->lock);
  connected = self->connected;
  g_mutex_unlock (&self->lock);

  return connected;
}

void
memo_redis_worker_get_counters (MemoRedisWorker   *self,
                                MemoRedisCounters *counters)
{
  g_mutex_lock (&self->counters.lock);
  memcpy (counters, &self->counters, G_STRUCT_OFFSET (MemoRedisCounters, lock));
  g_mutex_unlock (&self->counters.lock);
}
