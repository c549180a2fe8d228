/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <sqlite3.h>

#include "by-hand-disk.h"

struct _ByHandDisk
{
  sqlite3      *db;
  sqlite3_stmt *get;
  sqlite3_stmt *put;
  sqlite3_stmt *begin;
  sqlite3_stmt *commit;
};

static void
check (ByHandDisk *self,
       gboolean    right)
{
  if (!right)
    g_error ("SQLite: %s", sqlite3_errmsg (self->db));
}

static void
execute (ByHandDisk *self,
         const char *sql)
{
  check (self, sqlite3_exec (self->db, sql, NULL, NULL, NULL) == SQLITE_OK);
}

static sqlite3_stmt *
prepare (ByHandDisk *self,
         const char *sql)
{
  sqlite3_stmt *statement;

  check (self, sqlite3_prepare_v3 (self->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) == SQLITE_OK);

  return statement;
}

static void
run (ByHandDisk   *self,
     sqlite3_stmt *statement)
{
  check (self, sqlite3_step (statement) == SQLITE_DONE);
  sqlite3_reset (statement);
}

ByHandDisk *
by_hand_disk_new (const char *path,
                  gboolean    durable)
{
  ByHandDisk *self = g_new0 (ByHandDisk, 1);

  check (self, sqlite3_open_v2 (path, &self->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                                NULL) == SQLITE_OK);
  execute (self, "PRAGMA journal_mode = WAL");
  execute (self, durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
  execute (self, "CREATE TABLE IF NOT EXISTS kv (k BLOB PRIMARY KEY, v BLOB NOT NULL)");

  self->get = prepare (self, "SELECT v FROM kv WHERE k = ?1");
  self->put = prepare (self, "INSERT INTO kv (k, v) VALUES (?1, ?2) ON CONFLICT (k) DO UPDATE SET v = ?2");
  self->begin = prepare (self, "BEGIN IMMEDIATE");
  self->commit = prepare (self, "COMMIT");

  return self;
}

void
by_hand_disk_free (ByHandDisk *self)
{
  sqlite3_finalize (self->get);
  sqlite3_finalize (self->put);
  sqlite3_finalize (self->begin);
  sqlite3_finalize (self->commit);
  sqlite3_close (self->db);
  g_free (self);
}

static void
bind_key (sqlite3_stmt *statement,
          const char   *key)
{
  sqlite3_bind_blob (statement, 1, key, strlen (key), SQLITE_STATIC);
}

/* The value of a key, or NULL. */
GBytes *
by_hand_disk_get (ByHandDisk *self,
                  const char *key)
{
  GBytes *value = NULL;
  int code;

  bind_key (self->get, key);
  code = sqlite3_step (self->get);
  check (self, code == SQLITE_ROW || code == SQLITE_DONE);
  if (code == SQLITE_ROW)
    {
      const void *data = sqlite3_column_blob (self->get, 0);

      value = g_bytes_new (data, sqlite3_column_bytes (self->get, 0));
    }
  sqlite3_reset (self->get);

  return value;
}

void
by_hand_disk_begin (ByHandDisk *self)
{
  run (self, self->begin);
}

void
by_hand_disk_put (ByHandDisk *self,
                  const char *key,
                  GBytes     *value)
{
  gsize size;
  const void *data = g_bytes_get_data (value, &size);

  bind_key (self->put, key);
  sqlite3_bind_blob64 (self->put, 2, data, size, SQLITE_STATIC);
  run (self, self->put);
}

void
by_hand_disk_commit (ByHandDisk *self)
{
  run (self, self->commit);
}

/* --- files --- */

/* The value of a key, or NULL. */
GBytes *
by_hand_files_get (const char *folder,
                   const char *key)
{
  g_autofree char *path = g_build_filename (folder, key, NULL);
  char *text;
  gsize size;

  return g_file_get_contents (path, &text, &size, NULL) ? g_bytes_new_take (text, size) : NULL;
}

void
by_hand_files_put (const char *folder,
                   const char *key,
                   GBytes     *value)
{
  g_autofree char *path = g_build_filename (folder, key, NULL);
  g_autoptr(GError) error = NULL;
  gsize size;
  const char *text = g_bytes_get_data (value, &size);

  if (!g_file_set_contents (path, text, size, &error))
    g_error ("%s", error->message);
}
