/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-agent-call-private.h"

/* How a session looks for loops, and what it has counted. */

#define STATE(self) (memo_agent_cache_session_get_state (self))
#define LOCK(self) g_mutex_lock (&STATE (self)->lock)
#define UNLOCK(self) g_mutex_unlock (&STATE (self)->lock)

/**
 * memo_agent_cache_session_get_loop_detection: (get-property loop-detection)
 * @self: a session
 *
 * Gets how loops are looked for.
 *
 * Returns: how they are looked for
 *
 * Since: 0.1
 */
MemoAgentLoopDetection
memo_agent_cache_session_get_loop_detection (MemoAgentCacheSession *self)
{
  MemoAgentLoopDetection loop_detection;

  g_return_val_if_fail (MEMO_IS_AGENT_CACHE_SESSION (self), MEMO_AGENT_LOOP_DETECTION_OFF);

  LOCK (self);
  loop_detection = STATE (self)->limits.detection;
  UNLOCK (self);

  return loop_detection;
}

/**
 * memo_agent_cache_session_set_loop_detection: (set-property loop-detection)
 * @self: a session
 * @loop_detection: how they are looked for
 *
 * Sets how loops are looked for.
 *
 * Since: 0.1
 */
void
memo_agent_cache_session_set_loop_detection (MemoAgentCacheSession  *self,
                                             MemoAgentLoopDetection  loop_detection)
{
  gboolean changed;

  g_return_if_fail (MEMO_IS_AGENT_CACHE_SESSION (self));

  LOCK (self);
  changed = STATE (self)->limits.detection != loop_detection;
  STATE (self)->limits.detection = loop_detection;
  UNLOCK (self);

  if (changed)
    g_object_notify (G_OBJECT (self), "loop-detection");
}

/**
 * memo_agent_cache_session_get_on_loop: (get-property on-loop)
 * @self: a session
 *
 * Gets what is done about a loop.
 *
 * Returns: what is done
 *
 * Since: 0.1
 */
MemoAgentLoopAction
memo_agent_cache_session_get_on_loop (MemoAgentCacheSession *self)
{
  MemoAgentLoopAction on_loop;

  g_return_val_if_fail (MEMO_IS_AGENT_CACHE_SESSION (self), MEMO_AGENT_LOOP_ACTION_RAISE);

  LOCK (self);
  on_loop = STATE (self)->on_loop;
  UNLOCK (self);

  return on_loop;
}

/**
 * memo_agent_cache_session_set_on_loop: (set-property on-loop)
 * @self: a session
 * @on_loop: what is done
 *
 * Sets what is done about a loop.
 *
 * Since: 0.1
 */
void
memo_agent_cache_session_set_on_loop (MemoAgentCacheSession *self,
                                      MemoAgentLoopAction    on_loop)
{
  gboolean changed;

  g_return_if_fail (MEMO_IS_AGENT_CACHE_SESSION (self));

  LOCK (self);
  changed = STATE (self)->on_loop != on_loop;
  STATE (self)->on_loop = on_loop;
  UNLOCK (self);

  if (changed)
    g_object_notify (G_OBJECT (self), "on-loop");
}

/**
 * memo_agent_cache_session_get_max_tool_repeats: (get-property max-tool-repeats)
 * @self: a session
 *
 * Gets how often the same read with the same outcome may come in a row.
 *
 * Returns: the number of calls, at least 1
 *
 * Since: 0.1
 */
guint
memo_agent_cache_session_get_max_tool_repeats (MemoAgentCacheSession *self)
{
  guint max_tool_repeats;

  g_return_val_if_fail (MEMO_IS_AGENT_CACHE_SESSION (self), 0);

  LOCK (self);
  max_tool_repeats = STATE (self)->limits.max_repeats;
  UNLOCK (self);

  return max_tool_repeats;
}

/**
 * memo_agent_cache_session_set_max_tool_repeats: (set-property max-tool-repeats)
 * @self: a session
 * @max_tool_repeats: the number of calls, at least 1
 *
 * Sets how often the same read with the same outcome may come in a row.
 *
 * Since: 0.1
 */
void
memo_agent_cache_session_set_max_tool_repeats (MemoAgentCacheSession *self,
                                               guint                  max_tool_repeats)
{
  gboolean changed;

  g_return_if_fail (MEMO_IS_AGENT_CACHE_SESSION (self));
  g_return_if_fail (max_tool_repeats > 0);

  LOCK (self);
  changed = STATE (self)->limits.max_repeats != max_tool_repeats;
  STATE (self)->limits.max_repeats = max_tool_repeats;
  UNLOCK (self);

  if (changed)
    g_object_notify (G_OBJECT (self), "max-tool-repeats");
}

/**
 * memo_agent_cache_session_get_max_execution_depth: (get-property max-execution-depth)
 * @self: a session
 *
 * Gets how deep calls may be nested.
 *
 * Returns: the depth, at least 1
 *
 * Since: 0.1
 */
guint
memo_agent_cache_session_get_max_execution_depth (MemoAgentCacheSession *self)
{
  guint max_execution_depth;

  g_return_val_if_fail (MEMO_IS_AGENT_CACHE_SESSION (self), 0);

  LOCK (self);
  max_execution_depth = STATE (self)->limits.max_depth;
  UNLOCK (self);

  return max_execution_depth;
}

/**
 * memo_agent_cache_session_set_max_execution_depth: (set-property max-execution-depth)
 * @self: a session
 * @max_execution_depth: the depth, at least 1
 *
 * Sets how deep calls may be nested.
 *
 * Since: 0.1
 */
void
memo_agent_cache_session_set_max_execution_depth (MemoAgentCacheSession *self,
                                                  guint                  max_execution_depth)
{
  gboolean changed;

  g_return_if_fail (MEMO_IS_AGENT_CACHE_SESSION (self));
  g_return_if_fail (max_execution_depth > 0);

  LOCK (self);
  changed = STATE (self)->limits.max_depth != max_execution_depth;
  STATE (self)->limits.max_depth = max_execution_depth;
  UNLOCK (self);

  if (changed)
    g_object_notify (G_OBJECT (self), "max-execution-depth");
}

/**
 * memo_agent_cache_session_get_max_calls: (get-property max-calls)
 * @self: a session
 *
 * Gets how many calls the session may make in all.
 *
 * Returns: the number of calls, or `MEMO_UNLIMITED`
 *
 * Since: 0.1
 */
guint
memo_agent_cache_session_get_max_calls (MemoAgentCacheSession *self)
{
  guint max_calls;

  g_return_val_if_fail (MEMO_IS_AGENT_CACHE_SESSION (self), 0);

  LOCK (self);
  max_calls = STATE (self)->limits.max_calls;
  UNLOCK (self);

  return max_calls;
}

/**
 * memo_agent_cache_session_set_max_calls: (set-property max-calls)
 * @self: a session
 * @max_calls: the number of calls, or `MEMO_UNLIMITED`
 *
 * Sets how many calls the session may make in all.
 *
 * Since: 0.1
 */
void
memo_agent_cache_session_set_max_calls (MemoAgentCacheSession *self,
                                        guint                  max_calls)
{
  gboolean changed;

  g_return_if_fail (MEMO_IS_AGENT_CACHE_SESSION (self));

  LOCK (self);
  changed = STATE (self)->limits.max_calls != max_calls;
  STATE (self)->limits.max_calls = max_calls;
  UNLOCK (self);

  if (changed)
    g_object_notify (G_OBJECT (self), "max-calls");
}

/**
 * memo_agent_cache_session_get_max_polls: (get-property max-polls)
 * @self: a session
 *
 * Gets how often the same call of a poll may have the same outcome.
 *
 * Returns: the number of calls, at least 1
 *
 * Since: 0.1
 */
guint
memo_agent_cache_session_get_max_polls (MemoAgentCacheSession *self)
{
  guint max_polls;

  g_return_val_if_fail (MEMO_IS_AGENT_CACHE_SESSION (self), 0);

  LOCK (self);
  max_polls = STATE (self)->limits.max_polls;
  UNLOCK (self);

  return max_polls;
}

/**
 * memo_agent_cache_session_set_max_polls: (set-property max-polls)
 * @self: a session
 * @max_polls: the number of calls, at least 1
 *
 * Sets how often the same call of a poll may have the same outcome.
 *
 * Since: 0.1
 */
void
memo_agent_cache_session_set_max_polls (MemoAgentCacheSession *self,
                                        guint                  max_polls)
{
  gboolean changed;

  g_return_if_fail (MEMO_IS_AGENT_CACHE_SESSION (self));
  g_return_if_fail (max_polls > 0);

  LOCK (self);
  changed = STATE (self)->limits.max_polls != max_polls;
  STATE (self)->limits.max_polls = max_polls;
  UNLOCK (self);

  if (changed)
    g_object_notify (G_OBJECT (self), "max-polls");
}

/**
 * memo_agent_cache_session_mark_progress:
 * @self: a session
 *
 * Says that the agent has got somewhere, by what the calls do not show: all streaks end, and nothing that was called until
 * now counts as a repetition any more. The calls that were made still count for
 * [property@Memo.AgentCacheSession:max-calls].
 *
 * Since: 0.1
 */
void
memo_agent_cache_session_mark_progress (MemoAgentCacheSession *self)
{
  g_return_if_fail (MEMO_IS_AGENT_CACHE_SESSION (self));

  LOCK (self);
  memo_agent_loops_progress (STATE (self)->loops);
  STATE (self)->warned = FALSE;
  UNLOCK (self);
}

/**
 * memo_agent_cache_session_is_closed:
 * @self: a session
 *
 * Says whether the session was closed.
 *
 * Returns: whether it was
 *
 * Since: 0.1
 */
gboolean
memo_agent_cache_session_is_closed (MemoAgentCacheSession *self)
{
  gboolean closed;

  g_return_val_if_fail (MEMO_IS_AGENT_CACHE_SESSION (self), TRUE);

  LOCK (self);
  closed = STATE (self)->closed;
  UNLOCK (self);

  return closed;
}

/**
 * memo_agent_cache_session_get_metrics:
 * @self: a session
 *
 * Gets what was counted of the calls of this session: hits, misses, loads and the loops that were found.
 *
 * What was dropped is counted by tool, and not by session: see [method@Memo.AgentFunction.get_metrics].
 *
 * Returns: (transfer full): a snapshot
 *
 * Since: 0.1
 */
MemoMetrics *
memo_agent_cache_session_get_metrics (MemoAgentCacheSession *self)
{
  MemoAgentCounters counters;

  g_return_val_if_fail (MEMO_IS_AGENT_CACHE_SESSION (self), NULL);

  LOCK (self);
  counters = STATE (self)->counters;
  UNLOCK (self);

  return memo_agent_counters_to_metrics (&counters, NULL, 0);
}
