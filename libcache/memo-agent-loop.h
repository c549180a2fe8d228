/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined (MEMO_INSIDE) && !defined (MEMO_COMPILATION)
# error "Only <libcache.h> can be included directly."
#endif

#include <glib-object.h>

#include "memo-version-macros.h"

G_BEGIN_DECLS

/**
 * MemoAgentDetector:
 * @MEMO_AGENT_DETECTOR_REPEAT: one call came again and again, with nothing in between
 * @MEMO_AGENT_DETECTOR_RETRY_STORM: a call that failed was tried again and again
 * @MEMO_AGENT_DETECTOR_OSCILLATION: a few calls came again and again in the same order, with the same outcomes
 * @MEMO_AGENT_DETECTOR_NESTING: calls were made for one another too deep, or in a circle
 * @MEMO_AGENT_DETECTOR_BUDGET: a session made more calls than it may
 *
 * What found a loop.
 *
 * Since: 0.1
 */
typedef enum {
  MEMO_AGENT_DETECTOR_REPEAT,
  MEMO_AGENT_DETECTOR_RETRY_STORM,
  MEMO_AGENT_DETECTOR_OSCILLATION,
  MEMO_AGENT_DETECTOR_NESTING,
  MEMO_AGENT_DETECTOR_BUDGET,
} MemoAgentDetector;

/**
 * MemoAgentLoopDetection:
 * @MEMO_AGENT_LOOP_DETECTION_OUTCOME: calls count as the same when their outcomes are the same as well
 * @MEMO_AGENT_LOOP_DETECTION_ARGS: calls with the same arguments count as the same, whatever comes of them
 * @MEMO_AGENT_LOOP_DETECTION_OFF: nothing is looked for
 *
 * How a [class@Memo.AgentCacheSession] looks for loops.
 *
 * Since: 0.1
 */
typedef enum {
  MEMO_AGENT_LOOP_DETECTION_OUTCOME,
  MEMO_AGENT_LOOP_DETECTION_ARGS,
  MEMO_AGENT_LOOP_DETECTION_OFF,
} MemoAgentLoopDetection;

/**
 * MemoAgentLoopAction:
 * @MEMO_AGENT_LOOP_ACTION_RAISE: the call ends with `MEMO_ERROR_AGENT_LOOP`, and its function is not called
 * @MEMO_AGENT_LOOP_ACTION_WARN: a warning is logged, once a streak, and the call goes on
 * @MEMO_AGENT_LOOP_ACTION_SHORT_CIRCUIT: the call is answered with what is cached at the time, and where nothing is,
 *   with `MEMO_ERROR_AGENT_LOOP`; its function is not called
 *
 * What is done about a loop.
 *
 * Since: 0.1
 */
typedef enum {
  MEMO_AGENT_LOOP_ACTION_RAISE,
  MEMO_AGENT_LOOP_ACTION_WARN,
  MEMO_AGENT_LOOP_ACTION_SHORT_CIRCUIT,
} MemoAgentLoopAction;

#define MEMO_TYPE_AGENT_LOOP (memo_agent_loop_get_type ())

typedef struct _MemoAgentLoop MemoAgentLoop;

MEMO_AVAILABLE_IN_ALL
GType                memo_agent_loop_get_type     (void) G_GNUC_CONST;

MEMO_AVAILABLE_IN_0_1
MemoAgentLoop       *memo_agent_loop_ref          (MemoAgentLoop       *self);
MEMO_AVAILABLE_IN_0_1
void                 memo_agent_loop_unref        (MemoAgentLoop       *self);

MEMO_AVAILABLE_IN_0_1
MemoAgentDetector    memo_agent_loop_get_detector (MemoAgentLoop       *self);
MEMO_AVAILABLE_IN_0_1
const char          *memo_agent_loop_get_tool     (MemoAgentLoop       *self);
MEMO_AVAILABLE_IN_0_1
guint                memo_agent_loop_get_count    (MemoAgentLoop       *self);
MEMO_AVAILABLE_IN_0_1
const char * const  *memo_agent_loop_get_cycle    (MemoAgentLoop       *self);
MEMO_AVAILABLE_IN_0_1
const char          *memo_agent_loop_get_message  (MemoAgentLoop       *self);
MEMO_AVAILABLE_IN_0_1
MemoAgentLoopAction  memo_agent_loop_get_action   (MemoAgentLoop       *self);
MEMO_AVAILABLE_IN_0_1
void                 memo_agent_loop_set_action   (MemoAgentLoop       *self,
                                                   MemoAgentLoopAction  action);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MemoAgentLoop, memo_agent_loop_unref)

G_END_DECLS
