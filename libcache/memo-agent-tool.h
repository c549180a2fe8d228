/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined (MEMO_INSIDE) && !defined (MEMO_COMPILATION)
# error "Only <libcache.h> can be included directly."
#endif

#include "memo-agent-function.h"

G_BEGIN_DECLS

#define MEMO_TYPE_AGENT_TOOL (memo_agent_tool_get_type ())

MEMO_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MemoAgentTool, memo_agent_tool, MEMO, AGENT_TOOL, MemoAgentFunction)

MEMO_AVAILABLE_IN_0_1
MemoAgentTool *memo_agent_tool_new            (const char         *name,
                                               MemoFunc            func,
                                               gpointer            user_data,
                                               GDestroyNotify      destroy) G_GNUC_WARN_UNUSED_RESULT;

MEMO_AVAILABLE_IN_0_1
const char    *memo_agent_tool_get_version    (MemoAgentTool      *self);
MEMO_AVAILABLE_IN_0_1
void           memo_agent_tool_set_version    (MemoAgentTool      *self,
                                               const char         *version);
MEMO_AVAILABLE_IN_0_1
double         memo_agent_tool_get_ttl        (MemoAgentTool      *self);
MEMO_AVAILABLE_IN_0_1
void           memo_agent_tool_set_ttl        (MemoAgentTool      *self,
                                               double              seconds);
MEMO_AVAILABLE_IN_0_1
guint          memo_agent_tool_get_maxsize    (MemoAgentTool      *self);
MEMO_AVAILABLE_IN_0_1
void           memo_agent_tool_set_maxsize    (MemoAgentTool      *self,
                                               guint               maxsize);
MEMO_AVAILABLE_IN_0_1
gboolean       memo_agent_tool_get_poll       (MemoAgentTool      *self);
MEMO_AVAILABLE_IN_0_1
void           memo_agent_tool_set_poll       (MemoAgentTool      *self,
                                               gboolean            poll);
MEMO_AVAILABLE_IN_0_1
gboolean       memo_agent_tool_get_repeatable (MemoAgentTool      *self);
MEMO_AVAILABLE_IN_0_1
void           memo_agent_tool_set_repeatable (MemoAgentTool      *self,
                                               gboolean            repeatable);

G_END_DECLS
