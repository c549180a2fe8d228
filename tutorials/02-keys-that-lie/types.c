/* SPDX-License-Identifier: CC0-1.0 */

/* Eight different questions, and the keys that they have by hand and with libcache. */

#include <libcache.h>

/* Never called: this program only looks at keys. */
static void
price_cb (MemoCall *call,
          gpointer  user_data)
{
  memo_call_return_nothing (call);
}

/* [print] */
static void
print_keys (MemoAsyncFunction *price,
            const char        *question,
            char              *by_hand,
            GVariant          *args,
            GHashTable        *keys_by_hand,
            GHashTable        *keys)
{
  char *key = memo_async_function_dup_key (price, args);

  g_print ("  %-22s %-13s %s\n", question, by_hand, key);
  g_hash_table_add (keys_by_hand, by_hand);
  g_hash_table_add (keys, key);
}
/* [/print] */

int
main (void)
{
  static const char *two[] = { "a", "b", NULL }, *one[] = { "a,b", NULL };
  g_autoptr(MemoAsyncLru) function = memo_async_lru_new ("price", price_cb, NULL, NULL);
  MemoAsyncFunction *price = MEMO_ASYNC_FUNCTION (function);
  g_autoptr(GHashTable) by_hand = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr(GHashTable) keys = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  g_print ("  the question           by hand       libcache\n");

  /* [keys] */
  print_keys (price, "price (1)", g_strdup_printf ("price(%d)", 1),
              g_variant_new ("(x)", G_GINT64_CONSTANT (1)), by_hand, keys);
  print_keys (price, "price (TRUE)", g_strdup_printf ("price(%d)", TRUE),
              g_variant_new ("(b)", TRUE), by_hand, keys);
  print_keys (price, "price (\"1\")", g_strdup_printf ("price(%s)", "1"),
              g_variant_new ("(s)", "1"), by_hand, keys);
  print_keys (price, "price (1.0)", g_strdup_printf ("price(%g)", 1.0),
              g_variant_new ("(d)", 1.0), by_hand, keys);

  print_keys (price, "price (123456)", g_strdup_printf ("price(%g)", 123456.0),
              g_variant_new ("(d)", 123456.0), by_hand, keys);
  print_keys (price, "price (123456.4)", g_strdup_printf ("price(%g)", 123456.4),
              g_variant_new ("(d)", 123456.4), by_hand, keys);

  print_keys (price, "price ([\"a\", \"b\"])", g_strdup_printf ("price(%s,%s)", "a", "b"),
              g_variant_new ("(^as)", two), by_hand, keys);
  print_keys (price, "price ([\"a,b\"])", g_strdup_printf ("price(%s)", "a,b"),
              g_variant_new ("(^as)", one), by_hand, keys);
  /* [/keys] */

  g_print ("\n8 questions have %u keys by hand, and %u with libcache\n",
           g_hash_table_size (by_hand), g_hash_table_size (keys));

  return 0;
}
