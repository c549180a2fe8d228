/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-agent-loop.h"

G_BEGIN_DECLS

/* Finds loops in a sequence of calls.  Plain data: it knows no cache, no session, no clock and no lock, only
 * digests and times that it is told. */

/* How many completed calls are remembered. */
#define MEMO_AGENT_LOOPS_HISTORY 64

/* A streak ends after so long without a call, in microseconds. */
#define MEMO_AGENT_LOOPS_IDLE (10 * 60 * G_USEC_PER_SEC)

typedef struct _MemoAgentLoops MemoAgentLoops;

typedef struct
{
  MemoAgentLoopDetection detection;
  guint                  max_repeats;
  guint                  max_depth;
  guint                  max_calls;     /* G_MAXUINT: no limit */
  guint                  max_polls;
} MemoAgentLimits;

/* What is called.  Two calls are the same when their digests are. */
typedef struct
{
  char          *name;          /* a GRefString */
  guint64        digest;
  const guint64 *resources;     /* digests of what a read reads */
  guint          n_resources;
  gboolean       change;
  gboolean       poll;
  gboolean       repeatable;
} MemoAgentSubject;

typedef enum
{
  MEMO_AGENT_SUCCEEDED,
  MEMO_AGENT_FAILED,
  MEMO_AGENT_FAILED_FOR_NOW,    /* with an error that may pass by itself */
} MemoAgentEnd;

typedef struct
{
  MemoAgentDetector  detector;
  guint              count;
  char             **cycle;     /* the names, in the order of the calls */
} MemoAgentFinding;

MemoAgentLoops   *memo_agent_loops_new      (void);
void              memo_agent_loops_free     (MemoAgentLoops         *self);

MemoAgentFinding *memo_agent_loops_check    (MemoAgentLoops         *self,
                                             const MemoAgentLimits  *limits,
                                             const MemoAgentSubject *subject,
                                             guint                   depth,
                                             const char * const     *circle,
                                             gint64                  now);
void              memo_agent_loops_admit    (MemoAgentLoops         *self);
void              memo_agent_loops_record   (MemoAgentLoops         *self,
                                             const MemoAgentSubject *subject,
                                             MemoAgentEnd            end,
                                             guint64                 outcome,
                                             gint64                  now);
void              memo_agent_loops_touch    (MemoAgentLoops         *self,
                                             const guint64          *resources,
                                             guint                   n_resources);
void              memo_agent_loops_progress (MemoAgentLoops         *self);

void              memo_agent_finding_free   (MemoAgentFinding       *finding);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MemoAgentFinding, memo_agent_finding_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MemoAgentLoops, memo_agent_loops_free)

G_END_DECLS
