/* SPDX-License-Identifier: CC0-1.0 */

/* The decorator API on a shop's database: a function is wrapped once, then it is called with its
 * arguments, and nobody makes keys by hand.
 *
 *   quick-start-decorator-api [SHOP.DB]
 *
 * How often the database was asked is SQLite's own figure.  The program fails when that is not
 * what it says, or when an answer is not the one in the database. */

#include <libcache.h>

#include "await.h"
#include "shop-db.h"

#define TOKEN "0012252d6fee085b"

/* [quick-start] */
static void
load_user_cb (MemoCall *call,
              gpointer  user_data)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) user = NULL;
  gint64 id;

  g_variant_get (memo_call_get_args (call), "(x)", &id);
  user = shop_db_get_user (user_data, id, &error);

  if (error != NULL)
    memo_call_return_error (call, g_steal_pointer (&error));
  else
    memo_call_return_entry (call, user != NULL ? memo_entry_new_variant (user) : NULL);
}
/* [/quick-start] */

/* [time-to-live] */
static void
session_read_cb (GObject      *source,
                 GAsyncResult *result,
                 gpointer      user_data)
{
  g_autoptr(MemoCall) call = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) session = shop_db_get_session_finish (result, &error);

  if (error != NULL)
    memo_call_return_error (call, g_steal_pointer (&error));
  else
    memo_call_return_entry (call, session != NULL ? memo_entry_new_variant (session) : NULL);
}

static void
load_session_cb (MemoCall *call,
                 gpointer  user_data)
{
  const char *token;

  g_variant_get (memo_call_get_args (call), "(&s)", &token);
  shop_db_get_session_async (user_data, token, memo_call_get_cancellable (call),
                             session_read_cb, g_object_ref (call));
}
/* [/time-to-live] */

/* Takes the number of a user, or the text of it as it stands in an address. */
static void
find_user_cb (MemoCall *call,
              gpointer  user_data)
{
  g_autoptr(GVariant) arg = g_variant_get_child_value (memo_call_get_args (call), 0);
  gint64 id = g_variant_is_of_type (arg, G_VARIANT_TYPE_STRING)
                ? g_ascii_strtoll (g_variant_get_string (arg, NULL), NULL, 10)
                : g_variant_get_int64 (arg);
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) user = shop_db_get_user (user_data, id, &error);

  if (error != NULL)
    memo_call_return_error (call, g_steal_pointer (&error));
  else
    memo_call_return_entry (call, user != NULL ? memo_entry_new_variant (user) : NULL);
}

static gboolean all_right = TRUE;

/* Calls a function, says what that cost, and compares it with what it should. */
static void
call (MemoAsyncFunction *function,
      GVariant          *args,
      ShopDb            *db,
      const char        *column,
      const char        *name,
      guint64            n_expected)
{
  g_autoptr(GVariant) tuple = g_variant_ref_sink (args);
  g_autofree char *key = memo_async_function_dup_key (function, tuple);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(MemoEntry) entry = NULL;
  g_autoptr(GError) error = NULL;
  guint64 queries_before = shop_db_get_n_queries (db);
  guint64 n_queries;
  const char *found = NULL;

  memo_decorator_call_async (MEMO_DECORATOR (function), tuple, MEMO_GET_NONE, NULL, await_cb, &result);
  entry = memo_decorator_call_finish (MEMO_DECORATOR (function), await (&result), &error);
  n_queries = shop_db_get_n_queries (db) - queries_before;

  if (entry != NULL)
    g_variant_lookup (memo_entry_get_variant (entry), column, "&s", &found);

  g_print ("  %-36s %-14s queries: %" G_GUINT64_FORMAT "\n", key,
           error != NULL ? error->message : found != NULL ? found : "(none)", n_queries);
  all_right &= g_strcmp0 (found, name) == 0 && n_queries == n_expected;
}

static void
print_metrics (MemoDecorator *function)
{
  g_autoptr(MemoMetrics) metrics = memo_decorator_get_metrics (function);
  g_autofree char *name = NULL;

  g_object_get (function, "name", &name, NULL);
  g_print ("  %-12s hits %" G_GUINT64_FORMAT ", misses %" G_GUINT64_FORMAT ", loads %" G_GUINT64_FORMAT
           ", size %" G_GUINT64_FORMAT ", hit rate %.1f %%\n",
           name, metrics->hits, metrics->misses, metrics->loads, metrics->size, 100.0 * metrics->hit_rate);
}

static guint64
count_loads (gpointer function)
{
  g_autoptr(MemoMetrics) metrics = memo_decorator_get_metrics (function);

  return metrics->loads;
}

int
main (int    argc,
      char **argv)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(ShopDb) db = shop_db_open (argc > 1 ? argv[1] : SHOP_DB, &error);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(MemoLoader) finder = NULL;
  g_autoptr(MemoAsyncLru) find_user = NULL;
  guint64 n_loads, n_queries;
  const char *name = "?";

  if (db == NULL)
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }

  /* [quick-start] */
  g_autoptr(MemoLoader) loader = memo_loader_new_in_thread (load_user_cb, db, NULL);
  g_autoptr(MemoAsyncLru) get_user = g_object_new (MEMO_TYPE_ASYNC_LRU,
                                                   "name", "get_user",
                                                   "loader", loader,
                                                   "maxsize", 128u,
                                                   NULL);

  memo_decorator_call_async (MEMO_DECORATOR (get_user), g_variant_new ("(x)", G_GINT64_CONSTANT (42)),
                             MEMO_GET_NONE, NULL, await_cb, &result);
  g_autoptr(MemoEntry) user = memo_decorator_call_finish (MEMO_DECORATOR (get_user), await (&result), &error);

  if (user != NULL && g_variant_lookup (memo_entry_get_variant (user), "name", "&s", &name))
    g_print ("%s, welcome to the shop!\n", name);
  /* [/quick-start] */

  /* [time-to-live] */
  g_autoptr(MemoAsyncTtl) get_session = memo_async_ttl_new ("get_session", 60.0, load_session_cb, db, NULL);
  /* [/time-to-live] */

  all_right &= g_str_equal (name, "Amira Petrov") && shop_db_get_n_queries (db) == 1;

  g_print ("\nOther arguments are another call, the same ones are not\n");
  call (MEMO_ASYNC_FUNCTION (get_user), g_variant_new ("(x)", G_GINT64_CONSTANT (42)), db, "name", "Amira Petrov", 0);
  call (MEMO_ASYNC_FUNCTION (get_user), g_variant_new ("(x)", G_GINT64_CONSTANT (7)), db, "name", "Chen Brandt", 1);
  call (MEMO_ASYNC_FUNCTION (get_user), g_variant_new ("(x)", G_GINT64_CONSTANT (7)), db, "name", "Chen Brandt", 0);

  g_print ("\nA function whose answers are good for 60 s\n");
  call (MEMO_ASYNC_FUNCTION (get_session), g_variant_new ("(s)", TOKEN), db, "user_name", "Sofia Nagy", 1);
  call (MEMO_ASYNC_FUNCTION (get_session), g_variant_new ("(s)", TOKEN), db, "user_name", "Sofia Nagy", 0);

  /* It shares the cache of get_user(); what keeps their answers apart is the name. */
  finder = memo_loader_new_in_thread (find_user_cb, db, NULL);
  find_user = g_object_new (MEMO_TYPE_ASYNC_LRU,
                            "name", "find_user",
                            "loader", finder,
                            "cache", memo_async_function_get_cache (MEMO_ASYNC_FUNCTION (get_user)),
                            NULL);

  g_print ("\nThe name of the function is a part of the key, and so is the type of an argument\n");
  call (MEMO_ASYNC_FUNCTION (find_user), g_variant_new ("(x)", G_GINT64_CONSTANT (42)), db, "name", "Amira Petrov", 1);
  call (MEMO_ASYNC_FUNCTION (find_user), g_variant_new ("(s)", "42"), db, "name", "Amira Petrov", 1);
  call (MEMO_ASYNC_FUNCTION (find_user), g_variant_new ("(s)", "42"), db, "name", "Amira Petrov", 0);
  call (MEMO_ASYNC_FUNCTION (get_user), g_variant_new ("(x)", G_GINT64_CONSTANT (42)), db, "name", "Amira Petrov", 0);

  g_print ("\nMetrics; those of get_user are of the cache that find_user shares\n");
  print_metrics (MEMO_DECORATOR (get_user));
  print_metrics (MEMO_DECORATOR (get_session));

  n_loads = count_loads (get_user) + count_loads (get_session);
  n_queries = shop_db_get_n_queries (db);
  g_print ("\n%" G_GUINT64_FORMAT " loads, and the database ran %" G_GUINT64_FORMAT " queries\n", n_loads, n_queries);

  return all_right && n_loads == n_queries ? 0 : 1;
}
