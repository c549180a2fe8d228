/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-disk-batch.h"
#include "memo-disk-place.h"

G_BEGIN_DECLS

/* The file, whatever happens to it: it is opened when it is needed, mended or replaced when it is damaged, and left
 * alone for a while when nothing helps.  All of it is done in the worker. */
typedef struct
{
  MemoDiskSetup      setup;
  MemoDiskCounters  *counters;
  guint64            max_size;
  gboolean           exclusive;

  MemoDiskPlace     *place;
  MemoDiskDatabase  *database;      /* NULL while it is not open */
  gboolean           known;         /* whether what is there was once seen to be ours */

  GHashTable        *touched;       /* ids of rows that were read, since they were last written down */
  gboolean           untidy;        /* whether there is more to purge */

  GError            *trouble;       /* why it is left alone */
  gint64             pause;         /* for how long, in microseconds */
  gint64             until;
  gint64             replaced[3];   /* when it was, the last times */
} MemoDiskFile;

/* memo-disk-file.c */
MemoDiskFile  *memo_disk_file_new       (const char           *path,
                                         guint64               max_size,
                                         gboolean              exclusive,
                                         const MemoDiskSetup  *setup,
                                         MemoDiskCounters     *counters);
void           memo_disk_file_free      (MemoDiskFile         *self);
void           memo_disk_file_limit     (MemoDiskFile         *self,
                                         guint64               max_size);
gboolean       memo_disk_file_load      (MemoDiskFile         *self,
                                         const char           *key,
                                         gboolean              more,
                                         GBytes              **bytes,
                                         GError              **error);
void           memo_disk_file_end_loads (MemoDiskFile         *self);
gboolean       memo_disk_file_write     (MemoDiskFile         *self,
                                         MemoDiskBatch        *batch,
                                         gboolean             *emptied,
                                         GError              **error);
gint64         memo_disk_file_now       (MemoDiskFile         *self);

/* memo-disk-tidy.c */
int            memo_disk_file_trim      (MemoDiskFile         *self,
                                         gint64                now,
                                         gint64               *total,
                                         guint                *n_purged);
int            memo_disk_file_note_read (MemoDiskFile         *self,
                                         gint64                now);
void           memo_disk_file_tidy      (MemoDiskFile         *self);

/* memo-disk-repair.c */
gboolean       memo_disk_file_open      (MemoDiskFile         *self,
                                         GError              **error);
void           memo_disk_file_close     (MemoDiskFile         *self);
void           memo_disk_file_look      (MemoDiskFile         *self);
gboolean       memo_disk_file_replace   (MemoDiskFile         *self,
                                         gboolean             *emptied,
                                         GError              **error);
void           memo_disk_file_give_up   (MemoDiskFile         *self,
                                         const GError         *why);
void           memo_disk_file_explain   (MemoDiskFile         *self,
                                         int                   code,
                                         GError              **error);

G_END_DECLS
