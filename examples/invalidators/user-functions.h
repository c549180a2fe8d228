/* SPDX-License-Identifier: CC0-1.0 */
#pragma once

#include <libcache.h>

G_BEGIN_DECLS

/* A read of the shop and changes of it, all over a ShopDb; and what holds one of them back, for a
 * story in which things happen at the wrong moment. */

/* get_user (x id) */
void load_user_cb      (MemoCall *call,
                        gpointer  db);

/* update_user (x id, s email) */
void update_user_cb    (MemoCall *call,
                        gpointer  db);

/* give_orders (x from, x to), and the users that this is about */
void give_orders_cb    (MemoCall *call,
                        gpointer  db);
void both_users_cb     (MemoCall *call,
                        gpointer  user_data);

/* rename_city (s city, s name) */
void rename_city_cb    (MemoCall *call,
                        gpointer  db);

/* The next read waits, when it has asked the database, until it may say what it was told. */
void hold_read         (void);
void await_held_read   (void);
void release_read      (void);

/* This one waits until it may touch the database; then it is an update_user. */
void hold_change_cb    (MemoCall *call,
                        gpointer  user_data);
void await_held_change (void);
void release_change    (gpointer  db);

G_END_DECLS
