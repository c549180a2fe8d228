/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-async-lru-invalidator.h"

/**
 * MemoAsyncLruInvalidator:
 *
 * A change of the source, tied to reads that are a [class@Memo.AsyncLru].
 *
 * For a change that blocks, make it with `g_object_new ()` and a
 * [property@Memo.AsyncInvalidator:loader] that runs in a thread.
 *
 * Since: 0.1
 */

struct _MemoAsyncLruInvalidator
{
  MemoAsyncInvalidator parent_instance;
};

G_DEFINE_FINAL_TYPE (MemoAsyncLruInvalidator, memo_async_lru_invalidator, MEMO_TYPE_ASYNC_INVALIDATOR)

static void
memo_async_lru_invalidator_class_init (MemoAsyncLruInvalidatorClass *klass)
{
}

static void
memo_async_lru_invalidator_init (MemoAsyncLruInvalidator *self)
{
}

/**
 * memo_async_lru_invalidator_new: (constructor)
 * @read: the read whose answers the function makes wrong; [method@Memo.AsyncInvalidator.add_read] adds more
 * @func: (scope notified) (closure user_data) (destroy destroy): the function that changes the source
 * @user_data: data for @func
 * @destroy: (nullable): called when @user_data is not needed any more
 *
 * Ties a function to a read.
 *
 * Returns: (transfer full): the new invalidator
 *
 * Since: 0.1
 */
MemoAsyncLruInvalidator *
memo_async_lru_invalidator_new (MemoAsyncLru   *read,
                                MemoFunc        func,
                                gpointer        user_data,
                                GDestroyNotify  destroy)
{
  g_autoptr(MemoLoader) loader = NULL;
  MemoAsyncLruInvalidator *self;

  g_return_val_if_fail (MEMO_IS_ASYNC_LRU (read), NULL);
  g_return_val_if_fail (func != NULL, NULL);

  loader = memo_loader_new (func, user_data, destroy);
  self = g_object_new (MEMO_TYPE_ASYNC_LRU_INVALIDATOR, "loader", loader, NULL);
  memo_async_invalidator_add_read (MEMO_ASYNC_INVALIDATOR (self), MEMO_ASYNC_FUNCTION (read));

  return self;
}
