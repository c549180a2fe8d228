/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined (MEMO_INSIDE) && !defined (MEMO_COMPILATION)
# error "Only <libcache.h> can be included directly."
#endif

#include <gio/gio.h>

#include "memo-entry.h"

G_BEGIN_DECLS

#define MEMO_TYPE_CALL (memo_call_get_type ())

MEMO_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MemoCall, memo_call, MEMO, CALL, GObject)

/**
 * MemoFunc:
 * @call: (transfer none): the question
 * @user_data: what was given with the function
 *
 * A function that answers a call: the one kind of callback that users of
 * libcache write.
 *
 * It must see to it that @call is answered exactly once, before it returns or at
 * any time later, from any thread. To answer later, keep a reference to @call.
 * A call whose last reference goes unanswered ends with `MEMO_ERROR_ABANDONED`;
 * one that is kept and never answered keeps its callers waiting, unless there is a
 * [property@Memo.Loader:timeout].
 *
 * ```c
 * static void
 * load_user (MemoCall *call,
 *            gpointer  user_data)
 * {
 *   g_autofree char *name = look_up_name (user_data, memo_call_get_key (call));
 *
 *   memo_call_return_entry (call, memo_entry_new_string (name));
 * }
 * ```
 *
 * Since: 0.1
 */
typedef void (*MemoFunc) (MemoCall *call,
                          gpointer  user_data);

MEMO_AVAILABLE_IN_0_1
const char         *memo_call_get_key         (MemoCall           *self);
MEMO_AVAILABLE_IN_0_1
const char * const *memo_call_get_keys        (MemoCall           *self);
MEMO_AVAILABLE_IN_0_1
GCancellable       *memo_call_get_cancellable (MemoCall           *self);
MEMO_AVAILABLE_IN_0_1
GVariant           *memo_call_get_args        (MemoCall           *self);
MEMO_AVAILABLE_IN_0_1
GObject            *memo_call_get_instance    (MemoCall           *self);
MEMO_AVAILABLE_IN_0_1
MemoEntry          *memo_call_get_previous    (MemoCall           *self);
MEMO_AVAILABLE_IN_0_1
MemoEntry          *memo_call_get_entry       (MemoCall           *self);
MEMO_AVAILABLE_IN_0_1
GBytes             *memo_call_get_bytes       (MemoCall           *self);
MEMO_AVAILABLE_IN_0_1
double              memo_call_get_ttl         (MemoCall           *self);
MEMO_AVAILABLE_IN_0_1
gboolean            memo_call_get_durable     (MemoCall           *self);

MEMO_AVAILABLE_IN_0_1
void                memo_call_add_tags        (MemoCall           *self,
                                               const char * const *tags);
MEMO_AVAILABLE_IN_0_1
void                memo_call_return_entry    (MemoCall           *self,
                                               MemoEntry          *entry);
MEMO_AVAILABLE_IN_0_1
void                memo_call_return_value    (MemoCall           *self,
                                               const GValue       *value);
MEMO_AVAILABLE_IN_0_1
void                memo_call_return_bytes    (MemoCall           *self,
                                               GBytes             *bytes);
MEMO_AVAILABLE_IN_0_1
void                memo_call_return_nothing  (MemoCall           *self);
MEMO_AVAILABLE_IN_0_1
void                memo_call_return_error    (MemoCall           *self,
                                               GError             *error);
MEMO_AVAILABLE_IN_0_1
void                memo_call_return_exception (MemoCall          *self,
                                                MemoEntry         *exception,
                                                const char        *message);
MEMO_AVAILABLE_IN_0_1
void                memo_call_return_passing_exception (MemoCall   *self,
                                                        MemoEntry  *exception,
                                                        const char *message);
MEMO_AVAILABLE_IN_0_1
void                memo_call_answer_exception (MemoCall          *self,
                                                const char        *key,
                                                MemoEntry         *exception,
                                                const char        *message);
MEMO_AVAILABLE_IN_0_1
MemoEntry          *memo_call_dup_exception   (MemoCall           *self) G_GNUC_WARN_UNUSED_RESULT;
MEMO_AVAILABLE_IN_0_1
void                memo_call_answer          (MemoCall           *self,
                                               const char         *key,
                                               MemoEntry          *entry);
MEMO_AVAILABLE_IN_0_1
void                memo_call_answer_error    (MemoCall           *self,
                                               const char         *key,
                                               GError             *error);
MEMO_AVAILABLE_IN_0_1
void                memo_call_return_entries  (MemoCall           *self,
                                               MemoEntry         **entries,
                                               gsize               n_entries);
MEMO_AVAILABLE_IN_0_1
void                memo_call_finish_batch    (MemoCall           *self);

G_END_DECLS
