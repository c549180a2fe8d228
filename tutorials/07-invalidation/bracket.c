/* SPDX-License-Identifier: CC0-1.0 */

/* The database changes the price, and then the connection breaks: the shop is told that it failed. */

#include "prices.h"

/* [bracket] */
static void
begin (Story    *story,
       gpointer  data)
{
  Prices *prices = data;

  prices->mutation = memo_mutation_new (prices->cache);
  memo_mutation_add_key (prices->mutation, PRICE);
  memo_mutation_begin_async (prices->mutation, NULL, NULL, NULL);
}

static void
end (Story    *story,
     gpointer  data)
{
  Prices *prices = data;

  memo_mutation_end_async (prices->mutation, NULL, NULL);
}
/* [/bracket] */

int
main (void)
{
  prices_tell ("Delete if it went well",
               &(Script) { .ask = prices_ask },
               MEMO_TTL_FOREVER);
  prices_tell ("A bracket around it",
               &(Script) { .ask = prices_ask, .before_change = begin, .after_change = end },
               MEMO_TTL_FOREVER);
  prices_tell ("The same, evicted meanwhile",
               &(Script) { .ask = prices_ask, .before_change = begin, .after_change = end, .evict = prices_evict },
               MEMO_TTL_FOREVER);

  return 0;
}
