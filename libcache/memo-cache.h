/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined (MEMO_INSIDE) && !defined (MEMO_COMPILATION)
# error "Only <libcache.h> can be included directly."
#endif

#include <gio/gio.h>

#include "memo-call.h"
#include "memo-entry.h"
#include "memo-loader.h"
#include "memo-metrics.h"

G_BEGIN_DECLS

#define MEMO_TYPE_CACHE (memo_cache_get_type ())

MEMO_AVAILABLE_IN_ALL
G_DECLARE_INTERFACE (MemoCache, memo_cache, MEMO, CACHE, GObject)

/**
 * MemoGetFlags:
 * @MEMO_GET_NONE: answer from the cache, and load what is not there
 * @MEMO_GET_REFRESH: load even when there is an entry, which stays until the new one is in
 * @MEMO_GET_WARMUP: count the get neither as a hit nor as a miss; what a warm-up uses
 * @MEMO_GET_LOOKED_UP: a [method@Memo.Cache.lookup] just missed, or a [method@Memo.Cache.lookup_for_get] gave nothing, and counted: it and
 *   the get are one
 *
 * How [method@Memo.Cache.get_async] goes about it.
 *
 * Since: 0.1
 */
typedef enum {
  MEMO_GET_NONE      = 0,
  MEMO_GET_REFRESH   = 1 << 0,
  MEMO_GET_WARMUP    = 1 << 1,
  MEMO_GET_LOOKED_UP = 1 << 2,
} MemoGetFlags;

typedef struct _MemoMutation MemoMutation;

/**
 * MemoCacheInterface:
 * @parent_iface: the parent interface
 * @lookup: gives the entry that is in memory, counts a hit or a miss, and makes the entry the most recent
 * @peek: gives the entry that is in memory, and leaves no trace
 * @get: finds or loads an entry, and answers the call with it or with `NULL`, a miss
 * @store: keeps [method@Memo.Call.get_entry] of the call under its key, and answers it when that is acknowledged
 * @remove: drops a key at once; says whether it was in memory
 * @clear: drops everything at once
 * @invalidate_tags: drops at once what carries one of the tags
 * @flush: answers the call when all that was asked before is in every tier
 * @close: does what @flush does, and ends
 * @begin_mutation: drops what the mutation touches, keeps nothing of it until it ends, and answers the call when that is acknowledged
 * @end_mutation: drops it again, and answers the call when that is acknowledged
 * @get_metrics: gives a snapshot of the counters
 * @reset_metrics: sets the counters to zero
 *
 * The virtual functions of [iface@Memo.Cache].
 *
 * A [class@Memo.Call] must be answered, at once or later; one that is dropped
 * ends with `MEMO_ERROR_ABANDONED`. One whose caller was cancelled may still be
 * answered, in vain. A function left out is `MEMO_ERROR_NOT_SUPPORTED` where there
 * is a call, and a cache with nothing in it elsewhere.
 *
 * Since: 0.1
 */
struct _MemoCacheInterface
{
  GTypeInterface parent_iface;

  /*< public >*/
  MemoEntry *   (*lookup)          (MemoCache          *self,
                                    const char         *key);
  MemoEntry *   (*peek)            (MemoCache          *self,
                                    const char         *key);
  void          (*get)             (MemoCache          *self,
                                    const char         *key,
                                    MemoGetFlags        flags,
                                    MemoLoader         *loader,
                                    MemoCall           *call);
  void          (*store)           (MemoCache          *self,
                                    const char         *key,
                                    MemoCall           *call);
  gboolean      (*remove)          (MemoCache          *self,
                                    const char         *key);
  void          (*clear)           (MemoCache          *self);
  void          (*invalidate_tags) (MemoCache          *self,
                                    const char * const *tags);
  void          (*flush)           (MemoCache          *self,
                                    MemoCall           *call);
  void          (*close)           (MemoCache          *self,
                                    MemoCall           *call);
  void          (*begin_mutation)  (MemoCache          *self,
                                    MemoMutation       *mutation,
                                    MemoCall           *call);
  void          (*end_mutation)    (MemoCache          *self,
                                    MemoMutation       *mutation,
                                    MemoCall           *call);
  MemoMetrics * (*get_metrics)     (MemoCache          *self);
  void          (*reset_metrics)   (MemoCache          *self);

  /*< private >*/
  /* For caches inside the library.  They take a pointer so that no binding sees virtual functions in them.
   * The first four are what memo_cache_set() and the like call, and the same with somebody who waits until it
   * is acknowledged: CALL, or NULL.  The last counts a get that was cancelled before. */
  void          (*take)            (gpointer            self,
                                    const char         *key,
                                    MemoEntry          *entry,
                                    gpointer            call);
  gboolean      (*drop)            (gpointer            self,
                                    const char         *key,
                                    gpointer            call);
  void          (*drop_all)        (gpointer            self,
                                    gpointer            call);
  void          (*drop_tags)       (gpointer            self,
                                    const char * const *tags,
                                    gpointer            call);
  void          (*missed)          (gpointer            self);
  gpointer      padding[12];
};

MEMO_AVAILABLE_IN_0_1
MemoEntry   *memo_cache_lookup                 (MemoCache            *self,
                                                const char           *key) G_GNUC_WARN_UNUSED_RESULT;
MEMO_AVAILABLE_IN_0_1
const GValue *memo_cache_lookup_value          (MemoCache            *self,
                                                const char           *key) G_GNUC_WARN_UNUSED_RESULT;
MEMO_AVAILABLE_IN_0_1
const GValue *memo_cache_lookup_for_get        (MemoCache            *self,
                                                const char           *key) G_GNUC_WARN_UNUSED_RESULT;
MEMO_AVAILABLE_IN_0_1
MemoEntry   *memo_cache_peek                   (MemoCache            *self,
                                                const char           *key) G_GNUC_WARN_UNUSED_RESULT;
MEMO_AVAILABLE_IN_0_1
gboolean     memo_cache_contains               (MemoCache            *self,
                                                const char           *key);

MEMO_AVAILABLE_IN_0_1
void         memo_cache_get_async              (MemoCache            *self,
                                                const char           *key,
                                                MemoGetFlags          flags,
                                                MemoLoader           *loader,
                                                GCancellable         *cancellable,
                                                GAsyncReadyCallback   callback,
                                                gpointer              user_data);
MEMO_AVAILABLE_IN_0_1
MemoEntry   *memo_cache_get_finish             (MemoCache            *self,
                                                GAsyncResult         *result,
                                                GError              **error) G_GNUC_WARN_UNUSED_RESULT;
MEMO_AVAILABLE_IN_0_1
void         memo_cache_get_with_closure       (MemoCache            *self,
                                                const char           *key,
                                                MemoGetFlags          flags,
                                                MemoLoader           *loader,
                                                GCancellable         *cancellable,
                                                GClosure             *done);

MEMO_AVAILABLE_IN_0_1
void         memo_cache_set                    (MemoCache            *self,
                                                const char           *key,
                                                MemoEntry            *entry);
MEMO_AVAILABLE_IN_0_1
void         memo_cache_set_async              (MemoCache            *self,
                                                const char           *key,
                                                MemoEntry            *entry,
                                                GCancellable         *cancellable,
                                                GAsyncReadyCallback   callback,
                                                gpointer              user_data);
MEMO_AVAILABLE_IN_0_1
gboolean     memo_cache_set_finish             (MemoCache            *self,
                                                GAsyncResult         *result,
                                                GError              **error);

MEMO_AVAILABLE_IN_0_1
gboolean     memo_cache_delete                 (MemoCache            *self,
                                                const char           *key);
MEMO_AVAILABLE_IN_0_1
void         memo_cache_delete_async           (MemoCache            *self,
                                                const char           *key,
                                                GCancellable         *cancellable,
                                                GAsyncReadyCallback   callback,
                                                gpointer              user_data);
MEMO_AVAILABLE_IN_0_1
gboolean     memo_cache_delete_finish          (MemoCache            *self,
                                                GAsyncResult         *result,
                                                GError              **error);

MEMO_AVAILABLE_IN_0_1
void         memo_cache_clear                  (MemoCache            *self);
MEMO_AVAILABLE_IN_0_1
void         memo_cache_clear_async            (MemoCache            *self,
                                                GCancellable         *cancellable,
                                                GAsyncReadyCallback   callback,
                                                gpointer              user_data);
MEMO_AVAILABLE_IN_0_1
gboolean     memo_cache_clear_finish           (MemoCache            *self,
                                                GAsyncResult         *result,
                                                GError              **error);

MEMO_AVAILABLE_IN_0_1
void         memo_cache_invalidate_tags        (MemoCache            *self,
                                                const char * const   *tags);
MEMO_AVAILABLE_IN_0_1
void         memo_cache_invalidate_tags_async  (MemoCache            *self,
                                                const char * const   *tags,
                                                GCancellable         *cancellable,
                                                GAsyncReadyCallback   callback,
                                                gpointer              user_data);
MEMO_AVAILABLE_IN_0_1
gboolean     memo_cache_invalidate_tags_finish (MemoCache            *self,
                                                GAsyncResult         *result,
                                                GError              **error);

MEMO_AVAILABLE_IN_0_1
void         memo_cache_flush_async            (MemoCache            *self,
                                                GCancellable         *cancellable,
                                                GAsyncReadyCallback   callback,
                                                gpointer              user_data);
MEMO_AVAILABLE_IN_0_1
gboolean     memo_cache_flush_finish           (MemoCache            *self,
                                                GAsyncResult         *result,
                                                GError              **error);
MEMO_AVAILABLE_IN_0_1
void         memo_cache_close_async            (MemoCache            *self,
                                                GCancellable         *cancellable,
                                                GAsyncReadyCallback   callback,
                                                gpointer              user_data);
MEMO_AVAILABLE_IN_0_1
gboolean     memo_cache_close_finish           (MemoCache            *self,
                                                GAsyncResult         *result,
                                                GError              **error);

MEMO_AVAILABLE_IN_0_1
MemoMetrics *memo_cache_get_metrics            (MemoCache            *self) G_GNUC_WARN_UNUSED_RESULT;
MEMO_AVAILABLE_IN_0_1
void         memo_cache_reset_metrics          (MemoCache            *self);

G_END_DECLS
