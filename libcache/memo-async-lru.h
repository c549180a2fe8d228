/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined (MEMO_INSIDE) && !defined (MEMO_COMPILATION)
# error "Only <libcache.h> can be included directly."
#endif

#include "memo-async-function.h"

G_BEGIN_DECLS

#define MEMO_TYPE_ASYNC_LRU (memo_async_lru_get_type ())

MEMO_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MemoAsyncLru, memo_async_lru, MEMO, ASYNC_LRU, MemoAsyncFunction)

MEMO_AVAILABLE_IN_0_1
MemoAsyncLru *memo_async_lru_new (const char     *name,
                                  MemoFunc        func,
                                  gpointer        user_data,
                                  GDestroyNotify  destroy) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
