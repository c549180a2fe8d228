/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-redis-address.h"
#include "memo-redis-pipeline.h"

G_BEGIN_DECLS

/* How many bytes of its run id name a run of a server. */
#define MEMO_REDIS_SERVER_ID_SIZE MEMO_REMOTE_SERVER_ID_SIZE

/* ERROR is NULL when the server is ready to be asked. */
typedef void (*MemoRedisGreeted) (const GError *error,
                                  gboolean      lasting,
                                  gpointer      data);

typedef struct _MemoRedisGreeting MemoRedisGreeting;

MemoRedisGreeting *memo_redis_greeting_send    (MemoRedisPipeline      *pipeline,
                                                const MemoRedisAddress *address,
                                                gint64                  redirect,
                                                guint8                 *server,
                                                gint64                  timeout,
                                                MemoRedisGreeted        greeted,
                                                gpointer                data);
void               memo_redis_greeting_abandon (MemoRedisGreeting      *self);

G_END_DECLS
