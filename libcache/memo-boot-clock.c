/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifdef __linux__
# include <sys/timerfd.h>
#endif

#include <glib-unix.h>

#include "memo-boot-clock-private.h"

/* The clock that goes on while the machine is suspended, and that nobody sets.  The poll of
 * a main loop stands still during suspend, so that longer waits need a timer of the kernel;
 * a short one is late by its own length at most, and costs no descriptor. */

#ifndef CLOCK_BOOTTIME
# define CLOCK_BOOTTIME CLOCK_MONOTONIC
#endif

#define SHORT_WAIT (10 * G_USEC_PER_SEC)

struct _MemoBootClock
{
  GObject parent_instance;
};

static void memo_boot_clock_clock_iface_init (MemoClockInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (MemoBootClock, memo_boot_clock, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (MEMO_TYPE_CLOCK, memo_boot_clock_clock_iface_init))

/* What time it is, without the way through the interface. */
gint64
memo_boot_clock_now (void)
{
  struct timespec now;

  clock_gettime (CLOCK_BOOTTIME, &now);

  return (gint64) now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

typedef struct
{
  GSource source;
  gint64  deadline;
  int     timer;        /* a descriptor, or -1 */
} BootSource;

static gboolean
boot_source_dispatch (GSource     *source,
                      GSourceFunc  callback,
                      gpointer     user_data)
{
  BootSource *self = (BootSource *) source;
  gint64 now = memo_boot_clock_now ();

  if (now < self->deadline)
    {
      /* A poll may end a little early. */
      g_source_set_ready_time (source, g_get_monotonic_time () + (self->deadline - now));
      return G_SOURCE_CONTINUE;
    }

  return callback != NULL ? callback (user_data) : G_SOURCE_REMOVE;
}

static void
boot_source_finalize (GSource *source)
{
  BootSource *self = (BootSource *) source;

  if (self->timer >= 0)
    close (self->timer);
}

static GSourceFuncs boot_source_funcs = {
  .dispatch = boot_source_dispatch,
  .finalize = boot_source_finalize,
};

#ifdef __linux__
/* A timer of the kernel that goes on during suspend, or -1 when there is none to be had. */
static int
create_timer (gint64 deadline)
{
  struct itimerspec at = {
    .it_value = { deadline / G_USEC_PER_SEC, deadline % G_USEC_PER_SEC * 1000 },
  };
  int timer = timerfd_create (CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);

  if (timer >= 0 && timerfd_settime (timer, TFD_TIMER_ABSTIME, &at, NULL) != 0)
    {
      close (timer);
      timer = -1;
    }

  return timer;
}
#endif

static GSource *
memo_boot_clock_create_source (MemoClock *clock,
                               gint64     deadline)
{
  GSource *source = g_source_new (&boot_source_funcs, sizeof (BootSource));
  BootSource *self = (BootSource *) source;
  gint64 now = memo_boot_clock_now ();
  gint64 wait = deadline > now ? deadline - now : 0;

  self->deadline = deadline;
  self->timer = -1;

#ifdef __linux__
  if (wait > SHORT_WAIT)
    self->timer = create_timer (deadline);
#endif

  if (self->timer >= 0)
    g_source_add_unix_fd (source, self->timer, G_IO_IN);
  else
    g_source_set_ready_time (source, wait <= 0 ? 0 : g_get_monotonic_time () + wait);

  return source;
}

static gint64
memo_boot_clock_get_time (MemoClock *clock)
{
  return memo_boot_clock_now ();
}

/* A container may have boot time moved by an offset of its own: there it is not that of the machine. */
static gboolean
boot_time_is_moved (const char *offsets_file)
{
  g_autofree char *text = NULL;
  const char *line;
  long long seconds, nanoseconds;
  char end;

  /* An older kernel moves nothing. */
  if (!g_file_get_contents (offsets_file, &text, NULL, NULL))
    return FALSE;

  line = strstr (text, "boottime");

  return line == NULL || sscanf (line, "boottime %lld %lld%c", &seconds, &nanoseconds, &end) != 3 || end != '\n' ||
         seconds != 0 || nanoseconds != 0;
}

/* The name of this start of the machine, or NULL. */
char *
memo_boot_clock_read_origin (const char *boot_id_file,
                             const char *offsets_file)
{
#if CLOCK_BOOTTIME == CLOCK_MONOTONIC
  return NULL;
#else
  g_autofree char *text = NULL;

  if (!g_file_get_contents (boot_id_file, &text, NULL, NULL) || boot_time_is_moved (offsets_file))
    return NULL;

  g_strstrip (text);

  return g_uuid_string_is_valid (text) ? g_steal_pointer (&text) : NULL;
#endif
}

static char *
memo_boot_clock_dup_origin (MemoClock *clock)
{
  static const char *origin;
  static gsize read;

  if (g_once_init_enter (&read))
    {
      origin = memo_boot_clock_read_origin ("/proc/sys/kernel/random/boot_id", "/proc/self/timens_offsets");
      g_once_init_leave (&read, 1);
    }

  return g_strdup (origin);
}

static void
memo_boot_clock_clock_iface_init (MemoClockInterface *iface)
{
  iface->get_time = memo_boot_clock_get_time;
  iface->create_source = memo_boot_clock_create_source;
  iface->dup_origin = memo_boot_clock_dup_origin;
}

static void
memo_boot_clock_class_init (MemoBootClockClass *klass)
{
}

static void
memo_boot_clock_init (MemoBootClock *self)
{
}
