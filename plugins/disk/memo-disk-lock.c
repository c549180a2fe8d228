/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-disk-place.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* While a file is opened, closed or replaced no other process may do so: it could take away what was just
 * made.  SQLite's own locks are on the files that come and go, so this one is on a file beside them. */

static gboolean
is_still_there (MemoDiskPlace *self,
                int            fd)
{
  struct stat here, there;

  return fstat (fd, &here) == 0 && lstat (self->lock, &there) == 0 &&
         here.st_dev == there.st_dev && here.st_ino == there.st_ino;
}

/* Waits for PATIENCE milliseconds at most.  Gives what is to be unlocked, or -1. */
int
memo_disk_place_lock (MemoDiskPlace  *self,
                      int             patience,
                      GError        **error)
{
  gint64 until = g_get_monotonic_time () + patience * (gint64) 1000;

  for (;;)
    {
      int fd = open (self->lock, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
      int problem = errno;

      if (fd == -1)
        {
          g_set_error (error, MEMO_ERROR, MEMO_ERROR_UNAVAILABLE,
                       "Cannot make the file “%s”: %s; make its folder writable and see that there is room, "
                       "or use another path", self->lock, g_strerror (problem));
          return -1;
        }

      /* Somebody may have deleted it just now; then others lock another one. */
      if (flock (fd, LOCK_EX | LOCK_NB) == 0)
        {
          if (is_still_there (self, fd))
            return fd;
          close (fd);
          continue;
        }

      problem = errno;
      close (fd);
      if ((problem != EWOULDBLOCK && problem != EINTR) || g_get_monotonic_time () >= until)
        {
          g_set_error (error, MEMO_ERROR, MEMO_ERROR_UNAVAILABLE, "Cannot lock “%s”: %s", self->lock,
                       problem == EWOULDBLOCK ? "another process has it locked" : g_strerror (problem));
          return -1;
        }
      g_usleep (5 * 1000);
    }
}

void
memo_disk_place_unlock (int lock)
{
  if (lock != -1)
    close (lock);
}
