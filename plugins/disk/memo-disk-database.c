/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-disk-database-private.h"

/* A connection to the database: how it is opened, what is set on it, and how a transaction begins and ends.
 *
 * Everything in the file may be damaged, or made by somebody to do harm.  So nothing of its schema is trusted,
 * and a page is looked at before it is used. */

#define APPLICATION_ID 0x4d656d6f   /* “Memo” */
#define SCHEMA_VERSION 1

/* Small columns first: they are read without the pages that a large value goes on in. */
static const char schema[] =
  "CREATE TABLE kv (id INTEGER PRIMARY KEY, k BLOB NOT NULL UNIQUE, expiry INTEGER, accessed INTEGER NOT NULL,"
  " size INTEGER NOT NULL, v BLOB NOT NULL);"
  "CREATE INDEX kv_expiry ON kv (expiry) WHERE expiry IS NOT NULL;"
  "CREATE INDEX kv_accessed ON kv (accessed);"
  "CREATE TABLE meta (id INTEGER PRIMARY KEY CHECK (id = 1), total INTEGER NOT NULL, changes INTEGER NOT NULL);"
  "INSERT INTO meta VALUES (1, 0, 0);"
  "PRAGMA application_id = 0x4d656d6f;"
  "PRAGMA user_version = 1;";

int
memo_disk_database_exec (MemoDiskDatabase *self,
                         const char       *sql)
{
  return sqlite3_exec (self->db, sql, NULL, NULL, NULL);
}

/* The first number of what a statement gives. */
int
memo_disk_database_number (MemoDiskDatabase *self,
                           const char       *sql,
                           gint64           *number)
{
  sqlite3_stmt *statement;
  int code = sqlite3_prepare_v2 (self->db, sql, -1, &statement, NULL);

  *number = 0;
  if (code != SQLITE_OK)
    return code;

  code = sqlite3_step (statement);
  if (code == SQLITE_ROW)
    *number = sqlite3_column_int64 (statement, 0);
  sqlite3_finalize (statement);

  return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

/* --- opening --- */

static int
look_whose (MemoDiskDatabase *self,
            gboolean         *empty)
{
  gint64 application = 0, version = 0, tables = 0;
  int code;

  code = memo_disk_database_number (self, "PRAGMA application_id", &application);
  if (code == SQLITE_OK)
    code = memo_disk_database_number (self, "PRAGMA user_version", &version);
  if (code == SQLITE_OK)
    code = memo_disk_database_number (self, "SELECT count(*) FROM sqlite_schema", &tables);
  if (code != SQLITE_OK)
    return code;

  *empty = application == 0 && version == 0 && tables == 0;
  if (*empty)
    return SQLITE_OK;
  if (application != APPLICATION_ID)
    return MEMO_DISK_FOREIGN;

  self->ours = TRUE;
  if (version > SCHEMA_VERSION)
    return MEMO_DISK_NEWER;

  return version == SCHEMA_VERSION ? SQLITE_OK : SQLITE_CORRUPT;
}

static int
use_wal (MemoDiskDatabase *self)
{
  sqlite3_stmt *statement;
  int code = sqlite3_prepare_v2 (self->db, "PRAGMA journal_mode = WAL", -1, &statement, NULL);

  if (code != SQLITE_OK)
    return code;

  code = sqlite3_step (statement);
  if (code == SQLITE_ROW)
    code = g_strcmp0 ((const char *) sqlite3_column_text (statement, 0), "wal") == 0 ? SQLITE_OK : MEMO_DISK_NO_WAL;
  sqlite3_finalize (statement);

  return code;
}

static int
create_schema (MemoDiskDatabase *self)
{
  int code = memo_disk_database_exec (self, "BEGIN IMMEDIATE");

  if (code == SQLITE_OK)
    code = memo_disk_database_exec (self, schema);
  if (code == SQLITE_OK)
    code = memo_disk_database_exec (self, "COMMIT");
  self->ours = code == SQLITE_OK;

  return code;
}

static int
set_up (MemoDiskDatabase    *self,
        const MemoDiskSetup *setup,
        guint64              max_size,
        gboolean             exclusive)
{
  gboolean empty;
  gint64 page_size;
  int code;

  sqlite3_busy_timeout (self->db, setup->busy);
  sqlite3_db_config (self->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  sqlite3_db_config (self->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
  sqlite3_db_config (self->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
  sqlite3_db_config (self->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);

  /* With one process alone there is no need for memory that is shared. */
  code = memo_disk_database_exec (self, exclusive ? "PRAGMA locking_mode = EXCLUSIVE" : "PRAGMA locking_mode = NORMAL");
  if (code == SQLITE_OK)
    code = memo_disk_database_exec (self, "PRAGMA mmap_size = 0; PRAGMA cell_size_check = ON;"
                                          "PRAGMA temp_store = MEMORY; PRAGMA synchronous = FULL;");
  if (code == SQLITE_OK)
    code = look_whose (self, &empty);
  /* This can be set only before there is anything in the file, and the next line puts something in it. */
  if (code == SQLITE_OK && empty)
    code = memo_disk_database_exec (self, "PRAGMA auto_vacuum = INCREMENTAL");
  if (code == SQLITE_OK)
    code = use_wal (self);
  if (code == SQLITE_OK && empty)
    code = create_schema (self);
  if (code == SQLITE_OK)
    code = memo_disk_database_exec (self, "PRAGMA journal_size_limit = 4194304");
  if (code == SQLITE_OK)
    code = memo_disk_database_number (self, "PRAGMA page_size", &page_size);
  if (code != SQLITE_OK)
    return code;

  self->full = TRUE;
  self->page_size = page_size;
  self->max_pages = setup->max_pages;
  memo_disk_database_set_max_size (self, max_size);

  return memo_disk_database_prepare (self);
}

/* Opens a file that is there.  SELF is given even where that fails, to describe why, but where there is not
 * enough memory. */
int
memo_disk_database_open (const char           *path,
                         const MemoDiskSetup  *setup,
                         guint64               max_size,
                         gboolean              exclusive,
                         MemoDiskDatabase    **self)
{
  int code;

  *self = g_new0 (MemoDiskDatabase, 1);
  code = sqlite3_open_v2 (path, &(*self)->db,
                          SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                          SQLITE_OPEN_PRIVATECACHE,
                          setup->vfs);

  return code == SQLITE_OK ? set_up (*self, setup, max_size, exclusive) : code;
}

/* A file that grows beyond all that it may hold has a damaged counter: then it is full. */
void
memo_disk_database_set_max_size (MemoDiskDatabase *self,
                                 guint64           max_size)
{
  guint64 pages = self->max_pages != 0 ? (guint64) self->max_pages : 3 * (max_size / self->page_size) + 1024;
  g_autofree char *sql = g_strdup_printf ("PRAGMA max_page_count = %" G_GUINT64_FORMAT, MIN (pages, 4294967294));

  memo_disk_database_exec (self, sql);
  sqlite3_limit (self->db, SQLITE_LIMIT_LENGTH, (int) MIN (max_size + 1024 * 1024, 1000 * 1000 * 1000));
}

/* SQLite deletes the -wal of the last who closes by its name, so it must not when that is another's. */
void
memo_disk_database_close (MemoDiskDatabase *self,
                          gboolean          others_at_its_place)
{
  for (int i = 0; i < MEMO_DISK_N_SQL; i++)
    sqlite3_finalize (self->statements[i]);
  if (self->db != NULL && others_at_its_place)
    sqlite3_db_config (self->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
  sqlite3_close (self->db);
  g_free (self);
}

const char *
memo_disk_database_describe (MemoDiskDatabase *self,
                             int               code)
{
  switch (code)
    {
    case MEMO_DISK_FOREIGN:
      return "it is a database of another program";

    case MEMO_DISK_NEWER:
      return "it was made by a later version of libcache";

    case MEMO_DISK_NO_WAL:
      return "processes cannot share a database there; add “exclusive=true”, or use another path";

    default:
      return self->db != NULL && sqlite3_extended_errcode (self->db) == code ? sqlite3_errmsg (self->db)
                                                                             : sqlite3_errstr (code);
    }
}

gboolean
memo_disk_database_is_ours (MemoDiskDatabase *self)
{
  return self->ours;
}

/* --- transactions --- */

/* Begins a transaction.  A durable one is on the disk when it is committed; that has to be said before it begins. */
int
memo_disk_database_begin (MemoDiskDatabase *self,
                          gboolean          durable)
{
  if (durable != self->full)
    {
      int code = memo_disk_database_exec (self, durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");

      if (code != SQLITE_OK)
        return code;
      self->full = durable;
    }

  return memo_disk_database_run (self, MEMO_DISK_SQL_BEGIN);
}

/* Begins a transaction that only reads, if there is none: its statements need not each take the locks. */
int
memo_disk_database_begin_reading (MemoDiskDatabase *self)
{
  if (!sqlite3_get_autocommit (self->db))
    return SQLITE_OK;

  return memo_disk_database_run (self, MEMO_DISK_SQL_BEGIN_READING);
}

int
memo_disk_database_commit (MemoDiskDatabase *self)
{
  return memo_disk_database_run (self, MEMO_DISK_SQL_COMMIT);
}

/* Some failures have ended the transaction already. */
void
memo_disk_database_rollback (MemoDiskDatabase *self)
{
  if (!sqlite3_get_autocommit (self->db))
    memo_disk_database_exec (self, "ROLLBACK");
}
