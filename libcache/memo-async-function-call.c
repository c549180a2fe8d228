/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-async-function-private.h"
#include "memo-cache-private.h"
#include "memo-call-private.h"
#include "memo-canonical-private.h"
#include "memo-error.h"
#include "memo-loader-private.h"

/* What a function that remembers does: it is called, it forgets. */

/* How long an answer lives that does not say so. */
void
memo_async_function_set_time_to_live (MemoAsyncFunction *self,
                                      double             seconds)
{
  MemoAsyncFunctionPrivate *priv = memo_async_function_get_private (self);

  g_mutex_lock (&priv->lock);
  priv->time_to_live = seconds;
  g_mutex_unlock (&priv->lock);
}

double
memo_async_function_get_time_to_live (MemoAsyncFunction *self)
{
  MemoAsyncFunctionPrivate *priv = memo_async_function_get_private (self);
  double seconds;

  g_mutex_lock (&priv->lock);
  seconds = priv->time_to_live;
  g_mutex_unlock (&priv->lock);

  return seconds;
}

/* How many answers a cache of its own keeps; while the function is made. */
void
memo_async_function_set_maxsize (MemoAsyncFunction *self,
                                 guint              maxsize)
{
  memo_async_function_get_private (self)->maxsize = maxsize;
}

/* Adds what the function has answered for ARGS to what is changed. */
void
memo_async_function_touch (MemoAsyncFunction *self,
                           GVariant          *args,
                           MemoMutation      *mutation)
{
  g_autofree char *key = memo_async_function_dup_key (self, args);

  memo_mutation_add_key (mutation, key);
}

/* Adds all that the function has answered. */
void
memo_async_function_touch_all (MemoAsyncFunction *self,
                               MemoMutation      *mutation)
{
  MemoAsyncFunctionPrivate *priv = memo_async_function_get_private (self);

  if (priv->tag != NULL)
    memo_mutation_add_tag (mutation, priv->tag);
  else
    memo_mutation_add_everything (mutation);
}

/* --- the interface --- */

static void
memo_async_function_call (MemoDecorator *decorator,
                          MemoGetFlags   flags,
                          MemoCall      *call)
{
  MemoAsyncFunctionPrivate *priv = memo_async_function_get_private (MEMO_ASYNC_FUNCTION (decorator));
  GVariant *args = memo_call_get_args (call);
  g_autofree char *key = memo_canonical_key (priv->name, args, priv->skip_args);
  g_autoptr(MemoLoader) loader = NULL;
  double time_to_live;

  if (memo_loader_is_batch (priv->loader))
    {
      memo_call_return_error (call, g_error_new (MEMO_ERROR, MEMO_ERROR_NOT_SUPPORTED,
                                                 "“%s” decorates a batch loader, which has no arguments to be called "
                                                 "with: get its keys from the cache instead", priv->name));
      return;
    }

  g_mutex_lock (&priv->lock);
  time_to_live = priv->time_to_live;
  g_mutex_unlock (&priv->lock);

  loader = memo_loader_new_bound (priv->loader, time_to_live, priv->tag, args, memo_call_get_instance (call));

  memo_cache_hand_get (priv->cache, key, flags, loader, call);
}

static void
memo_async_function_invalidate (MemoDecorator *decorator,
                                GVariant      *args)
{
  MemoAsyncFunction *self = MEMO_ASYNC_FUNCTION (decorator);
  g_autofree char *key = memo_async_function_dup_key (self, args);

  memo_cache_delete (memo_async_function_get_private (self)->cache, key);
}

static void
memo_async_function_clear (MemoDecorator *decorator)
{
  MemoAsyncFunctionPrivate *priv = memo_async_function_get_private (MEMO_ASYNC_FUNCTION (decorator));

  if (priv->tag != NULL)
    memo_cache_invalidate_tags (priv->cache, (const char *[]) { priv->tag, NULL });
  else
    memo_cache_clear (priv->cache);
}

static MemoMetrics *
memo_async_function_get_metrics (MemoDecorator *decorator)
{
  return memo_cache_get_metrics (memo_async_function_get_private (MEMO_ASYNC_FUNCTION (decorator))->cache);
}

/* A call was cancelled before it was handed on: its cache counts it. */
static void
memo_async_function_missed (gpointer decorator)
{
  MemoCache *cache = memo_async_function_get_private (MEMO_ASYNC_FUNCTION (decorator))->cache;
  MemoCacheInterface *iface = MEMO_CACHE_GET_IFACE (cache);

  if (iface->missed != NULL)
    iface->missed (cache);
}

void
memo_async_function_decorator_iface_init (MemoDecoratorInterface *iface)
{
  iface->missed = memo_async_function_missed;
  iface->call = memo_async_function_call;
  iface->invalidate = memo_async_function_invalidate;
  iface->clear = memo_async_function_clear;
  iface->get_metrics = memo_async_function_get_metrics;
}
