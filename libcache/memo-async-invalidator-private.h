/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-async-invalidator.h"

G_BEGIN_DECLS

void       memo_async_invalidator_call_func     (MemoAsyncInvalidator  *self,
                                                 MemoCall              *call);
gboolean   memo_async_invalidator_has_key_func  (MemoAsyncInvalidator  *self);
void       memo_async_invalidator_call_key_func (MemoAsyncInvalidator  *self,
                                                 MemoCall              *call);
GPtrArray *memo_async_invalidator_dup_mutations (MemoAsyncInvalidator  *self,
                                                 GVariant              *args,
                                                 MemoEntry             *reads,
                                                 GError               **error);

/* memo-bracket.c: one call of an invalidator, from its arguments to its answer. */
void       memo_bracket_run                     (MemoAsyncInvalidator  *self,
                                                 MemoCall              *request);

G_END_DECLS
