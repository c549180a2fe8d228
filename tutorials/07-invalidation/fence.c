/* SPDX-License-Identifier: CC0-1.0 */

/* The same with libcache: memo_cache_delete() before the change, and after it. */

#include "prices.h"

int
main (void)
{
  prices_tell ("Delete after the change",
               &(Script) { .ask = prices_ask, .after_change = prices_delete },
               MEMO_TTL_FOREVER);
  prices_tell ("The same, evicted meanwhile",
               &(Script) { .ask = prices_ask, .after_change = prices_delete, .evict = prices_evict },
               MEMO_TTL_FOREVER);
  prices_tell ("Delete before it",
               &(Script) { .ask = prices_ask, .before_change = prices_delete },
               MEMO_TTL_FOREVER);

  return 0;
}
