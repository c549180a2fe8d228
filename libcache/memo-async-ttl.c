/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-async-function-private.h"
#include "memo-async-ttl.h"

/**
 * MemoAsyncTtl:
 *
 * A function that remembers its answers for some time: for what goes out of date by itself, such
 * as sessions and tokens.
 *
 * ```c
 * g_autoptr(MemoAsyncTtl) get_session = memo_async_ttl_new ("get_session", 60.0, load_session_cb, shop, NULL);
 * ```
 *
 * An answer whose entry has a time to live of its own lives that long.
 *
 * Since: 0.1
 */

struct _MemoAsyncTtl
{
  MemoAsyncFunction parent_instance;
};

enum {
  PROP_0,
  PROP_MAXSIZE,
  PROP_TIME_TO_LIVE,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (MemoAsyncTtl, memo_async_ttl, MEMO_TYPE_ASYNC_FUNCTION)

static void
memo_async_ttl_get_property (GObject    *object,
                             guint       prop_id,
                             GValue     *value,
                             GParamSpec *pspec)
{
  switch (prop_id)
    {
    case PROP_MAXSIZE:
      g_value_set_uint (value, memo_async_function_get_maxsize (MEMO_ASYNC_FUNCTION (object)));
      break;

    case PROP_TIME_TO_LIVE:
      g_value_set_double (value, memo_async_ttl_get_time_to_live (MEMO_ASYNC_TTL (object)));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
memo_async_ttl_set_property (GObject      *object,
                             guint         prop_id,
                             const GValue *value,
                             GParamSpec   *pspec)
{
  switch (prop_id)
    {
    case PROP_MAXSIZE:
      memo_async_function_set_maxsize (MEMO_ASYNC_FUNCTION (object), g_value_get_uint (value));
      break;

    case PROP_TIME_TO_LIVE:
      memo_async_ttl_set_time_to_live (MEMO_ASYNC_TTL (object), g_value_get_double (value));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
memo_async_ttl_class_init (MemoAsyncTtlClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = memo_async_ttl_get_property;
  object_class->set_property = memo_async_ttl_set_property;

  /**
   * MemoAsyncTtl:maxsize:
   *
   * How many answers are kept at most; a shared cache has its own limit.
   *
   * Since: 0.1
   */
  properties[PROP_MAXSIZE] =
    g_param_spec_uint ("maxsize", NULL, NULL, 0, MEMO_UNLIMITED, 1024,
                       G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * MemoAsyncTtl:time-to-live: (getter get_time_to_live) (setter set_time_to_live)
   *
   * How long an answer is remembered, in seconds.
   *
   * A change is for calls from then on.
   *
   * Since: 0.1
   */
  properties[PROP_TIME_TO_LIVE] =
    g_param_spec_double ("time-to-live", NULL, NULL, 0.0, MEMO_TTL_FOREVER, 60.0,
                         G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
memo_async_ttl_init (MemoAsyncTtl *self)
{
  memo_async_function_set_time_to_live (MEMO_ASYNC_FUNCTION (self), 60.0);
}

/**
 * memo_async_ttl_new: (constructor)
 * @name: a name, without parentheses
 * @time_to_live: how long an answer is remembered, in seconds, or `MEMO_TTL_FOREVER`
 * @func: (scope notified) (closure user_data) (destroy destroy): the function
 * @user_data: data for @func
 * @destroy: (nullable): called when @user_data is not needed any more
 *
 * Decorates a function.
 *
 * Returns: (transfer full): the function that remembers
 *
 * Since: 0.1
 */
MemoAsyncTtl *
memo_async_ttl_new (const char     *name,
                    double          time_to_live,
                    MemoFunc        func,
                    gpointer        user_data,
                    GDestroyNotify  destroy)
{
  g_autoptr(MemoLoader) loader = NULL;

  g_return_val_if_fail (name != NULL, NULL);
  g_return_val_if_fail (time_to_live >= 0.0, NULL);
  g_return_val_if_fail (func != NULL, NULL);

  loader = memo_loader_new (func, user_data, destroy);

  return g_object_new (MEMO_TYPE_ASYNC_TTL, "name", name, "loader", loader,
                       "time-to-live", time_to_live, NULL);
}

/**
 * memo_async_ttl_get_time_to_live: (get-property time-to-live)
 * @self: a function
 *
 * Gets how long an answer is remembered.
 *
 * Returns: seconds, or `MEMO_TTL_FOREVER`
 *
 * Since: 0.1
 */
double
memo_async_ttl_get_time_to_live (MemoAsyncTtl *self)
{
  g_return_val_if_fail (MEMO_IS_ASYNC_TTL (self), MEMO_TTL_FOREVER);

  return memo_async_function_get_time_to_live (MEMO_ASYNC_FUNCTION (self));
}

/**
 * memo_async_ttl_set_time_to_live: (set-property time-to-live)
 * @self: a function
 * @seconds: seconds, 0 or more, or `MEMO_TTL_FOREVER`
 *
 * Sets how long an answer is remembered.
 *
 * Since: 0.1
 */
void
memo_async_ttl_set_time_to_live (MemoAsyncTtl *self,
                                 double        seconds)
{
  g_return_if_fail (MEMO_IS_ASYNC_TTL (self));
  g_return_if_fail (seconds >= 0.0);

  if (memo_async_ttl_get_time_to_live (self) == seconds)
    return;

  memo_async_function_set_time_to_live (MEMO_ASYNC_FUNCTION (self), seconds);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TIME_TO_LIVE]);
}
