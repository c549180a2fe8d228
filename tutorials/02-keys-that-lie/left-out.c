/* SPDX-License-Identifier: CC0-1.0 */

/* What is in the key and what is not: baskets of a hundred users. */

#include <libcache.h>

#include "await.h"

#define N_REQUESTS  300
#define N_USERS     100

/* [basket] */
/* basket (request, user).  The number of the request is for the log. */
static void
basket_cb (MemoCall *call,
           gpointer  n_queries)
{
  guint request, user;

  g_variant_get (memo_call_get_args (call), "(uu)", &request, &user);
  g_debug ("request %u", request);
  ++*(guint *) n_queries;
  memo_call_return_entry (call, memo_entry_new_int64 (user));
}
/* [/basket] */

static void
serve (guint skip_args)
{
  guint n_queries = 0, n_wrong = 0;

  /* [skip] */
  g_autoptr(MemoAsyncLru) basket = memo_async_lru_new ("basket", basket_cb, &n_queries, NULL);

  memo_async_function_set_skip_args (MEMO_ASYNC_FUNCTION (basket), skip_args);

  for (guint request = 1; request <= N_REQUESTS; request++)
    {
      guint user = request % N_USERS;
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(MemoEntry) entry = NULL;

      memo_decorator_call_async (MEMO_DECORATOR (basket), g_variant_new ("(uu)", request, user),
                                 MEMO_GET_NONE, NULL, await_cb, &result);
      entry = memo_decorator_call_finish (MEMO_DECORATOR (basket), await (&result), NULL);

      n_wrong += memo_entry_get_int64 (entry) != user;
    }
  /* [/skip] */

  g_autofree char *key = memo_async_function_dup_key (MEMO_ASYNC_FUNCTION (basket), g_variant_new ("(uu)", 1, 42));

  g_print ("%4u   %-19s %7u   %14u\n", skip_args, key, n_queries, n_wrong);
}

int
main (void)
{
  g_print ("skip   key                 queries   wrong basket\n");
  serve (0);
  serve (1);
  serve (2);

  return 0;
}
