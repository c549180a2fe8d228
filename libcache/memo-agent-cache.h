/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined (MEMO_INSIDE) && !defined (MEMO_COMPILATION)
# error "Only <libcache.h> can be included directly."
#endif

#include "memo-agent-function.h"

G_BEGIN_DECLS

#define MEMO_TYPE_AGENT_CACHE (memo_agent_cache_get_type ())

MEMO_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MemoAgentCache, memo_agent_cache, MEMO, AGENT_CACHE, GObject)

MEMO_AVAILABLE_IN_0_1
MemoAgentCache    *memo_agent_cache_new                  (const char          *principal,
                                                          MemoCache           *cache) G_GNUC_WARN_UNUSED_RESULT;

MEMO_AVAILABLE_IN_0_1
const char        *memo_agent_cache_get_principal        (MemoAgentCache      *self);
MEMO_AVAILABLE_IN_0_1
MemoCache         *memo_agent_cache_get_cache            (MemoAgentCache      *self);
MEMO_AVAILABLE_IN_0_1
MemoClock         *memo_agent_cache_get_clock            (MemoAgentCache      *self);

MEMO_AVAILABLE_IN_0_1
gboolean           memo_agent_cache_add                  (MemoAgentCache      *self,
                                                          MemoAgentFunction   *function,
                                                          GError             **error);
MEMO_AVAILABLE_IN_0_1
MemoAgentFunction *memo_agent_cache_lookup               (MemoAgentCache      *self,
                                                          const char          *name);
MEMO_AVAILABLE_IN_0_1
char             **memo_agent_cache_dup_names            (MemoAgentCache      *self) G_GNUC_WARN_UNUSED_RESULT;
MEMO_AVAILABLE_IN_0_1
void               memo_agent_cache_invalidate_resources (MemoAgentCache      *self,
                                                          const char * const  *resources);
MEMO_AVAILABLE_IN_0_1
MemoMetrics       *memo_agent_cache_get_metrics          (MemoAgentCache      *self) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
