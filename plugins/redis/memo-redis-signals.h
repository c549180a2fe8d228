/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-redis-worker.h"

G_BEGIN_DECLS

/* What the thread of a worker has of its object, which it does not keep alive. */
typedef struct _MemoRedisTeller MemoRedisTeller;

MemoRedisTeller *memo_redis_teller_new  (MemoRemoteBackend *backend);
void             memo_redis_teller_free (MemoRedisTeller   *self);

/* The data is a teller. */
extern const MemoRedisSignals memo_redis_signals;

G_END_DECLS
