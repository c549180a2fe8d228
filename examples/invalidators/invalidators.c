/* SPDX-License-Identifier: CC0-1.0 */

/* Users are read through a cache and changed in the database.  Who drops the cached read by hand
 * before the change has an old user for good, when somebody reads at the wrong moment.  An
 * invalidator ties the change to the read, and that cannot happen.
 *
 * Nothing is left to chance: a change and a read can be held back until it is time for them.
 * Since users change here, the program works on a copy of the shop.
 *
 *   invalidators [SHOP.DB] */

#include <libcache.h>

#include "await.h"
#include "shop-db.h"
#include "user-functions.h"

static gboolean all_right = TRUE;

static void
start_read (MemoAsyncLru  *get_user,
            gint64         id,
            GAsyncResult **result)
{
  memo_decorator_call_async (MEMO_DECORATOR (get_user), g_variant_new ("(x)", id),
                             MEMO_GET_NONE, NULL, await_cb, result);
}

/* Says what a read brings, and compares it with what should be. */
static void
finish_read (MemoAsyncLru  *get_user,
             GAsyncResult **result,
             const char    *when,
             const char    *how,
             const char    *expected)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MemoEntry) entry = memo_decorator_call_finish (MEMO_DECORATOR (get_user), await (result), &error);
  g_autoptr(GVariantDict) user = g_variant_dict_new (entry != NULL ? memo_entry_get_variant (entry) : NULL);
  g_autofree char *found = NULL;
  const char *email = "?", *city = "?";
  gint64 n_orders = -1;

  g_variant_dict_lookup (user, "email", "&s", &email);
  g_variant_dict_lookup (user, "city", "&s", &city);
  g_variant_dict_lookup (user, "orders", "x", &n_orders);

  found = g_strdup_printf ("%s, %s, %" G_GINT64_FORMAT "%s", email, city, n_orders, how);
  g_print ("  %-32s %s\n", when, found);

  if (!g_str_equal (found, expected))
    {
      g_printerr ("This should be %s%s%s\n", expected, error != NULL ? ": " : "", error != NULL ? error->message : "");
      all_right = FALSE;
    }
}

static void
read_user (MemoAsyncLru *get_user,
           ShopDb       *db,
           gint64        id,
           const char   *when,
           const char   *expected)
{
  g_autoptr(GAsyncResult) result = NULL;
  guint64 queries_before = shop_db_get_n_queries (db);

  start_read (get_user, id, &result);
  await (&result);
  finish_read (get_user, &result, when,
               shop_db_get_n_queries (db) > queries_before ? " (a query)" : " (a hit)", expected);
}

/* Waits for a change, and says whether it failed. */
static void
finish_change (gpointer       invalidator,
               GAsyncResult **result,
               const char    *error_expected)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MemoEntry) entry = memo_invalidator_call_finish (invalidator, await (result), &error);

  if (error != NULL)
    g_print ("  %-32s %s\n", "the change fails:", error->message);

  all_right &= g_strcmp0 (error != NULL ? error->message : NULL, error_expected) == 0;
}

static void
change (gpointer    invalidator,
        GVariant   *args,
        const char *error_expected)
{
  g_autoptr(GAsyncResult) result = NULL;

  memo_invalidator_call_async (invalidator, args, NULL, await_cb, &result);
  finish_change (invalidator, &result, error_expected);
}

/* --- the story --- */

static void
by_hand (MemoAsyncLru *get_user,
         ShopDb       *db)
{
  g_autoptr(GAsyncResult) changed = NULL;

  g_print ("By hand: drop what is cached, then change the database\n");
  read_user (get_user, db, 42, "before:", "amira.petrov@example.org, Accra, 6 (a query)");

  /* [by-hand] */
  memo_decorator_invalidate (MEMO_DECORATOR (get_user), g_variant_new ("(x)", G_GINT64_CONSTANT (42)));
  /* [/by-hand] */
  read_user (get_user, db, 42, "somebody reads in between:", "amira.petrov@example.org, Accra, 6 (a query)");
  /* [by-hand] */
  shop_db_set_email_async (db, 42, "amira@example.org", await_cb, &changed);
  /* [/by-hand] */
  all_right &= shop_db_change_finish (await (&changed), NULL);

  read_user (get_user, db, 42, "afterwards, for good, and wrong:", "amira.petrov@example.org, Accra, 6 (a hit)");
  memo_decorator_clear (MEMO_DECORATOR (get_user));
}

static void
by_an_invalidator (MemoAsyncLru *get_user,
                   ShopDb       *db)
{
  g_autoptr(MemoAsyncLruInvalidator) held = memo_async_lru_invalidator_new (get_user, hold_change_cb, NULL, NULL);
  g_autoptr(GAsyncResult) changed = NULL, started = NULL, read = NULL;
  guint64 queries_before;

  /* [update] */
  g_autoptr(MemoAsyncLruInvalidator) update_user = memo_async_lru_invalidator_new (get_user, update_user_cb, db, NULL);
  /* [/update] */

  g_print ("\nBy an invalidator, and somebody reads in between\n");
  read_user (get_user, db, 42, "before:", "amira@example.org, Accra, 6 (a query)");
  memo_invalidator_call_async (MEMO_INVALIDATOR (held),
                               g_variant_new ("(xs)", G_GINT64_CONSTANT (42), "petrov@example.org"),
                               NULL, await_cb, &started);
  await_held_change ();
  read_user (get_user, db, 42, "in between, and is not kept:", "amira@example.org, Accra, 6 (a query)");
  read_user (get_user, db, 42, "and again:", "amira@example.org, Accra, 6 (a query)");
  release_change (db);
  finish_change (held, &started, NULL);
  read_user (get_user, db, 42, "afterwards:", "petrov@example.org, Accra, 6 (a query)");
  read_user (get_user, db, 42, "and again:", "petrov@example.org, Accra, 6 (a hit)");

  g_print ("\nA read has the old user, but not answered yet, when the change begins\n");
  memo_decorator_clear (MEMO_DECORATOR (get_user));
  hold_read ();
  queries_before = shop_db_get_n_queries (db);
  start_read (get_user, 42, &read);
  await_held_read ();

  /* [update] */
  memo_invalidator_call_async (MEMO_INVALIDATOR (update_user),
                               g_variant_new ("(xs)", G_GINT64_CONSTANT (42), "ap@example.org"),
                               NULL, await_cb, &changed);
  /* [/update] */
  finish_change (update_user, &changed, NULL);

  release_read ();
  all_right &= shop_db_get_n_queries (db) - queries_before == 1;
  finish_read (get_user, &read, "who asked before the change:", " (a query)",
               "petrov@example.org, Accra, 6 (a query)");
  read_user (get_user, db, 42, "who asks after it:", "ap@example.org, Accra, 6 (a query)");

  g_print ("\nA change that fails: nobody knows how far it got, so the read is dropped as well\n");
  read_user (get_user, db, 42, "before:", "ap@example.org, Accra, 6 (a hit)");
  change (update_user, g_variant_new ("(xs)", G_GINT64_CONSTANT (42), "ada.almeida@example.org"),
          "the shop: UNIQUE constraint failed: users.email");
  read_user (get_user, db, 42, "afterwards:", "ap@example.org, Accra, 6 (a query)");
}

static void
with_a_key_function (MemoAsyncLru *get_user,
                     ShopDb       *db)
{
  g_print ("\nA user gives all orders to another: a key function names both reads\n");
  read_user (get_user, db, 7, "user 7:", "chen.brandt@example.org, Ghent, 16 (a query)");
  read_user (get_user, db, 14, "user 14:", "farid.ferrari@example.org, Bergen, 12 (a query)");

  /* [key-function] */
  g_autoptr(MemoAsyncLruInvalidator) give_orders = memo_async_lru_invalidator_new (get_user, give_orders_cb, db, NULL);
  memo_async_invalidator_set_key_func (MEMO_ASYNC_INVALIDATOR (give_orders), both_users_cb, NULL, NULL);
  /* [/key-function] */
  change (give_orders, g_variant_new ("(xx)", G_GINT64_CONSTANT (42), G_GINT64_CONSTANT (7)), NULL);

  read_user (get_user, db, 42, "user 42, who gave:", "ap@example.org, Accra, 0 (a query)");
  read_user (get_user, db, 7, "user 7, who got:", "chen.brandt@example.org, Ghent, 22 (a query)");
  read_user (get_user, db, 14, "user 14, who has no part in it:", "farid.ferrari@example.org, Bergen, 12 (a hit)");
}

static void
with_clear_all (MemoAsyncLru *get_user,
                ShopDb       *db)
{
  g_print ("\nA city gets another name: who knows whom that touches?  All reads are dropped\n");

  /* [clear-all] */
  g_autoptr(MemoAsyncLruInvalidator) rename_city = memo_async_lru_invalidator_new (get_user, rename_city_cb, db, NULL);
  memo_async_invalidator_set_clear_all (MEMO_ASYNC_INVALIDATOR (rename_city), TRUE);
  /* [/clear-all] */
  change (rename_city, g_variant_new ("(ss)", "Ghent", "Gent"), NULL);

  read_user (get_user, db, 42, "user 42:", "ap@example.org, Accra, 0 (a query)");
  read_user (get_user, db, 7, "user 7:", "chen.brandt@example.org, Gent, 22 (a query)");
}

int
main (int    argc,
      char **argv)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(ShopDb) db = shop_db_open_copy (argc > 1 ? argv[1] : SHOP_DB, &error);
  g_autoptr(MemoAsyncLru) get_user = NULL;
  g_autoptr(MemoMetrics) metrics = NULL;

  if (db == NULL)
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }

  get_user = memo_async_lru_new ("get_user", load_user_cb, db, NULL);
  memo_async_function_set_n_args (MEMO_ASYNC_FUNCTION (get_user), 1);

  by_hand (get_user, db);
  by_an_invalidator (get_user, db);
  with_a_key_function (get_user, db);
  with_clear_all (get_user, db);

  metrics = memo_decorator_get_metrics (MEMO_DECORATOR (get_user));
  g_print ("\n%" G_GUINT64_FORMAT " loads, and the database ran %" G_GUINT64_FORMAT " queries\n",
           metrics->loads, shop_db_get_n_queries (db));

  return all_right && metrics->loads == shop_db_get_n_queries (db) ? 0 : 1;
}
