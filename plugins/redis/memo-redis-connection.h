/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-redis-reader.h"

G_BEGIN_DECLS

/* What happens on a connection.  Each is called in the main context that it was made in, and none after
 * memo_redis_connection_close(), which each of them may call. */
typedef struct
{
  void (*replied) (gpointer        owner,
                   MemoRedisReply *reply);    /* not taken */
  void (*broken)  (gpointer        owner,
                   const GError   *error);    /* once; nothing comes after it */
} MemoRedisConnectionOwner;

typedef struct _MemoRedisConnection MemoRedisConnection;

MemoRedisConnection *memo_redis_connection_new          (GIOStream                      *stream,
                                                         GSocket                        *socket,
                                                         const MemoRedisSetup           *setup,
                                                         MemoRedisCounters              *counters,
                                                         const MemoRedisConnectionOwner *calls,
                                                         gpointer                        owner);
void                 memo_redis_connection_close        (MemoRedisConnection            *self);
void                 memo_redis_connection_write        (MemoRedisConnection            *self,
                                                         const char                     *data,
                                                         gsize                           size);
gsize                memo_redis_connection_get_unsent   (MemoRedisConnection            *self);
guint64              memo_redis_connection_get_received (MemoRedisConnection            *self);
guint64              memo_redis_connection_get_sent     (MemoRedisConnection            *self);

G_END_DECLS
