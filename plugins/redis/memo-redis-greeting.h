/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-redis-address.h"
#include "memo-redis-pipeline.h"

G_BEGIN_DECLS

/* ERROR is NULL when the server is ready to be asked. */
typedef void (*MemoRedisGreeted) (const GError *error,
                                  gboolean      lasting,
                                  gpointer      data);

typedef struct _MemoRedisGreeting MemoRedisGreeting;

MemoRedisGreeting *memo_redis_greeting_send    (MemoRedisPipeline      *pipeline,
                                                const MemoRedisAddress *address,
                                                gint64                  timeout,
                                                MemoRedisGreeted        greeted,
                                                gpointer                data);
void               memo_redis_greeting_abandon (MemoRedisGreeting      *self);

G_END_DECLS
