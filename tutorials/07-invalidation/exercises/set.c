/* SPDX-License-Identifier: CC0-1.0 */

/* Who changes the price puts the new one into the cache, in place of deleting the old one.
 *
 * Shortly before, somebody else has changed it to "22.90".  The database did that first, but says so later. */

#include "prices.h"

#define OTHER_HEARS 0.160

/* [set] */
static void
set (Story    *story,
     gpointer  data)
{
  Prices *prices = data;

  memo_cache_set (prices->cache, PRICE, memo_entry_new_string ("24.90"));
}

static void
other_sets (Story    *story,
            gpointer  data)
{
  Prices *prices = data;

  memo_cache_set (prices->cache, PRICE, memo_entry_new_string ("22.90"));
}
/* [/set] */

static gboolean
other_hears_now (Story *story)
{
  return ABS (simulated_clock_now (story->clock) - OTHER_HEARS) < 0.001;
}

static void
ask_and_other_sets (Story    *story,
                    gpointer  data)
{
  if (other_hears_now (story))
    other_sets (story, data);
  prices_ask (story, data);
}

static void
ask_and_other_deletes (Story    *story,
                       gpointer  data)
{
  if (other_hears_now (story))
    prices_delete (story, data);
  prices_ask (story, data);
}

int
main (void)
{
  prices_tell ("Set after the change", &(Script) { prices_ask, NULL, set }, MEMO_TTL_FOREVER);
  prices_tell ("Two set, and hear in the other order", &(Script) { ask_and_other_sets, NULL, set }, MEMO_TTL_FOREVER);
  prices_tell ("Two delete", &(Script) { ask_and_other_deletes, NULL, prices_delete }, MEMO_TTL_FOREVER);

  return 0;
}
