/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-agent-call-private.h"
#include "memo-agent-loop-private.h"
#include "memo-call-private.h"
#include "memo-enum-types.h"
#include "memo-error.h"

/**
 * MemoAgentCacheSession:
 *
 * One run of one agent: the calls that it makes, the results that are its own, and the loops that it falls into.
 *
 * ```c
 * g_autoptr(MemoAgentCacheSession) session = memo_agent_cache_session_new (agent_cache, NULL);
 * MemoAgentFunction *read_file = memo_agent_cache_lookup (agent_cache, "read_file");
 *
 * memo_agent_cache_session_call_async (session, read_file, g_variant_new ("(@a{sv})", args), NULL,
 *                                      MEMO_GET_NONE, NULL, called_cb, NULL);
 * ```
 *
 * Two sessions never share what is of the scope `session`, not even when they have the same
 * [property@Memo.AgentCacheSession:session-id].
 *
 * Close it when the agent is done, by [method@Memo.AgentCacheSession.close]. A session whose last reference goes is
 * closed as well; calls in progress hold it until they are answered.
 *
 * It may be used from any thread.
 *
 * Since: 0.1
 */
struct _MemoAgentCacheSession
{
  GObject         parent_instance;

  MemoAgentCache *agent_cache;
  char           *session_id;
  MemoAgentState *state;
};

enum {
  PROP_0,
  PROP_AGENT_CACHE,
  PROP_SESSION_ID,
  PROP_LOOP_DETECTION,
  PROP_ON_LOOP,
  PROP_MAX_TOOL_REPEATS,
  PROP_MAX_EXECUTION_DEPTH,
  PROP_MAX_CALLS,
  PROP_MAX_POLLS,
  N_PROPS
};

enum {
  LOOP_DETECTED,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (MemoAgentCacheSession, memo_agent_cache_session, G_TYPE_OBJECT)

MemoAgentState *
memo_agent_cache_session_get_state (MemoAgentCacheSession *self)
{
  return self->state;
}

/* A call of FUNCTION would go on with a loop: tells everybody, and says what is to be done, with the error for it.
 * Takes the finding.  Handlers may do what they like. */
MemoAgentLoopAction
memo_agent_cache_session_report (MemoAgentCacheSession  *self,
                                 MemoAgentFunction      *function,
                                 MemoAgentFinding       *finding,
                                 GError                **error)
{
  g_autoptr(MemoAgentLoop) loop = memo_agent_loop_new (finding, memo_agent_function_get_name (function),
                                                       memo_agent_cache_session_get_on_loop (self));
  MemoAgentLoopAction action;

  memo_agent_function_count (function, (MemoAgentCounters) { .loop_detections = 1 });
  memo_agent_state_count (self->state, (MemoAgentCounters) { .loop_detections = 1 });

  g_signal_emit (self, signals[LOOP_DETECTED], 0, loop);
  action = memo_agent_loop_get_action (loop);

  if (action == MEMO_AGENT_LOOP_ACTION_WARN && memo_agent_state_may_warn (self->state))
    g_warning ("Session “%s”: %s", self->session_id, memo_agent_loop_get_message (loop));

  g_set_error_literal (error, MEMO_ERROR, MEMO_ERROR_AGENT_LOOP, memo_agent_loop_get_message (loop));

  return action;
}

/* --- the object --- */

static void
memo_agent_cache_session_constructed (GObject *object)
{
  MemoAgentCacheSession *self = MEMO_AGENT_CACHE_SESSION (object);

  if (self->agent_cache == NULL)
    {
      g_critical ("A session needs an agent cache");
      self->agent_cache = memo_agent_cache_new (NULL, NULL);
    }
  if (self->session_id == NULL)
    self->session_id = g_uuid_string_random ();

  memo_agent_cache_adopt_session (self->agent_cache, self->state);

  G_OBJECT_CLASS (memo_agent_cache_session_parent_class)->constructed (object);
}

static void
memo_agent_cache_session_dispose (GObject *object)
{
  memo_agent_cache_session_close (MEMO_AGENT_CACHE_SESSION (object));

  G_OBJECT_CLASS (memo_agent_cache_session_parent_class)->dispose (object);
}

static void
memo_agent_cache_session_finalize (GObject *object)
{
  MemoAgentCacheSession *self = MEMO_AGENT_CACHE_SESSION (object);

  memo_agent_state_unref (self->state);
  g_object_unref (self->agent_cache);
  g_free (self->session_id);

  G_OBJECT_CLASS (memo_agent_cache_session_parent_class)->finalize (object);
}

static void
memo_agent_cache_session_get_property (GObject    *object,
                                       guint       prop_id,
                                       GValue     *value,
                                       GParamSpec *pspec)
{
  MemoAgentCacheSession *self = MEMO_AGENT_CACHE_SESSION (object);

  switch (prop_id)
    {
    case PROP_AGENT_CACHE:
      g_value_set_object (value, memo_agent_cache_session_get_agent_cache (self));
      break;

    case PROP_SESSION_ID:
      g_value_set_string (value, memo_agent_cache_session_get_session_id (self));
      break;

    case PROP_LOOP_DETECTION:
      g_value_set_enum (value, memo_agent_cache_session_get_loop_detection (self));
      break;

    case PROP_ON_LOOP:
      g_value_set_enum (value, memo_agent_cache_session_get_on_loop (self));
      break;

    case PROP_MAX_TOOL_REPEATS:
      g_value_set_uint (value, memo_agent_cache_session_get_max_tool_repeats (self));
      break;

    case PROP_MAX_EXECUTION_DEPTH:
      g_value_set_uint (value, memo_agent_cache_session_get_max_execution_depth (self));
      break;

    case PROP_MAX_CALLS:
      g_value_set_uint (value, memo_agent_cache_session_get_max_calls (self));
      break;

    case PROP_MAX_POLLS:
      g_value_set_uint (value, memo_agent_cache_session_get_max_polls (self));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
memo_agent_cache_session_set_property (GObject      *object,
                                       guint         prop_id,
                                       const GValue *value,
                                       GParamSpec   *pspec)
{
  MemoAgentCacheSession *self = MEMO_AGENT_CACHE_SESSION (object);

  switch (prop_id)
    {
    case PROP_AGENT_CACHE:
      self->agent_cache = g_value_dup_object (value);
      break;

    case PROP_SESSION_ID:
      self->session_id = g_value_dup_string (value);
      break;

    case PROP_LOOP_DETECTION:
      memo_agent_cache_session_set_loop_detection (self, g_value_get_enum (value));
      break;

    case PROP_ON_LOOP:
      memo_agent_cache_session_set_on_loop (self, g_value_get_enum (value));
      break;

    case PROP_MAX_TOOL_REPEATS:
      memo_agent_cache_session_set_max_tool_repeats (self, g_value_get_uint (value));
      break;

    case PROP_MAX_EXECUTION_DEPTH:
      memo_agent_cache_session_set_max_execution_depth (self, g_value_get_uint (value));
      break;

    case PROP_MAX_CALLS:
      memo_agent_cache_session_set_max_calls (self, g_value_get_uint (value));
      break;

    case PROP_MAX_POLLS:
      memo_agent_cache_session_set_max_polls (self, g_value_get_uint (value));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
memo_agent_cache_session_class_init (MemoAgentCacheSessionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;
  const GParamFlags construct = G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;

  object_class->constructed = memo_agent_cache_session_constructed;
  object_class->dispose = memo_agent_cache_session_dispose;
  object_class->finalize = memo_agent_cache_session_finalize;
  object_class->get_property = memo_agent_cache_session_get_property;
  object_class->set_property = memo_agent_cache_session_set_property;

  /**
   * MemoAgentCacheSession:agent-cache: (getter get_agent_cache)
   *
   * Whose functions are called.
   *
   * Since: 0.1
   */
  properties[PROP_AGENT_CACHE] =
    g_param_spec_object ("agent-cache", NULL, NULL, MEMO_TYPE_AGENT_CACHE, construct);

  /**
   * MemoAgentCacheSession:session-id: (getter get_session_id)
   *
   * What the session is called in messages. Unless it is given, a random one.
   *
   * Since: 0.1
   */
  properties[PROP_SESSION_ID] = g_param_spec_string ("session-id", NULL, NULL, NULL, construct);

  /**
   * MemoAgentCacheSession:loop-detection: (getter get_loop_detection) (setter set_loop_detection)
   *
   * How loops are looked for.
   *
   * Also when it is off, a read is refused with `MEMO_ERROR_RECURSION` that would wait for itself.
   *
   * Since: 0.1
   */
  properties[PROP_LOOP_DETECTION] =
    g_param_spec_enum ("loop-detection", NULL, NULL, MEMO_TYPE_AGENT_LOOP_DETECTION,
                       MEMO_AGENT_LOOP_DETECTION_OUTCOME, flags);

  /**
   * MemoAgentCacheSession:on-loop: (getter get_on_loop) (setter set_on_loop)
   *
   * What is done about a loop; handlers of [signal@Memo.AgentCacheSession::loop-detected] may say otherwise.
   *
   * Since: 0.1
   */
  properties[PROP_ON_LOOP] =
    g_param_spec_enum ("on-loop", NULL, NULL, MEMO_TYPE_AGENT_LOOP_ACTION, MEMO_AGENT_LOOP_ACTION_RAISE, flags);

  /**
   * MemoAgentCacheSession:max-tool-repeats: (getter get_max_tool_repeats) (setter set_max_tool_repeats)
   *
   * How often the same read with the same outcome may come in a row: the next one is a loop. A change may come twice as
   * often, and a read whose outcomes differ four times.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_TOOL_REPEATS] =
    g_param_spec_uint ("max-tool-repeats", NULL, NULL, 1, G_MAXUINT, 5, flags);

  /**
   * MemoAgentCacheSession:max-execution-depth: (getter get_max_execution_depth) (setter set_max_execution_depth)
   *
   * How deep calls may be nested, one being made for another. Calls side by side add nothing.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_EXECUTION_DEPTH] =
    g_param_spec_uint ("max-execution-depth", NULL, NULL, 1, G_MAXUINT, 50, flags);

  /**
   * MemoAgentCacheSession:max-calls: (getter get_max_calls) (setter set_max_calls)
   *
   * How many calls the session may make in all, or `MEMO_UNLIMITED`. Hits count, and calls that are refused do not.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_CALLS] =
    g_param_spec_uint ("max-calls", NULL, NULL, 0, G_MAXUINT, MEMO_UNLIMITED, flags);

  /**
   * MemoAgentCacheSession:max-polls: (getter get_max_polls) (setter set_max_polls)
   *
   * How often the same call of a [property@Memo.AgentTool:poll] tool may have the same outcome.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_POLLS] = g_param_spec_uint ("max-polls", NULL, NULL, 1, G_MAXUINT, 100, flags);

  g_object_class_install_properties (object_class, N_PROPS, properties);

  /**
   * MemoAgentCacheSession::loop-detected:
   * @self: the session
   * @loop: the loop
   *
   * A call would go on with a loop. A handler may say what is done about it: see
   * [method@Memo.AgentLoop.set_action].
   *
   * It is emitted in the thread of whoever calls, before the function that calls returns.
   *
   * Since: 0.1
   */
  signals[LOOP_DETECTED] =
    g_signal_new ("loop-detected", MEMO_TYPE_AGENT_CACHE_SESSION, G_SIGNAL_RUN_LAST, 0,
                  NULL, NULL, NULL, G_TYPE_NONE, 1, MEMO_TYPE_AGENT_LOOP);
}

static void
memo_agent_cache_session_init (MemoAgentCacheSession *self)
{
  self->state = memo_agent_state_new ();
}

/**
 * memo_agent_cache_session_new:
 * @agent_cache: whose functions are called
 * @session_id: (nullable): what the session is called in messages, or `NULL` for a random name
 *
 * Opens a session.
 *
 * Returns: (transfer full): the new session
 *
 * Since: 0.1
 */
MemoAgentCacheSession *
memo_agent_cache_session_new (MemoAgentCache *agent_cache,
                              const char     *session_id)
{
  g_return_val_if_fail (MEMO_IS_AGENT_CACHE (agent_cache), NULL);

  return g_object_new (MEMO_TYPE_AGENT_CACHE_SESSION, "agent-cache", agent_cache, "session-id", session_id, NULL);
}

/**
 * memo_agent_cache_session_get_agent_cache: (get-property agent-cache)
 * @self: a session
 *
 * Gets whose functions are called.
 *
 * Returns: (transfer none): the agent cache
 *
 * Since: 0.1
 */
MemoAgentCache *
memo_agent_cache_session_get_agent_cache (MemoAgentCacheSession *self)
{
  g_return_val_if_fail (MEMO_IS_AGENT_CACHE_SESSION (self), NULL);

  return self->agent_cache;
}

/**
 * memo_agent_cache_session_get_session_id: (get-property session-id)
 * @self: a session
 *
 * Gets what the session is called in messages.
 *
 * Returns: (transfer none): the name
 *
 * Since: 0.1
 */
const char *
memo_agent_cache_session_get_session_id (MemoAgentCacheSession *self)
{
  g_return_val_if_fail (MEMO_IS_AGENT_CACHE_SESSION (self), NULL);

  return self->session_id;
}

/* --- calls --- */

static gboolean
are_args (GVariant *args)
{
  return args == NULL || g_variant_is_of_type (args, G_VARIANT_TYPE_TUPLE);
}

static void
call_on (MemoAgentCacheSession *self,
         MemoAgentFunction     *function,
         GVariant              *args,
         MemoCall              *parent,
         MemoGetFlags           flags,
         GCancellable          *cancellable,
         GAsyncReadyCallback    callback,
         gpointer               user_data,
         GClosure              *done)
{
  g_autoptr(MemoCall) call = memo_call_new_request (self, memo_agent_cache_session_call_async, cancellable,
                                                    callback, user_data);

  if (done != NULL)
    memo_call_set_closure (call, done);
  memo_call_set_args (call, args != NULL ? args : g_variant_new_tuple (NULL, 0), NULL);

  if (memo_call_enter (call))
    memo_agent_call_run (function, self, parent, flags, call);
  else if (MEMO_IS_AGENT_TOOL (function))
    memo_agent_function_count (function, (MemoAgentCounters) { .misses = 1 });

  memo_call_leave (call);
}

/**
 * memo_agent_cache_session_call_async:
 * @self: a session
 * @function: a tool or a change that was added to the agent cache
 * @args: (nullable): the arguments, a tuple, or `NULL` for none; a floating reference is taken
 * @parent: (nullable): the call of the tool or change that makes this one, as its function was given it; `NULL` when the
 *   agent itself does
 * @flags: how to go about it
 * @cancellable: (nullable): a [class@Gio.Cancellable]
 * @callback: (scope async): called when the answer is there
 * @user_data: data for @callback
 *
 * Calls a function, or answers with what is remembered.
 *
 * However many call a tool with the same arguments at a time, its function is called once; of the scope `session`, once
 * for each session.
 *
 * With a @parent, the depth of calls is known; a result that is being made of this one is dropped when this one is,
 * and a call that would wait for itself is refused.
 *
 * Call [method@Memo.AgentCacheSession.call_finish] from @callback.
 *
 * Since: 0.1
 */
void
memo_agent_cache_session_call_async (MemoAgentCacheSession *self,
                                     MemoAgentFunction     *function,
                                     GVariant              *args,
                                     MemoCall              *parent,
                                     MemoGetFlags           flags,
                                     GCancellable          *cancellable,
                                     GAsyncReadyCallback    callback,
                                     gpointer               user_data)
{
  g_return_if_fail (MEMO_IS_AGENT_CACHE_SESSION (self));
  g_return_if_fail (MEMO_IS_AGENT_FUNCTION (function));
  g_return_if_fail (are_args (args));
  g_return_if_fail (parent == NULL || MEMO_IS_CALL (parent));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  call_on (self, function, args, parent, flags, cancellable, callback, user_data, NULL);
}

/**
 * memo_agent_cache_session_call_with_closure:
 * @self: a session
 * @function: a tool or a change that was added to the agent cache
 * @args: (nullable): the arguments, a tuple, or `NULL` for none; a floating reference is taken
 * @parent: (nullable): the call of the tool or change that makes this one, or `NULL`
 * @flags: how to go about it
 * @cancellable: (nullable): a [class@Gio.Cancellable]
 * @done: called with the session and a [iface@Gio.AsyncResult] when the answer is there
 *
 * What [method@Memo.AgentCacheSession.call_async] does, for language bindings whose callbacks cost more
 * than their closures.
 *
 * Call [method@Memo.AgentCacheSession.call_finish] from @done.
 *
 * Since: 0.1
 */
void
memo_agent_cache_session_call_with_closure (MemoAgentCacheSession *self,
                                            MemoAgentFunction     *function,
                                            GVariant              *args,
                                            MemoCall              *parent,
                                            MemoGetFlags           flags,
                                            GCancellable          *cancellable,
                                            GClosure              *done)
{
  g_return_if_fail (MEMO_IS_AGENT_CACHE_SESSION (self));
  g_return_if_fail (MEMO_IS_AGENT_FUNCTION (function));
  g_return_if_fail (are_args (args));
  g_return_if_fail (parent == NULL || MEMO_IS_CALL (parent));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));
  g_return_if_fail (done != NULL);

  call_on (self, function, args, parent, flags, cancellable, NULL, NULL, done);
}

/**
 * memo_agent_cache_session_call_finish:
 * @self: a session
 * @result: the result given to the callback
 * @error: return location for a [type@GLib.Error]
 *
 * Finishes a call.
 *
 * The errors are those of the function, and those of [method@Memo.Cache.get_finish]; `MEMO_ERROR_AGENT_LOOP`
 * when it is part of a loop; `MEMO_ERROR_INVALID_RESOURCE` when a resource names an argument that it does not have;
 * `MEMO_ERROR_NO_SESSION` when what is for all would be made of the data of a session; `MEMO_ERROR_RECURSION` when
 * it would wait for itself; `MEMO_ERROR_CLOSED` when the session is closed.
 *
 * Returns: (transfer full) (nullable): what the function answered: an entry, or `NULL`, there is none; and
 *   `NULL` on an error
 *
 * Since: 0.1
 */
MemoEntry *
memo_agent_cache_session_call_finish (MemoAgentCacheSession  *self,
                                      GAsyncResult           *result,
                                      GError                **error)
{
  g_return_val_if_fail (MEMO_IS_AGENT_CACHE_SESSION (self), NULL);
  g_return_val_if_fail (memo_call_is_result (result, self, memo_agent_cache_session_call_async), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return memo_call_propagate (MEMO_CALL (result), error);
}

/**
 * memo_agent_cache_session_close:
 * @self: a session
 *
 * Closes the session: whoever waits for a call gets `MEMO_ERROR_CLOSED`, as does whoever makes one from now on; its loads
 * are cancelled, unless somebody else waits for them; and what was remembered for it alone is forgotten.
 *
 * A change that has begun goes on to its end. To close a session again does nothing.
 *
 * Since: 0.1
 */
void
memo_agent_cache_session_close (MemoAgentCacheSession *self)
{
  g_autoptr(GPtrArray) calls = NULL;

  g_return_if_fail (MEMO_IS_AGENT_CACHE_SESSION (self));

  calls = memo_agent_state_close (self->state);
  if (calls == NULL)
    return;

  for (guint i = 0; i < calls->len; i++)
    {
      MemoAgentCall *call = g_ptr_array_index (calls, i);
      g_autoptr(MemoCall) request = g_weak_ref_get (&call->request);

      if (request != NULL)
        memo_agent_call_withdraw (call, request);
    }

  memo_agent_cache_leave_session (self->agent_cache, self->state);
}
