/* SPDX-License-Identifier: CC0-1.0 */
#include "customers.h"

#include <libcache.h>

#define N_CUSTOMERS  10000

/* An array of one, since Python's random numbers begin like that, too. */
static const guint32 seed = 1;

char *
customers_dup_word (GRand *random)
{
  GString *word = g_string_new (NULL);

  for (guint n = g_rand_int (random) % 3 + 1; n > 0; n--)
    g_string_append_c (word, "ab,"[g_rand_int (random) % 3]);

  return g_string_free (word, FALSE);
}

/* [search] */
void
customers_search (const char *title,
                  DupKeyFunc  dup_key)
{
  g_autoptr(MemoCache) cache = MEMO_CACHE (memo_async_cache_new (MEMO_UNLIMITED, MEMO_TTL_FOREVER));
  g_autoptr(GRand) random = g_rand_new_with_seed_array (&seed, 1);
  guint n_queries = 0, n_wrong = 0;

  for (guint i = 0; i < N_CUSTOMERS; i++)
    {
      g_autofree char *words = customers_dup_word (random);
      g_autofree char *category = customers_dup_word (random);
      g_autofree char *answer = g_strdup_printf ("what is found for \"%s\" in \"%s\"", words, category);
      g_autofree char *key = dup_key (words, category);
      g_autoptr(MemoEntry) entry = memo_cache_lookup (cache, key);

      if (entry == NULL)
        {
          n_queries++;
          memo_cache_set (cache, key, memo_entry_new_string (answer));
        }
      else if (!g_str_equal (memo_entry_get_string (entry), answer))
        {
          n_wrong++;
        }
    }

  g_print ("%s\n"
           "  customers                     %5u\n"
           "  queries                       %5u\n"
           "  shown what others asked for   %5u\n",
           title, N_CUSTOMERS, n_queries, n_wrong);
}
/* [/search] */
