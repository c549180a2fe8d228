/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-redis-greeting.h"

G_BEGIN_DECLS

/* The second connection of a link that tracks, where it takes one, and the time lease. */
typedef struct _MemoRedisTracking MemoRedisTracking;

/* What happens; each is called in the main context that it was made in, and none after memo_redis_tracking_end(), which
 * each may call. */
typedef struct
{
  /* It has subscribed: the other connection may redirect to `client`. */
  void (*ready)    (gpointer               owner,
                    const MemoRedisTracks *tracks);
  void (*broken)   (gpointer        owner,
                    const GError   *error,
                    gboolean        lasting);
  /* NAME, with its prefix, was changed by somebody else; NULL is everything. */
  void (*outdated) (gpointer        owner,
                    const char     *name);
  /* Another turn of PINGs, or an echo of one. */
  void (*beat)     (gpointer        owner);
} MemoRedisTrackingOwner;

MemoRedisTracking *memo_redis_tracking_start     (const MemoRedisAddress       *address,
                                                  const MemoRedisSetup         *setup,
                                                  MemoRedisCounters            *counters,
                                                  gboolean                      alone,
                                                  const MemoRedisTrackingOwner *calls,
                                                  gpointer                      owner);
void               memo_redis_tracking_begin     (MemoRedisTracking            *self,
                                                  MemoRedisPipeline            *commands);
void               memo_redis_tracking_hear      (MemoRedisTracking            *self,
                                                  const MemoRedisReply         *push);
void               memo_redis_tracking_end       (MemoRedisTracking            *self,
                                                  const GError                 *error);
gint64             memo_redis_tracking_get_lease (MemoRedisTracking            *self);

G_END_DECLS
