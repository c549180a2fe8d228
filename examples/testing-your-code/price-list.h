/* SPDX-License-Identifier: CC0-1.0 */
#pragma once

#include <libcache.h>

/* Something of yours that has a cache in it: the prices of a shop far away, good for a minute. */
typedef struct _PriceList PriceList;

/* How the shop is asked.  In the program that is a request over the network; in the tests it is what the test says. */
PriceList *price_list_new   (MemoFunc             ask_the_shop,
                             gpointer             shop,
                             MemoClock           *clock);
void       price_list_free  (PriceList           *self);

void       price_list_get   (PriceList           *self,
                             const char          *product,
                             GAsyncReadyCallback  callback,
                             gpointer             user_data);

/* Cents, or -1 with an error. */
gint64     price_list_finish (PriceList          *self,
                              GAsyncResult       *result,
                              GError            **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PriceList, price_list_free)
