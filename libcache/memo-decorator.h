/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined (MEMO_INSIDE) && !defined (MEMO_COMPILATION)
# error "Only <libcache.h> can be included directly."
#endif

#include "memo-cache.h"

G_BEGIN_DECLS

#define MEMO_TYPE_DECORATOR (memo_decorator_get_type ())

MEMO_AVAILABLE_IN_ALL
G_DECLARE_INTERFACE (MemoDecorator, memo_decorator, MEMO, DECORATOR, GObject)

/**
 * MemoDecoratorInterface:
 * @parent_iface: the parent interface
 * @call: answers the call, which has the arguments, from memory or with the function
 * @invalidate: forgets the result of one call
 * @clear: forgets all results
 * @get_metrics: gives a snapshot of the counters
 *
 * The virtual functions of [iface@Memo.Decorator].
 *
 * Since: 0.1
 */
struct _MemoDecoratorInterface
{
  GTypeInterface parent_iface;

  /*< public >*/
  void          (*call)        (MemoDecorator *self,
                                MemoGetFlags   flags,
                                MemoCall      *call);
  void          (*invalidate)  (MemoDecorator *self,
                                GVariant      *args);
  void          (*clear)       (MemoDecorator *self);
  MemoMetrics * (*get_metrics) (MemoDecorator *self);

  /*< private >*/
  /* A call was cancelled before it was handed on.  No type of its own for the argument, or it would be
   * introspected as a virtual function. */
  void          (*missed)      (gpointer       self);
  gpointer      padding[8];
};

MEMO_AVAILABLE_IN_0_1
void         memo_decorator_call_async        (MemoDecorator        *self,
                                               GVariant             *args,
                                               MemoGetFlags          flags,
                                               GCancellable         *cancellable,
                                               GAsyncReadyCallback   callback,
                                               gpointer              user_data);
MEMO_AVAILABLE_IN_0_1
void         memo_decorator_call_on_async     (MemoDecorator        *self,
                                               GObject              *instance,
                                               GVariant             *args,
                                               MemoGetFlags          flags,
                                               GCancellable         *cancellable,
                                               GAsyncReadyCallback   callback,
                                               gpointer              user_data);
MEMO_AVAILABLE_IN_0_1
void         memo_decorator_call_with_closure (MemoDecorator        *self,
                                               GObject              *instance,
                                               GVariant             *args,
                                               MemoGetFlags          flags,
                                               GCancellable         *cancellable,
                                               GClosure             *done);
MEMO_AVAILABLE_IN_0_1
MemoEntry   *memo_decorator_call_finish       (MemoDecorator        *self,
                                               GAsyncResult         *result,
                                               GError              **error) G_GNUC_WARN_UNUSED_RESULT;
MEMO_AVAILABLE_IN_0_1
void         memo_decorator_invalidate        (MemoDecorator        *self,
                                               GVariant             *args);
MEMO_AVAILABLE_IN_0_1
void         memo_decorator_clear             (MemoDecorator        *self);
MEMO_AVAILABLE_IN_0_1
MemoMetrics *memo_decorator_get_metrics       (MemoDecorator        *self) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
