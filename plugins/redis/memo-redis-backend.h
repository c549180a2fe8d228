/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-redis-setup.h"

G_BEGIN_DECLS

#define MEMO_TYPE_REDIS_BACKEND (memo_redis_backend_get_type ())

G_DECLARE_FINAL_TYPE (MemoRedisBackend, memo_redis_backend, MEMO, REDIS_BACKEND, GObject)

void memo_redis_backend_register  (GTypeModule          *module);

/* For tests; before it is opened. */
void memo_redis_backend_set_setup (MemoRedisBackend     *self,
                                   const MemoRedisSetup *setup);

G_END_DECLS
