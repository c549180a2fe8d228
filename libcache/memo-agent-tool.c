/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-agent-call-private.h"
#include "memo-agent-tool.h"
#include "memo-cache-private.h"
#include "memo-call-private.h"
#include "memo-loader-private.h"

/**
 * MemoAgentTool:
 *
 * A read that an agent calls by its name, and whose results are remembered.
 *
 * A result is dropped when somebody changes one of its [property@Memo.AgentFunction:resources], by a
 * [class@Memo.AgentCacheInvalidator]. One of the scope of a session is seen by that session alone, is kept in
 * this process, and is forgotten with the session.
 *
 * ```c
 * g_autoptr(MemoAgentTool) read_file = memo_agent_tool_new ("read_file", read_file_cb, NULL, NULL);
 *
 * memo_agent_function_set_resources (MEMO_AGENT_FUNCTION (read_file), (const char *[]) { "file:{path}", NULL });
 * memo_agent_cache_add (agent_cache, MEMO_AGENT_FUNCTION (read_file), &error);
 * ```
 *
 * It is a [iface@Memo.Decorator] for those who call it without a session; then nobody looks for loops.
 *
 * Since: 0.1
 */
struct _MemoAgentTool
{
  MemoAgentFunction parent_instance;

  char             *version;
  double            ttl;
  guint             maxsize;
  gboolean          poll;
  gboolean          repeatable;
};

enum {
  PROP_0,
  PROP_VERSION,
  PROP_TTL,
  PROP_MAXSIZE,
  PROP_POLL,
  PROP_REPEATABLE,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static void memo_agent_tool_decorator_iface_init (MemoDecoratorInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (MemoAgentTool, memo_agent_tool, MEMO_TYPE_AGENT_FUNCTION,
                               G_IMPLEMENT_INTERFACE (MEMO_TYPE_DECORATOR, memo_agent_tool_decorator_iface_init))

/* --- calls --- */

static MemoAgentFunctionPrivate *
common (MemoAgentTool *self)
{
  return memo_agent_function_get_private (MEMO_AGENT_FUNCTION (self));
}

static void
prepare (MemoCall *call,
         gpointer  data)
{
  memo_agent_call_loaded (data, call);
}

static MemoLoader *
loader_for (MemoAgentTool *self,
            MemoAgentCall *call,
            MemoCall      *request)
{
  MemoLoader *base = common (self)->loader;
  /* A poll that is remembered could never show progress. */
  double ttl = self->ttl == MEMO_TTL_DEFAULT && self->poll ? 0.0 : self->ttl;
  MemoLoader *loader = memo_loader_new_bound (base, ttl, NULL, memo_call_get_args (request),
                                              memo_call_get_instance (request));
  g_autoptr(GStrvBuilder) tags = g_strv_builder_new ();
  g_auto(GStrv) of_resources = memo_agent_call_dup_tags (call, (const char * const *) call->resources);
  g_auto(GStrv) all = NULL;

  if (memo_loader_get_tags (base) != NULL)
    g_strv_builder_addv (tags, (const char **) memo_loader_get_tags (base));
  g_strv_builder_addv (tags, (const char **) of_resources);

  if (!common (self)->own_cache)
    {
      g_autofree char *tag = memo_agent_cache_dup_tool_tag (call->agent, common (self)->name);

      g_strv_builder_add (tags, tag);
    }
  if (common (self)->scope == MEMO_AGENT_SCOPE_SESSION)
    {
      g_auto(GStrv) whole = memo_agent_session_tags (call->state->serial, (const char *[]) { "", NULL });

      g_strv_builder_add (tags, whole[0]);
      g_strv_builder_add (tags, call->args_key);
    }

  all = g_strv_builder_end (tags);
  memo_loader_set_tags (loader, (const char * const *) all);
  memo_loader_set_prepare (loader, prepare, memo_agent_call_ref (call), (GDestroyNotify) memo_agent_call_unref);

  return loader;
}

/* Has REQUEST answered: with what is remembered, or by the function. */
void
memo_agent_tool_answer (MemoAgentTool *self,
                        MemoAgentCall *call,
                        MemoGetFlags   flags,
                        MemoCall      *request)
{
  MemoCache *cache = common (self)->cache;
  g_autoptr(MemoEntry) entry = NULL;
  g_autoptr(MemoLoader) loader = NULL;

  /* A look-up that misses would be counted, and so would the get. */
  if ((flags & MEMO_GET_REFRESH) == 0 && memo_cache_contains (cache, call->key))
    entry = memo_cache_lookup (cache, call->key);

  if (entry != NULL)
    {
      call->hit = TRUE;
      memo_call_return_entry (request, g_steal_pointer (&entry));
      return;
    }

  loader = loader_for (self, call, request);
  memo_cache_hand_get (cache, call->key, flags, loader, request);
}

/* --- the interface --- */

static void
memo_agent_tool_call (MemoDecorator *decorator,
                      MemoGetFlags   flags,
                      MemoCall      *call)
{
  memo_agent_call_run (MEMO_AGENT_FUNCTION (decorator), NULL, NULL, flags, call);
}

static void
memo_agent_tool_invalidate (MemoDecorator *decorator,
                            GVariant      *args)
{
  MemoAgentTool *self = MEMO_AGENT_TOOL (decorator);
  g_autoptr(MemoAgentCache) agent = g_weak_ref_get (&common (self)->agent);
  g_autoptr(GVariant) rest = memo_agent_args_without (args, (const char * const *) common (self)->volatile_args);
  g_autofree char *key = NULL;

  if (agent == NULL)
    return;

  key = memo_agent_cache_dup_key (agent, common (self)->name, self->version, rest);
  if (common (self)->scope == MEMO_AGENT_SCOPE_SESSION)
    memo_cache_invalidate_tags (common (self)->cache, (const char *[]) { key, NULL });
  else
    memo_cache_delete (common (self)->cache, key);
}

static void
memo_agent_tool_clear (MemoDecorator *decorator)
{
  MemoAgentTool *self = MEMO_AGENT_TOOL (decorator);
  g_autoptr(MemoAgentCache) agent = g_weak_ref_get (&common (self)->agent);
  g_autofree char *tag = NULL;

  if (agent == NULL)
    return;

  tag = memo_agent_cache_dup_tool_tag (agent, common (self)->name);
  if (common (self)->own_cache)
    memo_cache_clear (common (self)->cache);
  else
    memo_cache_invalidate_tags (common (self)->cache, (const char *[]) { tag, NULL });
}

static MemoMetrics *
memo_agent_tool_get_metrics (MemoDecorator *decorator)
{
  return memo_agent_function_get_metrics (MEMO_AGENT_FUNCTION (decorator));
}

/* A call was cancelled before it was handed on. */
static void
memo_agent_tool_missed (gpointer decorator)
{
  memo_agent_function_count (MEMO_AGENT_FUNCTION (decorator), (MemoAgentCounters) { .misses = 1 });
}

static void
memo_agent_tool_decorator_iface_init (MemoDecoratorInterface *iface)
{
  iface->call = memo_agent_tool_call;
  iface->invalidate = memo_agent_tool_invalidate;
  iface->clear = memo_agent_tool_clear;
  iface->get_metrics = memo_agent_tool_get_metrics;
  iface->missed = memo_agent_tool_missed;
}

/* --- the object --- */

static void
memo_agent_tool_finalize (GObject *object)
{
  g_free (MEMO_AGENT_TOOL (object)->version);

  G_OBJECT_CLASS (memo_agent_tool_parent_class)->finalize (object);
}

static void
memo_agent_tool_get_property (GObject    *object,
                              guint       prop_id,
                              GValue     *value,
                              GParamSpec *pspec)
{
  MemoAgentTool *self = MEMO_AGENT_TOOL (object);

  switch (prop_id)
    {
    case PROP_VERSION:
      g_value_set_string (value, memo_agent_tool_get_version (self));
      break;

    case PROP_TTL:
      g_value_set_double (value, memo_agent_tool_get_ttl (self));
      break;

    case PROP_MAXSIZE:
      g_value_set_uint (value, memo_agent_tool_get_maxsize (self));
      break;

    case PROP_POLL:
      g_value_set_boolean (value, memo_agent_tool_get_poll (self));
      break;

    case PROP_REPEATABLE:
      g_value_set_boolean (value, memo_agent_tool_get_repeatable (self));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
memo_agent_tool_set_property (GObject      *object,
                              guint         prop_id,
                              const GValue *value,
                              GParamSpec   *pspec)
{
  MemoAgentTool *self = MEMO_AGENT_TOOL (object);

  switch (prop_id)
    {
    case PROP_VERSION:
      memo_agent_tool_set_version (self, g_value_get_string (value));
      break;

    case PROP_TTL:
      memo_agent_tool_set_ttl (self, g_value_get_double (value));
      break;

    case PROP_MAXSIZE:
      memo_agent_tool_set_maxsize (self, g_value_get_uint (value));
      break;

    case PROP_POLL:
      memo_agent_tool_set_poll (self, g_value_get_boolean (value));
      break;

    case PROP_REPEATABLE:
      memo_agent_tool_set_repeatable (self, g_value_get_boolean (value));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
memo_agent_tool_class_init (MemoAgentToolClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object_class->finalize = memo_agent_tool_finalize;
  object_class->get_property = memo_agent_tool_get_property;
  object_class->set_property = memo_agent_tool_set_property;

  /**
   * MemoAgentTool:version: (getter get_version) (setter set_version)
   *
   * The version of the tool, a part of the key of its results: with a new one, what an old one left on a disk is not
   * found any more.
   *
   * Since: 0.1
   */
  properties[PROP_VERSION] = g_param_spec_string ("version", NULL, NULL, NULL, flags);

  /**
   * MemoAgentTool:ttl: (getter get_ttl) (setter set_ttl)
   *
   * How many seconds a result lives which does not say so itself, and whose loader does not. By default what the cache
   * says, and 0 for a poll.
   *
   * Since: 0.1
   */
  properties[PROP_TTL] =
    g_param_spec_double ("ttl", NULL, NULL, -1.0, MEMO_TTL_FOREVER, MEMO_TTL_DEFAULT, flags);

  /**
   * MemoAgentTool:maxsize: (getter get_maxsize) (setter set_maxsize)
   *
   * How many results are kept at most, those of all sessions together. Where they are kept in the
   * [property@Memo.AgentCache:cache] that all share, that one's limit counts.
   *
   * Since: 0.1
   */
  properties[PROP_MAXSIZE] = g_param_spec_uint ("maxsize", NULL, NULL, 0, MEMO_UNLIMITED, 128, flags);

  /**
   * MemoAgentTool:poll: (getter get_poll) (setter set_poll)
   *
   * Whether the tool is meant to be called again and again until something happens: a job's status, a sleep.
   *
   * Since: 0.1
   */
  properties[PROP_POLL] = g_param_spec_boolean ("poll", NULL, NULL, FALSE, flags);

  /**
   * MemoAgentTool:repeatable: (getter get_repeatable) (setter set_repeatable)
   *
   * Whether the same call is meant to be repeated, and does something else each time: a pager's next page.
   *
   * Since: 0.1
   */
  properties[PROP_REPEATABLE] = g_param_spec_boolean ("repeatable", NULL, NULL, FALSE, flags);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
memo_agent_tool_init (MemoAgentTool *self)
{
  self->ttl = MEMO_TTL_DEFAULT;
  self->maxsize = 128;
}

/**
 * memo_agent_tool_new: (constructor)
 * @name: a name, without parentheses
 * @func: (scope notified) (closure user_data) (destroy destroy): the function
 * @user_data: data for @func
 * @destroy: (nullable): called when @user_data is not needed any more
 *
 * Makes a tool of a function. For one that blocks, or has a timeout, set [property@Memo.AgentFunction:loader].
 *
 * Returns: (transfer full): the tool
 *
 * Since: 0.1
 */
MemoAgentTool *
memo_agent_tool_new (const char     *name,
                     MemoFunc        func,
                     gpointer        user_data,
                     GDestroyNotify  destroy)
{
  g_autoptr(MemoLoader) loader = NULL;

  g_return_val_if_fail (name != NULL, NULL);
  g_return_val_if_fail (func != NULL, NULL);

  loader = memo_loader_new (func, user_data, destroy);

  return g_object_new (MEMO_TYPE_AGENT_TOOL, "name", name, "loader", loader, NULL);
}

/**
 * memo_agent_tool_get_version: (get-property version)
 * @self: a tool
 *
 * Gets the version of the tool.
 *
 * Returns: (transfer none) (nullable): the version, or `NULL`
 *
 * Since: 0.1
 */
const char *
memo_agent_tool_get_version (MemoAgentTool *self)
{
  g_return_val_if_fail (MEMO_IS_AGENT_TOOL (self), NULL);

  return self->version;
}

/**
 * memo_agent_tool_set_version: (set-property version)
 * @self: a tool that was not added yet
 * @version: (nullable): the version, or `NULL`
 *
 * Sets the version of the tool.
 *
 * Since: 0.1
 */
void
memo_agent_tool_set_version (MemoAgentTool *self,
                             const char    *version)
{
  g_return_if_fail (MEMO_IS_AGENT_TOOL (self));
  g_return_if_fail (!memo_agent_function_is_added (MEMO_AGENT_FUNCTION (self)));

  if (g_strcmp0 (self->version, version) == 0)
    return;

  g_free (self->version);
  self->version = g_strdup (version);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_VERSION]);
}

/**
 * memo_agent_tool_get_ttl: (get-property ttl)
 * @self: a tool
 *
 * Gets how long a result lives.
 *
 * Returns: seconds, `MEMO_TTL_FOREVER` or `MEMO_TTL_DEFAULT`
 *
 * Since: 0.1
 */
double
memo_agent_tool_get_ttl (MemoAgentTool *self)
{
  g_return_val_if_fail (MEMO_IS_AGENT_TOOL (self), MEMO_TTL_DEFAULT);

  return self->ttl;
}

/**
 * memo_agent_tool_set_ttl: (set-property ttl)
 * @self: a tool that was not added yet
 * @seconds: seconds, `MEMO_TTL_FOREVER` or `MEMO_TTL_DEFAULT`
 *
 * Sets how long a result lives.
 *
 * Since: 0.1
 */
void
memo_agent_tool_set_ttl (MemoAgentTool *self,
                         double         seconds)
{
  g_return_if_fail (MEMO_IS_AGENT_TOOL (self));
  g_return_if_fail (seconds >= 0.0 || seconds == MEMO_TTL_DEFAULT);
  g_return_if_fail (!memo_agent_function_is_added (MEMO_AGENT_FUNCTION (self)));

  if (self->ttl == seconds)
    return;

  self->ttl = seconds;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TTL]);
}

/**
 * memo_agent_tool_get_maxsize: (get-property maxsize)
 * @self: a tool
 *
 * Gets how many results are kept at most.
 *
 * Returns: the number of results, or `MEMO_UNLIMITED`
 *
 * Since: 0.1
 */
guint
memo_agent_tool_get_maxsize (MemoAgentTool *self)
{
  g_return_val_if_fail (MEMO_IS_AGENT_TOOL (self), 0);

  return self->maxsize;
}

/**
 * memo_agent_tool_set_maxsize: (set-property maxsize)
 * @self: a tool that was not added yet
 * @maxsize: the number of results, or `MEMO_UNLIMITED`
 *
 * Sets how many results are kept at most.
 *
 * Since: 0.1
 */
void
memo_agent_tool_set_maxsize (MemoAgentTool *self,
                             guint          maxsize)
{
  g_return_if_fail (MEMO_IS_AGENT_TOOL (self));
  g_return_if_fail (!memo_agent_function_is_added (MEMO_AGENT_FUNCTION (self)));

  if (self->maxsize == maxsize)
    return;

  self->maxsize = maxsize;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_MAXSIZE]);
}

/**
 * memo_agent_tool_get_poll: (get-property poll)
 * @self: a tool
 *
 * Gets whether the tool is meant to be called until something happens.
 *
 * Returns: whether it is
 *
 * Since: 0.1
 */
gboolean
memo_agent_tool_get_poll (MemoAgentTool *self)
{
  g_return_val_if_fail (MEMO_IS_AGENT_TOOL (self), FALSE);

  return self->poll;
}

/**
 * memo_agent_tool_set_poll: (set-property poll)
 * @self: a tool that was not added yet
 * @poll: whether it is
 *
 * Sets whether the tool is meant to be called until something happens.
 *
 * Since: 0.1
 */
void
memo_agent_tool_set_poll (MemoAgentTool *self,
                          gboolean       poll)
{
  g_return_if_fail (MEMO_IS_AGENT_TOOL (self));
  g_return_if_fail (!memo_agent_function_is_added (MEMO_AGENT_FUNCTION (self)));

  if (self->poll == !!poll)
    return;

  self->poll = !!poll;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_POLL]);
}

/**
 * memo_agent_tool_get_repeatable: (get-property repeatable)
 * @self: a tool
 *
 * Gets whether the same call is meant to be repeated.
 *
 * Returns: whether it is
 *
 * Since: 0.1
 */
gboolean
memo_agent_tool_get_repeatable (MemoAgentTool *self)
{
  g_return_val_if_fail (MEMO_IS_AGENT_TOOL (self), FALSE);

  return self->repeatable;
}

/**
 * memo_agent_tool_set_repeatable: (set-property repeatable)
 * @self: a tool that was not added yet
 * @repeatable: whether it is
 *
 * Sets whether the same call is meant to be repeated.
 *
 * Since: 0.1
 */
void
memo_agent_tool_set_repeatable (MemoAgentTool *self,
                                gboolean       repeatable)
{
  g_return_if_fail (MEMO_IS_AGENT_TOOL (self));
  g_return_if_fail (!memo_agent_function_is_added (MEMO_AGENT_FUNCTION (self)));

  if (self->repeatable == !!repeatable)
    return;

  self->repeatable = !!repeatable;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_REPEATABLE]);
}
