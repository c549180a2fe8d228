/* SPDX-License-Identifier: CC0-1.0 */
#include "user-functions.h"

#include "shop-db.h"

/* A change that waits until it may touch the database. */
static MemoCall *held_change;

/* A read that has asked the database, and waits until it may say what it was told. */
static gboolean hold_next_read;
static MemoCall *held_read;
static GVariant *held_user;

/* --- the read --- */

static void
user_read_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  g_autoptr(MemoCall) call = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) user = shop_db_get_user_finish (result, &error);

  if (error != NULL)
    {
      memo_call_return_error (call, g_steal_pointer (&error));
    }
  else if (hold_next_read)
    {
      hold_next_read = FALSE;
      held_read = g_steal_pointer (&call);
      held_user = g_steal_pointer (&user);
    }
  else
    {
      memo_call_return_entry (call, user != NULL ? memo_entry_new_variant (user) : NULL);
    }
}

void
load_user_cb (MemoCall *call,
              gpointer  db)
{
  gint64 id;

  g_variant_get (memo_call_get_args (call), "(x)", &id);
  shop_db_get_user_async (db, id, memo_call_get_cancellable (call), user_read_cb, g_object_ref (call));
}

/* Has the next read wait when it has asked the database. */
void
hold_read (void)
{
  hold_next_read = TRUE;
}

void
await_held_read (void)
{
  while (held_read == NULL)
    g_main_context_iteration (NULL, TRUE);
}

void
release_read (void)
{
  memo_call_return_entry (held_read, memo_entry_new_variant (held_user));
  g_clear_object (&held_read);
  g_clear_pointer (&held_user, g_variant_unref);
}

/* --- the changes --- */

static void
changed_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr(MemoCall) call = user_data;
  g_autoptr(GError) error = NULL;

  if (shop_db_change_finish (result, &error))
    memo_call_return_nothing (call);
  else
    memo_call_return_error (call, g_steal_pointer (&error));
}

/* [update] */
void
update_user_cb (MemoCall *call,
                gpointer  db)
{
  const char *email;
  gint64 id;

  g_variant_get (memo_call_get_args (call), "(x&s)", &id, &email);
  shop_db_set_email_async (db, id, email, changed_cb, g_object_ref (call));
}
/* [/update] */

void
hold_change_cb (MemoCall *call,
                gpointer  db)
{
  held_change = g_object_ref (call);
}

void
give_orders_cb (MemoCall *call,
                gpointer  db)
{
  gint64 from, to;

  g_variant_get (memo_call_get_args (call), "(xx)", &from, &to);
  shop_db_give_orders_async (db, from, to, changed_cb, g_object_ref (call));
}

/* [key-function] */
/* Two calls are wrong afterwards: get_user (from) and get_user (to). */
void
both_users_cb (MemoCall *call,
               gpointer  user_data)
{
  gint64 from, to;

  g_variant_get (memo_call_get_args (call), "(xx)", &from, &to);
  memo_call_return_entry (call, memo_entry_new_variant (g_variant_new_parsed ("[(%x,), (%x,)]", from, to)));
}
/* [/key-function] */

void
rename_city_cb (MemoCall *call,
                gpointer  db)
{
  const char *city, *name;

  g_variant_get (memo_call_get_args (call), "(&s&s)", &city, &name);
  shop_db_rename_city_async (db, city, name, changed_cb, g_object_ref (call));
}

void
await_held_change (void)
{
  while (held_change == NULL)
    g_main_context_iteration (NULL, TRUE);
}

/* Lets the change that is held update the user. */
void
release_change (gpointer db)
{
  update_user_cb (held_change, db);
  g_clear_object (&held_change);
}
