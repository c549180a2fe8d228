/* SPDX-License-Identifier: CC0-1.0 */

/* A hundred customers ask the same, each in an order of their own. */

#include <libcache.h>

#define N_CUSTOMERS  100

/* An array of one, since Python's random numbers begin like that, too. */
static const guint32 seed = 1;

/* Never called: this program only looks at keys. */
static void
find_cb (MemoCall *call,
         gpointer  user_data)
{
  memo_call_return_nothing (call);
}

/* [filters] */
static GVariant *
tick_filters (GRand *random)
{
  const char *filters[][2] = { { "brand", "Oak" }, { "colour", "red" }, { "size", "M" }, { "year", "2020" } };
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{ss}"));
  for (guint left = G_N_ELEMENTS (filters); left > 0; left--)
    {
      guint drawn = g_rand_int (random) % left;

      g_variant_builder_add (&builder, "{ss}", filters[drawn][0], filters[drawn][1]);
      filters[drawn][0] = filters[left - 1][0];
      filters[drawn][1] = filters[left - 1][1];
    }

  return g_variant_new ("(@a{ss})", g_variant_builder_end (&builder));
}
/* [/filters] */

int
main (void)
{
  g_autoptr(MemoAsyncLru) find = memo_async_lru_new ("find", find_cb, NULL, NULL);
  g_autoptr(GRand) random = g_rand_new_with_seed_array (&seed, 1);
  g_autoptr(GHashTable) printed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr(GHashTable) keys = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  /* [keys] */
  for (guint i = 0; i < N_CUSTOMERS; i++)
    {
      g_autoptr(GVariant) args = g_variant_ref_sink (tick_filters (random));
      char *text = g_variant_print (args, FALSE);
      char *key = memo_async_function_dup_key (MEMO_ASYNC_FUNCTION (find), args);

      if (i < 3)
        g_print ("customer %u\n"
                 "  as printed   %s\n"
                 "  the key      %s\n\n", i + 1, text, key);

      g_hash_table_add (printed, text);
      g_hash_table_add (keys, key);
    }
  /* [/keys] */

  g_print ("%u customers: %u different texts, %u key\n", N_CUSTOMERS,
           g_hash_table_size (printed), g_hash_table_size (keys));

  return 0;
}
