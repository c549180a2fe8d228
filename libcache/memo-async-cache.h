/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined (MEMO_INSIDE) && !defined (MEMO_COMPILATION)
# error "Only <libcache.h> can be included directly."
#endif

#include "memo-backend.h"
#include "memo-cache.h"
#include "memo-clock.h"
#include "memo-codec.h"
#include "memo-eviction-policy.h"

G_BEGIN_DECLS

/**
 * MEMO_UNLIMITED: (type guint)
 *
 * The [property@Memo.AsyncCache:maxsize] of a cache that never evicts.
 *
 * Since: 0.1
 */
#define MEMO_UNLIMITED ((guint) 4294967295)

/**
 * MEMO_UNLIMITED_BYTES: (type guint64)
 *
 * The [property@Memo.AsyncCache:max-bytes] of a cache that never evicts for lack of memory.
 *
 * Since: 0.1
 */
#define MEMO_UNLIMITED_BYTES ((guint64) G_GUINT64_CONSTANT (18446744073709551615))

#define MEMO_TYPE_ASYNC_CACHE (memo_async_cache_get_type ())

MEMO_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MemoAsyncCache, memo_async_cache, MEMO, ASYNC_CACHE, GObject)

MEMO_AVAILABLE_IN_0_1
MemoAsyncCache *memo_async_cache_new                    (guint           maxsize,
                                                         double          default_ttl) G_GNUC_WARN_UNUSED_RESULT;

MEMO_AVAILABLE_IN_0_1
guint           memo_async_cache_get_maxsize            (MemoAsyncCache *self);
MEMO_AVAILABLE_IN_0_1
void            memo_async_cache_set_maxsize            (MemoAsyncCache *self,
                                                         guint           maxsize);
MEMO_AVAILABLE_IN_0_1
guint64         memo_async_cache_get_max_bytes          (MemoAsyncCache *self);
MEMO_AVAILABLE_IN_0_1
void            memo_async_cache_set_max_bytes          (MemoAsyncCache *self,
                                                         guint64         max_bytes);
MEMO_AVAILABLE_IN_0_1
MemoEvictionPolicy memo_async_cache_get_eviction_policy (MemoAsyncCache *self);
MEMO_AVAILABLE_IN_0_1
double          memo_async_cache_get_default_ttl        (MemoAsyncCache *self);
MEMO_AVAILABLE_IN_0_1
void            memo_async_cache_set_default_ttl        (MemoAsyncCache *self,
                                                         double          seconds);
MEMO_AVAILABLE_IN_0_1
guint           memo_async_cache_get_batch_window_ms    (MemoAsyncCache *self);
MEMO_AVAILABLE_IN_0_1
void            memo_async_cache_set_batch_window_ms    (MemoAsyncCache *self,
                                                         guint           batch_window_ms);
MEMO_AVAILABLE_IN_0_1
guint           memo_async_cache_get_max_batch_size     (MemoAsyncCache *self);
MEMO_AVAILABLE_IN_0_1
void            memo_async_cache_set_max_batch_size     (MemoAsyncCache *self,
                                                         guint           max_batch_size);
MEMO_AVAILABLE_IN_0_1
gboolean        memo_async_cache_get_trim_on_low_memory (MemoAsyncCache *self);
MEMO_AVAILABLE_IN_0_1
void            memo_async_cache_set_trim_on_low_memory (MemoAsyncCache *self,
                                                         gboolean        trim_on_low_memory);
MEMO_AVAILABLE_IN_0_1
double          memo_async_cache_get_tier_timeout       (MemoAsyncCache *self);
MEMO_AVAILABLE_IN_0_1
void            memo_async_cache_set_tier_timeout       (MemoAsyncCache *self,
                                                         double          seconds);
MEMO_AVAILABLE_IN_0_1
MemoClock      *memo_async_cache_get_clock              (MemoAsyncCache *self);
MEMO_AVAILABLE_IN_0_1
MemoBackend    *memo_async_cache_get_backup             (MemoAsyncCache *self);
MEMO_AVAILABLE_IN_0_1
MemoBackend    *memo_async_cache_get_remote_cache       (MemoAsyncCache *self);
MEMO_AVAILABLE_IN_0_1
gboolean        memo_async_cache_get_stale_if_remote_down (MemoAsyncCache *self);
MEMO_AVAILABLE_IN_0_1
void            memo_async_cache_set_stale_if_remote_down (MemoAsyncCache *self,
                                                           gboolean        stale_if_remote_down);
MEMO_AVAILABLE_IN_0_1
gboolean        memo_async_cache_get_strict_changes (MemoAsyncCache   *self);
MEMO_AVAILABLE_IN_0_1
void            memo_async_cache_set_strict_changes (MemoAsyncCache   *self,
                                                     gboolean          strict_changes);
MEMO_AVAILABLE_IN_0_1
double          memo_async_cache_get_early_refresh      (MemoAsyncCache *self);
MEMO_AVAILABLE_IN_0_1
void            memo_async_cache_set_early_refresh      (MemoAsyncCache *self,
                                                         double          early_refresh);
MEMO_AVAILABLE_IN_0_1
MemoCodec      *memo_async_cache_get_codec              (MemoAsyncCache *self);

MEMO_AVAILABLE_IN_0_1
void            memo_async_cache_trim                   (MemoAsyncCache *self,
                                                         guint           percent);

G_END_DECLS
