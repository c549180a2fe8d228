/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-agent-cache-invalidator.h"
#include "memo-agent-call-private.h"
#include "memo-bracket-private.h"
#include "memo-loader-private.h"

/**
 * MemoAgentCacheInvalidator:
 *
 * A change that an agent calls by its name, and that makes remembered reads wrong: those of its
 * [property@Memo.AgentFunction:resources].
 *
 * A change of the scope `global` reaches the results that are for all and those of every session; one of the scope
 * `session` those of the session that it is called in. Around it is a bracket, as with every
 * [iface@Memo.Invalidator]: what it touches is dropped before the function is called and again when it has answered,
 * and not kept in between. What it answers is never remembered.
 *
 * It is a [iface@Memo.Invalidator] for those who call it without a session; then nobody looks for loops.
 *
 * Since: 0.1
 */
struct _MemoAgentCacheInvalidator
{
  MemoAgentFunction parent_instance;
};

static void memo_agent_cache_invalidator_invalidator_iface_init (MemoInvalidatorInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (MemoAgentCacheInvalidator, memo_agent_cache_invalidator, MEMO_TYPE_AGENT_FUNCTION,
                               G_IMPLEMENT_INTERFACE (MEMO_TYPE_INVALIDATOR,
                                                      memo_agent_cache_invalidator_invalidator_iface_init))

static GPtrArray *
dup_mutations (gpointer    self,
               MemoCall   *request,
               MemoEntry  *reads,
               GError    **error)
{
  MemoAgentCall *call = memo_agent_call_of (request);
  const gboolean of_session = memo_agent_function_get_scope (self) == MEMO_AGENT_SCOPE_SESSION;

  memo_agent_call_touch (call);

  return memo_agent_cache_dup_mutations (call->agent, of_session ? call->state : NULL,
                                         (const char * const *) call->resources);
}

static void
call_func (gpointer  self,
           MemoCall *request,
           MemoCall *call)
{
  memo_agent_call_loaded (memo_agent_call_of (request), call);
  memo_loader_ask (memo_agent_function_get_loader (self), call);
}

static const MemoBracketFuncs bracket = {
  .dup_mutations = dup_mutations,
  .call_func = call_func,
};

/* Has REQUEST answered by the function. */
void
memo_agent_invalidator_answer (MemoAgentFunction *self,
                               MemoCall          *request)
{
  memo_bracket_run (self, &bracket, request);
}

static void
memo_agent_cache_invalidator_call (MemoInvalidator *invalidator,
                                   MemoCall        *call)
{
  memo_agent_call_run (MEMO_AGENT_FUNCTION (invalidator), NULL, NULL, MEMO_GET_NONE, call);
}

static void
memo_agent_cache_invalidator_invalidator_iface_init (MemoInvalidatorInterface *iface)
{
  iface->call = memo_agent_cache_invalidator_call;
}

static void
memo_agent_cache_invalidator_class_init (MemoAgentCacheInvalidatorClass *klass)
{
}

static void
memo_agent_cache_invalidator_init (MemoAgentCacheInvalidator *self)
{
}

/**
 * memo_agent_cache_invalidator_new: (constructor)
 * @name: a name, without parentheses
 * @func: (scope notified) (closure user_data) (destroy destroy): the function
 * @user_data: data for @func
 * @destroy: (nullable): called when @user_data is not needed any more
 *
 * Makes a change of a function. For one that blocks, set [property@Memo.AgentFunction:loader].
 *
 * Returns: (transfer full): the change
 *
 * Since: 0.1
 */
MemoAgentCacheInvalidator *
memo_agent_cache_invalidator_new (const char     *name,
                                  MemoFunc        func,
                                  gpointer        user_data,
                                  GDestroyNotify  destroy)
{
  g_autoptr(MemoLoader) loader = NULL;

  g_return_val_if_fail (name != NULL, NULL);
  g_return_val_if_fail (func != NULL, NULL);

  loader = memo_loader_new (func, user_data, destroy);

  return g_object_new (MEMO_TYPE_AGENT_CACHE_INVALIDATOR, "name", name, "loader", loader, NULL);
}
