/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined (MEMO_INSIDE) && !defined (MEMO_COMPILATION)
# error "Only <libcache.h> can be included directly."
#endif

#include "memo-async-invalidator.h"
#include "memo-async-ttl.h"

G_BEGIN_DECLS

#define MEMO_TYPE_ASYNC_TTL_INVALIDATOR (memo_async_ttl_invalidator_get_type ())

MEMO_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MemoAsyncTtlInvalidator, memo_async_ttl_invalidator, MEMO, ASYNC_TTL_INVALIDATOR, MemoAsyncInvalidator)

MEMO_AVAILABLE_IN_0_1
MemoAsyncTtlInvalidator *memo_async_ttl_invalidator_new (MemoAsyncTtl   *read,
                                                         MemoFunc        func,
                                                         gpointer        user_data,
                                                         GDestroyNotify  destroy) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
