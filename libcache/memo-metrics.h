/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined (MEMO_INSIDE) && !defined (MEMO_COMPILATION)
# error "Only <libcache.h> can be included directly."
#endif

#include <glib-object.h>

#include "memo-version-macros.h"

G_BEGIN_DECLS

#define MEMO_TYPE_METRICS (memo_metrics_get_type ())

typedef struct _MemoMetrics MemoMetrics;

/**
 * MemoMetrics:
 * @hits: how many gets and look-ups were answered from memory
 * @misses: how many were not; one that joined a load in progress is a miss too
 * @coalesced: how many of the misses joined a load that somebody else had started
 * @loads: how many keys loaders were asked for
 * @load_failures: how many of these loads ended with an error
 * @batches: how often a batch loader was called
 * @evictions: how many live entries were dropped to make room
 * @expirations: how many entries were dropped since their time was over
 * @invalidations: how many entries were dropped by a delete, a clear or a tag
 * @remote_hits: how many keys were not loaded since the remote tier had them
 * @remote_failures: how often the remote tier failed to do what it was asked for
 * @pending_invalidations: how many changes the remote tier has not acknowledged at present, and is asked for again
 * @backup_hits: how many keys were not loaded since the backup had them
 * @backup_failures: how often the backup failed to do what it was asked for
 * @size: how many entries are held at present
 * @bytes: how much memory these take, as far as [method@Memo.Entry.get_size] knows
 * @hit_rate: hits by hits and misses, 0.0 when nothing was asked yet
 * @loop_detections: how many calls of agents were found to be part of a loop; caches have none
 *
 * What a cache counted: a snapshot, which does not change any more.
 *
 * Every get and every look-up is one hit or one miss. Looking without asking
 * ([method@Memo.Cache.peek], [method@Memo.Cache.contains]) and warming up count
 * as neither.
 *
 * Since: 0.1
 */
struct _MemoMetrics
{
  guint64 hits;
  guint64 misses;
  guint64 coalesced;
  guint64 loads;
  guint64 load_failures;
  guint64 batches;
  guint64 evictions;
  guint64 expirations;
  guint64 invalidations;
  guint64 remote_hits;
  guint64 remote_failures;
  guint64 backup_hits;
  guint64 backup_failures;
  guint64 size;
  guint64 bytes;
  double  hit_rate;
  guint64 loop_detections;
  guint64 pending_invalidations;

  /*< private >*/
  guint64 padding[6];
};

MEMO_AVAILABLE_IN_ALL
GType        memo_metrics_get_type (void) G_GNUC_CONST;
MEMO_AVAILABLE_IN_0_1
MemoMetrics *memo_metrics_new      (void) G_GNUC_WARN_UNUSED_RESULT;
MEMO_AVAILABLE_IN_0_1
MemoMetrics *memo_metrics_copy     (const MemoMetrics *self) G_GNUC_WARN_UNUSED_RESULT;
MEMO_AVAILABLE_IN_0_1
void         memo_metrics_free     (MemoMetrics       *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MemoMetrics, memo_metrics_free)

G_END_DECLS
