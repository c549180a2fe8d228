/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-disk-place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

/* Where the file is: in a folder of ours that nobody else can write to, or somebody else could put another
 * file there.  A folder that is missing is made, with mode 0700; one that is there is never changed,
 * since it may be shared on purpose: when others can write to it, it is refused. */

#define CACHEDIR_TAG \
  "Signature: 8a477f597d28d172789f06886806bc55\n" \
  "# This file is a cache directory tag created by libcache.\n" \
  "# For information about cache directory tags see https://bford.info/cachedir/\n"

/* Files are made one at a time in a process: see make_file(). */
static GMutex making;

MemoDiskPlace *
memo_disk_place_new (const char *path)
{
  MemoDiskPlace *self = g_new0 (MemoDiskPlace, 1);

  self->wanted = g_strdup (path);

  return self;
}

static void
forget_names (MemoDiskPlace *self)
{
  g_clear_pointer (&self->folder, g_free);
  g_clear_pointer (&self->path, g_free);
  g_clear_pointer (&self->wal, g_free);
  g_clear_pointer (&self->shm, g_free);
  g_clear_pointer (&self->lock, g_free);
}

void
memo_disk_place_free (MemoDiskPlace *self)
{
  forget_names (self);
  g_free (self->wanted);
  g_free (self);
}

G_GNUC_PRINTF (2, 3)
static gboolean
refuse (GError     **error,
        const char  *format,
        ...)
{
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error_literal (error, MEMO_ERROR, MEMO_ERROR_UNAVAILABLE, message);

  return FALSE;
}

/* --- the folder --- */

static void
tag_folder (const char *folder)
{
  g_autofree char *path = g_build_filename (folder, "CACHEDIR.TAG", NULL);
  int fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

  /* Without it a backup is larger, that is all. */
  if (fd == -1)
    return;
  if (write (fd, CACHEDIR_TAG, strlen (CACHEDIR_TAG)) == -1)
    g_debug ("Cannot write “%s”: %s", path, g_strerror (errno));
  close (fd);
}

static gboolean
check_folder (const char  *folder,
              GError     **error)
{
  struct stat what;

  if (lstat (folder, &what) != 0)
    return refuse (error, "Cannot look at the folder “%s”: %s", folder, g_strerror (errno));
  if (!S_ISDIR (what.st_mode))
    return refuse (error, "“%s” is not a folder; move it away, or use another path", folder);
  if (what.st_uid != geteuid ())
    return refuse (error, "The folder “%s” belongs to user %lu, and this program runs as user %lu; use a folder of its own",
                   folder, (gulong) what.st_uid, (gulong) geteuid ());
  if ((what.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return refuse (error, "Others may write to the folder “%s” (its mode is %04o); run “chmod go-w” on it, "
                   "or use a folder that is for the cache alone", folder, what.st_mode & 07777);

  return TRUE;
}

static void
sync_folder (const char *folder)
{
  int fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (fd == -1)
    return;
  if (fsync (fd) != 0)
    g_debug ("Cannot sync “%s”: %s", folder, g_strerror (errno));
  close (fd);
}

/* Finds the folder, and makes it where there is none. */
gboolean
memo_disk_place_find (MemoDiskPlace  *self,
                      GError        **error)
{
  g_autofree char *wanted = g_path_get_dirname (self->wanted);
  g_autofree char *name = g_path_get_basename (self->wanted);
  gboolean made = !g_file_test (wanted, G_FILE_TEST_EXISTS);
  char *real;

  forget_names (self);

  if (g_mkdir_with_parents (wanted, 0700) != 0)
    return refuse (error, "Cannot make the folder “%s”: %s; make it yourself, or use another path",
                   wanted, g_strerror (errno));

  real = realpath (wanted, NULL);
  if (real == NULL)
    return refuse (error, "Cannot find the folder “%s”: %s", wanted, g_strerror (errno));
  self->folder = g_strdup (real);
  free (real);
  self->path = g_build_filename (self->folder, name, NULL);
  self->wal = g_strconcat (self->path, "-wal", NULL);
  self->shm = g_strconcat (self->path, "-shm", NULL);
  self->lock = g_strconcat (self->path, "-lock", NULL);

  if (!check_folder (self->folder, error))
    return FALSE;

  /* Only in a folder that is for caches: where others have their things a backup would miss them. */
  if (made)
    tag_folder (self->folder);

  return TRUE;
}

/* --- the file --- */

static const char *
kind_of (mode_t mode)
{
  switch (mode & S_IFMT)
    {
    case S_IFDIR:
      return "a folder";

    case S_IFLNK:
      return "a symbolic link";

    case S_IFIFO:
      return "a pipe";

    case S_IFSOCK:
      return "a socket";

    default:
      return "a device";
    }
}

/* The file has to be ours and nothing but a file. */
static gboolean
check_file (const char  *path,
            GError     **error)
{
  struct stat what;

  if (lstat (path, &what) != 0)
    return errno == ENOENT ? TRUE : refuse (error, "Cannot look at “%s”: %s", path, g_strerror (errno));
  if (!S_ISREG (what.st_mode))
    return refuse (error, "“%s” is %s, not a file; move it away, or use another path", path, kind_of (what.st_mode));
  if (what.st_uid != geteuid ())
    return refuse (error, "The file “%s” belongs to user %lu, and this program runs as user %lu; "
                   "move it away, or use another path", path, (gulong) what.st_uid, (gulong) geteuid ());

  /* It is ours, and what is in it is nobody else's business. */
  if ((what.st_mode & 0077) != 0 && chmod (path, what.st_mode & 0700) != 0)
    return refuse (error, "Others may use the file “%s”, and that cannot be changed: %s", path, g_strerror (errno));

  return TRUE;
}

/* Makes the file, so that it has the right mode from the beginning.
 *
 * A file that is there is never opened here: closing it again would take away the locks that other connections
 * of this process have on it, as POSIX wants it. */
static gboolean
make_file (MemoDiskPlace  *self,
           GError        **error)
{
  int fd, problem;

  g_mutex_lock (&making);
  fd = open (self->path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  problem = errno;
  if (fd != -1)
    {
      close (fd);
      /* Left over from a file that is gone; with the new one they make no sense. */
      unlink (self->wal);
      unlink (self->shm);
    }
  g_mutex_unlock (&making);

  if (fd != -1)
    sync_folder (self->folder);
  else if (problem != EEXIST)
    return refuse (error, "Cannot make the file “%s”: %s; make its folder writable and see that there is room, "
                   "or use another path", self->path, g_strerror (problem));

  return TRUE;
}

/* Sees to it that there is a file to open, and that it is one that may be opened. */
gboolean
memo_disk_place_prepare (MemoDiskPlace  *self,
                         GError        **error)
{
  return check_file (self->path, error) && check_file (self->wal, error) &&
         check_file (self->shm, error) && make_file (self, error);
}

static MemoDiskIdentity
identify (const char *path)
{
  struct stat what;

  if (lstat (path, &what) != 0)
    return (MemoDiskIdentity) { 0, 0 };

  return (MemoDiskIdentity) { what.st_dev, what.st_ino };
}

static gboolean
is_same (const char             *path,
         const MemoDiskIdentity *identity)
{
  MemoDiskIdentity now = identify (path);

  return now.device == identity->device && now.inode == identity->inode;
}

/* The files that were just opened are the ones at this place. */
void
memo_disk_place_remember (MemoDiskPlace *self)
{
  self->file_identity = identify (self->path);
  self->wal_identity = identify (self->wal);
  self->shm_identity = identify (self->shm);
}

/* Whether they still are.  Somebody may have cleaned up. */
MemoDiskPresence
memo_disk_place_look (MemoDiskPlace *self)
{
  if (!is_same (self->path, &self->file_identity))
    return MEMO_DISK_GONE;
  if (!is_same (self->wal, &self->wal_identity) || !is_same (self->shm, &self->shm_identity))
    return MEMO_DISK_MAIMED;

  return MEMO_DISK_THERE;
}

/* Whether there is no file, or one that nothing was ever written to. */
gboolean
memo_disk_place_is_empty (MemoDiskPlace *self)
{
  struct stat what;

  if (self->path == NULL)
    return FALSE;

  return lstat (self->path, &what) == 0 ? S_ISREG (what.st_mode) && what.st_size == 0 : errno == ENOENT;
}

/* Takes the file away, and what belongs to it: the file first, since without the others it says what was true
 * once.  Durable, so that it does not come back. */
gboolean
memo_disk_place_discard (MemoDiskPlace  *self,
                         gboolean        set_aside,
                         GError        **error)
{
  g_autofree char *aside = g_strconcat (self->path, ".damaged", NULL);

  if ((!set_aside || rename (self->path, aside) != 0) && unlink (self->path) != 0 && errno != ENOENT)
    return refuse (error, "The file “%s” is of no use, and cannot be deleted: %s; delete it yourself", self->path,
                   g_strerror (errno));
  unlink (self->wal);
  unlink (self->shm);
  sync_folder (self->folder);

  return TRUE;
}
