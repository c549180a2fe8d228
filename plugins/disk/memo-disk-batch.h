/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-disk-database.h"

G_BEGIN_DECLS

typedef enum
{
  MEMO_DISK_PUT,
  MEMO_DISK_REMOVE,
  MEMO_DISK_REMOVE_ONLY,
} MemoDiskWhat;

/* What is to become of a key. */
typedef struct
{
  MemoDiskWhat  what;
  char         *key;
  GBytes       *bytes;    /* to put, or to remove and nothing else */
  gint64        expiry;   /* of what is put; milliseconds of the wall clock */
} MemoDiskChange;

/* Who is to be told when the batch is written. */
typedef struct
{
  MemoCall *call;
  gboolean  is_put;
} MemoDiskAsker;

/* Writes that were gathered, to be done in one transaction. */
typedef struct
{
  gboolean    clear;      /* everything goes, before the changes */
  gboolean    durable;
  GPtrArray  *changes;    /* in order */
  GHashTable *latest;     /* of a key */
  GArray     *askers;
  gsize       size;
  gint64      since;      /* when the first of them was asked */
} MemoDiskBatch;

typedef enum
{
  MEMO_DISK_UNKNOWN,    /* ask the file */
  MEMO_DISK_FOUND,
  MEMO_DISK_MISSING,
  MEMO_DISK_UNDECIDED,  /* write the batch and ask the file */
} MemoDiskFinding;

MemoDiskBatch   *memo_disk_batch_new       (void);
void             memo_disk_batch_free      (MemoDiskBatch       *self);
gboolean         memo_disk_batch_is_asked  (MemoDiskBatch       *self);
gboolean         memo_disk_batch_is_empty  (MemoDiskBatch       *self);

void             memo_disk_batch_put       (MemoDiskBatch       *self,
                                            const char          *key,
                                            GBytes              *bytes,
                                            gint64               expiry,
                                            gboolean             durable);
void             memo_disk_batch_remove    (MemoDiskBatch       *self,
                                            const char          *key,
                                            GBytes              *only);
void             memo_disk_batch_clear     (MemoDiskBatch       *self);
void             memo_disk_batch_add_asker (MemoDiskBatch       *self,
                                            MemoCall            *call,
                                            gboolean             is_put);
MemoDiskFinding  memo_disk_batch_find      (MemoDiskBatch       *self,
                                            const char          *key,
                                            gint64               now,
                                            GBytes             **bytes);
void             memo_disk_asker_clear     (gpointer             asker);
void             memo_disk_batch_written   (MemoDiskBatch       *self);
void             memo_disk_batch_failed    (MemoDiskBatch       *self);

G_END_DECLS
