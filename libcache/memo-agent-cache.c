/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-agent-call-private.h"
#include "memo-agent-tool.h"
#include "memo-async-cache.h"
#include "memo-canonical-private.h"
#include "memo-error.h"
#include "memo-mutation.h"

/**
 * MemoAgentCache:
 *
 * What the sessions of AI agents share: the tools that they call, the results that are for all, and what was counted.
 *
 * An agent calls tools. Some read, and read the same again and again: their results are remembered. Some change
 * things, and make results wrong: those are dropped. And some agents call the same for ever: that is noticed. See
 * [agents](agent.html) for all of it.
 *
 * Functions are added to it, by [method@Memo.AgentCache.add], before agents call them, each of them in a
 * [class@Memo.AgentCacheSession].
 *
 * What is for all is kept in the [property@Memo.AgentCache:cache] that it is given, with the tiers that this may have;
 * without one, each tool has a cache in memory. What is of one session is always kept in the memory of this process.
 *
 * It may be used from any thread.
 *
 * Since: 0.1
 */
struct _MemoAgentCache
{
  GObject     parent_instance;

  char       *principal;
  char       *prefix;         /* of its keys */
  MemoCache  *cache;          /* that it was given, or NULL */
  MemoClock  *clock;

  GMutex      lock;           /* guards what follows */
  GHashTable *functions;      /* by name */
  GPtrArray  *names;          /* in the order in which they were added */
  GPtrArray  *all_caches;
  GPtrArray  *session_caches; /* those of them with results of sessions */
  GPtrArray  *states;         /* of the sessions that are open */
  guint64     last_serial;
};

enum {
  PROP_0,
  PROP_PRINCIPAL,
  PROP_CACHE,
  PROP_CLOCK,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (MemoAgentCache, memo_agent_cache, G_TYPE_OBJECT)

/* --- for its siblings --- */

gint64
memo_agent_cache_now (MemoAgentCache *self)
{
  return memo_clock_get_time (self->clock);
}

char *
memo_agent_cache_dup_key (MemoAgentCache *self,
                          const char     *name,
                          const char     *version,
                          GVariant       *args)
{
  g_autofree char *escaped = g_uri_escape_string (version != NULL ? version : "", NULL, TRUE);
  g_autofree char *prefix = g_strconcat (self->prefix, escaped, "/", name, NULL);

  return memo_canonical_key (prefix, args, 0);
}

/* By which the results of one tool are dropped where others keep theirs too. */
char *
memo_agent_cache_dup_tool_tag (MemoAgentCache *self,
                               const char     *name)
{
  return g_strconcat (self->prefix, name, "(*)", NULL);
}

static gpointer
ref_cache (gconstpointer cache,
           gpointer      user_data)
{
  return g_object_ref ((gpointer) cache);
}

static gpointer
ref_state (gconstpointer state,
           gpointer      user_data)
{
  return memo_agent_state_ref ((gpointer) state);
}

static GPtrArray *
dup_caches (MemoAgentCache *self,
            gboolean        of_sessions)
{
  GPtrArray *caches;

  g_mutex_lock (&self->lock);
  caches = g_ptr_array_copy (of_sessions ? self->session_caches : self->all_caches, ref_cache, NULL);
  g_mutex_unlock (&self->lock);

  return caches;
}

/* What a change of RESOURCES makes wrong, a mutation for each cache: for all, or for the session of STATE. */
GPtrArray *
memo_agent_cache_dup_mutations (MemoAgentCache     *self,
                                MemoAgentState     *state,
                                const char * const *resources)
{
  g_autoptr(GPtrArray) caches = dup_caches (self, state != NULL);
  g_auto(GStrv) of_session = state != NULL ? memo_agent_session_tags (state->serial, resources) : NULL;
  const char * const *tags = state != NULL ? (const char * const *) of_session : resources;
  GPtrArray *mutations = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; resources[0] != NULL && i < caches->len; i++)
    {
      MemoMutation *mutation = memo_mutation_new (g_ptr_array_index (caches, i));

      for (gsize k = 0; tags[k] != NULL; k++)
        memo_mutation_add_tag (mutation, tags[k]);
      g_ptr_array_add (mutations, mutation);
    }

  return mutations;
}

/* Tells all sessions what was changed. */
void
memo_agent_cache_touch (MemoAgentCache *self,
                        const guint64  *resources,
                        guint           n_resources)
{
  g_autoptr(GPtrArray) states = NULL;

  if (n_resources == 0)
    return;

  g_mutex_lock (&self->lock);
  states = g_ptr_array_copy (self->states, ref_state, NULL);
  g_mutex_unlock (&self->lock);

  for (guint i = 0; i < states->len; i++)
    memo_agent_state_touch (g_ptr_array_index (states, i), resources, n_resources);
}

/* Knows a new session from now on. */
void
memo_agent_cache_adopt_session (MemoAgentCache *self,
                                MemoAgentState *state)
{
  g_mutex_lock (&self->lock);
  state->serial = ++self->last_serial;
  g_ptr_array_add (self->states, memo_agent_state_ref (state));
  g_mutex_unlock (&self->lock);
}

/* Forgets a session, and what is kept of it. */
void
memo_agent_cache_leave_session (MemoAgentCache *self,
                                MemoAgentState *state)
{
  g_autoptr(GPtrArray) caches = dup_caches (self, TRUE);
  g_auto(GStrv) tags = memo_agent_session_tags (state->serial, (const char *[]) { "", NULL });

  for (guint i = 0; i < caches->len; i++)
    memo_cache_invalidate_tags (g_ptr_array_index (caches, i), (const char * const *) tags);

  g_mutex_lock (&self->lock);
  g_ptr_array_remove_fast (self->states, state);
  g_mutex_unlock (&self->lock);
}

/* --- the object --- */

static void
memo_agent_cache_constructed (GObject *object)
{
  MemoAgentCache *self = MEMO_AGENT_CACHE (object);
  g_autofree char *escaped = NULL;

  if (self->principal == NULL)
    self->principal = g_strdup ("");
  escaped = g_uri_escape_string (self->principal, NULL, TRUE);
  self->prefix = g_strconcat ("agent/", escaped, "/", NULL);

  if (self->clock == NULL && MEMO_IS_ASYNC_CACHE (self->cache))
    self->clock = g_object_ref (memo_async_cache_get_clock (MEMO_ASYNC_CACHE (self->cache)));
  if (self->clock == NULL)
    self->clock = g_object_ref (memo_clock_get_default ());
  if (self->cache != NULL)
    g_ptr_array_add (self->all_caches, g_object_ref (self->cache));

  G_OBJECT_CLASS (memo_agent_cache_parent_class)->constructed (object);
}

static void
memo_agent_cache_finalize (GObject *object)
{
  MemoAgentCache *self = MEMO_AGENT_CACHE (object);

  g_hash_table_unref (self->functions);
  g_ptr_array_unref (self->names);
  g_ptr_array_unref (self->all_caches);
  g_ptr_array_unref (self->session_caches);
  g_ptr_array_unref (self->states);
  g_clear_object (&self->cache);
  g_clear_object (&self->clock);
  g_free (self->principal);
  g_free (self->prefix);
  g_mutex_clear (&self->lock);

  G_OBJECT_CLASS (memo_agent_cache_parent_class)->finalize (object);
}

static void
memo_agent_cache_get_property (GObject    *object,
                               guint       prop_id,
                               GValue     *value,
                               GParamSpec *pspec)
{
  MemoAgentCache *self = MEMO_AGENT_CACHE (object);

  switch (prop_id)
    {
    case PROP_PRINCIPAL:
      g_value_set_string (value, memo_agent_cache_get_principal (self));
      break;

    case PROP_CACHE:
      g_value_set_object (value, memo_agent_cache_get_cache (self));
      break;

    case PROP_CLOCK:
      g_value_set_object (value, memo_agent_cache_get_clock (self));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
memo_agent_cache_set_property (GObject      *object,
                               guint         prop_id,
                               const GValue *value,
                               GParamSpec   *pspec)
{
  MemoAgentCache *self = MEMO_AGENT_CACHE (object);

  switch (prop_id)
    {
    case PROP_PRINCIPAL:
      self->principal = g_value_dup_string (value);
      break;

    case PROP_CACHE:
      self->cache = g_value_dup_object (value);
      break;

    case PROP_CLOCK:
      self->clock = g_value_dup_object (value);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
memo_agent_cache_class_init (MemoAgentCacheClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags construct = G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;

  object_class->constructed = memo_agent_cache_constructed;
  object_class->finalize = memo_agent_cache_finalize;
  object_class->get_property = memo_agent_cache_get_property;
  object_class->set_property = memo_agent_cache_set_property;

  /**
   * MemoAgentCache:principal: (getter get_principal)
   *
   * Whose data the agents see: a user, a tenant. It is a part of every key, so that two principals never see each
   * other's results, where they share a cache or a tier as well.
   *
   * Since: 0.1
   */
  properties[PROP_PRINCIPAL] = g_param_spec_string ("principal", NULL, NULL, NULL, construct);

  /**
   * MemoAgentCache:cache: (getter get_cache)
   *
   * Where the results are kept that are for all, or `NULL`: each tool has a cache in memory. Who made it closes it.
   *
   * Since: 0.1
   */
  properties[PROP_CACHE] = g_param_spec_object ("cache", NULL, NULL, MEMO_TYPE_CACHE, construct);

  /**
   * MemoAgentCache:clock: (getter get_clock)
   *
   * Where the time comes from: unless another is given, that of the cache, or boot time.
   *
   * Since: 0.1
   */
  properties[PROP_CLOCK] = g_param_spec_object ("clock", NULL, NULL, MEMO_TYPE_CLOCK, construct);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
memo_agent_cache_init (MemoAgentCache *self)
{
  g_mutex_init (&self->lock);
  self->functions = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_object_unref);
  self->names = g_ptr_array_new ();
  self->all_caches = g_ptr_array_new_with_free_func (g_object_unref);
  self->session_caches = g_ptr_array_new_with_free_func (g_object_unref);
  self->states = g_ptr_array_new_with_free_func ((GDestroyNotify) memo_agent_state_unref);
}

/**
 * memo_agent_cache_new:
 * @principal: (nullable): whose data the agents see, or `NULL` where there is only one
 * @cache: (nullable): where the results are kept that are for all, or `NULL`
 *
 * Creates an agent cache without any functions.
 *
 * Returns: (transfer full): the new agent cache
 *
 * Since: 0.1
 */
MemoAgentCache *
memo_agent_cache_new (const char *principal,
                      MemoCache  *cache)
{
  g_return_val_if_fail (cache == NULL || MEMO_IS_CACHE (cache), NULL);

  return g_object_new (MEMO_TYPE_AGENT_CACHE, "principal", principal, "cache", cache, NULL);
}

/**
 * memo_agent_cache_get_principal: (get-property principal)
 * @self: an agent cache
 *
 * Gets whose data the agents see.
 *
 * Returns: (transfer none): the principal, which may be empty
 *
 * Since: 0.1
 */
const char *
memo_agent_cache_get_principal (MemoAgentCache *self)
{
  g_return_val_if_fail (MEMO_IS_AGENT_CACHE (self), NULL);

  return self->principal;
}

/**
 * memo_agent_cache_get_cache: (get-property cache)
 * @self: an agent cache
 *
 * Gets where the results are kept that are for all.
 *
 * Returns: (transfer none) (nullable): the cache, or `NULL` when each tool has its own
 *
 * Since: 0.1
 */
MemoCache *
memo_agent_cache_get_cache (MemoAgentCache *self)
{
  g_return_val_if_fail (MEMO_IS_AGENT_CACHE (self), NULL);

  return self->cache;
}

/**
 * memo_agent_cache_get_clock: (get-property clock)
 * @self: an agent cache
 *
 * Gets where the time comes from.
 *
 * Returns: (transfer none): the clock
 *
 * Since: 0.1
 */
MemoClock *
memo_agent_cache_get_clock (MemoAgentCache *self)
{
  g_return_val_if_fail (MEMO_IS_AGENT_CACHE (self), NULL);

  return self->clock;
}

/* Where the results of a function are kept; NULL: it has none. */
static MemoCache *
cache_for (MemoAgentCache    *self,
           MemoAgentFunction *function,
           gboolean          *own)
{
  const gboolean of_session = memo_agent_function_get_scope (function) == MEMO_AGENT_SCOPE_SESSION;

  if (!MEMO_IS_AGENT_TOOL (function))
    return NULL;
  if (self->cache != NULL && !of_session)
    return g_object_ref (self->cache);

  *own = TRUE;

  return g_object_new (MEMO_TYPE_ASYNC_CACHE,
                       "maxsize", memo_agent_tool_get_maxsize (MEMO_AGENT_TOOL (function)),
                       "clock", self->clock,
                       NULL);
}

/**
 * memo_agent_cache_add:
 * @self: an agent cache
 * @function: a tool or a change that was not added to any
 * @error: return location for a [type@GLib.Error]
 *
 * Adds a function that agents may call. Add all of them before the first is called.
 *
 * `MEMO_ERROR_INVALID_RESOURCE` is that one of its [property@Memo.AgentFunction:resources] is not written as it should
 * be, `MEMO_ERROR_FAILED` that there is a function of this name, or that it was added before.
 *
 * Returns: whether it was added
 *
 * Since: 0.1
 */
gboolean
memo_agent_cache_add (MemoAgentCache     *self,
                      MemoAgentFunction  *function,
                      GError            **error)
{
  const char *name;
  g_autoptr(MemoCache) cache = NULL;
  gboolean own = FALSE;
  gboolean added = FALSE;

  g_return_val_if_fail (MEMO_IS_AGENT_CACHE (self), FALSE);
  g_return_val_if_fail (MEMO_IS_AGENT_FUNCTION (function), FALSE);
  g_return_val_if_fail (memo_agent_function_get_name (function) != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  name = memo_agent_function_get_name (function);
  cache = cache_for (self, function, &own);

  g_mutex_lock (&self->lock);
  if (g_hash_table_contains (self->functions, name))
    g_set_error (error, MEMO_ERROR, MEMO_ERROR_FAILED,
                 "There is a function “%s” already: give this one another name", name);
  else
    added = memo_agent_function_add_to (function, self, cache, own, error);

  if (added)
    {
      g_hash_table_insert (self->functions, (gpointer) name, g_object_ref (function));
      g_ptr_array_add (self->names, (gpointer) name);
    }
  if (added && own)
    g_ptr_array_add (self->all_caches, g_object_ref (cache));
  if (added && own && memo_agent_function_get_scope (function) == MEMO_AGENT_SCOPE_SESSION)
    g_ptr_array_add (self->session_caches, g_object_ref (cache));
  g_mutex_unlock (&self->lock);

  return added;
}

/**
 * memo_agent_cache_lookup:
 * @self: an agent cache
 * @name: a name
 *
 * Gets the function of a name, as a model asks for it.
 *
 * Returns: (transfer none) (nullable): a [class@Memo.AgentTool] or a [class@Memo.AgentCacheInvalidator], or `NULL`
 *
 * Since: 0.1
 */
MemoAgentFunction *
memo_agent_cache_lookup (MemoAgentCache *self,
                         const char     *name)
{
  MemoAgentFunction *function;

  g_return_val_if_fail (MEMO_IS_AGENT_CACHE (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  g_mutex_lock (&self->lock);
  function = g_hash_table_lookup (self->functions, name);
  g_mutex_unlock (&self->lock);

  return function;
}

/**
 * memo_agent_cache_dup_names:
 * @self: an agent cache
 *
 * Gets the names of all functions, in the order in which they were added.
 *
 * Returns: (transfer full) (array zero-terminated=1): the names
 *
 * Since: 0.1
 */
char **
memo_agent_cache_dup_names (MemoAgentCache *self)
{
  g_autoptr(GStrvBuilder) builder = NULL;

  g_return_val_if_fail (MEMO_IS_AGENT_CACHE (self), NULL);

  builder = g_strv_builder_new ();
  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->names->len; i++)
    g_strv_builder_add (builder, g_ptr_array_index (self->names, i));
  g_mutex_unlock (&self->lock);

  return g_strv_builder_end (builder);
}

/**
 * memo_agent_cache_invalidate_resources:
 * @self: an agent cache
 * @resources: (array zero-terminated=1): resources; no templates, they stand for themselves
 *
 * Drops the results that read one of @resources, those for all and those of every session: somebody else changed
 * them, such as another program that wrote a file.
 *
 * Where you change them yourself, use a [class@Memo.AgentCacheInvalidator].
 *
 * Since: 0.1
 */
void
memo_agent_cache_invalidate_resources (MemoAgentCache     *self,
                                       const char * const *resources)
{
  g_autoptr(GPtrArray) caches = NULL;
  g_autofree guint64 *digests = NULL;

  g_return_if_fail (MEMO_IS_AGENT_CACHE (self));
  g_return_if_fail (resources != NULL);

  digests = memo_agent_digests (resources);
  caches = dup_caches (self, FALSE);
  for (guint i = 0; i < caches->len; i++)
    memo_cache_invalidate_tags (g_ptr_array_index (caches, i), resources);
  memo_agent_cache_touch (self, digests, g_strv_length ((char **) resources));
}

/**
 * memo_agent_cache_get_metrics:
 * @self: an agent cache
 *
 * Gets what was counted of the calls of all functions.
 *
 * What a [property@Memo.AgentCache:cache] dropped that was given to it, for whomever, is counted as well.
 *
 * Returns: (transfer full): a snapshot
 *
 * Since: 0.1
 */
MemoMetrics *
memo_agent_cache_get_metrics (MemoAgentCache *self)
{
  g_autoptr(GPtrArray) caches = NULL;
  g_autoptr(GPtrArray) functions = NULL;
  MemoAgentCounters all = { 0 };

  g_return_val_if_fail (MEMO_IS_AGENT_CACHE (self), NULL);

  caches = dup_caches (self, FALSE);
  functions = g_ptr_array_new ();
  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->names->len; i++)
    g_ptr_array_add (functions, g_hash_table_lookup (self->functions, g_ptr_array_index (self->names, i)));
  g_mutex_unlock (&self->lock);

  for (guint i = 0; i < functions->len; i++)
    {
      MemoAgentCounters counters = memo_agent_function_get_counters (g_ptr_array_index (functions, i));

      memo_agent_counters_add (&all, &counters);
    }

  return memo_agent_counters_to_metrics (&all, (MemoCache * const *) caches->pdata, caches->len);
}
