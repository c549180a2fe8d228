/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-redis-reply.h"
#include "memo-redis-setup.h"

G_BEGIN_DECLS

/* No more than this is to be fed at a time. */
#define MEMO_REDIS_FEED (16 * 1024)

typedef struct _MemoRedisReader MemoRedisReader;

gboolean         memo_redis_reader_knows_pushes (void);

MemoRedisReader *memo_redis_reader_new  (const MemoRedisSetup  *setup);
void             memo_redis_reader_free (MemoRedisReader       *self);
void             memo_redis_reader_feed (MemoRedisReader       *self,
                                         const char            *data,
                                         gsize                  size);
gboolean         memo_redis_reader_next (MemoRedisReader       *self,
                                         MemoRedisReply       **reply,
                                         GError               **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MemoRedisReader, memo_redis_reader_free)

G_END_DECLS
