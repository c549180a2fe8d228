/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-loader-private.h"

/**
 * MemoLoader:
 *
 * Where a value comes from that is not in the cache: a function, and how its answers
 * are to be treated.
 *
 * Make one loader for each kind of thing and keep it; it can serve any number of
 * keys and caches at a time.
 *
 * ```c
 * g_autoptr(MemoLoader) users = memo_loader_new_in_thread (load_user, database, NULL);
 *
 * memo_loader_set_timeout (users, 5.0);
 * memo_cache_get_async (cache, "user:1", MEMO_GET_NONE, users, NULL, got_user_cb, NULL);
 * ```
 *
 * A loader made with [ctor@Memo.Loader.new] runs in the main context of the caller
 * that needs the value, and must not block. One made with
 * [ctor@Memo.Loader.new_in_thread] runs in a thread of a pool of its own, and may.
 *
 * Set the properties before the first load. The function's data is released when
 * the last reference to the loader goes, in whichever thread that happens.
 *
 * Since: 0.1
 */

enum {
  PROP_0,
  PROP_TTL,
  PROP_TAGS,
  PROP_TIMEOUT,
  PROP_ERROR_TTL,
  PROP_MAX_THREADS,
  PROP_ACCEPT_EXTRA,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (MemoLoader, memo_loader, G_TYPE_OBJECT)

static void
memo_loader_finalize (GObject *object)
{
  MemoLoader *self = MEMO_LOADER (object);

  /* Every job holds a reference, so there are none; but this may be one of its threads. */
  if (self->pool != NULL)
    g_thread_pool_free (self->pool, FALSE, FALSE);
  if (self->destroy != NULL)
    self->destroy (self->user_data);
  if (self->prepare_destroy != NULL)
    self->prepare_destroy (self->prepare_data);
  g_strfreev (self->tags);
  g_clear_object (&self->base);
  g_clear_pointer (&self->args, g_variant_unref);
  g_clear_object (&self->instance);
  g_mutex_clear (&self->pool_lock);

  G_OBJECT_CLASS (memo_loader_parent_class)->finalize (object);
}

static void
memo_loader_get_property (GObject    *object,
                          guint       prop_id,
                          GValue     *value,
                          GParamSpec *pspec)
{
  MemoLoader *self = MEMO_LOADER (object);

  switch (prop_id)
    {
    case PROP_TTL:
      g_value_set_double (value, memo_loader_get_ttl (self));
      break;

    case PROP_TAGS:
      g_value_set_boxed (value, memo_loader_get_tags (self));
      break;

    case PROP_TIMEOUT:
      g_value_set_double (value, memo_loader_get_timeout (self));
      break;

    case PROP_ERROR_TTL:
      g_value_set_double (value, memo_loader_get_error_ttl (self));
      break;

    case PROP_MAX_THREADS:
      g_value_set_uint (value, memo_loader_get_max_threads (self));
      break;

    case PROP_ACCEPT_EXTRA:
      g_value_set_boolean (value, memo_loader_get_accept_extra (self));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
memo_loader_set_property (GObject      *object,
                          guint         prop_id,
                          const GValue *value,
                          GParamSpec   *pspec)
{
  MemoLoader *self = MEMO_LOADER (object);

  switch (prop_id)
    {
    case PROP_TTL:
      memo_loader_set_ttl (self, g_value_get_double (value));
      break;

    case PROP_TAGS:
      memo_loader_set_tags (self, g_value_get_boxed (value));
      break;

    case PROP_TIMEOUT:
      memo_loader_set_timeout (self, g_value_get_double (value));
      break;

    case PROP_ERROR_TTL:
      memo_loader_set_error_ttl (self, g_value_get_double (value));
      break;

    case PROP_MAX_THREADS:
      memo_loader_set_max_threads (self, g_value_get_uint (value));
      break;

    case PROP_ACCEPT_EXTRA:
      memo_loader_set_accept_extra (self, g_value_get_boolean (value));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
memo_loader_class_init (MemoLoaderClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object_class->finalize = memo_loader_finalize;
  object_class->get_property = memo_loader_get_property;
  object_class->set_property = memo_loader_set_property;

  /**
   * MemoLoader:ttl: (getter get_ttl) (setter set_ttl)
   *
   * How long an answer lives, in seconds, unless its entry says so itself.
   *
   * `MEMO_TTL_DEFAULT` leaves it to the cache.
   *
   * Since: 0.1
   */
  properties[PROP_TTL] =
    g_param_spec_double ("ttl", NULL, NULL, MEMO_TTL_DEFAULT, MEMO_TTL_FOREVER, MEMO_TTL_DEFAULT, flags);

  /**
   * MemoLoader:tags: (getter get_tags) (setter set_tags)
   *
   * The tags that every answer carries, beside those of its own.
   *
   * Since: 0.1
   */
  properties[PROP_TAGS] =
    g_param_spec_boxed ("tags", NULL, NULL, G_TYPE_STRV, flags);

  /**
   * MemoLoader:timeout: (getter get_timeout) (setter set_timeout)
   *
   * How long a load may take, in seconds; 0 for any time.
   *
   * When it is over, all who wait get `G_IO_ERROR_TIMED_OUT`, the call is cancelled, and
   * an answer that still comes is dropped. Without a timeout, a function that keeps
   * its call and never answers keeps its callers waiting for ever.
   *
   * The time counts from when somebody asks, so that a tier that is read before is a part of it.
   *
   * Since: 0.1
   */
  properties[PROP_TIMEOUT] =
    g_param_spec_double ("timeout", NULL, NULL, 0.0, MEMO_TTL_FOREVER, 0.0, flags);

  /**
   * MemoLoader:error-ttl: (getter get_error_ttl) (setter set_error_ttl)
   *
   * How long a failure is remembered, in seconds; 0 for not at all.
   *
   * While it is, whoever gets the key is given the same error and nothing is loaded.
   * A failure never takes the place of a live entry.
   *
   * Since: 0.1
   */
  properties[PROP_ERROR_TTL] =
    g_param_spec_double ("error-ttl", NULL, NULL, 0.0, MEMO_TTL_FOREVER, 0.0, flags);

  /**
   * MemoLoader:max-threads: (getter get_max_threads) (setter set_max_threads)
   *
   * How many threads an in-thread loader uses at most.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_THREADS] =
    g_param_spec_uint ("max-threads", NULL, NULL, 1, G_MAXINT, 4, flags);

  /**
   * MemoLoader:accept-extra: (getter get_accept_extra) (setter set_accept_extra)
   *
   * Whether a batch may be answered for keys that nobody asked for, which are then stored too.
   *
   * Such an answer never takes the place of a live entry, and is not stored when its key is being
   * loaded or was invalidated since the batch began. Otherwise it is a mistake of the
   * function, and ignored with a warning.
   *
   * Since: 0.1
   */
  properties[PROP_ACCEPT_EXTRA] =
    g_param_spec_boolean ("accept-extra", NULL, NULL, FALSE, flags);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
memo_loader_init (MemoLoader *self)
{
  self->ttl = MEMO_TTL_DEFAULT;
  self->max_threads = 4;
  g_mutex_init (&self->pool_lock);
}

static MemoLoader *
memo_loader_create (MemoFunc       func,
                    gpointer       user_data,
                    GDestroyNotify destroy,
                    MemoLoaderKind kind)
{
  MemoLoader *self = g_object_new (MEMO_TYPE_LOADER, NULL);

  self->func = func;
  self->user_data = user_data;
  self->destroy = destroy;
  self->kind = kind;

  return self;
}

/**
 * memo_loader_new: (constructor)
 * @func: (scope notified) (closure user_data) (destroy destroy): the function that loads
 * @user_data: data for @func
 * @destroy: (nullable): called when @user_data is not needed any more
 *
 * Creates a loader whose function runs in the main context of the caller that started
 * the load, and must not block.
 *
 * Returns: (transfer full): the new loader
 *
 * Since: 0.1
 */
MemoLoader *
memo_loader_new (MemoFunc       func,
                 gpointer       user_data,
                 GDestroyNotify destroy)
{
  g_return_val_if_fail (func != NULL, NULL);

  return memo_loader_create (func, user_data, destroy, MEMO_LOADER_SINGLE);
}

/**
 * memo_loader_new_in_thread: (constructor)
 * @func: (scope notified) (closure user_data) (destroy destroy): the function that loads; it is called in other threads
 * @user_data: data for @func
 * @destroy: (nullable): called when @user_data is not needed any more
 *
 * Creates a loader whose function runs in a thread, and may block.
 *
 * The threads are the loader's own, at most [property@Memo.Loader:max-threads] of them.
 *
 * Returns: (transfer full): the new loader
 *
 * Since: 0.1
 */
MemoLoader *
memo_loader_new_in_thread (MemoFunc       func,
                           gpointer       user_data,
                           GDestroyNotify destroy)
{
  g_return_val_if_fail (func != NULL, NULL);

  return memo_loader_create (func, user_data, destroy, MEMO_LOADER_IN_THREAD);
}

/**
 * memo_loader_new_batch: (constructor)
 * @func: (scope notified) (closure user_data) (destroy destroy): the function that loads
 * @user_data: data for @func
 * @destroy: (nullable): called when @user_data is not needed any more
 *
 * Creates a loader that is asked for many keys at a time.
 *
 * The keys that are asked for within [property@Memo.AsyncCache:batch-window-ms], each
 * once, and [property@Memo.AsyncCache:max-batch-size] of them at most, make one call:
 * see [method@Memo.Call.get_keys]. The function runs in the main context of the caller that
 * asked for the first of them, and must not block.
 *
 * Different loaders never share a batch. So make one and keep it: a loader made anew for
 * each get gathers nothing.
 *
 * Returns: (transfer full): the new loader
 *
 * Since: 0.1
 */
MemoLoader *
memo_loader_new_batch (MemoFunc       func,
                       gpointer       user_data,
                       GDestroyNotify destroy)
{
  g_return_val_if_fail (func != NULL, NULL);

  return memo_loader_create (func, user_data, destroy, MEMO_LOADER_BATCH);
}

/* What the setters of seconds have in common. */
static void
memo_loader_set_seconds (MemoLoader *self,
                         double     *field,
                         double      seconds,
                         guint       prop_id)
{
  if (*field == seconds)
    return;

  *field = seconds;
  g_object_notify_by_pspec (G_OBJECT (self), properties[prop_id]);
}

/**
 * memo_loader_get_ttl: (get-property ttl)
 * @self: a loader
 *
 * Gets how long an answer lives.
 *
 * Returns: seconds, `MEMO_TTL_FOREVER` or `MEMO_TTL_DEFAULT`
 *
 * Since: 0.1
 */
double
memo_loader_get_ttl (MemoLoader *self)
{
  g_return_val_if_fail (MEMO_IS_LOADER (self), MEMO_TTL_DEFAULT);

  return self->ttl;
}

/**
 * memo_loader_set_ttl: (set-property ttl)
 * @self: a loader
 * @seconds: seconds, 0 or more; `MEMO_TTL_FOREVER` or `MEMO_TTL_DEFAULT`
 *
 * Sets how long an answer lives.
 *
 * Since: 0.1
 */
void
memo_loader_set_ttl (MemoLoader *self,
                     double      seconds)
{
  g_return_if_fail (MEMO_IS_LOADER (self));
  g_return_if_fail (seconds >= 0.0 || seconds == MEMO_TTL_DEFAULT);

  memo_loader_set_seconds (self, &self->ttl, seconds, PROP_TTL);
}

/**
 * memo_loader_get_tags: (get-property tags)
 * @self: a loader
 *
 * Gets the tags that every answer carries.
 *
 * Returns: (transfer none) (nullable) (array zero-terminated=1): the tags, or `NULL` when there are none
 *
 * Since: 0.1
 */
const char * const *
memo_loader_get_tags (MemoLoader *self)
{
  g_return_val_if_fail (MEMO_IS_LOADER (self), NULL);

  return (const char * const *) self->tags;
}

/**
 * memo_loader_set_tags: (set-property tags)
 * @self: a loader
 * @tags: (nullable) (array zero-terminated=1): the tags, or `NULL` for none
 *
 * Sets the tags that every answer carries.
 *
 * Since: 0.1
 */
void
memo_loader_set_tags (MemoLoader         *self,
                      const char * const *tags)
{
  char **copy;

  g_return_if_fail (MEMO_IS_LOADER (self));

  if (tags != NULL && tags[0] == NULL)
    tags = NULL;
  if (tags == NULL ? self->tags == NULL
                   : self->tags != NULL && g_strv_equal (tags, (const char * const *) self->tags))
    return;

  copy = g_strdupv ((char **) tags);
  g_strfreev (self->tags);
  self->tags = copy;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TAGS]);
}

/**
 * memo_loader_get_timeout: (get-property timeout)
 * @self: a loader
 *
 * Gets how long a load may take.
 *
 * Returns: seconds, or 0 for any time
 *
 * Since: 0.1
 */
double
memo_loader_get_timeout (MemoLoader *self)
{
  g_return_val_if_fail (MEMO_IS_LOADER (self), 0.0);

  return self->timeout;
}

/**
 * memo_loader_set_timeout: (set-property timeout)
 * @self: a loader
 * @seconds: seconds, or 0 for any time
 *
 * Sets how long a load may take, from when somebody asks for it.
 *
 * Since: 0.1
 */
void
memo_loader_set_timeout (MemoLoader *self,
                         double      seconds)
{
  g_return_if_fail (MEMO_IS_LOADER (self));
  g_return_if_fail (seconds >= 0.0);

  memo_loader_set_seconds (self, &self->timeout, seconds, PROP_TIMEOUT);
}

/**
 * memo_loader_get_error_ttl: (get-property error-ttl)
 * @self: a loader
 *
 * Gets how long a failure is remembered.
 *
 * Returns: seconds, or 0 for not at all
 *
 * Since: 0.1
 */
double
memo_loader_get_error_ttl (MemoLoader *self)
{
  g_return_val_if_fail (MEMO_IS_LOADER (self), 0.0);

  return self->error_ttl;
}

/**
 * memo_loader_set_error_ttl: (set-property error-ttl)
 * @self: a loader
 * @seconds: seconds, or 0 for not at all
 *
 * Sets how long a failure is remembered.
 *
 * Since: 0.1
 */
void
memo_loader_set_error_ttl (MemoLoader *self,
                           double      seconds)
{
  g_return_if_fail (MEMO_IS_LOADER (self));
  g_return_if_fail (seconds >= 0.0);

  memo_loader_set_seconds (self, &self->error_ttl, seconds, PROP_ERROR_TTL);
}

/**
 * memo_loader_get_max_threads: (get-property max-threads)
 * @self: a loader
 *
 * Gets how many threads an in-thread loader uses at most.
 *
 * Returns: the number of threads
 *
 * Since: 0.1
 */
guint
memo_loader_get_max_threads (MemoLoader *self)
{
  g_return_val_if_fail (MEMO_IS_LOADER (self), 0);

  return self->max_threads;
}

/**
 * memo_loader_set_max_threads: (set-property max-threads)
 * @self: a loader
 * @max_threads: the number of threads, 1 or more
 *
 * Sets how many threads an in-thread loader uses at most.
 *
 * Since: 0.1
 */
void
memo_loader_set_max_threads (MemoLoader *self,
                             guint       max_threads)
{
  g_return_if_fail (MEMO_IS_LOADER (self));
  g_return_if_fail (max_threads >= 1 && max_threads <= G_MAXINT);

  if (self->max_threads == max_threads)
    return;

  g_mutex_lock (&self->pool_lock);
  self->max_threads = max_threads;
  if (self->pool != NULL)
    g_thread_pool_set_max_threads (self->pool, max_threads, NULL);
  g_mutex_unlock (&self->pool_lock);

  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_MAX_THREADS]);
}

/**
 * memo_loader_get_accept_extra: (get-property accept-extra)
 * @self: a loader
 *
 * Gets whether a batch may be answered for keys that nobody asked for.
 *
 * Returns: whether it may
 *
 * Since: 0.1
 */
gboolean
memo_loader_get_accept_extra (MemoLoader *self)
{
  g_return_val_if_fail (MEMO_IS_LOADER (self), FALSE);

  return self->accept_extra;
}

/**
 * memo_loader_set_accept_extra: (set-property accept-extra)
 * @self: a loader
 * @accept_extra: whether it may
 *
 * Sets whether a batch may be answered for keys that nobody asked for.
 *
 * Since: 0.1
 */
void
memo_loader_set_accept_extra (MemoLoader *self,
                              gboolean    accept_extra)
{
  g_return_if_fail (MEMO_IS_LOADER (self));

  if (self->accept_extra == !!accept_extra)
    return;

  self->accept_extra = !!accept_extra;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ACCEPT_EXTRA]);
}
