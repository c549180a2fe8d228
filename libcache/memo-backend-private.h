/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-backend.h"

G_BEGIN_DECLS

/* What a backend is asked for.  A call of these is answered whatever becomes of the backend: it is opened
 * first where that was not done yet. */
typedef enum
{
  MEMO_BACKEND_OPEN,
  MEMO_BACKEND_LOAD,
  MEMO_BACKEND_STORE,
  MEMO_BACKEND_REMOVE,
  MEMO_BACKEND_CLEAR,
  MEMO_BACKEND_FLUSH,
  MEMO_BACKEND_CLOSE,
} MemoBackendWhat;

/* memo-backend-hand.c; KEY is NULL for what is about none. */
void memo_backend_hand (MemoBackend     *self,
                        MemoBackendWhat  what,
                        const char      *key,
                        MemoCall        *call);

G_END_DECLS
