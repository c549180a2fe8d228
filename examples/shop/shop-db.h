/* SPDX-License-Identifier: CC0-1.0 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The shop's database, as a program would have one that knows nothing of caches.
 *
 * A row comes back as a variant of type a{sv}, by the names of its columns.  NULL without an
 * error means that there is no such row.
 *
 * These run their query before they return, and may be called from any thread, several at a
 * time.  The pairs of _async and _finish have a thread run it and call back in the main loop.
 *
 * shop_db_execute() and the functions after it are how a shopkeeper changes something: over a
 * connection of its own, which is opened for writing when it is first needed. */

typedef struct _ShopDb ShopDb;

ShopDb   *shop_db_open                    (const char           *path,
                                           GError              **error);
ShopDb   *shop_db_open_copy               (const char           *path,
                                           GError              **error);
ShopDb   *shop_db_ref                     (ShopDb               *self);
void      shop_db_unref                   (ShopDb               *self);

GVariant *shop_db_get_user                (ShopDb               *self,
                                           gint64                id,
                                           GError              **error);
GVariant *shop_db_get_users               (ShopDb               *self,
                                           const gint64         *ids,
                                           guint                 n_ids,
                                           GError              **error);
GVariant *shop_db_get_product             (ShopDb               *self,
                                           gint64                id,
                                           GError              **error);
GVariant *shop_db_get_session             (ShopDb               *self,
                                           const char           *token,
                                           GError              **error);
GVariant *shop_db_get_best_sellers        (ShopDb               *self,
                                           const char           *category,
                                           GError              **error);

void      shop_db_get_user_async          (ShopDb               *self,
                                           gint64                id,
                                           GCancellable         *cancellable,
                                           GAsyncReadyCallback   callback,
                                           gpointer              user_data);
GVariant *shop_db_get_user_finish         (GAsyncResult         *result,
                                           GError              **error);
void      shop_db_get_users_async         (ShopDb               *self,
                                           const gint64         *ids,
                                           guint                 n_ids,
                                           GCancellable         *cancellable,
                                           GAsyncReadyCallback   callback,
                                           gpointer              user_data);
GVariant *shop_db_get_users_finish        (GAsyncResult         *result,
                                           GError              **error);
void      shop_db_get_product_async       (ShopDb               *self,
                                           gint64                id,
                                           GCancellable         *cancellable,
                                           GAsyncReadyCallback   callback,
                                           gpointer              user_data);
GVariant *shop_db_get_product_finish      (GAsyncResult         *result,
                                           GError              **error);
void      shop_db_get_session_async       (ShopDb               *self,
                                           const char           *token,
                                           GCancellable         *cancellable,
                                           GAsyncReadyCallback   callback,
                                           gpointer              user_data);
GVariant *shop_db_get_session_finish      (GAsyncResult         *result,
                                           GError              **error);
void      shop_db_get_best_sellers_async  (ShopDb               *self,
                                           const char           *category,
                                           GCancellable         *cancellable,
                                           GAsyncReadyCallback   callback,
                                           gpointer              user_data);
GVariant *shop_db_get_best_sellers_finish (GAsyncResult         *result,
                                           GError              **error);

gboolean  shop_db_execute                 (ShopDb               *self,
                                           const char           *statement,
                                           GError              **error);
gboolean  shop_db_set_email               (ShopDb               *self,
                                           gint64                id,
                                           const char           *email,
                                           GError              **error);
gboolean  shop_db_give_orders             (ShopDb               *self,
                                           gint64                from,
                                           gint64                to,
                                           GError              **error);
gboolean  shop_db_rename_city             (ShopDb               *self,
                                           const char           *city,
                                           const char           *name,
                                           GError              **error);

void      shop_db_set_email_async         (ShopDb               *self,
                                           gint64                id,
                                           const char           *email,
                                           GAsyncReadyCallback   callback,
                                           gpointer              user_data);
void      shop_db_give_orders_async       (ShopDb               *self,
                                           gint64                from,
                                           gint64                to,
                                           GAsyncReadyCallback   callback,
                                           gpointer              user_data);
void      shop_db_rename_city_async       (ShopDb               *self,
                                           const char           *city,
                                           const char           *name,
                                           GAsyncReadyCallback   callback,
                                           gpointer              user_data);
gboolean  shop_db_change_finish           (GAsyncResult         *result,
                                           GError              **error);

guint64   shop_db_get_n_queries           (ShopDb               *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ShopDb, shop_db_unref)

G_END_DECLS
