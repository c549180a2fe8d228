/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-disk-file.h"

/* Opening, and what is done about a file that cannot be used: a cache may always begin anew.  A file that is
 * known to be ours is deleted then.  One that is not is set aside, since it may be dear to somebody, and a
 * sound database of another program is left alone altogether. */

#define FIRST_PAUSE G_USEC_PER_SEC
#define LONGEST_PAUSE (30 * (gint64) G_USEC_PER_SEC)

/* Replaced so often within this time: it would only be damaged again. */
#define WEARY (60 * (gint64) G_USEC_PER_SEC)

void
memo_disk_file_explain (MemoDiskFile  *self,
                        int            code,
                        GError       **error)
{
  const char *path = self->place->path != NULL ? self->place->path : self->place->wanted;
  const char *what = self->database != NULL ? memo_disk_database_describe (self->database, code) : sqlite3_errstr (code);

  switch (code & 0xff)
    {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      g_set_error (error, MEMO_ERROR, MEMO_ERROR_UNAVAILABLE,
                   "The cache file “%s” is in use by another process (%s); wait, or give each process a file of its own",
                   path, what);
      break;

    case SQLITE_FULL:
      g_set_error (error, MEMO_ERROR, MEMO_ERROR_UNAVAILABLE,
                   "There is no room for the cache file “%s” (%s); delete something, or lower its “max-size”", path, what);
      break;

    case SQLITE_TOOBIG:
      g_set_error (error, MEMO_ERROR, MEMO_ERROR_UNAVAILABLE, "A value is too large for the cache file “%s”", path);
      break;

    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      g_set_error (error, MEMO_ERROR, MEMO_ERROR_UNAVAILABLE,
                   "The cache file “%s” cannot be used: %s; see that the file and its folder are writable", path, what);
      break;

    case SQLITE_IOERR:
      g_set_error (error, MEMO_ERROR, MEMO_ERROR_UNAVAILABLE,
                   "The cache file “%s” cannot be used: %s; see whether its disk is sound", path, what);
      break;

    default:
      if (code == MEMO_DISK_FOREIGN)
        g_set_error (error, MEMO_ERROR, MEMO_ERROR_UNAVAILABLE,
                     "“%s” is no cache, but a database of another program; use another path", path);
      else
        g_set_error (error, MEMO_ERROR, MEMO_ERROR_UNAVAILABLE, "The cache file “%s” cannot be used: %s", path, what);
      break;
    }
}

/* --- leaving it alone --- */

/* Until a pause is over, all that is asked has the same answer. */
void
memo_disk_file_give_up (MemoDiskFile *self,
                        const GError *why)
{
  memo_disk_file_close (self);
  g_clear_error (&self->trouble);
  self->trouble = g_error_copy (why);
  self->pause = CLAMP (self->pause * 2, FIRST_PAUSE, LONGEST_PAUSE);
  self->until = self->setup.monotonic (self->setup.data) + self->pause;
}

static gboolean
is_left_alone (MemoDiskFile  *self,
               GError       **error)
{
  if (self->trouble == NULL || self->setup.monotonic (self->setup.data) >= self->until)
    return FALSE;

  g_propagate_error (error, g_error_copy (self->trouble));

  return TRUE;
}

/* --- opening --- */

/* Whether what is there is of no use, to anybody. */
static gboolean
is_damage (int code)
{
  if (code == MEMO_DISK_NEWER)
    return TRUE;

  switch (code & 0xff)
    {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
    case SQLITE_ERROR:
    case SQLITE_SCHEMA:
      return TRUE;

    default:
      return code == SQLITE_IOERR_READ || code == SQLITE_IOERR_SHORT_READ || code == SQLITE_IOERR_CORRUPTFS;
    }
}

static void
drop_database (MemoDiskFile *self,
               gboolean      others_at_its_place)
{
  if (self->database == NULL)
    return;

  memo_disk_database_close (self->database, others_at_its_place);
  self->database = NULL;
  g_hash_table_remove_all (self->touched);
}

static int
open_once (MemoDiskFile *self)
{
  int code = memo_disk_database_open (self->place->path, &self->setup, self->max_size, self->exclusive, &self->database);

  self->known |= memo_disk_database_is_ours (self->database);

  return code;
}

/* How often the file was replaced of late. */
static gboolean
may_replace (MemoDiskFile *self)
{
  gint64 now = self->setup.monotonic (self->setup.data);

  if (now - self->replaced[0] < WEARY)
    return FALSE;

  self->replaced[0] = self->replaced[1];
  self->replaced[1] = self->replaced[2];
  self->replaced[2] = now;

  return TRUE;
}

/* With the lock. */
static gboolean
discard (MemoDiskFile  *self,
         GError       **error)
{
  drop_database (self, TRUE);
  if (!memo_disk_place_discard (self->place, !self->known, error))
    return FALSE;

  self->known = FALSE;
  memo_disk_count (self->counters, recreated, 1);

  return TRUE;
}

/* With the lock. */
static gboolean
open_locked (MemoDiskFile  *self,
             GError       **error)
{
  int code;

  if (!memo_disk_place_prepare (self->place, error))
    return FALSE;

  self->known = FALSE;
  code = open_once (self);
  if (is_damage (code) && may_replace (self))
    {
      if (!discard (self, error) || !memo_disk_place_prepare (self->place, error))
        return FALSE;
      code = open_once (self);
    }

  if (code != SQLITE_OK)
    {
      memo_disk_file_explain (self, code, error);
      drop_database (self, TRUE);
      return FALSE;
    }
  memo_disk_place_remember (self->place);

  return TRUE;
}

/* Opens it where it is not open. */
gboolean
memo_disk_file_open (MemoDiskFile  *self,
                     GError       **error)
{
  g_autoptr(GError) why = NULL;
  gboolean opened = FALSE;
  int lock = -1;

  if (self->database != NULL)
    return TRUE;
  if (is_left_alone (self, error))
    return FALSE;

  if (memo_disk_place_find (self->place, &why))
    lock = memo_disk_place_lock (self->place, self->setup.busy, &why);
  if (lock != -1)
    opened = open_locked (self, &why);
  memo_disk_place_unlock (lock);

  if (!opened)
    {
      memo_disk_count (self->counters, failures, 1);
      memo_disk_file_give_up (self, why);
      g_propagate_error (error, g_steal_pointer (&why));
      return FALSE;
    }

  g_clear_error (&self->trouble);

  return TRUE;
}

/* --- closing and replacing --- */

/* The last who closes deletes the -wal, and must do so only where it is its own. */
void
memo_disk_file_close (MemoDiskFile *self)
{
  int lock;

  if (self->database == NULL)
    return;

  lock = memo_disk_place_lock (self->place, self->setup.busy, NULL);
  drop_database (self, lock == -1 || memo_disk_place_look (self->place) != MEMO_DISK_THERE);
  memo_disk_place_unlock (lock);
}

/* Takes the file away, so that the next who opens makes a new one.  EMPTIED is set where it is gone. */
gboolean
memo_disk_file_replace (MemoDiskFile  *self,
                        gboolean      *emptied,
                        GError       **error)
{
  g_autoptr(GError) why = NULL;
  gboolean gone = FALSE;
  int lock;

  lock = memo_disk_place_lock (self->place, self->setup.busy, &why);
  if (lock == -1)
    {
      /* the reason is given below */
    }
  else if (memo_disk_place_look (self->place) == MEMO_DISK_GONE)
    {
      drop_database (self, TRUE);   /* another process did it already */
      gone = TRUE;
    }
  else if (!may_replace (self))
    {
      g_set_error (&why, MEMO_ERROR, MEMO_ERROR_UNAVAILABLE,
                   "The cache file “%s” had to be replaced again and again: see whether its disk is full, or not sound",
                   self->place->path);
    }
  else
    {
      *emptied = gone = discard (self, &why);
    }
  memo_disk_place_unlock (lock);

  if (!gone)
    {
      memo_disk_count (self->counters, failures, 1);
      memo_disk_file_give_up (self, why);
      g_propagate_error (error, g_steal_pointer (&why));
    }

  return gone;
}

/* Looks whether the files are still at their place: somebody may have cleaned up. */
void
memo_disk_file_look (MemoDiskFile *self)
{
  gboolean emptied = FALSE;

  if (self->database == NULL)
    return;

  switch (memo_disk_place_look (self->place))
    {
    case MEMO_DISK_GONE:
      drop_database (self, TRUE);
      break;

    case MEMO_DISK_MAIMED:
      memo_disk_file_replace (self, &emptied, NULL);
      break;

    case MEMO_DISK_THERE:
    default:
      break;
    }
}
