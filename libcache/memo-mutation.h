/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined (MEMO_INSIDE) && !defined (MEMO_COMPILATION)
# error "Only <libcache.h> can be included directly."
#endif

#include "memo-cache.h"

G_BEGIN_DECLS

#define MEMO_TYPE_MUTATION (memo_mutation_get_type ())

MEMO_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MemoMutation, memo_mutation, MEMO, MUTATION, GObject)

MEMO_AVAILABLE_IN_0_1
MemoMutation       *memo_mutation_new            (MemoCache            *cache) G_GNUC_WARN_UNUSED_RESULT;
MEMO_AVAILABLE_IN_0_1
MemoCache          *memo_mutation_get_cache      (MemoMutation         *self);
MEMO_AVAILABLE_IN_0_1
void                memo_mutation_add_key        (MemoMutation         *self,
                                                  const char           *key);
MEMO_AVAILABLE_IN_0_1
void                memo_mutation_add_tag        (MemoMutation         *self,
                                                  const char           *tag);
MEMO_AVAILABLE_IN_0_1
void                memo_mutation_add_everything (MemoMutation         *self);
MEMO_AVAILABLE_IN_0_1
const char * const *memo_mutation_get_keys       (MemoMutation         *self);
MEMO_AVAILABLE_IN_0_1
const char * const *memo_mutation_get_tags       (MemoMutation         *self);
MEMO_AVAILABLE_IN_0_1
gboolean            memo_mutation_get_everything (MemoMutation         *self);
MEMO_AVAILABLE_IN_0_1
gboolean            memo_mutation_is_open        (MemoMutation         *self);

MEMO_AVAILABLE_IN_0_1
void                memo_mutation_begin_async    (MemoMutation         *self,
                                                  GCancellable         *cancellable,
                                                  GAsyncReadyCallback   callback,
                                                  gpointer              user_data);
MEMO_AVAILABLE_IN_0_1
void                memo_mutation_begin_with_closure (MemoMutation         *self,
                                                      GCancellable         *cancellable,
                                                      GClosure             *done);
MEMO_AVAILABLE_IN_0_1
gboolean            memo_mutation_begin_finish   (MemoMutation         *self,
                                                  GAsyncResult         *result,
                                                  GError              **error);
MEMO_AVAILABLE_IN_0_1
void                memo_mutation_end_async      (MemoMutation         *self,
                                                  GAsyncReadyCallback   callback,
                                                  gpointer              user_data);
MEMO_AVAILABLE_IN_0_1
void                memo_mutation_end_with_closure (MemoMutation         *self,
                                                    GClosure             *done);
MEMO_AVAILABLE_IN_0_1
gboolean            memo_mutation_end_finish     (MemoMutation         *self,
                                                  GAsyncResult         *result,
                                                  GError              **error);

G_END_DECLS
