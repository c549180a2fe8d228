/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What one writes by hand to keep values on the disk.  What cannot be written or read where it has to be
 * ends the program. */

/* A SQLite database with one table, its statements prepared once.  A durable one is on the disk when a
 * transaction is committed, another some time later. */
typedef struct _ByHandDisk ByHandDisk;

ByHandDisk *by_hand_disk_new    (const char *path,
                                 gboolean    durable);
void        by_hand_disk_free   (ByHandDisk *self);
GBytes     *by_hand_disk_get    (ByHandDisk *self,
                                 const char *key);
void        by_hand_disk_begin  (ByHandDisk *self);
void        by_hand_disk_put    (ByHandDisk *self,
                                 const char *key,
                                 GBytes     *value);
void        by_hand_disk_commit (ByHandDisk *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ByHandDisk, by_hand_disk_free)

/* A file a key, named like it. */
GBytes     *by_hand_files_get   (const char *folder,
                                 const char *key);
void        by_hand_files_put   (const char *folder,
                                 const char *key,
                                 GBytes     *value);

G_END_DECLS
