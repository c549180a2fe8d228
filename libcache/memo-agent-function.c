/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "memo-agent-function-private.h"
#include "memo-enum-types.h"
#include "memo-error.h"

/**
 * MemoAgentFunction:
 *
 * What [class@Memo.AgentTool] and [class@Memo.AgentCacheInvalidator] have in common: a function that an agent
 * calls by its name, and the resources that it reads or changes.
 *
 * It is added to a [class@Memo.AgentCache], once, and called in a [class@Memo.AgentCacheSession]. From then on its
 * properties cannot be set any more. The function is called as that of a [class@Memo.Loader] is, and gets its
 * arguments by [method@Memo.Call.get_args].
 *
 * # Resources
 *
 * A resource is a text, or a template of one: `cart`; `cart:{0}` with the first argument in it; `file:{path}` with
 * the entry `path` of an argument that is a dictionary. `{{` and `}}` are braces. In what is put in, everything but
 * letters, digits and `._~-/` is written as `%` and two hexadecimal digits, so that it cannot look like another
 * resource; on either side of it has to be a character which that applies to, or nothing. A number gives the same
 * resource as its text does, whatever its type.
 *
 * Since: 0.1
 */

enum {
  PROP_0,
  PROP_NAME,
  PROP_LOADER,
  PROP_RESOURCES,
  PROP_SCOPE,
  PROP_VOLATILE_ARGS,
  PROP_N_ARGS,
  N_PROPS
};

enum {
  DESCRIBE_OUTCOME,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (MemoAgentFunction, memo_agent_function, G_TYPE_OBJECT)

#define PRIVATE(self) ((MemoAgentFunctionPrivate *) memo_agent_function_get_instance_private (self))

/* For its siblings. */
MemoAgentFunctionPrivate *
memo_agent_function_get_private (MemoAgentFunction *self)
{
  return PRIVATE (self);
}

gboolean
memo_agent_function_is_added (MemoAgentFunction *self)
{
  MemoAgentFunctionPrivate *priv = PRIVATE (self);
  gboolean added;

  g_mutex_lock (&priv->lock);
  added = priv->added;
  g_mutex_unlock (&priv->lock);

  return added;
}

/* Makes it a function of AGENT, which keeps its results in CACHE. */
gboolean
memo_agent_function_add_to (MemoAgentFunction  *self,
                            MemoAgentCache     *agent,
                            MemoCache          *cache,
                            gboolean            own_cache,
                            GError            **error)
{
  MemoAgentFunctionPrivate *priv = PRIVATE (self);
  g_autoptr(MemoAgentResources) resources = NULL;
  gboolean added;

  resources = memo_agent_resources_new ((const char * const *) priv->templates, priv->n_args, error);
  if (resources == NULL)
    {
      g_prefix_error (error, "“%s” cannot be added: ", priv->name);
      return FALSE;
    }

  g_mutex_lock (&priv->lock);
  added = priv->added;
  priv->added = TRUE;
  g_mutex_unlock (&priv->lock);

  if (added)
    {
      g_set_error (error, MEMO_ERROR, MEMO_ERROR_FAILED, "“%s” is one agent cache's already: make another", priv->name);
      return FALSE;
    }

  g_weak_ref_set (&priv->agent, agent);
  priv->resources = g_steal_pointer (&resources);
  priv->cache = cache != NULL ? g_object_ref (cache) : NULL;
  priv->own_cache = own_cache;

  return TRUE;
}

void
memo_agent_function_count (MemoAgentFunction *self,
                           MemoAgentCounters  more)
{
  MemoAgentFunctionPrivate *priv = PRIVATE (self);

  g_mutex_lock (&priv->lock);
  memo_agent_counters_add (&priv->counters, &more);
  g_mutex_unlock (&priv->lock);
}

/* By what an outcome is compared, or NULL: by its value. */
char *
memo_agent_function_describe (MemoAgentFunction *self,
                              MemoEntry         *entry)
{
  char *description = NULL;

  if (g_signal_has_handler_pending (self, signals[DESCRIBE_OUTCOME], 0, TRUE))
    g_signal_emit (self, signals[DESCRIBE_OUTCOME], 0, entry, &description);

  return description;
}

/* --- the object --- */

static void
memo_agent_function_constructed (GObject *object)
{
  MemoAgentFunctionPrivate *priv = PRIVATE (MEMO_AGENT_FUNCTION (object));

  if (priv->name == NULL || strpbrk (priv->name, "()") != NULL)
    g_critical ("A function needs a name, and one without parentheses");
  if (priv->loader == NULL)
    g_critical ("A function needs a loader");

  G_OBJECT_CLASS (memo_agent_function_parent_class)->constructed (object);
}

static void
memo_agent_function_finalize (GObject *object)
{
  MemoAgentFunctionPrivate *priv = PRIVATE (MEMO_AGENT_FUNCTION (object));

  g_weak_ref_clear (&priv->agent);
  g_clear_object (&priv->loader);
  g_clear_object (&priv->cache);
  g_clear_pointer (&priv->resources, memo_agent_resources_free);
  g_clear_pointer (&priv->name, g_ref_string_release);
  g_strfreev (priv->templates);
  g_strfreev (priv->volatile_args);
  g_mutex_clear (&priv->lock);

  G_OBJECT_CLASS (memo_agent_function_parent_class)->finalize (object);
}

static void
memo_agent_function_get_property (GObject    *object,
                                  guint       prop_id,
                                  GValue     *value,
                                  GParamSpec *pspec)
{
  MemoAgentFunction *self = MEMO_AGENT_FUNCTION (object);

  switch (prop_id)
    {
    case PROP_NAME:
      g_value_set_string (value, memo_agent_function_get_name (self));
      break;

    case PROP_LOADER:
      g_value_set_object (value, memo_agent_function_get_loader (self));
      break;

    case PROP_RESOURCES:
      g_value_set_boxed (value, memo_agent_function_get_resources (self));
      break;

    case PROP_SCOPE:
      g_value_set_enum (value, memo_agent_function_get_scope (self));
      break;

    case PROP_VOLATILE_ARGS:
      g_value_set_boxed (value, memo_agent_function_get_volatile_args (self));
      break;

    case PROP_N_ARGS:
      g_value_set_int (value, memo_agent_function_get_n_args (self));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
memo_agent_function_set_property (GObject      *object,
                                  guint         prop_id,
                                  const GValue *value,
                                  GParamSpec   *pspec)
{
  MemoAgentFunction *self = MEMO_AGENT_FUNCTION (object);
  MemoAgentFunctionPrivate *priv = PRIVATE (self);

  switch (prop_id)
    {
    case PROP_NAME:
      if (g_value_get_string (value) != NULL)
        priv->name = g_ref_string_new (g_value_get_string (value));
      break;

    case PROP_LOADER:
      priv->loader = g_value_dup_object (value);
      break;

    case PROP_RESOURCES:
      memo_agent_function_set_resources (self, g_value_get_boxed (value));
      break;

    case PROP_SCOPE:
      memo_agent_function_set_scope (self, g_value_get_enum (value));
      break;

    case PROP_VOLATILE_ARGS:
      memo_agent_function_set_volatile_args (self, g_value_get_boxed (value));
      break;

    case PROP_N_ARGS:
      memo_agent_function_set_n_args (self, g_value_get_int (value));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
memo_agent_function_class_init (MemoAgentFunctionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;
  const GParamFlags construct = G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;

  object_class->constructed = memo_agent_function_constructed;
  object_class->finalize = memo_agent_function_finalize;
  object_class->get_property = memo_agent_function_get_property;
  object_class->set_property = memo_agent_function_set_property;

  /**
   * MemoAgentFunction:name: (getter get_name)
   *
   * The name of the function, by which an agent calls it. It has no parentheses in it.
   *
   * Since: 0.1
   */
  properties[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, NULL, construct);

  /**
   * MemoAgentFunction:loader: (getter get_loader)
   *
   * The function, and how it is called: in a thread, with a timeout. It cannot be a batch loader.
   *
   * Since: 0.1
   */
  properties[PROP_LOADER] = g_param_spec_object ("loader", NULL, NULL, MEMO_TYPE_LOADER, construct);

  /**
   * MemoAgentFunction:resources: (getter get_resources) (setter set_resources)
   *
   * What the function reads, or changes: texts with arguments in them, such as `file:{path}`.
   *
   * Since: 0.1
   */
  properties[PROP_RESOURCES] = g_param_spec_boxed ("resources", NULL, NULL, G_TYPE_STRV, flags);

  /**
   * MemoAgentFunction:scope: (getter get_scope) (setter set_scope)
   *
   * Whom the function is about: all sessions, or the one that calls it.
   *
   * Since: 0.1
   */
  properties[PROP_SCOPE] =
    g_param_spec_enum ("scope", NULL, NULL, MEMO_TYPE_AGENT_SCOPE, MEMO_AGENT_SCOPE_GLOBAL, flags);

  /**
   * MemoAgentFunction:volatile-args: (getter get_volatile_args) (setter set_volatile_args)
   *
   * Arguments that do not tell one call from another, such as a request's number: positions, the first being `0`,
   * and keys of dictionaries. The function gets them all the same.
   *
   * Since: 0.1
   */
  properties[PROP_VOLATILE_ARGS] = g_param_spec_boxed ("volatile-args", NULL, NULL, G_TYPE_STRV, flags);

  /**
   * MemoAgentFunction:n-args: (getter get_n_args) (setter set_n_args)
   *
   * How many arguments the function takes, or `MEMO_ANY_NUMBER`. Where it is known, a resource that names an argument
   * too many is noticed when the function is added, and not when it is called.
   *
   * Since: 0.1
   */
  properties[PROP_N_ARGS] =
    g_param_spec_int ("n-args", NULL, NULL, MEMO_ANY_NUMBER, G_MAXINT, MEMO_ANY_NUMBER, flags);

  g_object_class_install_properties (object_class, N_PROPS, properties);

  /**
   * MemoAgentFunction::describe-outcome:
   * @self: the function
   * @entry: what it answered, or what is cached
   *
   * Asks by what text an outcome is to be compared with others, when loops are looked for.
   *
   * Without a handler, outcomes are the same when their values are: numbers, texts, bytes, variants; of objects, when they
   * are one object. A handler can leave out what differs each time, such as when it was.
   *
   * It runs in the thread of whoever called, when the call has completed.
   *
   * Returns: (nullable) (transfer full): the text, or `NULL` to compare the values
   *
   * Since: 0.1
   */
  signals[DESCRIBE_OUTCOME] =
    g_signal_new ("describe-outcome", MEMO_TYPE_AGENT_FUNCTION, G_SIGNAL_RUN_LAST, 0,
                  g_signal_accumulator_first_wins, NULL, NULL, G_TYPE_STRING, 1, MEMO_TYPE_ENTRY);
}

static void
memo_agent_function_init (MemoAgentFunction *self)
{
  MemoAgentFunctionPrivate *priv = PRIVATE (self);

  g_weak_ref_init (&priv->agent, NULL);
  g_mutex_init (&priv->lock);
  priv->n_args = MEMO_ANY_NUMBER;
}

/**
 * memo_agent_function_get_name: (get-property name)
 * @self: a function
 *
 * Gets the name of the function.
 *
 * Returns: (transfer none): the name
 *
 * Since: 0.1
 */
const char *
memo_agent_function_get_name (MemoAgentFunction *self)
{
  g_return_val_if_fail (MEMO_IS_AGENT_FUNCTION (self), NULL);

  return PRIVATE (self)->name;
}

/**
 * memo_agent_function_get_loader: (get-property loader)
 * @self: a function
 *
 * Gets how the function is called.
 *
 * Returns: (transfer none): the loader
 *
 * Since: 0.1
 */
MemoLoader *
memo_agent_function_get_loader (MemoAgentFunction *self)
{
  g_return_val_if_fail (MEMO_IS_AGENT_FUNCTION (self), NULL);

  return PRIVATE (self)->loader;
}

/**
 * memo_agent_function_get_resources: (get-property resources)
 * @self: a function
 *
 * Gets what the function reads or changes.
 *
 * Returns: (transfer none) (nullable) (array zero-terminated=1): texts with arguments in them
 *
 * Since: 0.1
 */
const char * const *
memo_agent_function_get_resources (MemoAgentFunction *self)
{
  g_return_val_if_fail (MEMO_IS_AGENT_FUNCTION (self), NULL);

  return (const char * const *) PRIVATE (self)->templates;
}

/* Replaces an array of texts; says whether that changed anything. */
static gboolean
replace_strv (char               ***place,
              const char * const   *texts)
{
  const char * const none[] = { NULL };
  const char * const *old = *place != NULL ? (const char * const *) *place : none;
  const char * const *new = texts != NULL ? texts : none;

  if (g_strv_equal (old, new))
    return FALSE;

  g_strfreev (*place);
  *place = g_strdupv ((char **) texts);

  return TRUE;
}

/**
 * memo_agent_function_set_resources: (set-property resources)
 * @self: a function that was not added yet
 * @resources: (nullable) (array zero-terminated=1): texts with arguments in them
 *
 * Sets what the function reads or changes. What is wrong with them is said by [method@Memo.AgentCache.add].
 *
 * Since: 0.1
 */
void
memo_agent_function_set_resources (MemoAgentFunction  *self,
                                   const char * const *resources)
{
  g_return_if_fail (MEMO_IS_AGENT_FUNCTION (self));
  g_return_if_fail (!memo_agent_function_is_added (self));

  if (replace_strv (&PRIVATE (self)->templates, resources))
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_RESOURCES]);
}

/**
 * memo_agent_function_get_scope: (get-property scope)
 * @self: a function
 *
 * Gets whom the function is about.
 *
 * Returns: the scope
 *
 * Since: 0.1
 */
MemoAgentScope
memo_agent_function_get_scope (MemoAgentFunction *self)
{
  g_return_val_if_fail (MEMO_IS_AGENT_FUNCTION (self), MEMO_AGENT_SCOPE_GLOBAL);

  return PRIVATE (self)->scope;
}

/**
 * memo_agent_function_set_scope: (set-property scope)
 * @self: a function that was not added yet
 * @scope: the scope
 *
 * Sets whom the function is about.
 *
 * Since: 0.1
 */
void
memo_agent_function_set_scope (MemoAgentFunction *self,
                               MemoAgentScope     scope)
{
  g_return_if_fail (MEMO_IS_AGENT_FUNCTION (self));
  g_return_if_fail (!memo_agent_function_is_added (self));

  if (PRIVATE (self)->scope == scope)
    return;

  PRIVATE (self)->scope = scope;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SCOPE]);
}

/**
 * memo_agent_function_get_volatile_args: (get-property volatile-args)
 * @self: a function
 *
 * Gets which arguments do not tell one call from another.
 *
 * Returns: (transfer none) (nullable) (array zero-terminated=1): positions and keys of dictionaries
 *
 * Since: 0.1
 */
const char * const *
memo_agent_function_get_volatile_args (MemoAgentFunction *self)
{
  g_return_val_if_fail (MEMO_IS_AGENT_FUNCTION (self), NULL);

  return (const char * const *) PRIVATE (self)->volatile_args;
}

/**
 * memo_agent_function_set_volatile_args: (set-property volatile-args)
 * @self: a function that was not added yet
 * @volatile_args: (nullable) (array zero-terminated=1): positions and keys of dictionaries
 *
 * Sets which arguments do not tell one call from another.
 *
 * Since: 0.1
 */
void
memo_agent_function_set_volatile_args (MemoAgentFunction  *self,
                                       const char * const *volatile_args)
{
  g_return_if_fail (MEMO_IS_AGENT_FUNCTION (self));
  g_return_if_fail (!memo_agent_function_is_added (self));

  if (replace_strv (&PRIVATE (self)->volatile_args, volatile_args))
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_VOLATILE_ARGS]);
}

/**
 * memo_agent_function_get_n_args: (get-property n-args)
 * @self: a function
 *
 * Gets how many arguments the function takes.
 *
 * Returns: the number of arguments, or `MEMO_ANY_NUMBER`
 *
 * Since: 0.1
 */
int
memo_agent_function_get_n_args (MemoAgentFunction *self)
{
  g_return_val_if_fail (MEMO_IS_AGENT_FUNCTION (self), MEMO_ANY_NUMBER);

  return PRIVATE (self)->n_args;
}

/**
 * memo_agent_function_set_n_args: (set-property n-args)
 * @self: a function that was not added yet
 * @n_args: the number of arguments, or `MEMO_ANY_NUMBER`
 *
 * Sets how many arguments the function takes.
 *
 * Since: 0.1
 */
void
memo_agent_function_set_n_args (MemoAgentFunction *self,
                                int                n_args)
{
  g_return_if_fail (MEMO_IS_AGENT_FUNCTION (self));
  g_return_if_fail (n_args >= MEMO_ANY_NUMBER);
  g_return_if_fail (!memo_agent_function_is_added (self));

  if (PRIVATE (self)->n_args == n_args)
    return;

  PRIVATE (self)->n_args = n_args;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_ARGS]);
}
