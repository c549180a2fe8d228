/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-redis-setup.h"

/* What every program gets.  A record is never larger than 20 MiB. */
const MemoRedisSetup memo_redis_setup_default = {
  .patience = 4,
  .first_pause = 50 * 1000,
  .longest_pause = 5 * G_USEC_PER_SEC,
  .refused_pause = 60 * G_USEC_PER_SEC,
  .heartbeat = G_USEC_PER_SEC,
  .high_water = 64 * 1024 * 1024,
  .in_flight = 10000,
  .max_bulk = 24 * 1024 * 1024,
  .max_line = 64 * 1024,
  .max_array = 64 * 1024,
  .max_reply = 64 * 1024 * 1024,
  .scan = 500,
};
