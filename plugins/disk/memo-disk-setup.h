/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libcache.h>

G_BEGIN_DECLS

/* What a test may have otherwise: another VFS of SQLite, other clocks, other amounts.  A program cannot
 * reach it: no property and no URI leads here. */
typedef struct
{
  const char *vfs;                          /* of SQLite; NULL is the usual one */
  gint64    (*wall)      (gpointer data);   /* microseconds */
  gint64    (*monotonic) (gpointer data);   /* microseconds */
  gpointer    data;

  gint64      gather;         /* for how many microseconds writes are gathered */
  guint       gather_count;   /* how many of them are enough */
  gsize       gather_size;    /* how many bytes are enough */
  guint       queue_length;   /* with how many waiting no more loads and stores are taken */
  int         busy;           /* for how many milliseconds to wait for another process */
  guint       slice;          /* how many rows are purged at a time */
  int         max_pages;      /* of the file; 0 is what follows from the maximum size */
} MemoDiskSetup;

extern const MemoDiskSetup memo_disk_setup_default;

/* How much was done; guarded, since a program may look while the worker counts. */
typedef struct
{
  GMutex  lock;
  guint64 hits;
  guint64 misses;
  guint64 written;
  guint64 removed;
  guint64 purged;
  guint64 commits;
  guint64 durable_commits;
  guint64 recreated;
  guint64 failures;
  guint64 size;
} MemoDiskCounters;

#define memo_disk_count(counters, field, n) \
  G_STMT_START { \
    g_mutex_lock (&(counters)->lock); \
    (counters)->field += (n); \
    g_mutex_unlock (&(counters)->lock); \
  } G_STMT_END

#define memo_disk_note(counters, field, n) \
  G_STMT_START { \
    g_mutex_lock (&(counters)->lock); \
    (counters)->field = (n); \
    g_mutex_unlock (&(counters)->lock); \
  } G_STMT_END

G_END_DECLS
