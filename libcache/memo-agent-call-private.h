/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-agent-cache-session.h"
#include "memo-agent-function-private.h"
#include "memo-agent-tool.h"

G_BEGIN_DECLS

typedef struct _MemoAgentCall MemoAgentCall;
typedef struct _MemoAgentState MemoAgentState;

/* The calls of one session that are the same and overlap.  Those that joined one load are one call to the
 * detectors. */
typedef struct
{
  guint64 digest;
  guint   members;
  guint   loads;        /* how often the function was called for them */
  guint   records;      /* how many of them entered the history */
} MemoAgentGroup;

/* What a session is behind its object.  Calls in progress hold it, and not the session. */
struct _MemoAgentState
{
  gatomicrefcount      ref_count;
  guint64              serial;      /* of the session, among those of its agent cache */

  GMutex               lock;        /* guards what follows */
  MemoAgentLimits      limits;
  MemoAgentLoopAction  on_loop;
  MemoAgentLoops      *loops;
  GHashTable          *groups;      /* by digest */
  GHashTable          *calls;       /* those in progress, each a reference */
  MemoAgentCounters    counters;
  gboolean             warned;      /* of this streak */
  gboolean             closed;
};

/* One call of a function of an agent.  Its request has it, what is asked of the function has it, and so do the
 * calls that are made for it. */
struct _MemoAgentCall
{
  gatomicrefcount    ref_count;
  MemoAgentFunction *function;
  MemoAgentCache    *agent;
  MemoAgentState    *state;         /* NULL: it is of no session */
  GWeakRef           session;
  MemoAgentCall     *parent;
  guint              depth;

  char              *key;           /* under which a result is kept; different calls have different ones */
  char              *args_key;      /* the same for all sessions */
  char             **resources;
  guint64           *resource_digests;
  MemoAgentSubject   subject;       /* what the detectors see of it */

  GWeakRef           request;
  GWeakRef           load;          /* what its function was asked */
  MemoAgentGroup    *group;
  int                loaded;        /* atomic: whether it was */
  gboolean           hit;
  gboolean           handed_on;     /* its request can be withdrawn; guarded by the lock of the state */
};

/* memo-agent-state.c */
MemoAgentState   *memo_agent_state_new        (void);
MemoAgentState   *memo_agent_state_ref        (MemoAgentState       *self);
void              memo_agent_state_unref      (MemoAgentState       *self);
gboolean          memo_agent_state_admit      (MemoAgentState       *self,
                                               MemoAgentCall        *call,
                                               const char * const   *circle,
                                               gboolean              anyway,
                                               MemoAgentFinding    **finding);
gboolean          memo_agent_state_may_warn   (MemoAgentState       *self);
gboolean          memo_agent_state_hand_on    (MemoAgentState       *self,
                                               MemoAgentCall        *call);
void              memo_agent_state_loaded     (MemoAgentState       *self,
                                               MemoAgentCall        *call);
void              memo_agent_state_leave      (MemoAgentState       *self,
                                               MemoAgentCall        *call);
void              memo_agent_state_complete   (MemoAgentState       *self,
                                               MemoAgentCall        *call,
                                               MemoAgentEnd          end,
                                               guint64               outcome);
void              memo_agent_state_count      (MemoAgentState       *self,
                                               MemoAgentCounters     more);
void              memo_agent_state_touch      (MemoAgentState       *self,
                                               const guint64        *resources,
                                               guint                 n_resources);
GPtrArray        *memo_agent_state_close      (MemoAgentState       *self);
char            **memo_agent_session_tags     (guint64               serial,
                                               const char * const   *resources);

/* memo-agent-outcome.c */
guint64           memo_agent_digest           (const char           *text);
guint64          *memo_agent_digests          (const char * const   *texts);
guint64           memo_agent_outcome_digest   (MemoAgentFunction    *function,
                                               MemoEntry            *entry,
                                               const GError         *error,
                                               MemoAgentEnd         *end);

/* memo-agent-call.c */
void              memo_agent_call_run         (MemoAgentFunction     *function,
                                               MemoAgentCacheSession *session,
                                               MemoCall              *parent,
                                               MemoGetFlags           flags,
                                               MemoCall              *request);
void              memo_agent_call_withdraw    (MemoAgentCall         *self,
                                               MemoCall              *request);
MemoAgentCall    *memo_agent_call_ref         (MemoAgentCall         *self);
void              memo_agent_call_unref       (MemoAgentCall         *self);
MemoAgentCall    *memo_agent_call_of          (MemoCall              *call);
void              memo_agent_call_attach      (MemoAgentCall         *self,
                                               MemoCall              *call);
void              memo_agent_call_loaded      (MemoAgentCall         *self,
                                               MemoCall              *call);
void              memo_agent_call_touch       (MemoAgentCall         *self);
char            **memo_agent_call_dup_tags    (MemoAgentCall         *self,
                                               const char * const    *resources);

/* memo-agent-tool.c, memo-agent-cache-invalidator.c */
void              memo_agent_tool_answer        (MemoAgentTool     *self,
                                                 MemoAgentCall     *call,
                                                 MemoGetFlags       flags,
                                                 MemoCall          *request);
void              memo_agent_invalidator_answer (MemoAgentFunction *self,
                                                 MemoCall          *request);

/* memo-agent-cache-session.c */
MemoAgentState      *memo_agent_cache_session_get_state (MemoAgentCacheSession *self);
MemoAgentLoopAction  memo_agent_cache_session_report    (MemoAgentCacheSession *self,
                                                         MemoAgentFunction     *function,
                                                         MemoAgentFinding      *finding,
                                                         GError               **error);

/* memo-agent-cache.c */
void        memo_agent_cache_adopt_session (MemoAgentCache     *self,
                                            MemoAgentState     *state);
void        memo_agent_cache_leave_session (MemoAgentCache     *self,
                                            MemoAgentState     *state);
gint64      memo_agent_cache_now           (MemoAgentCache     *self);
char       *memo_agent_cache_dup_key       (MemoAgentCache     *self,
                                            const char         *name,
                                            const char         *version,
                                            GVariant           *args);
char       *memo_agent_cache_dup_tool_tag  (MemoAgentCache     *self,
                                            const char         *name);
GPtrArray  *memo_agent_cache_dup_mutations (MemoAgentCache     *self,
                                            MemoAgentState     *state,
                                            const char * const *resources);
void        memo_agent_cache_touch         (MemoAgentCache     *self,
                                            const guint64      *resources,
                                            guint               n_resources);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MemoAgentCall, memo_agent_call_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MemoAgentState, memo_agent_state_unref)

G_END_DECLS
