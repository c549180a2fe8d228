/* SPDX-License-Identifier: CC0-1.0 */

/* A cache by hand: a hash table that is asked first, and filled afterwards. */

#include "story.h"

/* [cache] */
typedef struct
{
  Story      *story;
  GHashTable *prices;
  gboolean    after_the_change;   /* when this customer asked */
} Customer;

static void
answered_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  Customer *customer = user_data;
  g_autofree char *price = slow_source_ask_finish (SLOW_SOURCE (source), result, NULL);

  story_told (customer->story, customer->after_the_change, price);
  g_hash_table_insert (customer->prices, g_strdup (PRICE), g_steal_pointer (&price));
  g_free (customer);
}

static void
ask (Story    *story,
     gpointer  prices)
{
  const char *price = g_hash_table_lookup (prices, PRICE);
  Customer *customer;

  if (price != NULL)
    {
      story_told (story, story->changed, price);
      return;
    }

  customer = g_new (Customer, 1);
  *customer = (Customer) { story, prices, story->changed };
  slow_source_ask_async (story->database, PRICE, NULL, answered_cb, customer);
}

static void
forget (Story    *story,
        gpointer  prices)
{
  g_hash_table_remove (prices, PRICE);
}
/* [/cache] */

static void
tell (const char   *title,
      const Script *script)
{
  g_autoptr(GHashTable) prices = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  Story story;

  story_begin (&story);
  story_tell (title, script, &story, prices);
  story_end (&story);
}

int
main (void)
{
  tell ("Nobody tells the cache", &(Script) { .ask = ask });
  tell ("Forget before the change", &(Script) { .ask = ask, .before_change = forget });
  tell ("Forget after it", &(Script) { .ask = ask, .after_change = forget });
  tell ("The same, evicted meanwhile", &(Script) { .ask = ask, .after_change = forget, .evict = forget });
  tell ("Before and after, evicted meanwhile",
        &(Script) { .ask = ask, .before_change = forget, .after_change = forget, .evict = forget });

  return 0;
}
