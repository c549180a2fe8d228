/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined (MEMO_INSIDE) && !defined (MEMO_COMPILATION)
# error "Only <libcache.h> can be included directly."
#endif

#include "memo-agent-function.h"
#include "memo-invalidator.h"

G_BEGIN_DECLS

#define MEMO_TYPE_AGENT_CACHE_INVALIDATOR (memo_agent_cache_invalidator_get_type ())

MEMO_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MemoAgentCacheInvalidator, memo_agent_cache_invalidator, MEMO, AGENT_CACHE_INVALIDATOR,
                      MemoAgentFunction)

MEMO_AVAILABLE_IN_0_1
MemoAgentCacheInvalidator *memo_agent_cache_invalidator_new (const char     *name,
                                                             MemoFunc        func,
                                                             gpointer        user_data,
                                                             GDestroyNotify  destroy) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
