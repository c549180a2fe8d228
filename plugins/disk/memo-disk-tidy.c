/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-disk-file.h"

/* What is done on the side: purging, the times of access, and giving pages back.  Some of it is done in each
 * transaction that is made anyway, the rest when there is nothing else to do, a little at a time. */

/* In a transaction: writes down a part of what was read. */
int
memo_disk_file_note_read (MemoDiskFile *self,
                          gint64        now)
{
  GHashTableIter iter;
  gint64 *id;
  guint n = 0;

  g_hash_table_iter_init (&iter, self->touched);
  while (n++ < self->setup.slice && g_hash_table_iter_next (&iter, (gpointer *) &id, NULL))
    {
      int code = memo_disk_database_touch (self->database, *id, now);

      if (code != SQLITE_OK)
        return code;
      g_hash_table_iter_remove (&iter);
    }

  return SQLITE_OK;
}

/* In a transaction: purges a part of what has expired, and of what is too much.  TOTAL is the size before and after. */
int
memo_disk_file_trim (MemoDiskFile *self,
                     gint64        now,
                     gint64       *total,
                     guint        *n_purged)
{
  guint n_before = *n_purged;
  gint64 changed = 0;
  int code;

  code = memo_disk_database_purge_expired (self->database, now, self->setup.slice, n_purged, &changed);
  if (code == SQLITE_OK && *total + changed > (gint64) self->max_size)
    code = memo_disk_database_purge_oldest (self->database, *total + changed, self->max_size, 4 * self->setup.slice,
                                            n_purged, &changed);
  if (code == SQLITE_OK && changed != 0)
    code = memo_disk_database_settle (self->database, changed, FALSE, total);

  self->untidy |= *n_purged - n_before >= self->setup.slice || *total > (gint64) self->max_size;

  return code;
}

static int
purge_a_little (MemoDiskFile *self,
                guint        *n_purged,
                gint64       *total)
{
  gint64 now = memo_disk_file_now (self);
  int code = memo_disk_database_begin (self->database, FALSE);

  if (code == SQLITE_OK)
    code = memo_disk_file_note_read (self, now);
  if (code == SQLITE_OK)
    code = memo_disk_database_settle (self->database, 0, FALSE, total);
  if (code == SQLITE_OK)
    code = memo_disk_file_trim (self, now, total, n_purged);
  if (code == SQLITE_OK)
    code = memo_disk_database_commit (self->database);
  if (code != SQLITE_OK)
    memo_disk_database_rollback (self->database);

  return code;
}

/* Does a little, when there is nothing else to do.  `untidy` says whether there is more.  What
 * fails is found out by the next who wants something. */
void
memo_disk_file_tidy (MemoDiskFile *self)
{
  gboolean more = FALSE;
  guint n_purged = 0;
  gint64 total = 0;

  self->untidy = FALSE;
  if (self->database == NULL)
    return;

  if (purge_a_little (self, &n_purged, &total) != SQLITE_OK)
    {
      self->untidy = FALSE;
      return;
    }
  memo_disk_count (self->counters, commits, 1);
  memo_disk_count (self->counters, purged, n_purged);
  memo_disk_note (self->counters, size, total);

  self->untidy |= g_hash_table_size (self->touched) >= self->setup.slice;
  if (!self->untidy && memo_disk_database_vacuum (self->database, self->setup.slice, &more) == SQLITE_OK)
    self->untidy = more;
}
