/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined (MEMO_INSIDE) && !defined (MEMO_COMPILATION)
# error "Only <libcache.h> can be included directly."
#endif

#include "memo-async-invalidator.h"
#include "memo-async-lru.h"

G_BEGIN_DECLS

#define MEMO_TYPE_ASYNC_LRU_INVALIDATOR (memo_async_lru_invalidator_get_type ())

MEMO_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MemoAsyncLruInvalidator, memo_async_lru_invalidator, MEMO, ASYNC_LRU_INVALIDATOR, MemoAsyncInvalidator)

MEMO_AVAILABLE_IN_0_1
MemoAsyncLruInvalidator *memo_async_lru_invalidator_new (MemoAsyncLru   *read,
                                                         MemoFunc        func,
                                                         gpointer        user_data,
                                                         GDestroyNotify  destroy) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
