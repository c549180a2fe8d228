/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-redis-link.h"

G_BEGIN_DECLS

typedef enum
{
  MEMO_REDIS_OPEN,
  MEMO_REDIS_LOAD,
  MEMO_REDIS_STORE,
  MEMO_REDIS_REMOVE,
  MEMO_REDIS_CLEAR,
  MEMO_REDIS_FLUSH,
  MEMO_REDIS_CLOSE,
} MemoRedisAsk;

typedef struct _MemoRedisDesk MemoRedisDesk;

/* What is asked: plain data, and the call to answer. */
typedef struct
{
  GList          link;        /* in the queue that it waits in */
  MemoRedisAsk   ask;
  const char    *key;         /* the call's own, or this one */
  char          *other_key;
  MemoCall      *call;
  gint64         deadline;    /* while it is held back */
  MemoRedisDesk *desk;        /* while the server is asked */
} MemoRedisWish;

MemoRedisWish *memo_redis_wish_new  (MemoRedisAsk   ask,
                                     const char    *key,
                                     MemoCall      *call);
void           memo_redis_wish_free (MemoRedisWish *wish);

typedef struct
{
  /* It may end: it was closed, and all that was asked before is answered. */
  void (*done)     (gpointer    owner);
  /* KEY was written, or any; in the handler of the reply. */
  void (*outdated) (gpointer    owner,
                    const char *key);
} MemoRedisDeskOwner;

MemoRedisDesk *memo_redis_desk_new     (MemoRedisLink            *link,
                                        const MemoRedisAddress   *address,
                                        const MemoRedisSetup     *setup,
                                        MemoRedisCounters        *counters,
                                        const MemoRedisDeskOwner *calls,
                                        gpointer                  owner);
GPtrArray     *memo_redis_desk_free    (MemoRedisDesk          *self);
void           memo_redis_desk_take    (MemoRedisDesk          *self,
                                        MemoRedisWish          *wish);
void           memo_redis_desk_changed (MemoRedisDesk          *self);

G_END_DECLS
