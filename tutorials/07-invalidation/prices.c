/* SPDX-License-Identifier: CC0-1.0 */
#include "prices.h"

typedef struct
{
  Story    *story;
  gboolean  after_the_change;   /* when this customer asked */
} Customer;

static void
got_cb (GObject      *source,
        GAsyncResult *result,
        gpointer      user_data)
{
  Customer *customer = user_data;
  g_autoptr(MemoEntry) entry = memo_cache_get_finish (MEMO_CACHE (source), result, NULL);

  story_told (customer->story, customer->after_the_change, memo_entry_get_string (entry));
  g_free (customer);
}

/* [ask] */
void
prices_ask (Story    *story,
            gpointer  data)
{
  Prices *prices = data;
  Customer *customer = g_new (Customer, 1);

  *customer = (Customer) { story, story->changed };
  memo_cache_get_async (prices->cache, PRICE, MEMO_GET_NONE, prices->loader, NULL, got_cb, customer);
}

void
prices_delete (Story    *story,
               gpointer  data)
{
  Prices *prices = data;

  memo_cache_delete (prices->cache, PRICE);
}
/* [/ask] */

void
prices_evict (Story    *story,
              gpointer  data)
{
  Prices *prices = data;

  memo_async_cache_trim (MEMO_ASYNC_CACHE (prices->cache), 100);
}

void
prices_tell (const char   *title,
             const Script *script,
             double        default_ttl)
{
  Story story;

  story_begin (&story);
  {
    g_autoptr(MemoCache) cache = g_object_new (MEMO_TYPE_ASYNC_CACHE,
                                               "default-ttl", default_ttl,
                                               "clock", story.clock,
                                               NULL);
    g_autoptr(MemoLoader) loader = slow_source_loader_new (story.database);
    Prices prices = { cache, loader, NULL };

    story_tell (title, script, &story, &prices);
    g_clear_object (&prices.mutation);
  }
  story_end (&story);
}
