/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libcache.h>

G_BEGIN_DECLS

/* Which file is meant by a name; zeros where there is none. */
typedef struct
{
  guint64 device;
  guint64 inode;
} MemoDiskIdentity;

/* Where the file is, and which files were opened there.  All of this is done in the worker. */
typedef struct
{
  char             *wanted;   /* as the URI has it */
  char             *folder;   /* with no symbolic link in it; these are known once it was made */
  char             *path;
  char             *wal;
  char             *shm;
  char             *lock;

  MemoDiskIdentity  file_identity;
  MemoDiskIdentity  wal_identity;
  MemoDiskIdentity  shm_identity;
} MemoDiskPlace;

typedef enum
{
  MEMO_DISK_THERE,    /* the files at their place are the ones that were opened */
  MEMO_DISK_GONE,     /* they were taken away, or others are in their place */
  MEMO_DISK_MAIMED,   /* the file is there, what belongs to it is not: what it says is old */
} MemoDiskPresence;

MemoDiskPlace    *memo_disk_place_new      (const char     *path);
void              memo_disk_place_free     (MemoDiskPlace  *self);

gboolean          memo_disk_place_find     (MemoDiskPlace  *self,
                                            GError        **error);
gboolean          memo_disk_place_prepare  (MemoDiskPlace  *self,
                                            GError        **error);
void              memo_disk_place_remember (MemoDiskPlace  *self);
MemoDiskPresence  memo_disk_place_look     (MemoDiskPlace  *self);
gboolean          memo_disk_place_is_empty (MemoDiskPlace  *self);
gboolean          memo_disk_place_discard  (MemoDiskPlace  *self,
                                            gboolean        set_aside,
                                            GError        **error);

int               memo_disk_place_lock     (MemoDiskPlace  *self,
                                            int             patience,
                                            GError        **error);
void              memo_disk_place_unlock   (int             lock);

G_END_DECLS
