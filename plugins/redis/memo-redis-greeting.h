/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-redis-address.h"
#include "memo-redis-pipeline.h"

G_BEGIN_DECLS

/* On which a server says what was changed. */
#define MEMO_REDIS_CHANNEL "__redis__:invalidate"

/* What a greeting says of tracking, on either of the two connections. */
typedef struct
{
  gint64   redirect;  /* the client who is to be told what changes of what is read here; 0: this is the one who is told */
  gboolean alone;     /* there is no other connection: this one is told, in RESP3 */

  /* What the server said. */
  gint64   client;    /* the number of this connection, where it is the one who is told */
  gboolean refused;   /* it does not speak RESP3, or not with us */
  guint8   server[MEMO_REMOTE_SERVER_ID_SIZE];
} MemoRedisTracks;

/* ERROR is NULL when the server is ready to be asked. */
typedef void (*MemoRedisGreeted) (const GError *error,
                                  gboolean      lasting,
                                  gpointer      data);

typedef struct _MemoRedisGreeting MemoRedisGreeting;

MemoRedisGreeting *memo_redis_greeting_send    (MemoRedisPipeline      *pipeline,
                                                const MemoRedisAddress *address,
                                                MemoRedisTracks        *tracks,
                                                gint64                  timeout,
                                                MemoRedisGreeted        greeted,
                                                gpointer                data);
void               memo_redis_greeting_abandon (MemoRedisGreeting      *self);

G_END_DECLS
