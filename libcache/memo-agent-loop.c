/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-agent-loop-private.h"
#include "memo-enum-types.h"

/**
 * MemoAgentLoop:
 *
 * A loop in the calls of an agent: what found it, which call would go on with it, and how often it came.
 *
 * It is what the handlers of [signal@Memo.AgentCacheSession::loop-detected] get, and they may say what is done about
 * it: see [method@Memo.AgentLoop.set_action].
 *
 * Since: 0.1
 */
struct _MemoAgentLoop
{
  gatomicrefcount     ref_count;
  MemoAgentDetector   detector;
  char               *tool;
  guint               count;
  char              **cycle;
  char               *message;
  int                 action;   /* atomic: handlers may keep the loop */
};

G_DEFINE_BOXED_TYPE (MemoAgentLoop, memo_agent_loop, memo_agent_loop_ref, memo_agent_loop_unref)

/* What whoever wrote the agent, or the agent itself, is told to do. */
static const char *
advice (MemoAgentDetector detector)
{
  switch (detector)
    {
    case MEMO_AGENT_DETECTOR_REPEAT:
      return "nothing new comes of it: use what is known already, or call something else";

    case MEMO_AGENT_DETECTOR_RETRY_STORM:
      return "it fails each time: change the arguments, or do something else";

    case MEMO_AGENT_DETECTOR_OSCILLATION:
      return "these calls come in a circle, and nothing changes: do something else";

    case MEMO_AGENT_DETECTOR_NESTING:
      return "calls are made for one another without an end, or wait for themselves";

    case MEMO_AGENT_DETECTOR_BUDGET:
    default:
      return "no more calls are allowed: come to an end with what is known";
    }
}

/* Takes the finding. */
MemoAgentLoop *
memo_agent_loop_new (MemoAgentFinding    *finding,
                     const char          *tool,
                     MemoAgentLoopAction  action)
{
  g_autoptr(GEnumClass) detectors = g_type_class_ref (MEMO_TYPE_AGENT_DETECTOR);
  const GEnumValue *detector = g_enum_get_value (detectors, finding->detector);
  g_autofree char *cycle = g_strjoinv (", ", finding->cycle);
  MemoAgentLoop *self = g_new0 (MemoAgentLoop, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->detector = finding->detector;
  self->tool = g_strdup (tool);
  self->count = finding->count;
  self->cycle = g_steal_pointer (&finding->cycle);
  self->message = g_strdup_printf ("The agent goes round in a loop (%s): “%s”, count %u, cycle “%s”; %s",
                                   detector->value_nick, tool, self->count, cycle, advice (self->detector));
  self->action = action;
  memo_agent_finding_free (finding);

  return self;
}

/**
 * memo_agent_loop_ref:
 * @self: a loop
 *
 * Takes a reference.
 *
 * Returns: (transfer full): @self
 *
 * Since: 0.1
 */
MemoAgentLoop *
memo_agent_loop_ref (MemoAgentLoop *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

/**
 * memo_agent_loop_unref:
 * @self: (transfer full): a loop
 *
 * Gives a reference back.
 *
 * Since: 0.1
 */
void
memo_agent_loop_unref (MemoAgentLoop *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_strfreev (self->cycle);
  g_free (self->tool);
  g_free (self->message);
  g_free (self);
}

/**
 * memo_agent_loop_get_detector:
 * @self: a loop
 *
 * Gets what found the loop.
 *
 * Returns: the detector
 *
 * Since: 0.1
 */
MemoAgentDetector
memo_agent_loop_get_detector (MemoAgentLoop *self)
{
  g_return_val_if_fail (self != NULL, MEMO_AGENT_DETECTOR_REPEAT);

  return self->detector;
}

/**
 * memo_agent_loop_get_tool:
 * @self: a loop
 *
 * Gets the name of the function whose call would go on with the loop: a tool or a change.
 *
 * Returns: (transfer none): the name
 *
 * Since: 0.1
 */
const char *
memo_agent_loop_get_tool (MemoAgentLoop *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->tool;
}

/**
 * memo_agent_loop_get_count:
 * @self: a loop
 *
 * Gets how often it came, with the call that was found: which call in a row, which cycle, which depth, or
 * which call of the session.
 *
 * Returns: the count
 *
 * Since: 0.1
 */
guint
memo_agent_loop_get_count (MemoAgentLoop *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->count;
}

/**
 * memo_agent_loop_get_cycle:
 * @self: a loop
 *
 * Gets the names of the functions that come again and again, in the order of their calls.
 *
 * Returns: (transfer none) (array zero-terminated=1): the names
 *
 * Since: 0.1
 */
const char * const *
memo_agent_loop_get_cycle (MemoAgentLoop *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return (const char * const *) self->cycle;
}

/**
 * memo_agent_loop_get_message:
 * @self: a loop
 *
 * Gets what the error says: the detector, the tool, the count, the cycle, and what to do instead.
 *
 * Returns: (transfer none): the message
 *
 * Since: 0.1
 */
const char *
memo_agent_loop_get_message (MemoAgentLoop *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->message;
}

/**
 * memo_agent_loop_get_action:
 * @self: a loop
 *
 * Gets what is going to be done about it.
 *
 * Returns: the action
 *
 * Since: 0.1
 */
MemoAgentLoopAction
memo_agent_loop_get_action (MemoAgentLoop *self)
{
  g_return_val_if_fail (self != NULL, MEMO_AGENT_LOOP_ACTION_RAISE);

  return g_atomic_int_get (&self->action);
}

/**
 * memo_agent_loop_set_action:
 * @self: a loop
 * @action: what to do
 *
 * Says what is done about this loop, in place of what [property@Memo.AgentCacheSession:on-loop] says.
 *
 * For handlers of [signal@Memo.AgentCacheSession::loop-detected]; later it has no effect.
 *
 * Since: 0.1
 */
void
memo_agent_loop_set_action (MemoAgentLoop       *self,
                            MemoAgentLoopAction  action)
{
  g_return_if_fail (self != NULL);

  g_atomic_int_set (&self->action, action);
}
