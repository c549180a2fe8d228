/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-async-function.h"

G_BEGIN_DECLS

double memo_async_function_get_time_to_live (MemoAsyncFunction *self);
void   memo_async_function_set_time_to_live (MemoAsyncFunction *self,
                                             double             seconds);
void   memo_async_function_set_maxsize      (MemoAsyncFunction *self,
                                             guint              maxsize);
void   memo_async_function_touch            (MemoAsyncFunction *self,
                                             GVariant          *args,
                                             MemoMutation      *mutation);
void   memo_async_function_touch_all        (MemoAsyncFunction *self,
                                             MemoMutation      *mutation);

G_END_DECLS
