/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-redis-address.h"
#include "memo-redis-pipeline.h"

G_BEGIN_DECLS

typedef enum
{
  MEMO_REDIS_WAITING,     /* between two attempts, or not started */
  MEMO_REDIS_CONNECTING,
  MEMO_REDIS_UP,
  MEMO_REDIS_STOPPED,
} MemoRedisState;

/* A link is used in the thread that runs the main context in which it was made, and calls back there. */
typedef struct _MemoRedisLink MemoRedisLink;

/* It came up, went down or failed to come up; see memo_redis_link_get_state().  When it went down this is called before those who
 * wait for an answer are told. */
typedef void (*MemoRedisChanged) (MemoRedisLink *link,
                                  gpointer       owner);

/* What a link says that tracks, of what others change. */
typedef struct
{
  /* NAME was changed by somebody else; with its prefix; NULL is everything. */
  void (*outdated) (gpointer    owner,
                    const char *name);
  /* The lease may be another. */
  void (*beat)     (gpointer    owner);
} MemoRedisHeard;

MemoRedisLink  *memo_redis_link_new            (const MemoRedisAddress *address,
                                                const MemoRedisSetup   *setup,
                                                MemoRedisCounters      *counters,
                                                MemoRedisChanged        changed,
                                                const MemoRedisHeard   *heard,
                                                gpointer                owner);
void            memo_redis_link_start          (MemoRedisLink          *self);
void            memo_redis_link_stop           (MemoRedisLink          *self);
void            memo_redis_link_free           (MemoRedisLink          *self);

gboolean        memo_redis_link_send           (MemoRedisLink          *self,
                                                guint                   n,
                                                const char * const     *arguments,
                                                const gsize            *sizes,
                                                MemoRedisAnswered       answered,
                                                gpointer                data,
                                                GError                **error);

void            memo_redis_link_keep           (MemoRedisLink          *self,
                                                MemoRedisAnswered       late,
                                                gpointer                data);
MemoRedisState  memo_redis_link_get_state      (MemoRedisLink          *self);
const GError   *memo_redis_link_get_error      (MemoRedisLink          *self);
guint64         memo_redis_link_get_generation (MemoRedisLink          *self);
gint64          memo_redis_link_get_lease      (MemoRedisLink          *self);
const guint8   *memo_redis_link_get_server     (MemoRedisLink          *self);
const char     *memo_redis_link_get_label      (MemoRedisLink          *self);

G_END_DECLS
