/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-loader.h"

G_BEGIN_DECLS

/* Work for the threads of a loader; runs once, in one of them. */
typedef void (*MemoLoaderWork) (gpointer data);

gboolean memo_loader_is_single    (MemoLoader     *self);
gboolean memo_loader_is_in_thread (MemoLoader     *self);
gboolean memo_loader_is_batch     (MemoLoader     *self);
/* A call of a decorated function: the loader it was decorated with, and what it is called with. */
MemoLoader *memo_loader_new_bound    (MemoLoader     *base,
                                      double          default_ttl,
                                      const char     *tag,
                                      GVariant       *args,
                                      GObject        *instance);
GVariant   *memo_loader_get_args     (MemoLoader     *self);
GObject    *memo_loader_get_instance (MemoLoader     *self);

void     memo_loader_call         (MemoLoader     *self,
                                   MemoCall       *call);
void     memo_loader_push         (MemoLoader     *self,
                                   MemoLoaderWork  work,
                                   gpointer        data);

G_END_DECLS
