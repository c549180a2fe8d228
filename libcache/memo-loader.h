/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined (MEMO_INSIDE) && !defined (MEMO_COMPILATION)
# error "Only <libcache.h> can be included directly."
#endif

#include "memo-call.h"

G_BEGIN_DECLS

#define MEMO_TYPE_LOADER (memo_loader_get_type ())

MEMO_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MemoLoader, memo_loader, MEMO, LOADER, GObject)

MEMO_AVAILABLE_IN_0_1
MemoLoader         *memo_loader_new             (MemoFunc            func,
                                                 gpointer            user_data,
                                                 GDestroyNotify      destroy) G_GNUC_WARN_UNUSED_RESULT;
MEMO_AVAILABLE_IN_0_1
MemoLoader         *memo_loader_new_in_thread   (MemoFunc            func,
                                                 gpointer            user_data,
                                                 GDestroyNotify      destroy) G_GNUC_WARN_UNUSED_RESULT;
MEMO_AVAILABLE_IN_0_1
MemoLoader         *memo_loader_new_batch       (MemoFunc            func,
                                                 gpointer            user_data,
                                                 GDestroyNotify      destroy) G_GNUC_WARN_UNUSED_RESULT;
MEMO_AVAILABLE_IN_0_1
MemoLoader         *memo_loader_new_with_closure       (GClosure     *closure) G_GNUC_WARN_UNUSED_RESULT;
MEMO_AVAILABLE_IN_0_1
MemoLoader         *memo_loader_new_batch_with_closure (GClosure     *closure) G_GNUC_WARN_UNUSED_RESULT;

MEMO_AVAILABLE_IN_0_1
double              memo_loader_get_ttl         (MemoLoader         *self);
MEMO_AVAILABLE_IN_0_1
void                memo_loader_set_ttl         (MemoLoader         *self,
                                                 double              seconds);
MEMO_AVAILABLE_IN_0_1
const char * const *memo_loader_get_tags        (MemoLoader         *self);
MEMO_AVAILABLE_IN_0_1
void                memo_loader_set_tags        (MemoLoader         *self,
                                                 const char * const *tags);
MEMO_AVAILABLE_IN_0_1
double              memo_loader_get_timeout     (MemoLoader         *self);
MEMO_AVAILABLE_IN_0_1
void                memo_loader_set_timeout     (MemoLoader         *self,
                                                 double              seconds);
MEMO_AVAILABLE_IN_0_1
double              memo_loader_get_error_ttl   (MemoLoader         *self);
MEMO_AVAILABLE_IN_0_1
void                memo_loader_set_error_ttl   (MemoLoader         *self,
                                                 double              seconds);
MEMO_AVAILABLE_IN_0_1
guint               memo_loader_get_max_threads (MemoLoader         *self);
MEMO_AVAILABLE_IN_0_1
void                memo_loader_set_max_threads (MemoLoader         *self,
                                                 guint               max_threads);
MEMO_AVAILABLE_IN_0_1
gboolean            memo_loader_get_accept_extra (MemoLoader         *self);
MEMO_AVAILABLE_IN_0_1
void                memo_loader_set_accept_extra (MemoLoader         *self,
                                                  gboolean            accept_extra);

G_END_DECLS
