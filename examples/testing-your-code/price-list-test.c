/* SPDX-License-Identifier: CC0-1.0 */

/* How to test something that has a cache in it, without waiting for time to pass and without the
 * slow thing behind it: time is moved by hand, and the shop answers when the test says so. */

#include "await.h"
#include "price-list.h"

/* [shop] */
/* A shop that keeps the calls until the test answers them. */
typedef struct
{
  GQueue calls;
  guint  n_asked;
} Shop;

static void
ask_the_shop_cb (MemoCall *call,
                 gpointer  user_data)
{
  Shop *shop = user_data;

  shop->n_asked++;
  g_queue_push_tail (&shop->calls, g_object_ref (call));
}

/* A loader is called from the main loop, not from inside price_list_get(). */
static MemoCall *
next_call (Shop *shop)
{
  while (g_queue_is_empty (&shop->calls))
    g_main_context_iteration (NULL, TRUE);

  return g_queue_pop_head (&shop->calls);
}

static void
shop_answers (Shop   *shop,
              gint64  cents)
{
  g_autoptr(MemoCall) call = next_call (shop);

  memo_call_return_entry (call, memo_entry_new_int64 (cents));
}
/* [/shop] */

static void
shop_fails (Shop *shop)
{
  g_autoptr(MemoCall) call = next_call (shop);

  memo_call_return_error (call, g_error_new (G_IO_ERROR, G_IO_ERROR_HOST_UNREACHABLE, "The shop is closed"));
}

static gint64
finish (PriceList     *prices,
        GAsyncResult **result)
{
  gint64 cents = price_list_finish (prices, await (result), NULL);

  g_clear_object (result);

  return cents;
}

/* [minute] */
static void
test_asks_again_after_a_minute (void)
{
  g_autoptr(MemoManualClock) clock = memo_manual_clock_new ();
  Shop shop = { G_QUEUE_INIT, 0 };
  g_autoptr(PriceList) prices = price_list_new (ask_the_shop_cb, &shop, MEMO_CLOCK (clock));
  GAsyncResult *result = NULL;

  price_list_get (prices, "lamp", await_cb, &result);
  shop_answers (&shop, 4900);
  g_assert_cmpint (finish (prices, &result), ==, 4900);

  memo_manual_clock_advance (clock, 59.999999);
  price_list_get (prices, "lamp", await_cb, &result);
  g_assert_cmpint (finish (prices, &result), ==, 4900);
  g_assert_cmpuint (shop.n_asked, ==, 1);

  memo_manual_clock_advance (clock, 0.000001);
  price_list_get (prices, "lamp", await_cb, &result);
  shop_answers (&shop, 5300);
  g_assert_cmpint (finish (prices, &result), ==, 5300);
  g_assert_cmpuint (shop.n_asked, ==, 2);
}
/* [/minute] */

static void
test_asks_once_for_all (void)
{
  g_autoptr(MemoManualClock) clock = memo_manual_clock_new ();
  Shop shop = { G_QUEUE_INIT, 0 };
  g_autoptr(PriceList) prices = price_list_new (ask_the_shop_cb, &shop, MEMO_CLOCK (clock));
  GAsyncResult *results[10] = { NULL, };

  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    price_list_get (prices, "lamp", await_cb, &results[i]);

  shop_answers (&shop, 4900);
  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    g_assert_cmpint (finish (prices, &results[i]), ==, 4900);
  g_assert_cmpuint (shop.n_asked, ==, 1);
}

static void
test_failure_is_not_kept (void)
{
  g_autoptr(MemoManualClock) clock = memo_manual_clock_new ();
  Shop shop = { G_QUEUE_INIT, 0 };
  g_autoptr(PriceList) prices = price_list_new (ask_the_shop_cb, &shop, MEMO_CLOCK (clock));
  g_autoptr(GError) error = NULL;
  GAsyncResult *result = NULL;

  price_list_get (prices, "lamp", await_cb, &result);
  shop_fails (&shop);
  g_assert_cmpint (price_list_finish (prices, await (&result), &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_HOST_UNREACHABLE);
  g_clear_object (&result);

  price_list_get (prices, "lamp", await_cb, &result);
  shop_answers (&shop, 4900);
  g_assert_cmpint (finish (prices, &result), ==, 4900);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/price-list/asks-again-after-a-minute", test_asks_again_after_a_minute);
  g_test_add_func ("/price-list/asks-once-for-all", test_asks_once_for_all);
  g_test_add_func ("/price-list/failure-is-not-kept", test_failure_is_not_kept);

  return g_test_run ();
}
