/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-disk-database-private.h"

/* How the file is kept small: a few rows at a time, so that nobody waits long behind it.  First what has
 * expired, then what was not read for the longest time. */

int
memo_disk_database_purge_expired (MemoDiskDatabase *self,
                                  gint64            now,
                                  guint             limit,
                                  guint            *n_purged,
                                  gint64           *delta)
{
  sqlite3_stmt *statement = memo_disk_database_get (self, MEMO_DISK_SQL_EXPIRED);
  int code, ended;

  sqlite3_bind_int64 (statement, 1, now);
  sqlite3_bind_int64 (statement, 2, limit);

  while ((code = sqlite3_step (statement)) == SQLITE_ROW)
    {
      *delta -= sqlite3_column_int64 (statement, 0);
      (*n_purged)++;
    }
  ended = sqlite3_reset (statement);

  return code == SQLITE_DONE ? ended : code;
}

static int
remove_id (MemoDiskDatabase *self,
           gint64            id)
{
  sqlite3_stmt *statement = memo_disk_database_get (self, MEMO_DISK_SQL_REMOVE_ID);

  sqlite3_bind_int64 (statement, 1, id);

  return memo_disk_database_run (self, MEMO_DISK_SQL_REMOVE_ID);
}

/* Purges until at most WANTED of TOTAL bytes are there, at most LIMIT rows.
 *
 * Where all rows together have less than what is too much, the counter is wrong, and is set right. */
int
memo_disk_database_purge_oldest (MemoDiskDatabase *self,
                                 gint64            total,
                                 gint64            wanted,
                                 guint             limit,
                                 guint            *n_purged,
                                 gint64           *delta)
{
  sqlite3_stmt *statement = memo_disk_database_get (self, MEMO_DISK_SQL_OLDEST);
  g_autoptr(GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  gint64 freed = 0;
  int code = SQLITE_ROW, ended;

  sqlite3_bind_int64 (statement, 1, limit);
  while (freed < total - wanted && (code = sqlite3_step (statement)) == SQLITE_ROW)
    {
      gint64 id = sqlite3_column_int64 (statement, 0);

      g_array_append_val (ids, id);
      freed += sqlite3_column_int64 (statement, 1);
    }
  ended = sqlite3_reset (statement);
  if (code != SQLITE_DONE && code != SQLITE_ROW)
    return code;
  if (ended != SQLITE_OK)
    return ended;

  if (code == SQLITE_DONE && ids->len < limit)
    {
      *delta += freed - total;
      return SQLITE_OK;
    }

  for (guint i = 0; i < ids->len; i++)
    {
      code = remove_id (self, g_array_index (ids, gint64, i));
      if (code != SQLITE_OK)
        return code;
    }
  *n_purged += ids->len;
  *delta -= freed;

  return SQLITE_OK;
}

/* Gives pages that are not used back to the file system, when there are many: a few are of use soon. */
int
memo_disk_database_vacuum (MemoDiskDatabase *self,
                           guint             pages,
                           gboolean         *more)
{
  sqlite3_stmt *statement = memo_disk_database_get (self, MEMO_DISK_SQL_FREE);
  g_autofree char *sql = NULL;
  gint64 unused = 0, all = 0;
  int code;

  *more = FALSE;
  if (sqlite3_step (statement) == SQLITE_ROW)
    unused = sqlite3_column_int64 (statement, 0);
  code = sqlite3_reset (statement);
  if (code == SQLITE_OK)
    code = memo_disk_database_number (self, "PRAGMA page_count", &all);
  if (code != SQLITE_OK || unused < MAX (2 * (gint64) pages, all / 4))
    return code;

  sql = g_strdup_printf ("PRAGMA incremental_vacuum (%u)", pages);
  code = memo_disk_database_exec (self, sql);
  *more = code == SQLITE_OK;

  return code;
}
