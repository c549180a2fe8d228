/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-redis-link.h"

G_BEGIN_DECLS

/* Where the steps by which processes stay coherent become commands. */
typedef struct _MemoRedisSteps MemoRedisSteps;

typedef struct
{
  /* KEY was written after whoever had asked for that was told that it was not answered in time. */
  void (*outdated) (gpointer    owner,
                    const char *key);
  /* Nothing is under way any more. */
  void (*idle)     (gpointer    owner);
} MemoRedisStepsOwner;

MemoRedisSteps *memo_redis_steps_new     (MemoRedisLink             *link,
                                          const MemoRedisAddress    *address,
                                          const MemoRedisSetup      *setup,
                                          MemoRedisCounters         *counters,
                                          const MemoRedisStepsOwner *calls,
                                          gpointer                   owner);
void            memo_redis_steps_free    (MemoRedisSteps         *self);
void            memo_redis_steps_take    (MemoRedisSteps         *self,
                                          MemoRemoteRequest      *request);
void            memo_redis_steps_changed (MemoRedisSteps         *self);
gboolean        memo_redis_steps_is_idle (MemoRedisSteps         *self);
gboolean        memo_redis_steps_name    (MemoRedisSteps         *self,
                                          const char             *name,
                                          const char            **key);

/* Where a request is in a queue. */
GList          *memo_redis_request_link  (MemoRemoteRequest      *request);

G_END_DECLS
