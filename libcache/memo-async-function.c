/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "memo-async-function-private.h"
#include "memo-canonical-private.h"

/**
 * MemoAsyncFunction:
 *
 * What [class@Memo.AsyncLru] and [class@Memo.AsyncTtl] have in common: a function, and the cache
 * in which it remembers its answers.
 *
 * The cache is the function's own unless it is given one to share. The function is called as that of a
 * [class@Memo.Loader] is; see [property@Memo.AsyncFunction:loader] for its timeout and other options, or to
 * decorate a function that runs in a thread.
 *
 * The text under which an answer is kept is described in [keys](keys.html).
 *
 * Since: 0.1
 */

enum {
  PROP_0,
  PROP_NAME,
  PROP_LOADER,
  PROP_CACHE,
  PROP_CLOCK,
  PROP_BACKUP,
  PROP_REMOTE_CACHE,
  PROP_CODEC,
  PROP_SKIP_ARGS,
  PROP_N_ARGS,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_ABSTRACT_TYPE_WITH_CODE (MemoAsyncFunction, memo_async_function, G_TYPE_OBJECT,
                                  G_ADD_PRIVATE (MemoAsyncFunction)
                                  G_IMPLEMENT_INTERFACE (MEMO_TYPE_DECORATOR,
                                                         memo_async_function_decorator_iface_init))

#define PRIVATE(self) ((MemoAsyncFunctionPrivate *) memo_async_function_get_instance_private (self))

/* For memo-async-function-call.c. */
MemoAsyncFunctionPrivate *
memo_async_function_get_private (MemoAsyncFunction *self)
{
  return PRIVATE (self);
}

static void
memo_async_function_constructed (GObject *object)
{
  MemoAsyncFunctionPrivate *priv = PRIVATE (MEMO_ASYNC_FUNCTION (object));

  if (priv->name == NULL || strpbrk (priv->name, "()") != NULL)
    g_critical ("A function needs a name, and one without parentheses");
  if (priv->loader == NULL)
    g_critical ("A function needs a loader");

  /* Where others may keep theirs too, the tag says which answers are this function's. */
  if (priv->cache != NULL || priv->backup != NULL || priv->remote_cache != NULL)
    priv->tag = g_strconcat (priv->name, "(*)", NULL);

  if (priv->cache == NULL)
    {
      priv->cache = g_object_new (MEMO_TYPE_ASYNC_CACHE,
                                  "maxsize", priv->maxsize,
                                  "clock", priv->clock,
                                  "backup", priv->backup,
                                  "remote-cache", priv->remote_cache,
                                  "codec", priv->codec,
                                  NULL);
    }
  else if (MEMO_IS_ASYNC_CACHE (priv->cache))
    {
      priv->maxsize = memo_async_cache_get_maxsize (MEMO_ASYNC_CACHE (priv->cache));
    }

  G_OBJECT_CLASS (memo_async_function_parent_class)->constructed (object);
}

static void
memo_async_function_finalize (GObject *object)
{
  MemoAsyncFunctionPrivate *priv = PRIVATE (MEMO_ASYNC_FUNCTION (object));

  g_clear_object (&priv->loader);
  g_clear_object (&priv->cache);
  g_clear_object (&priv->clock);
  g_clear_object (&priv->backup);
  g_clear_object (&priv->remote_cache);
  g_clear_object (&priv->codec);
  g_free (priv->name);
  g_free (priv->tag);
  g_mutex_clear (&priv->lock);

  G_OBJECT_CLASS (memo_async_function_parent_class)->finalize (object);
}

static void
memo_async_function_get_property (GObject    *object,
                                  guint       prop_id,
                                  GValue     *value,
                                  GParamSpec *pspec)
{
  MemoAsyncFunction *self = MEMO_ASYNC_FUNCTION (object);

  switch (prop_id)
    {
    case PROP_NAME:
      g_value_set_string (value, memo_async_function_get_name (self));
      break;

    case PROP_LOADER:
      g_value_set_object (value, memo_async_function_get_loader (self));
      break;

    case PROP_CACHE:
      g_value_set_object (value, memo_async_function_get_cache (self));
      break;

    case PROP_SKIP_ARGS:
      g_value_set_uint (value, memo_async_function_get_skip_args (self));
      break;

    case PROP_N_ARGS:
      g_value_set_int (value, memo_async_function_get_n_args (self));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
memo_async_function_set_property (GObject      *object,
                                  guint         prop_id,
                                  const GValue *value,
                                  GParamSpec   *pspec)
{
  MemoAsyncFunction *self = MEMO_ASYNC_FUNCTION (object);
  MemoAsyncFunctionPrivate *priv = PRIVATE (self);

  switch (prop_id)
    {
    case PROP_NAME:
      priv->name = g_value_dup_string (value);
      break;

    case PROP_LOADER:
      priv->loader = g_value_dup_object (value);
      break;

    case PROP_CACHE:
      priv->cache = g_value_dup_object (value);
      break;

    case PROP_CLOCK:
      priv->clock = g_value_dup_object (value);
      break;

    case PROP_BACKUP:
      priv->backup = g_value_dup_object (value);
      break;

    case PROP_REMOTE_CACHE:
      priv->remote_cache = g_value_dup_object (value);
      break;

    case PROP_CODEC:
      priv->codec = g_value_dup_object (value);
      break;

    case PROP_SKIP_ARGS:
      memo_async_function_set_skip_args (self, g_value_get_uint (value));
      break;

    case PROP_N_ARGS:
      memo_async_function_set_n_args (self, g_value_get_int (value));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
memo_async_function_class_init (MemoAsyncFunctionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;
  const GParamFlags construct = G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;

  object_class->constructed = memo_async_function_constructed;
  object_class->finalize = memo_async_function_finalize;
  object_class->get_property = memo_async_function_get_property;
  object_class->set_property = memo_async_function_set_property;

  /**
   * MemoAsyncFunction:name: (getter get_name)
   *
   * The name of the function: the first part of the text under which its answers are kept.
   *
   * Functions that share a cache, or a tier, need different names. It has no parentheses in it.
   *
   * Since: 0.1
   */
  properties[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, NULL, construct);

  /**
   * MemoAsyncFunction:loader: (getter get_loader)
   *
   * The function, and how its answers are treated: its timeout, tags and the like. It cannot be a
   * batch loader.
   *
   * Since: 0.1
   */
  properties[PROP_LOADER] = g_param_spec_object ("loader", NULL, NULL, MEMO_TYPE_LOADER, construct);

  /**
   * MemoAsyncFunction:cache: (getter get_cache)
   *
   * Where answers are kept: a cache of the function's own, unless it was given one to share.
   *
   * Since: 0.1
   */
  properties[PROP_CACHE] = g_param_spec_object ("cache", NULL, NULL, MEMO_TYPE_CACHE, construct);

  /**
   * MemoAsyncFunction:clock:
   *
   * Where a cache of the function's own has the time from; boot time unless another clock is given.
   *
   * Since: 0.1
   */
  properties[PROP_CLOCK] =
    g_param_spec_object ("clock", NULL, NULL, MEMO_TYPE_CLOCK,
                         G_PARAM_WRITABLE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * MemoAsyncFunction:backup:
   *
   * The [property@Memo.AsyncCache:backup] of a cache of the function's own, so that it remembers after the end of
   * the process. Functions may share one, as long as their names differ.
   *
   * Since: 0.1
   */
  properties[PROP_BACKUP] =
    g_param_spec_object ("backup", NULL, NULL, MEMO_TYPE_BACKEND,
                         G_PARAM_WRITABLE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * MemoAsyncFunction:remote-cache:
   *
   * The [property@Memo.AsyncCache:remote-cache] of a cache of the function's own, so that it shares its answers with
   * other processes. Functions may share one, as long as their names differ.
   *
   * Since: 0.1
   */
  properties[PROP_REMOTE_CACHE] =
    g_param_spec_object ("remote-cache", NULL, NULL, MEMO_TYPE_BACKEND,
                         G_PARAM_WRITABLE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * MemoAsyncFunction:codec:
   *
   * The [property@Memo.AsyncCache:codec] of a cache of the function's own.
   *
   * Since: 0.1
   */
  properties[PROP_CODEC] =
    g_param_spec_object ("codec", NULL, NULL, MEMO_TYPE_CODEC,
                         G_PARAM_WRITABLE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * MemoAsyncFunction:skip-args: (getter get_skip_args) (setter set_skip_args)
   *
   * How many leading arguments are not a part of what is remembered.
   *
   * Since: 0.1
   */
  properties[PROP_SKIP_ARGS] = g_param_spec_uint ("skip-args", NULL, NULL, 0, G_MAXUINT, 0, flags);

  /**
   * MemoAsyncFunction:n-args: (getter get_n_args) (setter set_n_args)
   *
   * How many arguments the function takes after those that are skipped, or `MEMO_ANY_NUMBER`.
   *
   * A [iface@Memo.Invalidator] takes as many of its own arguments to name the call to forget.
   *
   * Since: 0.1
   */
  properties[PROP_N_ARGS] =
    g_param_spec_int ("n-args", NULL, NULL, MEMO_ANY_NUMBER, G_MAXINT, MEMO_ANY_NUMBER, flags);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
memo_async_function_init (MemoAsyncFunction *self)
{
  MemoAsyncFunctionPrivate *priv = PRIVATE (self);

  g_mutex_init (&priv->lock);
  priv->n_args = MEMO_ANY_NUMBER;
  priv->time_to_live = MEMO_TTL_DEFAULT;
}

/**
 * memo_async_function_get_name: (get-property name)
 * @self: a function
 *
 * Gets the name of the function.
 *
 * Returns: the name
 *
 * Since: 0.1
 */
const char *
memo_async_function_get_name (MemoAsyncFunction *self)
{
  g_return_val_if_fail (MEMO_IS_ASYNC_FUNCTION (self), NULL);

  return PRIVATE (self)->name;
}

/**
 * memo_async_function_get_loader: (get-property loader)
 * @self: a function
 *
 * Gets how the function's answers are treated.
 *
 * Returns: (transfer none): the loader
 *
 * Since: 0.1
 */
MemoLoader *
memo_async_function_get_loader (MemoAsyncFunction *self)
{
  g_return_val_if_fail (MEMO_IS_ASYNC_FUNCTION (self), NULL);

  return PRIVATE (self)->loader;
}

/**
 * memo_async_function_get_cache: (get-property cache)
 * @self: a function
 *
 * Gets where the function's answers are kept.
 *
 * Returns: (transfer none): the cache
 *
 * Since: 0.1
 */
MemoCache *
memo_async_function_get_cache (MemoAsyncFunction *self)
{
  g_return_val_if_fail (MEMO_IS_ASYNC_FUNCTION (self), NULL);

  return PRIVATE (self)->cache;
}

/**
 * memo_async_function_get_maxsize:
 * @self: a function
 *
 * Gets how many answers are kept at most; a shared cache has its own limit.
 *
 * Returns: the number of answers, or `MEMO_UNLIMITED`
 *
 * Since: 0.1
 */
guint
memo_async_function_get_maxsize (MemoAsyncFunction *self)
{
  g_return_val_if_fail (MEMO_IS_ASYNC_FUNCTION (self), 0);

  return PRIVATE (self)->maxsize;
}

/**
 * memo_async_function_get_skip_args: (get-property skip-args)
 * @self: a function
 *
 * Gets how many leading arguments are not a part of what is remembered.
 *
 * Returns: the number of arguments
 *
 * Since: 0.1
 */
guint
memo_async_function_get_skip_args (MemoAsyncFunction *self)
{
  g_return_val_if_fail (MEMO_IS_ASYNC_FUNCTION (self), 0);

  return PRIVATE (self)->skip_args;
}

/**
 * memo_async_function_set_skip_args: (set-property skip-args)
 * @self: a function
 * @skip_args: the number of arguments
 *
 * Sets how many leading arguments are not a part of what is remembered.
 *
 * Set it before the first call.
 *
 * Since: 0.1
 */
void
memo_async_function_set_skip_args (MemoAsyncFunction *self,
                                   guint              skip_args)
{
  g_return_if_fail (MEMO_IS_ASYNC_FUNCTION (self));

  if (PRIVATE (self)->skip_args == skip_args)
    return;

  PRIVATE (self)->skip_args = skip_args;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SKIP_ARGS]);
}

/**
 * memo_async_function_get_n_args: (get-property n-args)
 * @self: a function
 *
 * Gets how many arguments the function takes.
 *
 * Returns: the number of arguments, or `MEMO_ANY_NUMBER`
 *
 * Since: 0.1
 */
int
memo_async_function_get_n_args (MemoAsyncFunction *self)
{
  g_return_val_if_fail (MEMO_IS_ASYNC_FUNCTION (self), MEMO_ANY_NUMBER);

  return PRIVATE (self)->n_args;
}

/**
 * memo_async_function_set_n_args: (set-property n-args)
 * @self: a function
 * @n_args: the number of arguments after those that are skipped, or `MEMO_ANY_NUMBER`
 *
 * Sets how many arguments the function takes.
 *
 * Since: 0.1
 */
void
memo_async_function_set_n_args (MemoAsyncFunction *self,
                                int                n_args)
{
  g_return_if_fail (MEMO_IS_ASYNC_FUNCTION (self));
  g_return_if_fail (n_args >= MEMO_ANY_NUMBER);

  if (PRIVATE (self)->n_args == n_args)
    return;

  PRIVATE (self)->n_args = n_args;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_ARGS]);
}

/**
 * memo_async_function_dup_key:
 * @self: a function
 * @args: (nullable): the arguments, a tuple, or `NULL` for none; a floating reference is taken
 *
 * Gets the text under which the answer for @args is kept in
 * [property@Memo.AsyncFunction:cache].
 *
 * Returns: (transfer full): the key
 *
 * Since: 0.1
 */
char *
memo_async_function_dup_key (MemoAsyncFunction *self,
                             GVariant          *args)
{
  g_autoptr(GVariant) tuple = NULL;

  g_return_val_if_fail (MEMO_IS_ASYNC_FUNCTION (self), NULL);
  g_return_val_if_fail (args == NULL || g_variant_is_of_type (args, G_VARIANT_TYPE_TUPLE), NULL);

  tuple = args != NULL ? g_variant_ref_sink (args) : NULL;

  return memo_canonical_key (PRIVATE (self)->name, tuple, PRIVATE (self)->skip_args);
}
