/* SPDX-License-Identifier: CC0-1.0 */
#pragma once

#include <libcache.h>

G_BEGIN_DECLS

/* Loaders of users, all over a ShopDb: one at a time, and three for batches, which differ in what
 * they answer for a user who does not exist. */

void load_user_cb             (MemoCall *call,
                               gpointer  db);

void load_users_cb            (MemoCall *call,
                               gpointer  db);
void load_users_or_none_cb    (MemoCall *call,
                               gpointer  db);
void load_users_or_nothing_cb (MemoCall *call,
                               gpointer  db);

G_END_DECLS
