/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-loader.h"

G_BEGIN_DECLS

/* Work for the threads of a loader; runs once, in one of them. */
typedef void (*MemoLoaderWork) (gpointer data);

gboolean memo_loader_is_single    (MemoLoader     *self);
gboolean memo_loader_is_in_thread (MemoLoader     *self);
gboolean memo_loader_is_batch     (MemoLoader     *self);
void     memo_loader_call         (MemoLoader     *self,
                                   MemoCall       *call);
void     memo_loader_push         (MemoLoader     *self,
                                   MemoLoaderWork  work,
                                   gpointer        data);

G_END_DECLS
