/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-redis-desk.h"

G_BEGIN_DECLS

/* What it has to say; called in its thread. */
typedef struct
{
  /* Whether it is connected is not as it was. */
  void (*connected) (gpointer    data);

  /* What it hears from a server that tracks. */
  void (*linked)    (gpointer    data);
  void (*unlinked)  (gpointer    data);
  void (*beat)      (gpointer    data);
  void (*outdated)  (gpointer    data,
                     const char *key);
} MemoRedisSignals;

typedef struct _MemoRedisWorker MemoRedisWorker;

MemoRedisWorker *memo_redis_worker_new          (const MemoRedisAddress *address,
                                                 const MemoRedisSetup   *setup,
                                                 const MemoRedisSignals *signals,
                                                 gpointer                data,
                                                 GDestroyNotify          destroy);
void             memo_redis_worker_end          (MemoRedisWorker        *self);
void             memo_redis_worker_ask          (MemoRedisWorker        *self,
                                                 MemoRedisAsk            ask,
                                                 const char             *key,
                                                 MemoCall               *call);
void             memo_redis_worker_request      (MemoRedisWorker        *self,
                                                 MemoRemoteRequest      *request);
gint64           memo_redis_worker_get_lease    (MemoRedisWorker        *self);
void             memo_redis_worker_get_server   (MemoRedisWorker        *self,
                                                 guint8                 *server);
gboolean         memo_redis_worker_is_connected (MemoRedisWorker        *self);
void             memo_redis_worker_get_counters (MemoRedisWorker        *self,
                                                 MemoRedisCounters      *counters);

/* How many there are; for tests. */
guint            memo_redis_worker_count        (void);

G_END_DECLS
