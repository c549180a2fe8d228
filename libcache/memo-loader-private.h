/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-loader.h"

G_BEGIN_DECLS

/* What is done with a call before the function is called with it, in the same thread. */
typedef void (*MemoLoaderPrepare) (MemoCall *call,
                                   gpointer  data);

/* Work for the threads of a loader; runs once, in one of them. */
typedef void (*MemoLoaderWork) (gpointer data);

typedef enum
{
  MEMO_LOADER_SINGLE,
  MEMO_LOADER_IN_THREAD,
  MEMO_LOADER_BATCH,
} MemoLoaderKind;

struct _MemoLoader
{
  GObject         parent_instance;

  MemoFunc        func;
  gpointer        user_data;
  GDestroyNotify  destroy;
  MemoLoaderKind  kind;

  double          ttl;
  double          timeout;
  double          error_ttl;
  char          **tags;
  guint           max_threads;
  gboolean        accept_extra;

  MemoLoader     *base;         /* of a call of a decorated function; has what is not here */
  GVariant       *args;
  GObject        *instance;
  MemoLoaderPrepare prepare;    /* of such a call as well */
  gpointer        prepare_data;
  GDestroyNotify  prepare_destroy;

  GMutex          pool_lock;
  GThreadPool    *pool;         /* from the first load on */
};

/* memo-loader-call.c */
MemoLoader *memo_loader_get_none     (void);
MemoLoader *memo_loader_new_bound    (MemoLoader     *base,
                                      double          default_ttl,
                                      const char     *tag,
                                      GVariant       *args,
                                      GObject        *instance);
void        memo_loader_set_prepare  (MemoLoader        *self,
                                      MemoLoaderPrepare  prepare,
                                      gpointer           data,
                                      GDestroyNotify     destroy);
GVariant   *memo_loader_get_args     (MemoLoader     *self);
GObject    *memo_loader_get_instance (MemoLoader     *self);
gboolean    memo_loader_is_single    (MemoLoader     *self);
gboolean    memo_loader_is_in_thread (MemoLoader     *self);
gboolean    memo_loader_is_batch     (MemoLoader     *self);
void        memo_loader_call         (MemoLoader     *self,
                                      MemoCall       *call);
void        memo_loader_ask          (MemoLoader     *self,
                                      MemoCall       *call);
void        memo_loader_push         (MemoLoader     *self,
                                      MemoLoaderWork  work,
                                      gpointer        data);

G_END_DECLS
