/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined (MEMO_INSIDE) && !defined (MEMO_COMPILATION)
# error "Only <libcache.h> can be included directly."
#endif

#include "memo-async-function.h"

G_BEGIN_DECLS

#define MEMO_TYPE_ASYNC_TTL (memo_async_ttl_get_type ())

MEMO_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MemoAsyncTtl, memo_async_ttl, MEMO, ASYNC_TTL, MemoAsyncFunction)

MEMO_AVAILABLE_IN_0_1
MemoAsyncTtl *memo_async_ttl_new              (const char     *name,
                                               double          time_to_live,
                                               MemoFunc        func,
                                               gpointer        user_data,
                                               GDestroyNotify  destroy) G_GNUC_WARN_UNUSED_RESULT;
MEMO_AVAILABLE_IN_0_1
double        memo_async_ttl_get_time_to_live (MemoAsyncTtl   *self);
MEMO_AVAILABLE_IN_0_1
void          memo_async_ttl_set_time_to_live (MemoAsyncTtl   *self,
                                               double          seconds);

G_END_DECLS
