/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-redis-address.h"
#include "memo-redis-setup.h"

G_BEGIN_DECLS

/* STREAM and SOCKET are NULL where it failed; LASTING says whether it will fail again until somebody changes something. */
typedef void (*MemoRedisDialled) (GIOStream    *stream,
                                  GSocket      *socket,
                                  const GError *error,
                                  gboolean      lasting,
                                  gpointer      data);

typedef struct _MemoRedisDial MemoRedisDial;

MemoRedisDial *memo_redis_dial_start  (const MemoRedisAddress *address,
                                       MemoClock              *clock,
                                       gint64                  timeout,
                                       MemoRedisDialled        dialled,
                                       gpointer                data);
void           memo_redis_dial_cancel (MemoRedisDial          *self);
guint          memo_redis_dial_count  (void);

G_END_DECLS
