/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _MemoRedisMemory MemoRedisMemory;

MemoRedisMemory *memo_redis_memory_new     (void);
void             memo_redis_memory_end     (MemoRedisMemory *self);

GBytes          *memo_redis_memory_copy    (MemoRedisMemory *self,
                                            const char      *data,
                                            gsize            size);
void             memo_redis_memory_collect (MemoRedisMemory *self);

G_END_DECLS
