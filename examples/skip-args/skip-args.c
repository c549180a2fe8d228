/* SPDX-License-Identifier: CC0-1.0 */

/* What a function is called with but does not depend on: the number of the request, for the
 * log, or the object whose method it is.  As a part of the key it would make every call another
 * one, and nothing would ever be found again.
 *
 * Time comes from a clock that is moved by hand.
 *
 *   skip-args [SHOP.DB] */

#include <libcache.h>

#include "await.h"
#include "shop-db.h"
#include "shop-repository.h"

#define N_REQUESTS 10
#define USER       G_GINT64_CONSTANT (42)
#define TOKEN      "0012252d6fee085b"

static gboolean all_right = TRUE;

static void
return_row (MemoCall *call,
            GVariant *row,
            GError   *error)
{
  if (error != NULL)
    memo_call_return_error (call, error);
  else
    memo_call_return_entry (call, row != NULL ? memo_entry_new_variant (row) : NULL);
}

static void
user_read_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  g_autoptr(MemoCall) call = user_data;
  GError *error = NULL;
  g_autoptr(GVariant) user = shop_db_get_user_finish (result, &error);

  return_row (call, user, error);
}

static void
session_read_cb (GObject      *source,
                 GAsyncResult *result,
                 gpointer      user_data)
{
  g_autoptr(MemoCall) call = user_data;
  GError *error = NULL;
  g_autoptr(GVariant) session = shop_db_get_session_finish (result, &error);

  return_row (call, session, error);
}

/* get_user (request, id).  All arguments are there, those that are skipped as well. */
/* [skip-args] */
static void
load_user_cb (MemoCall *call,
              gpointer  user_data)
{
  gint64 request;
  gint64 id;

  g_variant_get (memo_call_get_args (call), "(xx)", &request, &id);
  g_debug ("request %" G_GINT64_FORMAT " reads user %" G_GINT64_FORMAT, request, id);

  shop_db_get_user_async (user_data, id, memo_call_get_cancellable (call), user_read_cb, g_object_ref (call));
}
/* [/skip-args] */

/* repository.get_user (id) and repository.get_session (token): what to ask is the object. */
/* [method] */
static void
load_user_of_cb (MemoCall *call,
                 gpointer  user_data)
{
  ShopRepository *self = SHOP_REPOSITORY (memo_call_get_instance (call));
  gint64 id;

  g_variant_get (memo_call_get_args (call), "(x)", &id);
  shop_db_get_user_async (shop_repository_ask (self), id, memo_call_get_cancellable (call),
                          user_read_cb, g_object_ref (call));
}
/* [/method] */

/* [time-to-live] */
static void
load_session_of_cb (MemoCall *call,
                    gpointer  user_data)
{
  ShopRepository *self = SHOP_REPOSITORY (memo_call_get_instance (call));
  const char *token;

  g_variant_get (memo_call_get_args (call), "(&s)", &token);
  shop_db_get_session_async (shop_repository_ask (self), token, memo_call_get_cancellable (call),
                             session_read_cb, g_object_ref (call));
}
/* [/time-to-live] */

static void
expect (const char *what,
        guint64     n,
        guint64     n_expected)
{
  g_print ("  %-40s %2" G_GUINT64_FORMAT "\n", what, n);
  all_right &= n == n_expected;
}

static void
print_key (gpointer  function,
           GVariant *args)
{
  g_autofree char *key = memo_async_function_dup_key (function, args);

  g_print ("  %-40s %s\n", "kept under", key);
}

static guint64
get_size (gpointer function)
{
  g_autoptr(MemoMetrics) metrics = memo_decorator_get_metrics (function);

  return metrics->size;
}

/* Says whether there was an answer, and it is about the right one. */
static gboolean
finish (gpointer       function,
        GAsyncResult **result,
        const char    *column,
        const char    *name)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MemoEntry) entry = memo_decorator_call_finish (function, await (result), &error);
  const char *found;

  if (error != NULL)
    g_printerr ("%s\n", error->message);

  return entry != NULL && g_variant_lookup (memo_entry_get_variant (entry), column, "&s", &found) &&
         g_str_equal (found, name);
}

static void
serve_requests (ShopDb  *db,
                guint    skip_args,
                guint64  n_expected)
{
  guint64 queries_before = shop_db_get_n_queries (db);

  /* [skip-args] */
  g_autoptr(MemoAsyncLru) get_user = memo_async_lru_new ("get_user", load_user_cb, db, NULL);
  memo_async_function_set_skip_args (MEMO_ASYNC_FUNCTION (get_user), skip_args);
  /* [/skip-args] */

  for (gint64 request = 1; request <= N_REQUESTS; request++)
    {
      g_autoptr(GAsyncResult) result = NULL;

      /* [skip-args] */
      memo_decorator_call_async (MEMO_DECORATOR (get_user), g_variant_new ("(xx)", request, USER),
                                 MEMO_GET_NONE, NULL, await_cb, &result);
      /* [/skip-args] */
      all_right &= finish (get_user, &result, "name", "Amira Petrov");
    }

  print_key (get_user, g_variant_new ("(xx)", G_GINT64_CONSTANT (1), USER));
  expect ("queries for ten requests", shop_db_get_n_queries (db) - queries_before, n_expected);
  expect ("answers in memory", get_size (get_user), n_expected);
}

static void
call_methods (ShopDb *db)
{
  g_autoptr(GPtrArray) repositories = g_ptr_array_new_with_free_func (g_object_unref);
  guint64 queries_before = shop_db_get_n_queries (db);
  guint n_asked = 0;

  /* [method] */
  g_autoptr(MemoAsyncLru) get_user = memo_async_lru_new ("get_user", load_user_of_cb, NULL, NULL);
  /* [/method] */

  for (guint i = 0; i < N_REQUESTS; i++)
    {
      g_autoptr(ShopRepository) repository = shop_repository_new (db);
      g_autoptr(GAsyncResult) result = NULL;

      /* [method] */
      memo_decorator_call_on_async (MEMO_DECORATOR (get_user), G_OBJECT (repository), g_variant_new ("(x)", USER),
                                    MEMO_GET_NONE, NULL, await_cb, &result);
      /* [/method] */
      all_right &= finish (get_user, &result, "name", "Amira Petrov");
      g_ptr_array_add (repositories, g_object_ref (repository));
    }

  for (guint i = 1; i < N_REQUESTS; i++)
    n_asked += shop_repository_get_n_asked (g_ptr_array_index (repositories, i));

  g_print ("\nThe method of an object: ten repositories, one of them for each request\n");
  print_key (get_user, g_variant_new ("(x)", USER));
  expect ("queries for ten requests", shop_db_get_n_queries (db) - queries_before, 1);
  expect ("of these by the first repository", shop_repository_get_n_asked (repositories->pdata[0]), 1);
  expect ("by the nine others", n_asked, 0);
}

static void
let_answers_expire (ShopDb *db)
{
  static const struct
  {
    double      seconds;
    const char *when;
    guint       n_queries;
  } steps[] = {
    { 0.0,       "at first",                           1 },
    { 59.999999, "a microsecond before 60 s are over", 0 },
    { 0.000001,  "60 s after it was read",             1 },
    { 0.0,       "at once after that",                 0 },
  };
  g_autoptr(MemoManualClock) clock = memo_manual_clock_new ();

  /* [time-to-live] */
  g_autoptr(MemoLoader) loader = memo_loader_new (load_session_of_cb, NULL, NULL);
  g_autoptr(MemoAsyncTtl) get_session = g_object_new (MEMO_TYPE_ASYNC_TTL,
                                                      "name", "get_session",
                                                      "loader", loader,
                                                      "time-to-live", 60.0,
                                                      "clock", clock,
                                                      NULL);
  /* [/time-to-live] */

  g_print ("\nThe method get_session, whose answers are good for 60 s: queries by a new repository\n");
  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      g_autoptr(ShopRepository) repository = shop_repository_new (db);
      g_autoptr(GAsyncResult) result = NULL;

      memo_manual_clock_advance (clock, steps[i].seconds);
      /* [time-to-live] */
      memo_decorator_call_on_async (MEMO_DECORATOR (get_session), G_OBJECT (repository), g_variant_new ("(s)", TOKEN),
                                    MEMO_GET_NONE, NULL, await_cb, &result);
      /* [/time-to-live] */
      all_right &= finish (get_session, &result, "user_name", "Sofia Nagy");
      expect (steps[i].when, shop_repository_get_n_asked (repository), steps[i].n_queries);
    }
}

int
main (int    argc,
      char **argv)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(ShopDb) db = shop_db_open (argc > 1 ? argv[1] : SHOP_DB, &error);

  if (db == NULL)
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }

  g_print ("The number of the request is an argument like the others\n");
  serve_requests (db, 0, N_REQUESTS);

  g_print ("\nThe first argument is left out of the key\n");
  serve_requests (db, 1, 1);

  call_methods (db);
  let_answers_expire (db);

  g_print ("\nThe database ran %" G_GUINT64_FORMAT " queries\n", shop_db_get_n_queries (db));

  return all_right && shop_db_get_n_queries (db) == N_REQUESTS + 1 + 1 + 2 ? 0 : 1;
}
