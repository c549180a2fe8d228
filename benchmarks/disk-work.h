/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libcache.h>

#include "bench.h"
#include "by-hand-disk.h"
#include "workload.h"

G_BEGIN_DECLS

/* What is measured of the disk, as libcache does it and by hand. */

#define AT_ONCE 100

typedef enum
{
  WITH_SQLITE,
  WITH_FILES,
} Means;

typedef struct
{
  Bench       *bench;
  const char  *folder;        /* of this row: it has "ours.db", "by-hand.db" and "files" */
  gsize        value_size;
  gboolean     durable;       /* what is put */
  Means        means;         /* by hand */
  Keys        *keys;
  guint        at_once;
  guint        pass;

  guint        place;
  guint        round;         /* of puts: how far the values are behind the keys */
  guint        pending;
  guint        right;
  guint64      asked;

  MemoBackend *backend;
  MemoCache   *cache;
  ByHandDisk  *by_hand;
  char        *files;
} Disk;

guint disk_get_ours             (gpointer data);
guint disk_get_by_hand          (gpointer data);
guint disk_set_ours             (gpointer data);
guint disk_put_by_hand          (gpointer data);
guint disk_store_ours           (gpointer data);
void  disk_prepare_open_ours    (gpointer data);
guint disk_open_and_get_ours    (gpointer data);
void  disk_prepare_open_by_hand (gpointer data);
guint disk_open_and_get_by_hand (gpointer data);
void  disk_open_ours            (Disk *self);
void  disk_close_ours           (Disk *self);
void  disk_open_by_hand         (Disk *self);
void  disk_close_by_hand        (Disk *self);
void  disk_fill_ours            (Disk *self);
void  disk_fill_by_hand         (Disk *self);
void  disk_check_puts           (Disk *ours,
                                 Disk *by_hand,
                                 const char *name);

G_END_DECLS
