/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-async-function-private.h"
#include "memo-async-invalidator.h"
#include "memo-bracket-private.h"
#include "memo-call-private.h"
#include "memo-error.h"
#include "memo-loader-private.h"

/**
 * MemoAsyncInvalidator:
 *
 * What [class@Memo.AsyncLruInvalidator] and [class@Memo.AsyncTtlInvalidator] have in common: a function that
 * changes the source, and the decorated reads that it makes wrong.
 *
 * Which answers of the reads are forgotten follows from the arguments of the change. By default its leading
 * arguments, as many as the read takes, name the call of the read: `update_user (1, {…})` forgets
 * `get_user (1)`. How many the read takes is its [property@Memo.AsyncFunction:n-args]; where that is
 * `MEMO_ANY_NUMBER`, the calls with each number of leading arguments are forgotten, from none to all.
 *
 * The types count, as they do in a key: `update_user (int32 1)` does not forget `get_user (int64 1)`.
 *
 * Otherwise a key function says so, see [method@Memo.AsyncInvalidator.set_key_func]; or all answers are
 * forgotten, see [property@Memo.AsyncInvalidator:clear-all].
 *
 * Since: 0.1
 */

typedef struct
{
  MemoFunc       func;
  gpointer       user_data;
  GDestroyNotify destroy;
} Function;

typedef struct
{
  MemoLoader *loader;
  Function    key_func;
  GPtrArray  *reads;
  int         skip_args;
  gboolean    clear_all;
} MemoAsyncInvalidatorPrivate;

enum {
  PROP_0,
  PROP_LOADER,
  PROP_SKIP_ARGS,
  PROP_CLEAR_ALL,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static void memo_async_invalidator_invalidator_iface_init (MemoInvalidatorInterface *iface);

G_DEFINE_ABSTRACT_TYPE_WITH_CODE (MemoAsyncInvalidator, memo_async_invalidator, G_TYPE_OBJECT,
                                  G_ADD_PRIVATE (MemoAsyncInvalidator)
                                  G_IMPLEMENT_INTERFACE (MEMO_TYPE_INVALIDATOR,
                                                         memo_async_invalidator_invalidator_iface_init))

#define PRIVATE(self) ((MemoAsyncInvalidatorPrivate *) memo_async_invalidator_get_instance_private (self))

/* --- what is forgotten --- */

/* The mutation of a read's cache: reads may share one. */
static MemoMutation *
mutation_of (GPtrArray         *mutations,
             MemoAsyncFunction *read)
{
  MemoCache *cache = memo_async_function_get_cache (read);

  for (guint i = 0; i < mutations->len; i++)
    {
      MemoMutation *mutation = g_ptr_array_index (mutations, i);

      if (memo_mutation_get_cache (mutation) == cache)
        return mutation;
    }

  g_ptr_array_add (mutations, memo_mutation_new (cache));

  return g_ptr_array_index (mutations, mutations->len - 1);
}

/* Adds the call of READ with N of ARGS, the ones from FIRST on, after those that it skips. */
static void
touch (MemoAsyncFunction *read,
       GVariant          *args,
       gsize              first,
       gsize              n,
       MemoMutation      *mutation)
{
  guint skipped = memo_async_function_get_skip_args (read);
  g_autoptr(GVariant) read_args = NULL;
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_TUPLE);
  for (guint i = 0; i < skipped; i++)
    g_variant_builder_add_value (&builder, g_variant_new_tuple (NULL, 0));
  for (gsize i = 0; i < n; i++)
    {
      g_autoptr(GVariant) arg = g_variant_get_child_value (args, first + i);

      g_variant_builder_add_value (&builder, arg);
    }

  read_args = g_variant_ref_sink (g_variant_builder_end (&builder));
  memo_async_function_touch (read, read_args, mutation);
}

/* The leading arguments of the change name the call. */
static gboolean
touch_by_args (MemoAsyncInvalidatorPrivate  *priv,
               MemoAsyncFunction            *read,
               GVariant                     *args,
               MemoMutation                 *mutation,
               GError                      **error)
{
  gsize n_args = g_variant_n_children (args);
  int wanted = memo_async_function_get_n_args (read);
  gsize skip = priv->skip_args == MEMO_AS_THE_READ ? memo_async_function_get_skip_args (read)
                                                   : (gsize) priv->skip_args;
  gsize left = n_args > skip ? n_args - skip : 0;

  if (wanted == MEMO_ANY_NUMBER)
    {
      for (gsize n = 0; n <= left; n++)
        touch (read, args, skip, n, mutation);
      return TRUE;
    }

  if (left < (gsize) wanted)
    {
      g_set_error (error, MEMO_ERROR, MEMO_ERROR_FAILED,
                   "The change has %" G_GSIZE_FORMAT " arguments to name a call of “%s”, which takes %d: "
                   "it needs a key function, or to clear all",
                   left, memo_async_function_get_name (read), wanted);
      return FALSE;
    }

  touch (read, args, skip, wanted, mutation);

  return TRUE;
}

/* One call of READ, as a key function answered it. */
static gboolean
touch_call (MemoAsyncFunction  *read,
            GVariant           *call,
            MemoMutation       *mutation,
            GError            **error)
{
  g_autoptr(GVariant) args = g_variant_is_of_type (call, G_VARIANT_TYPE_VARIANT) ? g_variant_get_variant (call)
                                                                               : g_variant_ref (call);

  if (!g_variant_is_of_type (args, G_VARIANT_TYPE_TUPLE))
    {
      g_set_error (error, MEMO_ERROR, MEMO_ERROR_FAILED,
                   "The key function of a change answered with “%s”; it has to be a tuple of arguments or an array of such",
                   g_variant_get_type_string (args));
      return FALSE;
    }

  touch (read, args, 0, g_variant_n_children (args), mutation);

  return TRUE;
}

/* The key function has named the calls. */
static gboolean
touch_by_entry (MemoAsyncFunction  *read,
                MemoEntry          *entry,
                MemoMutation       *mutation,
                GError            **error)
{
  GVariant *calls = memo_entry_get_variant (entry);

  if (calls == NULL)
    {
      g_set_error_literal (error, MEMO_ERROR, MEMO_ERROR_FAILED,
                           "The key function of a change answered without a variant");
      return FALSE;
    }

  if (!g_variant_is_of_type (calls, G_VARIANT_TYPE_ARRAY))
    return touch_call (read, calls, mutation, error);

  for (gsize i = 0; i < g_variant_n_children (calls); i++)
    {
      g_autoptr(GVariant) call = g_variant_get_child_value (calls, i);

      if (!touch_call (read, call, mutation, error))
        return FALSE;
    }

  return TRUE;
}

/* What the change makes wrong, a mutation for each cache. */
static GPtrArray *
memo_async_invalidator_dup_mutations (gpointer    self,
                                      MemoCall   *request,
                                      MemoEntry  *reads,
                                      GError    **error)
{
  MemoAsyncInvalidatorPrivate *priv = PRIVATE (self);
  GVariant *args = memo_call_get_args (request);
  g_autoptr(GPtrArray) mutations = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < priv->reads->len; i++)
    {
      MemoAsyncFunction *read = g_ptr_array_index (priv->reads, i);
      MemoMutation *mutation = mutation_of (mutations, read);
      gboolean touched = TRUE;

      if (priv->clear_all)
        memo_async_function_touch_all (read, mutation);
      else if (priv->key_func.func == NULL)
        touched = touch_by_args (priv, read, args, mutation, error);
      else if (reads != NULL)
        touched = touch_by_entry (read, reads, mutation, error);

      if (!touched)
        return NULL;
    }

  return g_steal_pointer (&mutations);
}

/* --- its functions --- */

static void
function_clear (Function *function)
{
  if (function->destroy != NULL)
    function->destroy (function->user_data);

  *function = (Function) { 0 };
}

static void
memo_async_invalidator_call_func (gpointer  self,
                                  MemoCall *request,
                                  MemoCall *call)
{
  memo_loader_ask (PRIVATE (self)->loader, call);
}

static void
memo_async_invalidator_call_key_func (gpointer  self,
                                      MemoCall *request,
                                      MemoCall *call)
{
  MemoAsyncInvalidatorPrivate *priv = PRIVATE (self);

  priv->key_func.func (call, priv->key_func.user_data);
}

static const MemoBracketFuncs plain_bracket = {
  .dup_mutations = memo_async_invalidator_dup_mutations,
  .call_func = memo_async_invalidator_call_func,
};

static const MemoBracketFuncs key_func_bracket = {
  .dup_mutations = memo_async_invalidator_dup_mutations,
  .call_func = memo_async_invalidator_call_func,
  .call_key_func = memo_async_invalidator_call_key_func,
};

static void
memo_async_invalidator_call (MemoInvalidator *invalidator,
                             MemoCall        *call)
{
  MemoAsyncInvalidatorPrivate *priv = PRIVATE (MEMO_ASYNC_INVALIDATOR (invalidator));
  /* Where everything goes, nobody needs to say what. */
  gboolean ask = priv->key_func.func != NULL && !priv->clear_all;

  if (priv->loader == NULL || memo_loader_is_batch (priv->loader))
    memo_call_return_error (call, g_error_new_literal (MEMO_ERROR, MEMO_ERROR_NOT_SUPPORTED,
                                                       "An invalidator needs a loader, and one that is no batch loader"));
  else
    memo_bracket_run (invalidator, ask ? &key_func_bracket : &plain_bracket, call);
}

static void
memo_async_invalidator_invalidator_iface_init (MemoInvalidatorInterface *iface)
{
  iface->call = memo_async_invalidator_call;
}

/* --- the object --- */

static void
memo_async_invalidator_finalize (GObject *object)
{
  MemoAsyncInvalidatorPrivate *priv = PRIVATE (MEMO_ASYNC_INVALIDATOR (object));

  g_clear_object (&priv->loader);
  function_clear (&priv->key_func);
  g_ptr_array_unref (priv->reads);

  G_OBJECT_CLASS (memo_async_invalidator_parent_class)->finalize (object);
}

static void
memo_async_invalidator_get_property (GObject    *object,
                                     guint       prop_id,
                                     GValue     *value,
                                     GParamSpec *pspec)
{
  MemoAsyncInvalidator *self = MEMO_ASYNC_INVALIDATOR (object);

  switch (prop_id)
    {
    case PROP_LOADER:
      g_value_set_object (value, memo_async_invalidator_get_loader (self));
      break;

    case PROP_SKIP_ARGS:
      g_value_set_int (value, memo_async_invalidator_get_skip_args (self));
      break;

    case PROP_CLEAR_ALL:
      g_value_set_boolean (value, memo_async_invalidator_get_clear_all (self));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
memo_async_invalidator_set_property (GObject      *object,
                                     guint         prop_id,
                                     const GValue *value,
                                     GParamSpec   *pspec)
{
  MemoAsyncInvalidator *self = MEMO_ASYNC_INVALIDATOR (object);

  switch (prop_id)
    {
    case PROP_LOADER:
      PRIVATE (self)->loader = g_value_dup_object (value);
      break;

    case PROP_SKIP_ARGS:
      memo_async_invalidator_set_skip_args (self, g_value_get_int (value));
      break;

    case PROP_CLEAR_ALL:
      memo_async_invalidator_set_clear_all (self, g_value_get_boolean (value));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
memo_async_invalidator_class_init (MemoAsyncInvalidatorClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object_class->finalize = memo_async_invalidator_finalize;
  object_class->get_property = memo_async_invalidator_get_property;
  object_class->set_property = memo_async_invalidator_set_property;

  /**
   * MemoAsyncInvalidator:loader: (getter get_loader)
   *
   * The function that changes the source, and where it runs: one made with [ctor@Memo.Loader.new_in_thread] may
   * block. It cannot be a batch loader, and the other options of a loader do not count here.
   *
   * Since: 0.1
   */
  properties[PROP_LOADER] =
    g_param_spec_object ("loader", NULL, NULL, MEMO_TYPE_LOADER,
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * MemoAsyncInvalidator:skip-args: (getter get_skip_args) (setter set_skip_args)
   *
   * How many leading arguments of the change are left out when the others name a call of a read, or
   * `MEMO_AS_THE_READ`.
   *
   * Since: 0.1
   */
  properties[PROP_SKIP_ARGS] =
    g_param_spec_int ("skip-args", NULL, NULL, MEMO_AS_THE_READ, G_MAXINT, MEMO_AS_THE_READ, flags);

  /**
   * MemoAsyncInvalidator:clear-all: (getter get_clear_all) (setter set_clear_all)
   *
   * Whether a change makes all answers of the reads wrong. A key function is not asked then.
   *
   * Since: 0.1
   */
  properties[PROP_CLEAR_ALL] = g_param_spec_boolean ("clear-all", NULL, NULL, FALSE, flags);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
memo_async_invalidator_init (MemoAsyncInvalidator *self)
{
  MemoAsyncInvalidatorPrivate *priv = PRIVATE (self);

  priv->reads = g_ptr_array_new_with_free_func (g_object_unref);
  priv->skip_args = MEMO_AS_THE_READ;
}

/**
 * memo_async_invalidator_get_loader: (get-property loader)
 * @self: an invalidator
 *
 * Gets the function that changes the source.
 *
 * Returns: (transfer none): the function, as a loader
 *
 * Since: 0.1
 */
MemoLoader *
memo_async_invalidator_get_loader (MemoAsyncInvalidator *self)
{
  g_return_val_if_fail (MEMO_IS_ASYNC_INVALIDATOR (self), NULL);

  return PRIVATE (self)->loader;
}

/**
 * memo_async_invalidator_add_read:
 * @self: an invalidator
 * @read: a decorated function
 *
 * Adds a function whose answers a change makes wrong.
 *
 * Add them before the first call.
 *
 * Since: 0.1
 */
void
memo_async_invalidator_add_read (MemoAsyncInvalidator *self,
                                 MemoAsyncFunction    *read)
{
  g_return_if_fail (MEMO_IS_ASYNC_INVALIDATOR (self));
  g_return_if_fail (MEMO_IS_ASYNC_FUNCTION (read));

  g_ptr_array_add (PRIVATE (self)->reads, g_object_ref (read));
}

/**
 * memo_async_invalidator_set_key_func:
 * @self: an invalidator
 * @func: (nullable) (scope notified) (closure user_data) (destroy destroy): says which calls are forgotten
 * @user_data: data for @func
 * @destroy: (nullable): called when @user_data is not needed any more
 *
 * Sets a function that says which calls of the reads a change makes wrong.
 *
 * It is called before the change, once, with the arguments of the change, and answers with an entry that holds
 * a variant: the arguments of one call, a tuple, without those that the read skips; or an array of such tuples, or
 * of variants of such. No entry at all is no call. When it answers with an error, the caller gets that and
 * the source is not changed.
 *
 * Set it before the first call.
 *
 * Since: 0.1
 */
void
memo_async_invalidator_set_key_func (MemoAsyncInvalidator *self,
                                     MemoFunc              func,
                                     gpointer              user_data,
                                     GDestroyNotify        destroy)
{
  g_return_if_fail (MEMO_IS_ASYNC_INVALIDATOR (self));

  function_clear (&PRIVATE (self)->key_func);
  PRIVATE (self)->key_func = (Function) { func, user_data, destroy };
}

/**
 * memo_async_invalidator_get_skip_args: (get-property skip-args)
 * @self: an invalidator
 *
 * Gets how many leading arguments of the change are left out.
 *
 * Returns: the number of arguments, or `MEMO_AS_THE_READ`
 *
 * Since: 0.1
 */
int
memo_async_invalidator_get_skip_args (MemoAsyncInvalidator *self)
{
  g_return_val_if_fail (MEMO_IS_ASYNC_INVALIDATOR (self), MEMO_AS_THE_READ);

  return PRIVATE (self)->skip_args;
}

/**
 * memo_async_invalidator_set_skip_args: (set-property skip-args)
 * @self: an invalidator
 * @skip_args: the number of arguments, or `MEMO_AS_THE_READ`
 *
 * Sets how many leading arguments of the change are left out.
 *
 * Since: 0.1
 */
void
memo_async_invalidator_set_skip_args (MemoAsyncInvalidator *self,
                                      int                   skip_args)
{
  g_return_if_fail (MEMO_IS_ASYNC_INVALIDATOR (self));
  g_return_if_fail (skip_args >= MEMO_AS_THE_READ);

  if (PRIVATE (self)->skip_args == skip_args)
    return;

  PRIVATE (self)->skip_args = skip_args;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SKIP_ARGS]);
}

/**
 * memo_async_invalidator_get_clear_all: (get-property clear-all)
 * @self: an invalidator
 *
 * Gets whether a change makes all answers of the reads wrong.
 *
 * Returns: whether it does
 *
 * Since: 0.1
 */
gboolean
memo_async_invalidator_get_clear_all (MemoAsyncInvalidator *self)
{
  g_return_val_if_fail (MEMO_IS_ASYNC_INVALIDATOR (self), FALSE);

  return PRIVATE (self)->clear_all;
}

/**
 * memo_async_invalidator_set_clear_all: (set-property clear-all)
 * @self: an invalidator
 * @clear_all: whether it does
 *
 * Sets whether a change makes all answers of the reads wrong.
 *
 * Since: 0.1
 */
void
memo_async_invalidator_set_clear_all (MemoAsyncInvalidator *self,
                                      gboolean              clear_all)
{
  g_return_if_fail (MEMO_IS_ASYNC_INVALIDATOR (self));

  if (PRIVATE (self)->clear_all == !!clear_all)
    return;

  PRIVATE (self)->clear_all = !!clear_all;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CLEAR_ALL]);
}
