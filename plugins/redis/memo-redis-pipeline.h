/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-redis-connection.h"

G_BEGIN_DECLS

/* What was asked was answered by REPLY, which may be an error and is not taken; or it was not, and ERROR says why.  Called once,
 * never before the function returns that was called to ask. */
typedef void (*MemoRedisAnswered) (const MemoRedisReply *reply,
                                   const GError         *error,
                                   gpointer              data);

typedef struct
{
  /* An error came, and whoever asked was told. */
  void (*complained) (gpointer              owner,
                      const MemoRedisReply *reply);
  /* Something came that may be no answer.  Says whether it was none, and was dealt with.  NULL where nothing comes unasked. */
  gboolean (*pushed) (gpointer              owner,
                      const MemoRedisReply *reply);
  /* The stream is of no use any more; memo_redis_pipeline_end() is yet to be called. */
  void (*broken)     (gpointer              owner,
                      const GError         *error);
} MemoRedisPipelineOwner;

typedef struct _MemoRedisPipeline MemoRedisPipeline;

MemoRedisPipeline *memo_redis_pipeline_new          (GIOStream                    *stream,
                                                     GSocket                      *socket,
                                                     const char                   *label,
                                                     const MemoRedisSetup         *setup,
                                                     MemoRedisCounters            *counters,
                                                     const MemoRedisPipelineOwner *calls,
                                                     gpointer                      owner);
void               memo_redis_pipeline_end          (MemoRedisPipeline            *self,
                                                     const GError                 *error);
gboolean           memo_redis_pipeline_send         (MemoRedisPipeline            *self,
                                                     guint                         n,
                                                     const char * const           *arguments,
                                                     const gsize                  *sizes,
                                                     gint64                        timeout,
                                                     MemoRedisAnswered             answered,
                                                     gpointer                      data,
                                                     GError                      **error);
gboolean           memo_redis_pipeline_send_echo    (MemoRedisPipeline            *self,
                                                     const char                   *nonce,
                                                     gint64                        timeout,
                                                     MemoRedisAnswered             answered,
                                                     gpointer                      data,
                                                     GError                      **error);
void               memo_redis_pipeline_keep         (MemoRedisPipeline            *self,
                                                     MemoRedisAnswered             late,
                                                     gpointer                      data);
guint              memo_redis_pipeline_get_waiting  (MemoRedisPipeline            *self);
guint64            memo_redis_pipeline_get_progress (MemoRedisPipeline            *self);
gint64             memo_redis_pipeline_get_silence  (MemoRedisPipeline            *self);
gboolean           memo_redis_pipeline_is_stalled   (MemoRedisPipeline            *self);

G_END_DECLS
