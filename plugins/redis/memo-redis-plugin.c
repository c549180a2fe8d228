/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-redis-backend.h"

/* What makes a module of it.  The type is registered where the module is loaded. */
MEMO_DEFINE_PLUGIN (redis, (memo_redis_backend_register (G_TYPE_MODULE (module)), MEMO_TYPE_REDIS_BACKEND),
                    "redis", "rediss", "redis+unix")
