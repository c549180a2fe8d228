/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-redis-link.h"

G_BEGIN_DECLS

/* Some of it was removed, or may have been. */
typedef void (*MemoRedisRemoved) (gpointer      data);

/* Called once, possibly before memo_redis_clear_start() returns. */
typedef void (*MemoRedisCleared) (const GError *error,
                                  gpointer      data);

void memo_redis_clear_start (MemoRedisLink    *link,
                             const char       *prefix,
                             guint             scan,
                             MemoRedisRemoved  removed,
                             MemoRedisCleared  cleared,
                             gpointer          data);

G_END_DECLS
