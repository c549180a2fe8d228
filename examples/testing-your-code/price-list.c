/* SPDX-License-Identifier: CC0-1.0 */
#include "price-list.h"

struct _PriceList
{
  MemoCache  *cache;
  MemoLoader *loader;
};

/* [new] */
PriceList *
price_list_new (MemoFunc   ask_the_shop,
                gpointer   shop,
                MemoClock *clock)
{
  PriceList *self = g_new0 (PriceList, 1);

  /* With NULL for the clock it is the real time. */
  self->cache = g_object_new (MEMO_TYPE_ASYNC_CACHE, "default-ttl", 60.0, "clock", clock, NULL);
  self->loader = memo_loader_new (ask_the_shop, shop, NULL);

  return self;
}
/* [/new] */

void
price_list_free (PriceList *self)
{
  g_object_unref (self->cache);
  g_object_unref (self->loader);
  g_free (self);
}

void
price_list_get (PriceList           *self,
                const char          *product,
                GAsyncReadyCallback  callback,
                gpointer             user_data)
{
  memo_cache_get_async (self->cache, product, MEMO_GET_NONE, self->loader, NULL, callback, user_data);
}

gint64
price_list_finish (PriceList     *self,
                   GAsyncResult  *result,
                   GError       **error)
{
  g_autoptr(MemoEntry) entry = NULL;
  g_autoptr(GError) wrong = NULL;

  entry = memo_cache_get_finish (self->cache, result, &wrong);
  if (entry == NULL && wrong == NULL)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "There is no such product");
  else if (wrong != NULL)
    g_propagate_error (error, g_steal_pointer (&wrong));

  return entry != NULL ? memo_entry_get_int64 (entry) : -1;
}
