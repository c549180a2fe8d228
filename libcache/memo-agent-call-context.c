/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-agent-call-private.h"
#include "memo-call-private.h"

/* What the function of a tool may ask of its call. */

/**
 * memo_call_dup_agent_session:
 * @self: what the function of a tool or of a change was given
 *
 * Gets the session that a function was called in, so that it can call others: see
 * [method@Memo.AgentCacheSession.call_async], whose parent @self is then.
 *
 * What several sessions wait for is called in the session of the one that asked first.
 *
 * Returns: (transfer full) (nullable): the session, or `NULL` when it was called in none, or that is gone
 *
 * Since: 0.1
 */
MemoAgentCacheSession *
memo_call_dup_agent_session (MemoCall *self)
{
  MemoAgentCall *call;

  g_return_val_if_fail (MEMO_IS_CALL (self), NULL);

  call = memo_agent_call_of (self);

  return call != NULL ? g_weak_ref_get (&call->session) : NULL;
}

/**
 * memo_call_add_resources:
 * @self: what the function of a tool was given
 * @resources: (array zero-terminated=1): resources; no templates, they stand for themselves
 *
 * Says what more the tool reads, when that is not known before: a search adds the files that it looks into.
 *
 * Call it before they are read, as [method@Memo.Call.add_tags]: a change of one of them that comes later then makes
 * sure that the result is not kept.
 *
 * Since: 0.1
 */
void
memo_call_add_resources (MemoCall           *self,
                         const char * const *resources)
{
  g_return_if_fail (MEMO_IS_CALL (self));
  g_return_if_fail (resources != NULL);
  g_return_if_fail (memo_call_is_load (self));
  g_return_if_fail (memo_agent_call_of (self) != NULL);

  for (MemoAgentCall *call = memo_agent_call_of (self); call != NULL; call = call->parent)
    {
      g_autoptr(MemoCall) load = g_weak_ref_get (&call->load);
      g_auto(GStrv) tags = NULL;

      if (load == NULL || !memo_call_is_load (load))
        continue;

      tags = memo_agent_call_dup_tags (call, resources);
      memo_call_add_tags (load, (const char * const *) tags);
    }
}
