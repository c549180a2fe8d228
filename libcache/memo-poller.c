/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-poller.h"
#include "memo-error.h"

#ifdef HAVE_EPOLL
# include <errno.h>
# include <sys/epoll.h>
# include <sys/timerfd.h>
# include <unistd.h>
#endif

/**
 * MemoPoller:
 *
 * A main context that another kind of main loop can drive: one file descriptor becomes readable when there is
 * something to do.
 *
 * It is for programs whose main loop is not GLib's, and which can watch a descriptor: an event loop of
 * Python's `asyncio`, libuv, or `epoll` itself. Such a program makes a poller, watches
 * [method@Memo.Poller.get_fd] for input, and calls [method@Memo.Poller.dispatch] whenever there is some. While
 * it asks a cache for something, [method@Memo.Poller.get_context] is to be the thread-default main context, so
 * that the callbacks come there.
 *
 * ```c
 * g_autoptr(MemoPoller) poller = memo_poller_new (&error);
 * GMainContext *context = memo_poller_get_context (poller);
 *
 * g_main_context_push_thread_default (context);
 * memo_cache_get_async (cache, "user:1", MEMO_GET_NONE, users, NULL, got_user_cb, NULL);
 * g_main_context_pop_thread_default (context);
 *
 * struct pollfd watched = { memo_poller_get_fd (poller), POLLIN, 0 };
 * while (poll (&watched, 1, -1) == 1)
 *   memo_poller_dispatch (poller);
 * ```
 *
 * What another thread adds to the context makes the descriptor readable as well. As long as nothing is to be done,
 * nothing is: there is no timer that ticks.
 *
 * The descriptor is one of `epoll` that has in it all descriptors that sources of the context wait for, and a timer for
 * those that wait for a time. It needs the calls `epoll` and `timerfd`; elsewhere
 * making one fails with `MEMO_ERROR_NOT_SUPPORTED`.
 *
 * Since: 0.1
 */

/* So many turns at a time: whoever drives the context has other things to do as well. */
#define MAX_TURNS 16

struct _MemoPoller
{
  GObject       parent_instance;

  GMainContext *context;
  int           fd;           /* of epoll */
  int           timer;        /* of timerfd, in there */
  gint64        timer_time;   /* for when it is set, or G_MAXINT64 */
  GArray       *fds;          /* of GPollFD: what the context waits for */
  GArray       *watched;      /* of GPollFD: what is in epoll, each descriptor once */
};

static void memo_poller_initable_iface_init (GInitableIface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (MemoPoller, memo_poller, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_INITABLE, memo_poller_initable_iface_init))

#ifdef HAVE_EPOLL

/* --- what epoll watches --- */

static guint32
epoll_events (gushort events)
{
  /* GLib's have the values of poll(), and these are the same on Linux, but for their names. */
  guint32 result = 0;

  if (events & G_IO_IN)
    result |= EPOLLIN;
  if (events & G_IO_OUT)
    result |= EPOLLOUT;
  if (events & G_IO_PRI)
    result |= EPOLLPRI;

  return result;
}

static GPollFD *
find_fd (GArray *fds,
         int     fd)
{
  for (guint i = 0; i < fds->len; i++)
    {
      GPollFD *candidate = &g_array_index (fds, GPollFD, i);

      if (candidate->fd == fd)
        return candidate;
    }

  return NULL;
}

/* Says whether epoll watches it now. */
static gboolean
watch_fd (MemoPoller    *self,
          const GPollFD *wanted)
{
  struct epoll_event event = { .events = epoll_events (wanted->events) };

  /* Asked each time: a descriptor that was closed is not in there any more, and may be another one by now. */
  if (epoll_ctl (self->fd, EPOLL_CTL_MOD, wanted->fd, &event) == 0 ||
      (errno == ENOENT && epoll_ctl (self->fd, EPOLL_CTL_ADD, wanted->fd, &event) == 0))
    return TRUE;

  /* An ordinary file is always ready, which epoll refuses to say; what is closed, poll() complains about. */
  if (errno != EPERM && errno != EBADF)
    g_warning ("A descriptor cannot be watched by epoll, and is polled: %s", g_strerror (errno));

  return FALSE;
}

/* Has epoll watch what the context waits for.  Says whether it can watch all of that. */
static gboolean
watch_fds (MemoPoller *self)
{
  g_autoptr(GArray) wanted = g_array_new (FALSE, FALSE, sizeof (GPollFD));
  gboolean complete = TRUE;

  for (guint i = 0; i < self->fds->len; i++)
    {
      const GPollFD *fd = &g_array_index (self->fds, GPollFD, i);
      GPollFD *same = find_fd (wanted, fd->fd);

      if (same != NULL)
        same->events |= fd->events;
      else
        g_array_append_val (wanted, *fd);
    }

  for (guint i = 0; i < self->watched->len; i++)
    {
      int fd = g_array_index (self->watched, GPollFD, i).fd;

      /* Where it was closed it is gone already. */
      if (find_fd (wanted, fd) == NULL)
        epoll_ctl (self->fd, EPOLL_CTL_DEL, fd, NULL);
    }

  for (guint i = 0; i < wanted->len; i++)
    {
      if (!watch_fd (self, &g_array_index (wanted, GPollFD, i)))
        complete = FALSE;
    }

  g_array_unref (self->watched);
  self->watched = g_steal_pointer (&wanted);

  return complete;
}

/* --- time --- */

/* TIME is that of g_get_monotonic_time(). */
static void
set_timer (MemoPoller *self,
           gint64      time)
{
  struct itimerspec spec = {
    .it_value = {
      .tv_sec = time / G_USEC_PER_SEC,
      .tv_nsec = time % G_USEC_PER_SEC * 1000,
    },
  };

  timerfd_settime (self->timer, TFD_TIMER_ABSTIME, &spec, NULL);
  self->timer_time = time;
}

/* Has the descriptor become readable in TIMEOUT milliseconds at the latest; -1 is never. */
static void
arm_timer (MemoPoller *self,
           int         timeout)
{
  gint64 now;

  if (timeout < 0)
    {
      /* One that is set fires in vain once, which costs less than to take it back again and again. */
      return;
    }

  now = g_get_monotonic_time ();
  /* A time of 0 would disarm it. */
  if (timeout == 0)
    set_timer (self, 1);
  else if (now + timeout * G_GINT64_CONSTANT (1000) < self->timer_time)
    set_timer (self, now + timeout * G_GINT64_CONSTANT (1000));
}

/* What fired is over, and the descriptor not readable for it any more. */
static void
quench_timer (MemoPoller *self)
{
  guint64 n_times;

  if (self->timer_time <= g_get_monotonic_time () && read (self->timer, &n_times, sizeof n_times) > 0)
    self->timer_time = G_MAXINT64;
}

/* --- turns --- */

/* Fills `fds`, and gives for how long at most the context waits for them, in milliseconds. */
static int
query (MemoPoller *self,
       int         priority)
{
  int timeout = -1;
  int n_fds;

  while ((n_fds = g_main_context_query (self->context, priority, &timeout,
                                        (GPollFD *) self->fds->data, self->fds->len)) > (int) self->fds->len)
    g_array_set_size (self->fds, n_fds);
  g_array_set_size (self->fds, n_fds);

  return timeout;
}

/* One turn, without waiting.  Gives how long the next may wait: 0 when there may be more to do. */
static int
turn (MemoPoller *self,
      gboolean   *dispatched)
{
  int priority = 0;
  int timeout, n_ready;

  g_main_context_prepare (self->context, &priority);
  timeout = query (self, priority);
  n_ready = g_poll ((GPollFD *) self->fds->data, self->fds->len, 0);

  if (g_main_context_check (self->context, priority, (GPollFD *) self->fds->data, self->fds->len))
    {
      g_main_context_dispatch (self->context);
      *dispatched = TRUE;
      return 0;
    }

  /* Somebody woke the context up, maybe for a source that is not among those asked. */
  return n_ready > 0 ? 0 : timeout;
}

static gboolean
poller_dispatch (MemoPoller *self)
{
  g_autoptr(MemoPoller) kept = NULL;
  gboolean dispatched = FALSE;
  int timeout = 0;

  /* Another thread is at it, and sees to it. */
  if (!g_main_context_acquire (self->context))
    return FALSE;

  kept = g_object_ref (self);
  g_main_context_push_thread_default (self->context);

  quench_timer (self);
  for (guint i = 0; i < MAX_TURNS && timeout == 0; i++)
    timeout = turn (self, &dispatched);
  if (!watch_fds (self))
    timeout = 0;
  arm_timer (self, timeout);

  g_main_context_pop_thread_default (self->context);
  g_main_context_release (self->context);

  return dispatched;
}

static gboolean
poller_open (MemoPoller  *self,
             GError     **error)
{
  struct epoll_event event = { .events = EPOLLIN };

  self->fd = epoll_create1 (EPOLL_CLOEXEC);
  if (self->fd >= 0)
    self->timer = timerfd_create (CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  if (self->fd < 0 || self->timer < 0 || epoll_ctl (self->fd, EPOLL_CTL_ADD, self->timer, &event) != 0)
    {
      int reason = errno;

      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (reason),
                   "A poller cannot be made: %s", g_strerror (reason));
      return FALSE;
    }

  /* The descriptors of the context are in there from the first turn on. */
  poller_dispatch (self);

  return TRUE;
}

static void
poller_close (MemoPoller *self)
{
  if (self->timer >= 0)
    close (self->timer);
  if (self->fd >= 0)
    close (self->fd);
}

#else /* !HAVE_EPOLL */

static gboolean
poller_dispatch (MemoPoller *self)
{
  return FALSE;
}

static gboolean
poller_open (MemoPoller  *self,
             GError     **error)
{
  g_set_error_literal (error, MEMO_ERROR, MEMO_ERROR_NOT_SUPPORTED,
                       "A poller needs epoll and timerfd, which this system does not have: use a main loop of GLib");

  return FALSE;
}

static void
poller_close (MemoPoller *self)
{
}

#endif /* HAVE_EPOLL */

static gboolean
memo_poller_initable_init (GInitable     *initable,
                           GCancellable  *cancellable,
                           GError       **error)
{
  MemoPoller *self = MEMO_POLLER (initable);

  if (self->fd >= 0)
    return TRUE;

  return poller_open (self, error);
}

static void
memo_poller_initable_iface_init (GInitableIface *iface)
{
  iface->init = memo_poller_initable_init;
}

static void
memo_poller_finalize (GObject *object)
{
  MemoPoller *self = MEMO_POLLER (object);

  poller_close (self);
  g_main_context_unref (self->context);
  g_array_unref (self->fds);
  g_array_unref (self->watched);

  G_OBJECT_CLASS (memo_poller_parent_class)->finalize (object);
}

static void
memo_poller_class_init (MemoPollerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = memo_poller_finalize;
}

static void
memo_poller_init (MemoPoller *self)
{
  /* Without the flag a source that this very thread adds would not wake the context up. */
  self->context = g_main_context_new_with_flags (G_MAIN_CONTEXT_FLAGS_OWNERLESS_POLLING);
  self->fd = -1;
  self->timer = -1;
  self->timer_time = G_MAXINT64;
  self->fds = g_array_new (FALSE, TRUE, sizeof (GPollFD));
  self->watched = g_array_new (FALSE, FALSE, sizeof (GPollFD));
}

/**
 * memo_poller_new:
 * @error: return location for a [type@GLib.Error]
 *
 * Creates a poller with a main context of its own.
 *
 * It fails with `MEMO_ERROR_NOT_SUPPORTED` where there is no `epoll`, and with an error of
 * [error@Gio.IOErrorEnum] where the process has no more descriptors to give.
 *
 * Returns: (transfer full) (nullable): the new poller, or `NULL` on an error
 *
 * Since: 0.1
 */
MemoPoller *
memo_poller_new (GError **error)
{
  return g_initable_new (MEMO_TYPE_POLLER, NULL, error, NULL);
}

/**
 * memo_poller_get_context:
 * @self: a poller
 *
 * Gets the main context that is driven.
 *
 * Do not iterate it, nor run a [struct@GLib.MainLoop] in it: [method@Memo.Poller.dispatch] does that.
 *
 * Returns: (transfer none): the context
 *
 * Since: 0.1
 */
GMainContext *
memo_poller_get_context (MemoPoller *self)
{
  g_return_val_if_fail (MEMO_IS_POLLER (self), NULL);

  return self->context;
}

/**
 * memo_poller_get_fd:
 * @self: a poller
 *
 * Gets the descriptor that is readable when the context has something to do.
 *
 * It is readable until [method@Memo.Poller.dispatch] has done it. Do not read from it; and do not close it, as it is
 * closed with the last reference to the poller.
 *
 * Returns: the file descriptor; -1 for a poller that could not be made
 *
 * Since: 0.1
 */
int
memo_poller_get_fd (MemoPoller *self)
{
  g_return_val_if_fail (MEMO_IS_POLLER (self), -1);

  return self->fd;
}

/**
 * memo_poller_dispatch:
 * @self: a poller
 *
 * Does what the context has to do, and does not wait for more.
 *
 * The context is the thread-default one while callbacks run. Where there is very much to do, a part of it is left: then the
 * descriptor is still readable. When another thread is at it this returns at once, with
 * `FALSE`.
 *
 * Returns: whether anything was done
 *
 * Since: 0.1
 */
gboolean
memo_poller_dispatch (MemoPoller *self)
{
  g_return_val_if_fail (MEMO_IS_POLLER (self), FALSE);
  g_return_val_if_fail (self->fd >= 0, FALSE);

  return poller_dispatch (self);
}
