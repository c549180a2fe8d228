/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-disk-database.h"

G_BEGIN_DECLS

typedef enum
{
  MEMO_DISK_SQL_BEGIN,
  MEMO_DISK_SQL_BEGIN_READING,
  MEMO_DISK_SQL_COMMIT,
  MEMO_DISK_SQL_LOAD,
  MEMO_DISK_SQL_SIZE,
  MEMO_DISK_SQL_PUT,
  MEMO_DISK_SQL_REMOVE,
  MEMO_DISK_SQL_REMOVE_ONLY,
  MEMO_DISK_SQL_CLEAR,
  MEMO_DISK_SQL_TOUCH,
  MEMO_DISK_SQL_SETTLE,
  MEMO_DISK_SQL_EXPIRED,
  MEMO_DISK_SQL_OLDEST,
  MEMO_DISK_SQL_REMOVE_ID,
  MEMO_DISK_SQL_FREE,
  MEMO_DISK_N_SQL,
} MemoDiskStatement;

struct _MemoDiskDatabase
{
  sqlite3      *db;
  sqlite3_stmt *statements[MEMO_DISK_N_SQL];
  int           page_size;
  int           max_pages;    /* 0 where it follows from the size */
  gboolean      full;         /* whether a commit waits for the disk at present */
  gboolean      ours;         /* whether it was made by this library */
};

int           memo_disk_database_exec   (MemoDiskDatabase  *self,
                                         const char        *sql);
sqlite3_stmt *memo_disk_database_get    (MemoDiskDatabase  *self,
                                         MemoDiskStatement  which);
int           memo_disk_database_run    (MemoDiskDatabase  *self,
                                         MemoDiskStatement  which);
int           memo_disk_database_number (MemoDiskDatabase  *self,
                                         const char        *sql,
                                         gint64            *number);

G_END_DECLS
