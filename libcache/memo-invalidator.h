/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined (MEMO_INSIDE) && !defined (MEMO_COMPILATION)
# error "Only <libcache.h> can be included directly."
#endif

#include "memo-cache.h"

G_BEGIN_DECLS

#define MEMO_TYPE_INVALIDATOR (memo_invalidator_get_type ())

MEMO_AVAILABLE_IN_ALL
G_DECLARE_INTERFACE (MemoInvalidator, memo_invalidator, MEMO, INVALIDATOR, GObject)

/**
 * MemoInvalidatorInterface:
 * @parent_iface: the parent interface
 * @call: has the source changed, and answers the call, which has the arguments, with what came of it
 *
 * The virtual functions of [iface@Memo.Invalidator].
 *
 * Since: 0.1
 */
struct _MemoInvalidatorInterface
{
  GTypeInterface parent_iface;

  /*< public >*/
  void     (*call) (MemoInvalidator *self,
                    MemoCall        *call);

  /*< private >*/
  gpointer padding[8];
};

MEMO_AVAILABLE_IN_0_1
void       memo_invalidator_call_async        (MemoInvalidator      *self,
                                               GVariant             *args,
                                               GCancellable         *cancellable,
                                               GAsyncReadyCallback   callback,
                                               gpointer              user_data);
MEMO_AVAILABLE_IN_0_1
void       memo_invalidator_call_on_async     (MemoInvalidator      *self,
                                               GObject              *instance,
                                               GVariant             *args,
                                               GCancellable         *cancellable,
                                               GAsyncReadyCallback   callback,
                                               gpointer              user_data);
MEMO_AVAILABLE_IN_0_1
void       memo_invalidator_call_with_closure (MemoInvalidator      *self,
                                               GObject              *instance,
                                               GVariant             *args,
                                               GCancellable         *cancellable,
                                               GClosure             *done);
MEMO_AVAILABLE_IN_0_1
MemoEntry *memo_invalidator_call_finish       (MemoInvalidator      *self,
                                               GAsyncResult         *result,
                                               GError              **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
