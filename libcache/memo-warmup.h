/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined (MEMO_INSIDE) && !defined (MEMO_COMPILATION)
# error "Only <libcache.h> can be included directly."
#endif

#include "memo-cache.h"

G_BEGIN_DECLS

#define MEMO_TYPE_WARMUP (memo_warmup_get_type ())

MEMO_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MemoWarmup, memo_warmup, MEMO, WARMUP, GObject)

MEMO_AVAILABLE_IN_0_1
MemoWarmup   *memo_warmup_new             (void) G_GNUC_WARN_UNUSED_RESULT;
MEMO_AVAILABLE_IN_0_1
void          memo_warmup_add             (MemoWarmup           *self,
                                           const char           *key,
                                           MemoLoader           *loader);
MEMO_AVAILABLE_IN_0_1
const GError *memo_warmup_get_error       (MemoWarmup           *self,
                                           const char           *key);
MEMO_AVAILABLE_IN_0_1
char        **memo_warmup_dup_failed_keys (MemoWarmup           *self) G_GNUC_WARN_UNUSED_RESULT;

MEMO_AVAILABLE_IN_0_1
void          memo_cache_warmup_async     (MemoCache            *self,
                                           MemoWarmup           *warmup,
                                           GCancellable         *cancellable,
                                           GAsyncReadyCallback   callback,
                                           gpointer              user_data);
MEMO_AVAILABLE_IN_0_1
gboolean      memo_cache_warmup_finish    (MemoCache            *self,
                                           GAsyncResult         *result,
                                           GError              **error);

G_END_DECLS
