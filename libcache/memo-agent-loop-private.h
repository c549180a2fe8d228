/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-agent-loops-private.h"

G_BEGIN_DECLS

MemoAgentLoop *memo_agent_loop_new (MemoAgentFinding    *finding,
                                    const char          *tool,
                                    MemoAgentLoopAction  action);

G_END_DECLS
