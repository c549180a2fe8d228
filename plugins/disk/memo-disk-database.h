/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sqlite3.h>

#include "memo-disk-setup.h"

G_BEGIN_DECLS

/* The file as a database.  Whatever fails gives a result code of SQLite, extended, or one of these. */
#define MEMO_DISK_FOREIGN (1 << 20)         /* a database of another program */
#define MEMO_DISK_NEWER   ((1 << 20) + 1)   /* of a later version of this one */
#define MEMO_DISK_NO_WAL  ((1 << 20) + 2)   /* where processes cannot share memory */

#define MEMO_DISK_NEVER   G_MAXINT64        /* when something expires that does not */

/* A key: its bytes. */
typedef struct
{
  const char *text;
  gsize       length;
} MemoDiskKey;

typedef struct _MemoDiskDatabase MemoDiskDatabase;

/* memo-disk-database.c */
int          memo_disk_database_open           (const char           *path,
                                                const MemoDiskSetup  *setup,
                                                guint64               max_size,
                                                gboolean              exclusive,
                                                MemoDiskDatabase    **self);
void         memo_disk_database_close          (MemoDiskDatabase     *self,
                                                gboolean              others_at_its_place);
const char  *memo_disk_database_describe       (MemoDiskDatabase     *self,
                                                int                   code);
gboolean     memo_disk_database_is_ours        (MemoDiskDatabase     *self);
void         memo_disk_database_set_max_size   (MemoDiskDatabase     *self,
                                                guint64               max_size);
int          memo_disk_database_begin          (MemoDiskDatabase     *self,
                                                gboolean              durable);
int          memo_disk_database_begin_reading  (MemoDiskDatabase     *self);
int          memo_disk_database_commit         (MemoDiskDatabase     *self);
void         memo_disk_database_rollback       (MemoDiskDatabase     *self);

/* memo-disk-rows.c; times are milliseconds of the wall clock. */
int          memo_disk_database_prepare        (MemoDiskDatabase     *self);
int          memo_disk_database_load           (MemoDiskDatabase     *self,
                                                MemoDiskKey           key,
                                                gint64                now,
                                                GBytes              **bytes,
                                                gint64               *id,
                                                gint64               *accessed);
int          memo_disk_database_put            (MemoDiskDatabase     *self,
                                                MemoDiskKey           key,
                                                GBytes               *bytes,
                                                gint64                expiry,
                                                gint64                now,
                                                gint64               *delta);
int          memo_disk_database_remove         (MemoDiskDatabase     *self,
                                                MemoDiskKey           key,
                                                GBytes               *only,
                                                gint64               *delta);
int          memo_disk_database_clear          (MemoDiskDatabase     *self);
int          memo_disk_database_touch          (MemoDiskDatabase     *self,
                                                gint64                id,
                                                gint64                now);
int          memo_disk_database_settle         (MemoDiskDatabase     *self,
                                                gint64                delta,
                                                gboolean              cleared,
                                                gint64               *total);
gint64       memo_disk_cost                    (gsize                 key_length,
                                                gsize                 length);

/* memo-disk-purge.c */
int          memo_disk_database_purge_expired  (MemoDiskDatabase     *self,
                                                gint64                now,
                                                guint                 limit,
                                                guint                *n_purged,
                                                gint64               *delta);
int          memo_disk_database_purge_oldest   (MemoDiskDatabase     *self,
                                                gint64                total,
                                                gint64                wanted,
                                                guint                 limit,
                                                guint                *n_purged,
                                                gint64               *delta);
int          memo_disk_database_vacuum         (MemoDiskDatabase     *self,
                                                guint                 pages,
                                                gboolean             *more);

G_END_DECLS
