/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-agent-cache-invalidator.h"
#include "memo-agent-call-private.h"
#include "memo-agent-tool.h"
#include "memo-call-private.h"
#include "memo-error.h"
#include "memo-loader-private.h"

/* One call of a function of an agent, from its arguments to its record in the history.
 *
 * The request is handed on to the cache, or to the bracket of a change, and is answered there; what is done here is
 * before it and, when its answer is delivered, after it. */

static G_DEFINE_QUARK (memo-agent-call, call)

MemoAgentCall *
memo_agent_call_ref (MemoAgentCall *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
memo_agent_call_unref (MemoAgentCall *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  if (self->state != NULL)
    memo_agent_state_leave (self->state, self);

  g_weak_ref_clear (&self->session);
  g_weak_ref_clear (&self->request);
  g_weak_ref_clear (&self->load);
  g_clear_pointer (&self->parent, memo_agent_call_unref);
  g_clear_pointer (&self->state, memo_agent_state_unref);
  g_object_unref (self->function);
  g_object_unref (self->agent);
  g_strfreev (self->resources);
  g_free (self->resource_digests);
  g_free (self->key);
  g_free (self->args_key);
  g_free (self);
}

/* What a call belongs to: the request of one, or what its function is asked.  NULL: it is of no agent. */
MemoAgentCall *
memo_agent_call_of (MemoCall *call)
{
  return g_object_get_qdata (G_OBJECT (call), call_quark ());
}

void
memo_agent_call_attach (MemoAgentCall *self,
                        MemoCall      *call)
{
  g_object_set_qdata_full (G_OBJECT (call), call_quark (), memo_agent_call_ref (self),
                           (GDestroyNotify) memo_agent_call_unref);
}

/* The function is going to be asked CALL, in whichever thread. */
void
memo_agent_call_loaded (MemoAgentCall *self,
                        MemoCall      *call)
{
  memo_agent_call_attach (self, call);
  g_weak_ref_set (&self->load, call);
  g_atomic_int_set (&self->loaded, TRUE);
  if (self->state != NULL)
    memo_agent_state_loaded (self->state, self);
  memo_agent_function_count (self->function, (MemoAgentCounters) { .loads = 1 });
}

/* By which tags results that read RESOURCES are dropped: by changes of all sessions, and by those of its own. */
char **
memo_agent_call_dup_tags (MemoAgentCall      *self,
                          const char * const *resources)
{
  g_autoptr(GStrvBuilder) tags = g_strv_builder_new ();

  g_strv_builder_addv (tags, (const char **) resources);
  if (self->state != NULL && memo_agent_function_get_scope (self->function) == MEMO_AGENT_SCOPE_SESSION)
    {
      g_auto(GStrv) of_session = memo_agent_session_tags (self->state->serial, resources);

      g_strv_builder_addv (tags, (const char **) of_session);
    }

  return g_strv_builder_end (tags);
}

/* --- the calls that it is made for --- */

/* The results that are being made of this one are wrong when it is. */
static void
tag_ancestors (MemoAgentCall *self)
{
  for (MemoAgentCall *ancestor = self->parent; ancestor != NULL; ancestor = ancestor->parent)
    {
      g_autoptr(MemoCall) load = g_weak_ref_get (&ancestor->load);
      g_auto(GStrv) tags = NULL;

      if (load == NULL || !memo_call_is_load (load))
        continue;

      tags = memo_agent_call_dup_tags (ancestor, (const char * const *) self->resources);
      memo_call_add_tags (load, (const char * const *) tags);
    }
}

/* The names from an ancestor that is the same call down to the parent, or NULL. */
static char **
dup_circle (MemoAgentCall *self)
{
  g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func (g_free);

  for (MemoAgentCall *ancestor = self->parent; ancestor != NULL; ancestor = ancestor->parent)
    {
      g_ptr_array_insert (names, 0, g_strdup (ancestor->subject.name));
      if (ancestor->function == self->function && g_str_equal (ancestor->key, self->key))
        {
          g_ptr_array_add (names, NULL);
          g_ptr_array_set_free_func (names, NULL);
          return (char **) g_ptr_array_free (g_steal_pointer (&names), FALSE);
        }
    }

  return NULL;
}

/* The result for all that would be made of one session's data, or NULL.  An agent that a tool has for itself has its
 * own session, whose data is the tool's. */
static MemoAgentCall *
find_global_ancestor (MemoAgentCall         *parent,
                      MemoAgentCacheSession *session)
{
  for (; parent != NULL && session != NULL; parent = parent->parent)
    {
      if (MEMO_IS_AGENT_TOOL (parent->function) && parent->state == memo_agent_cache_session_get_state (session) &&
          memo_agent_function_get_scope (parent->function) == MEMO_AGENT_SCOPE_GLOBAL)
        return parent;
    }

  return NULL;
}

/* --- the end --- */

/* What a change reaches is changed: who reads it again does not repeat himself. */
void
memo_agent_call_touch (MemoAgentCall *self)
{
  if (memo_agent_function_get_scope (self->function) == MEMO_AGENT_SCOPE_GLOBAL)
    memo_agent_cache_touch (self->agent, self->resource_digests, self->subject.n_resources);
  else if (self->state != NULL)
    memo_agent_state_touch (self->state, self->resource_digests, self->subject.n_resources);
}

static void
over (MemoCall *request,
      gboolean  delivered)
{
  MemoAgentCall *self = memo_agent_call_of (request);
  MemoAgentCounters counters = { 0 };
  MemoAgentEnd end;
  guint64 outcome;

  if (delivered && MEMO_IS_AGENT_TOOL (self->function))
    {
      counters.hits = self->hit;
      counters.misses = !self->hit;
    }
  counters.load_failures = delivered && request->error != NULL && g_atomic_int_get (&self->loaded) &&
                           !memo_call_was_withdrawn (request);
  memo_agent_function_count (self->function, counters);
  if (!MEMO_IS_AGENT_TOOL (self->function))
    memo_agent_call_touch (self);

  if (self->state == NULL)
    return;

  counters.loads = g_atomic_int_get (&self->loaded);
  memo_agent_state_count (self->state, counters);

  if (!delivered || memo_call_was_withdrawn (request))
    {
      memo_agent_state_leave (self->state, self);
      return;
    }

  outcome = memo_agent_outcome_digest (self->function, request->answer, request->error, &end);
  memo_agent_state_complete (self->state, self, end, outcome);
}

/* --- the beginning --- */

/* SESSION and PARENT may be NULL. */
static MemoAgentCall *
call_new (MemoAgentFunction     *function,
          MemoAgentCache        *agent,
          MemoAgentCacheSession *session,
          MemoAgentCall         *parent,
          MemoCall              *request,
          GError               **error)
{
  MemoAgentFunctionPrivate *priv = memo_agent_function_get_private (function);
  GVariant *args = memo_call_get_args (request);
  g_autoptr(GVariant) rest = memo_agent_args_without (args, (const char * const *) priv->volatile_args);
  g_auto(GStrv) resources = memo_agent_resources_expand (priv->resources, priv->name, args, error);
  MemoAgentTool *tool = MEMO_IS_AGENT_TOOL (function) ? MEMO_AGENT_TOOL (function) : NULL;
  g_autofree char *named = NULL;
  MemoAgentCall *self;

  if (resources == NULL)
    return NULL;

  self = g_new0 (MemoAgentCall, 1);
  g_atomic_ref_count_init (&self->ref_count);
  self->function = g_object_ref (function);
  self->agent = g_object_ref (agent);
  self->state = session != NULL ? memo_agent_state_ref (memo_agent_cache_session_get_state (session)) : NULL;
  self->parent = parent != NULL ? memo_agent_call_ref (parent) : NULL;
  self->depth = parent != NULL ? parent->depth + 1 : 1;
  g_weak_ref_init (&self->session, session);
  g_weak_ref_init (&self->request, request);
  g_weak_ref_init (&self->load, NULL);

  self->args_key = memo_agent_cache_dup_key (agent, priv->name, tool != NULL ? memo_agent_tool_get_version (tool) : NULL,
                                             rest);
  self->key = priv->scope == MEMO_AGENT_SCOPE_SESSION && session != NULL
              ? g_strdup_printf ("session-%" G_GUINT64_FORMAT "/%s", self->state->serial, self->args_key)
              : g_strdup (self->args_key);
  self->resources = g_steal_pointer (&resources);
  self->resource_digests = memo_agent_digests ((const char * const *) self->resources);

  named = g_strconcat (tool != NULL ? "read " : "change ", self->key, NULL);
  self->subject = (MemoAgentSubject) {
    .name = priv->name,
    .digest = memo_agent_digest (named),
    .resources = self->resource_digests,
    .n_resources = g_strv_length (self->resources),
    .change = tool == NULL,
    .poll = tool != NULL && memo_agent_tool_get_poll (tool),
    .repeatable = tool != NULL && memo_agent_tool_get_repeatable (tool),
  };

  return self;
}

/* Asks the detectors.  FALSE: REQUEST is answered. */
static gboolean
pass_detectors (MemoAgentCall         *self,
                MemoAgentCacheSession *session,
                MemoCall              *request)
{
  g_auto(GStrv) circle = dup_circle (self);
  MemoAgentFinding *finding = NULL;
  gboolean admitted = self->state == NULL ||
                      memo_agent_state_admit (self->state, self, (const char * const *) circle, FALSE, &finding);
  g_autoptr(GError) error = NULL;

  if (finding != NULL)
    {
      MemoAgentLoopAction action = memo_agent_cache_session_report (session, self->function, finding, &error);
      g_autoptr(MemoEntry) entry = NULL;

      if (action == MEMO_AGENT_LOOP_ACTION_SHORT_CIRCUIT && self->subject.change == FALSE)
        entry = memo_cache_lookup (memo_agent_function_get_private (self->function)->cache, self->key);

      if (entry != NULL)
        {
          memo_call_return_entry (request, g_steal_pointer (&entry));
          return FALSE;
        }
      if (action != MEMO_AGENT_LOOP_ACTION_WARN)
        {
          memo_call_return_error (request, g_steal_pointer (&error));
          return FALSE;
        }

      finding = NULL;
      admitted = memo_agent_state_admit (self->state, self, NULL, TRUE, &finding);
    }

  if (!admitted)
    {
      memo_call_return_error (request, g_error_new (MEMO_ERROR, MEMO_ERROR_CLOSED,
                                                    "“%s” was called in a session that is closed: open another",
                                                    self->subject.name));
      return FALSE;
    }

  if (circle != NULL && !self->subject.change)
    {
      if (self->state != NULL)
        memo_agent_state_leave (self->state, self);
      memo_call_return_error (request, g_error_new (MEMO_ERROR, MEMO_ERROR_RECURSION,
                                                    "“%s” was called with the same arguments by what it called itself, "
                                                    "and would wait for itself", self->subject.name));
      return FALSE;
    }

  return TRUE;
}

/* Whether somebody still waits for what a closed session had begun. */
static gboolean
is_wanted (MemoAgentCall *parent)
{
  g_autoptr(MemoCall) load = parent != NULL ? g_weak_ref_get (&parent->load) : NULL;

  return load != NULL && memo_call_is_open (load) &&
         !g_cancellable_is_cancelled (memo_call_get_cancellable (load));
}

/* What is wrong with calling FUNCTION like this, as an error; else FALSE. */
static gboolean
is_out_of_place (MemoAgentFunction     *function,
                 MemoAgentCache        *agent,
                 MemoAgentCacheSession *session,
                 MemoCall              *parent_call,
                 MemoAgentCall         *parent,
                 GError               **error)
{
  MemoAgentFunctionPrivate *priv = memo_agent_function_get_private (function);
  const gboolean of_session = memo_agent_function_get_scope (function) == MEMO_AGENT_SCOPE_SESSION;
  MemoAgentCall *shared = of_session && MEMO_IS_AGENT_TOOL (function) ? find_global_ancestor (parent, session) : NULL;
  g_autoptr(MemoAgentCache) owner = g_weak_ref_get (&priv->agent);

  if (owner == NULL || owner != agent)
    g_set_error (error, MEMO_ERROR, MEMO_ERROR_FAILED, "“%s” was not added to the agent cache that it is called with, "
                 "or that is gone: see memo_agent_cache_add()", priv->name);
  else if (priv->loader == NULL || memo_loader_is_batch (priv->loader))
    g_set_error (error, MEMO_ERROR, MEMO_ERROR_NOT_SUPPORTED, "“%s” needs a loader, and one that is no batch loader",
                 priv->name);
  else if (parent_call != NULL && parent == NULL)
    g_set_error (error, MEMO_ERROR, MEMO_ERROR_FAILED, "“%s” was called for a call that is none of an agent: "
                 "pass the one that the tool's function was given, or none", priv->name);
  else if (of_session && session == NULL)
    g_set_error (error, MEMO_ERROR, MEMO_ERROR_NO_SESSION, "“%s” is about one session and was called without one: "
                 "call it with memo_agent_cache_session_call_async()", priv->name);
  else if (shared != NULL)
    g_set_error (error, MEMO_ERROR, MEMO_ERROR_NO_SESSION, "“%s” is about one session, and “%s”, which called it, "
                 "is for all: give that the scope of a session as well", priv->name, shared->subject.name);
  else
    return FALSE;

  return TRUE;
}

/* Its session is closed. */
void
memo_agent_call_withdraw (MemoAgentCall *self,
                          MemoCall      *request)
{
  memo_call_withdraw_with_error (request, g_error_new (MEMO_ERROR, MEMO_ERROR_CLOSED,
                                                       "The session was closed before “%s” was answered",
                                                       self->subject.name));
}

/* Answers REQUEST, which has the arguments.  Without a SESSION nobody looks for loops; PARENT_CALL is what the function
 * was asked that calls this one, or NULL. */
void
memo_agent_call_run (MemoAgentFunction     *function,
                     MemoAgentCacheSession *session,
                     MemoCall              *parent_call,
                     MemoGetFlags           flags,
                     MemoCall              *request)
{
  MemoAgentFunctionPrivate *priv = memo_agent_function_get_private (function);
  MemoAgentCall *parent = parent_call != NULL ? memo_agent_call_of (parent_call) : NULL;
  g_autoptr(MemoAgentCache) agent = session != NULL ? g_object_ref (memo_agent_cache_session_get_agent_cache (session))
                                                    : g_weak_ref_get (&priv->agent);
  g_autoptr(MemoAgentCall) self = NULL;
  g_autoptr(GError) error = NULL;

  /* What others share does not end with the session of whoever was first. */
  if (session != NULL && memo_agent_cache_session_is_closed (session) && is_wanted (parent) &&
      priv->scope == MEMO_AGENT_SCOPE_GLOBAL)
    session = NULL;

  if (!is_out_of_place (function, agent, session, parent_call, parent, &error))
    self = call_new (function, agent, session, parent, request, &error);

  if (self == NULL)
    {
      memo_call_return_error (request, g_steal_pointer (&error));
      return;
    }

  if (!pass_detectors (self, session, request))
    return;

  memo_agent_call_attach (self, request);
  request->over = over;
  if (MEMO_IS_AGENT_TOOL (function))
    {
      tag_ancestors (self);
      memo_agent_tool_answer (MEMO_AGENT_TOOL (function), self, flags, request);
    }
  else
    {
      memo_agent_invalidator_answer (function, request);
    }

  if (self->state != NULL && !memo_agent_state_hand_on (self->state, self))
    memo_agent_call_withdraw (self, request);
}
