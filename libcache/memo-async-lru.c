/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-async-function-private.h"
#include "memo-async-lru.h"

/**
 * MemoAsyncLru:
 *
 * A function that remembers its answers until there is no room for them: memoization.
 *
 * ```c
 * g_autoptr(MemoAsyncLru) get_product = memo_async_lru_new ("get_product", load_product_cb, shop, NULL);
 *
 * memo_decorator_call_async (MEMO_DECORATOR (get_product), g_variant_new ("(x)", id), MEMO_GET_NONE,
 *                            NULL, got_product_cb, NULL);
 * ```
 *
 * The function reads its arguments with [method@Memo.Call.get_args]. For what goes out of date there is
 * [class@Memo.AsyncTtl].
 *
 * Since: 0.1
 */

struct _MemoAsyncLru
{
  MemoAsyncFunction parent_instance;
};

enum {
  PROP_0,
  PROP_MAXSIZE,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (MemoAsyncLru, memo_async_lru, MEMO_TYPE_ASYNC_FUNCTION)

static void
memo_async_lru_get_property (GObject    *object,
                             guint       prop_id,
                             GValue     *value,
                             GParamSpec *pspec)
{
  switch (prop_id)
    {
    case PROP_MAXSIZE:
      g_value_set_uint (value, memo_async_function_get_maxsize (MEMO_ASYNC_FUNCTION (object)));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
memo_async_lru_set_property (GObject      *object,
                             guint         prop_id,
                             const GValue *value,
                             GParamSpec   *pspec)
{
  switch (prop_id)
    {
    case PROP_MAXSIZE:
      memo_async_function_set_maxsize (MEMO_ASYNC_FUNCTION (object), g_value_get_uint (value));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
memo_async_lru_class_init (MemoAsyncLruClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = memo_async_lru_get_property;
  object_class->set_property = memo_async_lru_set_property;

  /**
   * MemoAsyncLru:maxsize:
   *
   * How many answers are kept at most; a shared cache has its own limit.
   *
   * Since: 0.1
   */
  properties[PROP_MAXSIZE] =
    g_param_spec_uint ("maxsize", NULL, NULL, 0, MEMO_UNLIMITED, 128,
                       G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
memo_async_lru_init (MemoAsyncLru *self)
{
}

/**
 * memo_async_lru_new: (constructor)
 * @name: a name, without parentheses
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
MemoAsyncLru *
memo_async_lru_new (const char     *name,
                    MemoFunc        func,
                    gpointer        user_data,
                    GDestroyNotify  destroy)
{
  g_autoptr(MemoLoader) loader = NULL;

  g_return_val_if_fail (name != NULL, NULL);
  g_return_val_if_fail (func != NULL, NULL);

  loader = memo_loader_new (func, user_data, destroy);

  return g_object_new (MEMO_TYPE_ASYNC_LRU, "name", name, "loader", loader, NULL);
}
