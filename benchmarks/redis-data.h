/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libcache.h>

#include "redis-server.h"

G_BEGIN_DECLS

/* Keys of twelve digits, as the tool redis-benchmark makes them. */
#define REDIS_KEY_DIGITS 12

typedef char RedisKey[REDIS_KEY_DIGITS + 1];
typedef char RedisName[REDIS_KEY_DIGITS + 24];

/* What is in the server. */
typedef struct
{
  RedisServer *server;
  guint        n_keys;
  gsize        value_size;
  gsize        record_size;
  gsize        key_at;    /* where a record has its key */
  RedisKey    *keys;
  RedisName   *names;     /* what the keys are called there */
} RedisData;

typedef enum
{
  REDIS_UNIX,
  REDIS_TCP,
  REDIS_TLS,
} RedisTransport;

RedisData   *redis_data_new    (RedisServer    *server,
                                guint           n_keys,
                                gsize           value_size);
void         redis_data_free   (RedisData      *self);

MemoBackend *redis_backend_new (RedisServer    *server,
                                RedisTransport  transport);

G_END_DECLS
