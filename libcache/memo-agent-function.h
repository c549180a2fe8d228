/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined (MEMO_INSIDE) && !defined (MEMO_COMPILATION)
# error "Only <libcache.h> can be included directly."
#endif

#include "memo-async-function.h"

G_BEGIN_DECLS

/**
 * MemoAgentScope:
 * @MEMO_AGENT_SCOPE_GLOBAL: all sessions: a result is seen by all of one principal, a change reaches all
 * @MEMO_AGENT_SCOPE_SESSION: one session: a result is seen by it alone, a change reaches its results alone
 *
 * Whom a function of an agent is about.
 *
 * Since: 0.1
 */
typedef enum {
  MEMO_AGENT_SCOPE_GLOBAL,
  MEMO_AGENT_SCOPE_SESSION,
} MemoAgentScope;

#define MEMO_TYPE_AGENT_FUNCTION (memo_agent_function_get_type ())

MEMO_AVAILABLE_IN_ALL
G_DECLARE_DERIVABLE_TYPE (MemoAgentFunction, memo_agent_function, MEMO, AGENT_FUNCTION, GObject)

/**
 * MemoAgentFunctionClass:
 * @parent_class: the parent class
 *
 * The class of [class@Memo.AgentFunction].
 *
 * Since: 0.1
 */
struct _MemoAgentFunctionClass
{
  GObjectClass parent_class;

  /*< private >*/
  gpointer padding[8];
};

MEMO_AVAILABLE_IN_0_1
const char         *memo_agent_function_get_name          (MemoAgentFunction  *self);
MEMO_AVAILABLE_IN_0_1
MemoLoader         *memo_agent_function_get_loader        (MemoAgentFunction  *self);
MEMO_AVAILABLE_IN_0_1
const char * const *memo_agent_function_get_resources     (MemoAgentFunction  *self);
MEMO_AVAILABLE_IN_0_1
void                memo_agent_function_set_resources     (MemoAgentFunction  *self,
                                                           const char * const *resources);
MEMO_AVAILABLE_IN_0_1
MemoAgentScope      memo_agent_function_get_scope         (MemoAgentFunction  *self);
MEMO_AVAILABLE_IN_0_1
void                memo_agent_function_set_scope         (MemoAgentFunction  *self,
                                                           MemoAgentScope      scope);
MEMO_AVAILABLE_IN_0_1
const char * const *memo_agent_function_get_volatile_args (MemoAgentFunction  *self);
MEMO_AVAILABLE_IN_0_1
void                memo_agent_function_set_volatile_args (MemoAgentFunction  *self,
                                                           const char * const *volatile_args);
MEMO_AVAILABLE_IN_0_1
int                 memo_agent_function_get_n_args        (MemoAgentFunction  *self);
MEMO_AVAILABLE_IN_0_1
void                memo_agent_function_set_n_args        (MemoAgentFunction  *self,
                                                           int                 n_args);
MEMO_AVAILABLE_IN_0_1
MemoMetrics        *memo_agent_function_get_metrics       (MemoAgentFunction  *self) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
