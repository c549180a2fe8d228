/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-disk-database-private.h"

#include <string.h>

/* What is done to the rows, each by one statement that is prepared once.
 *
 * The size of all is one number in the file, changed in the transaction that changes the rows.  It says how
 * much they hold, and about how much SQLite needs for them. */

#define COST_OF_A_ROW 100

static const char * const texts[MEMO_DISK_N_SQL] = {
  [MEMO_DISK_SQL_BEGIN] = "BEGIN IMMEDIATE",
  [MEMO_DISK_SQL_BEGIN_READING] = "BEGIN",
  [MEMO_DISK_SQL_COMMIT] = "COMMIT",
  [MEMO_DISK_SQL_LOAD] = "SELECT id, accessed, v FROM kv WHERE k = ?1 AND (expiry IS NULL OR expiry > ?2)",
  [MEMO_DISK_SQL_SIZE] = "SELECT size FROM kv WHERE k = ?1",
  [MEMO_DISK_SQL_PUT] = "INSERT INTO kv (k, expiry, accessed, size, v) VALUES (?1, ?2, ?3, ?4, ?5)"
                    " ON CONFLICT (k) DO UPDATE SET expiry = ?2, accessed = ?3, size = ?4, v = ?5",
  [MEMO_DISK_SQL_REMOVE] = "DELETE FROM kv WHERE k = ?1 RETURNING size",
  [MEMO_DISK_SQL_REMOVE_ONLY] = "DELETE FROM kv WHERE k = ?1 AND v = ?2 RETURNING size",
  [MEMO_DISK_SQL_CLEAR] = "DELETE FROM kv",
  [MEMO_DISK_SQL_TOUCH] = "UPDATE kv SET accessed = ?2 WHERE id = ?1 AND accessed < ?2",
  [MEMO_DISK_SQL_SETTLE] = "UPDATE meta SET total = max (0, total * ?2 + ?1), changes = changes + 1 WHERE id = 1"
                       " RETURNING total",
  [MEMO_DISK_SQL_EXPIRED] = "DELETE FROM kv WHERE id IN (SELECT id FROM kv WHERE expiry IS NOT NULL AND expiry <= ?1"
                        " ORDER BY expiry LIMIT ?2) RETURNING size",
  [MEMO_DISK_SQL_OLDEST] = "SELECT id, size FROM kv ORDER BY accessed, id LIMIT ?1",
  [MEMO_DISK_SQL_REMOVE_ID] = "DELETE FROM kv WHERE id = ?1",
  [MEMO_DISK_SQL_FREE] = "PRAGMA freelist_count",
};

int
memo_disk_database_prepare (MemoDiskDatabase *self)
{
  for (int i = 0; i < MEMO_DISK_N_SQL; i++)
    {
      int code = sqlite3_prepare_v3 (self->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT, &self->statements[i], NULL);

      if (code != SQLITE_OK)
        return code;
    }

  return SQLITE_OK;
}

gint64
memo_disk_cost (gsize key_length,
                gsize length)
{
  return (gint64) (COST_OF_A_ROW + key_length + length);
}

sqlite3_stmt *
memo_disk_database_get (MemoDiskDatabase  *self,
                        MemoDiskStatement  which)
{
  return self->statements[which];
}

/* Makes a statement ready for its next use, and what it was bound to may go. */
static int
end (sqlite3_stmt *statement,
     int           code)
{
  int ended = sqlite3_reset (statement);

  sqlite3_clear_bindings (statement);
  if (code == SQLITE_ROW || code == SQLITE_DONE)
    return ended;

  return code;
}

int
memo_disk_database_run (MemoDiskDatabase  *self,
                        MemoDiskStatement  which)
{
  sqlite3_stmt *statement = self->statements[which];

  return end (statement, sqlite3_step (statement));
}

/* Never as text: what is a text and what not depends on the encoding of the file. */
static void
bind_key (sqlite3_stmt *statement,
          MemoDiskKey   key)
{
  sqlite3_bind_blob64 (statement, 1, key.text, key.length, SQLITE_STATIC);
}

static void
bind_bytes (sqlite3_stmt *statement,
            int           which,
            GBytes       *bytes)
{
  gsize length;
  const void *data = g_bytes_get_data (bytes, &length);

  /* Not NULL, which would be no blob. */
  if (length == 0)
    sqlite3_bind_zeroblob (statement, which, 0);
  else
    sqlite3_bind_blob64 (statement, which, data, length, SQLITE_STATIC);
}

/* Gives NULL where there is nothing. */
int
memo_disk_database_load (MemoDiskDatabase  *self,
                         MemoDiskKey        key,
                         gint64             now,
                         GBytes           **bytes,
                         gint64            *id,
                         gint64            *accessed)
{
  sqlite3_stmt *statement = self->statements[MEMO_DISK_SQL_LOAD];
  int code;

  *bytes = NULL;
  bind_key (statement, key);
  sqlite3_bind_int64 (statement, 2, now);

  code = sqlite3_step (statement);
  /* What is no blob was not put there by this library. */
  if (code == SQLITE_ROW && sqlite3_column_type (statement, 2) == SQLITE_BLOB)
    {
      const void *data = sqlite3_column_blob (statement, 2);
      gsize length = sqlite3_column_bytes (statement, 2);

      *id = sqlite3_column_int64 (statement, 0);
      *accessed = sqlite3_column_int64 (statement, 1);
      if (data != NULL || length == 0)
        *bytes = g_bytes_new (data, length);
      else
        code = sqlite3_extended_errcode (self->db);   /* it could not be read */
    }
  code = end (statement, code);

  /* Larger than all may be: it is on its way out. */
  return code == SQLITE_TOOBIG ? SQLITE_OK : code;
}

int
memo_disk_database_put (MemoDiskDatabase *self,
                        MemoDiskKey       key,
                        GBytes           *bytes,
                        gint64            expiry,
                        gint64            now,
                        gint64           *delta)
{
  sqlite3_stmt *size = self->statements[MEMO_DISK_SQL_SIZE], *put = self->statements[MEMO_DISK_SQL_PUT];
  gint64 before = 0, after = memo_disk_cost (key.length, g_bytes_get_size (bytes));
  int code;

  bind_key (size, key);
  code = sqlite3_step (size);
  if (code == SQLITE_ROW)
    before = sqlite3_column_int64 (size, 0);
  code = end (size, code);
  if (code != SQLITE_OK)
    return code;

  bind_key (put, key);
  if (expiry != MEMO_DISK_NEVER)
    sqlite3_bind_int64 (put, 2, expiry);
  sqlite3_bind_int64 (put, 3, now);
  sqlite3_bind_int64 (put, 4, after);
  bind_bytes (put, 5, bytes);
  code = end (put, sqlite3_step (put));
  if (code == SQLITE_OK)
    *delta += after - before;

  return code;
}

/* ONLY what is given, where something is. */
int
memo_disk_database_remove (MemoDiskDatabase *self,
                           MemoDiskKey       key,
                           GBytes           *only,
                           gint64           *delta)
{
  sqlite3_stmt *statement = self->statements[only != NULL ? MEMO_DISK_SQL_REMOVE_ONLY : MEMO_DISK_SQL_REMOVE];
  int code;

  bind_key (statement, key);
  if (only != NULL)
    bind_bytes (statement, 2, only);

  code = sqlite3_step (statement);
  if (code == SQLITE_ROW)
    {
      *delta -= sqlite3_column_int64 (statement, 0);
      code = sqlite3_step (statement);
    }

  return end (statement, code);
}

int
memo_disk_database_clear (MemoDiskDatabase *self)
{
  return memo_disk_database_run (self, MEMO_DISK_SQL_CLEAR);
}

/* Says that something was read. */
int
memo_disk_database_touch (MemoDiskDatabase *self,
                          gint64            id,
                          gint64            now)
{
  sqlite3_stmt *statement = self->statements[MEMO_DISK_SQL_TOUCH];

  sqlite3_bind_int64 (statement, 1, id);
  sqlite3_bind_int64 (statement, 2, now);

  return end (statement, sqlite3_step (statement));
}

/* Ends what is done in a transaction: writes down by how much the size of all has changed.
 *
 * It does so even where nothing has changed.  A commit that changes no row waits for nothing, and then what an earlier
 * transaction removed may still come back after a loss of power. */
int
memo_disk_database_settle (MemoDiskDatabase *self,
                           gint64            delta,
                           gboolean          cleared,
                           gint64           *total)
{
  sqlite3_stmt *statement = self->statements[MEMO_DISK_SQL_SETTLE];
  int code;

  sqlite3_bind_int64 (statement, 1, delta);
  sqlite3_bind_int (statement, 2, cleared ? 0 : 1);

  code = sqlite3_step (statement);
  if (code == SQLITE_ROW)
    {
      *total = sqlite3_column_int64 (statement, 0);
      code = sqlite3_step (statement);
    }
  else if (code == SQLITE_DONE)
    {
      code = SQLITE_CORRUPT;    /* the row is not there */
    }

  return end (statement, code);
}
