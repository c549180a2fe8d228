/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-async-function.h"

G_BEGIN_DECLS

typedef struct
{
  char        *name;
  MemoLoader  *loader;
  MemoCache   *cache;
  MemoClock   *clock;       /* the rest of a cache of its own */
  MemoBackend *backup;
  MemoBackend *remote_cache;
  MemoCodec   *codec;
  guint        maxsize;
  char        *tag;         /* of its answers where others may keep theirs, else NULL */
  guint        skip_args;
  int          n_args;
  GMutex       lock;        /* guards what follows */
  double       time_to_live;
} MemoAsyncFunctionPrivate;

MemoAsyncFunctionPrivate *memo_async_function_get_private (MemoAsyncFunction *self);

/* memo-async-function-call.c */
void   memo_async_function_decorator_iface_init (MemoDecoratorInterface *iface);
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
