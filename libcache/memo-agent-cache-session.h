/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined (MEMO_INSIDE) && !defined (MEMO_COMPILATION)
# error "Only <libcache.h> can be included directly."
#endif

#include "memo-agent-cache.h"
#include "memo-agent-loop.h"

G_BEGIN_DECLS

#define MEMO_TYPE_AGENT_CACHE_SESSION (memo_agent_cache_session_get_type ())

MEMO_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MemoAgentCacheSession, memo_agent_cache_session, MEMO, AGENT_CACHE_SESSION, GObject)

MEMO_AVAILABLE_IN_0_1
MemoAgentCacheSession  *memo_agent_cache_session_new               (MemoAgentCache          *agent_cache,
                                                                    const char              *session_id) G_GNUC_WARN_UNUSED_RESULT;

MEMO_AVAILABLE_IN_0_1
void                    memo_agent_cache_session_call_async        (MemoAgentCacheSession   *self,
                                                                    MemoAgentFunction       *function,
                                                                    GVariant                *args,
                                                                    MemoCall                *parent,
                                                                    MemoGetFlags             flags,
                                                                    GCancellable            *cancellable,
                                                                    GAsyncReadyCallback      callback,
                                                                    gpointer                 user_data);
MEMO_AVAILABLE_IN_0_1
void                    memo_agent_cache_session_call_with_closure (MemoAgentCacheSession   *self,
                                                                    MemoAgentFunction       *function,
                                                                    GVariant                *args,
                                                                    MemoCall                *parent,
                                                                    MemoGetFlags             flags,
                                                                    GCancellable            *cancellable,
                                                                    GClosure                *done);
MEMO_AVAILABLE_IN_0_1
MemoEntry              *memo_agent_cache_session_call_finish       (MemoAgentCacheSession   *self,
                                                                    GAsyncResult            *result,
                                                                    GError                 **error) G_GNUC_WARN_UNUSED_RESULT;

MEMO_AVAILABLE_IN_0_1
void                    memo_agent_cache_session_mark_progress     (MemoAgentCacheSession   *self);
MEMO_AVAILABLE_IN_0_1
void                    memo_agent_cache_session_close             (MemoAgentCacheSession   *self);
MEMO_AVAILABLE_IN_0_1
gboolean                memo_agent_cache_session_is_closed         (MemoAgentCacheSession   *self);
MEMO_AVAILABLE_IN_0_1
MemoMetrics            *memo_agent_cache_session_get_metrics       (MemoAgentCacheSession   *self) G_GNUC_WARN_UNUSED_RESULT;

MEMO_AVAILABLE_IN_0_1
MemoAgentCache         *memo_agent_cache_session_get_agent_cache   (MemoAgentCacheSession   *self);
MEMO_AVAILABLE_IN_0_1
const char             *memo_agent_cache_session_get_session_id    (MemoAgentCacheSession   *self);

MEMO_AVAILABLE_IN_0_1
MemoAgentLoopDetection  memo_agent_cache_session_get_loop_detection      (MemoAgentCacheSession  *self);
MEMO_AVAILABLE_IN_0_1
void                    memo_agent_cache_session_set_loop_detection      (MemoAgentCacheSession  *self,
                                                                          MemoAgentLoopDetection  loop_detection);
MEMO_AVAILABLE_IN_0_1
MemoAgentLoopAction     memo_agent_cache_session_get_on_loop             (MemoAgentCacheSession  *self);
MEMO_AVAILABLE_IN_0_1
void                    memo_agent_cache_session_set_on_loop             (MemoAgentCacheSession  *self,
                                                                          MemoAgentLoopAction     on_loop);
MEMO_AVAILABLE_IN_0_1
guint                   memo_agent_cache_session_get_max_tool_repeats    (MemoAgentCacheSession  *self);
MEMO_AVAILABLE_IN_0_1
void                    memo_agent_cache_session_set_max_tool_repeats    (MemoAgentCacheSession  *self,
                                                                          guint                   max_tool_repeats);
MEMO_AVAILABLE_IN_0_1
guint                   memo_agent_cache_session_get_max_execution_depth (MemoAgentCacheSession  *self);
MEMO_AVAILABLE_IN_0_1
void                    memo_agent_cache_session_set_max_execution_depth (MemoAgentCacheSession  *self,
                                                                          guint                   max_execution_depth);
MEMO_AVAILABLE_IN_0_1
guint                   memo_agent_cache_session_get_max_calls           (MemoAgentCacheSession  *self);
MEMO_AVAILABLE_IN_0_1
void                    memo_agent_cache_session_set_max_calls           (MemoAgentCacheSession  *self,
                                                                          guint                   max_calls);
MEMO_AVAILABLE_IN_0_1
guint                   memo_agent_cache_session_get_max_polls           (MemoAgentCacheSession  *self);
MEMO_AVAILABLE_IN_0_1
void                    memo_agent_cache_session_set_max_polls           (MemoAgentCacheSession  *self,
                                                                          guint                   max_polls);

/* What the function of a tool or of a change may ask of its call. */
MEMO_AVAILABLE_IN_0_1
MemoAgentCacheSession  *memo_call_dup_agent_session (MemoCall           *self) G_GNUC_WARN_UNUSED_RESULT;
MEMO_AVAILABLE_IN_0_1
void                    memo_call_add_resources     (MemoCall           *self,
                                                     const char * const *resources);

G_END_DECLS
