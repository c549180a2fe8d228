/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "redis-data.h"

G_BEGIN_DECLS

/* Gets from one Redis server, by several means, all of which ask for the same keys and get the same records. */

typedef struct _RedisSide RedisSide;

/* Nothing but a socket: the limit. */
RedisSide  *redis_side_raw       (RedisData      *data,
                                  RedisTransport  transport);
/* hiredis's own asynchronous API, with a GTask a get. */
RedisSide  *redis_side_hiredis   (RedisData      *data,
                                  RedisTransport  transport);
/* The backend without a cache. */
RedisSide  *redis_side_backend   (RedisData      *data,
                                  RedisTransport  transport);
/* The cache with the backend behind it; of a hundred gets, HITS find their key in memory. */
RedisSide  *redis_side_cache     (RedisData      *data,
                                  RedisTransport  transport,
                                  guint           hits);
/* The program redis-benchmark; NULL where there is none. */
RedisSide  *redis_side_tool      (RedisData      *data,
                                  RedisTransport  transport);
void        redis_side_free      (RedisSide      *self);

const char *redis_side_name      (RedisSide      *self);
/* Gets N keys, AT_ONCE of them at any time.  Gives the seconds that one took, and how many were right. */
double      redis_side_measure   (RedisSide      *self,
                                  guint           n,
                                  guint           at_once,
                                  guint          *right);
/* Whether all that was asked of it came from where it was to come from. */
gboolean    redis_side_check     (RedisSide      *self);

G_END_DECLS
