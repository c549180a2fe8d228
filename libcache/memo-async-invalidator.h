/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined (MEMO_INSIDE) && !defined (MEMO_COMPILATION)
# error "Only <libcache.h> can be included directly."
#endif

#include "memo-async-function.h"
#include "memo-invalidator.h"

G_BEGIN_DECLS

/**
 * MEMO_AS_THE_READ:
 *
 * The [property@Memo.AsyncInvalidator:skip-args] that is as many as the read skips.
 *
 * Since: 0.1
 */
#define MEMO_AS_THE_READ (-1)

#define MEMO_TYPE_ASYNC_INVALIDATOR (memo_async_invalidator_get_type ())

MEMO_AVAILABLE_IN_ALL
G_DECLARE_DERIVABLE_TYPE (MemoAsyncInvalidator, memo_async_invalidator, MEMO, ASYNC_INVALIDATOR, GObject)

/**
 * MemoAsyncInvalidatorClass:
 * @parent_class: the parent class
 *
 * The class of [class@Memo.AsyncInvalidator].
 *
 * Since: 0.1
 */
struct _MemoAsyncInvalidatorClass
{
  GObjectClass parent_class;

  /*< private >*/
  gpointer padding[8];
};

MEMO_AVAILABLE_IN_0_1
MemoLoader *memo_async_invalidator_get_loader    (MemoAsyncInvalidator *self);
MEMO_AVAILABLE_IN_0_1
void        memo_async_invalidator_add_read      (MemoAsyncInvalidator *self,
                                                  MemoAsyncFunction    *read);
MEMO_AVAILABLE_IN_0_1
void        memo_async_invalidator_set_key_func  (MemoAsyncInvalidator *self,
                                                  MemoFunc              func,
                                                  gpointer              user_data,
                                                  GDestroyNotify        destroy);
MEMO_AVAILABLE_IN_0_1
int         memo_async_invalidator_get_skip_args (MemoAsyncInvalidator *self);
MEMO_AVAILABLE_IN_0_1
void        memo_async_invalidator_set_skip_args (MemoAsyncInvalidator *self,
                                                  int                   skip_args);
MEMO_AVAILABLE_IN_0_1
gboolean    memo_async_invalidator_get_clear_all (MemoAsyncInvalidator *self);
MEMO_AVAILABLE_IN_0_1
void        memo_async_invalidator_set_clear_all (MemoAsyncInvalidator *self,
                                                  gboolean              clear_all);

G_END_DECLS
