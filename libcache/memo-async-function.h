/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined (MEMO_INSIDE) && !defined (MEMO_COMPILATION)
# error "Only <libcache.h> can be included directly."
#endif

#include "memo-async-cache.h"
#include "memo-decorator.h"
#include "memo-mutation.h"

G_BEGIN_DECLS

/**
 * MEMO_ANY_NUMBER:
 *
 * The [property@Memo.AsyncFunction:n-args] of a function that takes any number of arguments.
 *
 * Since: 0.1
 */
#define MEMO_ANY_NUMBER (-1)

#define MEMO_TYPE_ASYNC_FUNCTION (memo_async_function_get_type ())

MEMO_AVAILABLE_IN_ALL
G_DECLARE_DERIVABLE_TYPE (MemoAsyncFunction, memo_async_function, MEMO, ASYNC_FUNCTION, GObject)

/**
 * MemoAsyncFunctionClass:
 * @parent_class: the parent class
 *
 * The class of [class@Memo.AsyncFunction].
 *
 * Since: 0.1
 */
struct _MemoAsyncFunctionClass
{
  GObjectClass parent_class;

  /*< private >*/
  gpointer padding[8];
};

MEMO_AVAILABLE_IN_0_1
const char *memo_async_function_get_name      (MemoAsyncFunction *self);
MEMO_AVAILABLE_IN_0_1
MemoLoader *memo_async_function_get_loader    (MemoAsyncFunction *self);
MEMO_AVAILABLE_IN_0_1
MemoCache  *memo_async_function_get_cache     (MemoAsyncFunction *self);
MEMO_AVAILABLE_IN_0_1
guint       memo_async_function_get_maxsize   (MemoAsyncFunction *self);
MEMO_AVAILABLE_IN_0_1
guint       memo_async_function_get_skip_args (MemoAsyncFunction *self);
MEMO_AVAILABLE_IN_0_1
void        memo_async_function_set_skip_args (MemoAsyncFunction *self,
                                               guint              skip_args);
MEMO_AVAILABLE_IN_0_1
int         memo_async_function_get_n_args    (MemoAsyncFunction *self);
MEMO_AVAILABLE_IN_0_1
void        memo_async_function_set_n_args    (MemoAsyncFunction *self,
                                               int                n_args);
MEMO_AVAILABLE_IN_0_1
char       *memo_async_function_dup_key       (MemoAsyncFunction *self,
                                               GVariant          *args);

G_END_DECLS
