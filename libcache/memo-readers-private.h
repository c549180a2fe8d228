/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A big-reader lock (as Linux 2.4 had one; also known as a distributed reader-writer lock): it has several parts, each reader
 * takes the one of its thread, and a writer takes all of them.  So readers in different threads write to nothing that
 * they share, which a GRWLock makes them do, and which is what several cores wait for.
 *
 * Each part also counts for its readers. */

/* A power of two.  What a write costs grows with it; more threads than this share parts. */
#define MEMO_READERS_PARTS 8

typedef struct
{
  GMutex  lock;
  guint64 hits;
  guint64 misses;
} MemoReadersPart;

typedef struct _MemoReaders MemoReaders;

MemoReaders     *memo_readers_new    (void);
void             memo_readers_free   (MemoReaders *self);

MemoReadersPart *memo_readers_enter  (MemoReaders *self);
void             memo_readers_leave  (MemoReadersPart *part);

void             memo_readers_stop   (MemoReaders *self);
void             memo_readers_resume (MemoReaders *self);

void             memo_readers_count  (MemoReaders *self,
                                      guint64     *hits,
                                      guint64     *misses);
void             memo_readers_reset  (MemoReaders *self);

G_END_DECLS
