/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-call.h"

G_BEGIN_DECLS

/* The functions of loaders that this thread is inside of: how a loader is found out that asks
 * for what it is loading itself. */

typedef struct _MemoFrame MemoFrame;

struct _MemoFrame
{
  gconstpointer       cache;
  const char * const *keys;
  MemoFrame          *outer;
};

void     memo_frame_enter (MemoFrame          *frame,
                           gconstpointer       cache,
                           const char * const *keys);
void     memo_frame_leave (MemoFrame          *frame);
gboolean memo_frame_loads (gconstpointer       cache,
                           const char         *key);

G_END_DECLS
