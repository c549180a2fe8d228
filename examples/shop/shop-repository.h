/* SPDX-License-Identifier: CC0-1.0 */
#pragma once

#include "shop-db.h"

G_BEGIN_DECLS

/* How a part of a program sees the shop, such as the one that serves a request: an object, with
 * methods to ask.  Many of them work on one database. */

#define SHOP_TYPE_REPOSITORY (shop_repository_get_type ())

G_DECLARE_FINAL_TYPE (ShopRepository, shop_repository, SHOP, REPOSITORY, GObject)

ShopRepository *shop_repository_new         (ShopDb         *db);

/* Gives its database, and counts that somebody asked. */
ShopDb         *shop_repository_ask         (ShopRepository *self);
guint           shop_repository_get_n_asked (ShopRepository *self);

G_END_DECLS
