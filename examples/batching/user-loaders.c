/* SPDX-License-Identifier: CC0-1.0 */
#include "user-loaders.h"

#include "shop-db.h"

static gint64
id_of (const char *key)
{
  return g_ascii_strtoll (key + strlen ("user:"), NULL, 10);
}

/* --- one by one --- */

static void
user_read_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  g_autoptr(MemoCall) call = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) user = shop_db_get_user_finish (result, &error);

  if (error != NULL)
    memo_call_return_error (call, g_steal_pointer (&error));
  else
    memo_call_return_entry (call, user != NULL ? memo_entry_new_variant (user) : NULL);
}

void
load_user_cb (MemoCall *call,
              gpointer  user_data)
{
  shop_db_get_user_async (user_data, id_of (memo_call_get_key (call)), memo_call_get_cancellable (call),
                          user_read_cb, g_object_ref (call));
}

/* --- many at a time --- */

/* [batch-loader] */
static void
ask_for_all (MemoCall            *call,
             ShopDb              *db,
             GAsyncReadyCallback  callback)
{
  const char * const *keys = memo_call_get_keys (call);
  guint n_keys = g_strv_length ((char **) keys);
  g_autofree gint64 *ids = g_new (gint64, n_keys);

  for (guint i = 0; i < n_keys; i++)
    ids[i] = id_of (keys[i]);

  shop_db_get_users_async (db, ids, n_keys, memo_call_get_cancellable (call), callback, g_object_ref (call));
}

static void
users_read_cb (GObject      *source,
               GAsyncResult *result,
               gpointer      user_data)
{
  g_autoptr(MemoCall) call = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) users = shop_db_get_users_finish (result, &error);
  GVariantIter iter;
  GVariant *user;

  if (error != NULL)
    {
      memo_call_return_error (call, g_steal_pointer (&error));
      return;
    }

  g_variant_iter_init (&iter, users);
  while (g_variant_iter_loop (&iter, "@a{sv}", &user))
    {
      gint64 id = -1;
      g_autofree char *key = NULL;

      g_variant_lookup (user, "id", "x", &id);
      key = g_strdup_printf ("user:%" G_GINT64_FORMAT, id);
      memo_call_answer (call, key, memo_entry_new_variant (user));
    }

  memo_call_finish_batch (call);
}

void
load_users_cb (MemoCall *call,
               gpointer  user_data)
{
  ask_for_all (call, user_data, users_read_cb);
}
/* [/batch-loader] */

/* Goes through the keys and not through the rows, and so knows what is missing. */
/* [say-what-is-missing] */
static GVariant *
find_row (GVariant *users,
          gint64    wanted)
{
  for (gsize i = 0; i < g_variant_n_children (users); i++)
    {
      g_autoptr(GVariant) user = g_variant_get_child_value (users, i);
      gint64 id;

      if (g_variant_lookup (user, "id", "x", &id) && id == wanted)
        return g_steal_pointer (&user);
    }

  return NULL;
}

static void
answer_every_key (MemoCall     *call,
                  GAsyncResult *result,
                  MemoEntry    *missing)
{
  const char * const *keys = memo_call_get_keys (call);
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) users = shop_db_get_users_finish (result, &error);

  if (error != NULL)
    {
      memo_call_return_error (call, g_steal_pointer (&error));
      return;
    }

  for (guint i = 0; keys[i] != NULL; i++)
    {
      g_autoptr(GVariant) user = find_row (users, id_of (keys[i]));

      if (user != NULL)
        memo_call_answer (call, keys[i], memo_entry_new_variant (user));
      else
        memo_call_answer (call, keys[i], missing != NULL ? memo_entry_ref (missing) : NULL);
    }

  memo_call_finish_batch (call);
}
/* [/say-what-is-missing] */

static void
users_or_none_read_cb (GObject      *source,
                       GAsyncResult *result,
                       gpointer      user_data)
{
  g_autoptr(MemoCall) call = user_data;

  answer_every_key (call, result, NULL);
}

void
load_users_or_none_cb (MemoCall *call,
                       gpointer  user_data)
{
  ask_for_all (call, user_data, users_or_none_read_cb);
}

static void
users_or_nothing_read_cb (GObject      *source,
                          GAsyncResult *result,
                          gpointer      user_data)
{
  g_autoptr(MemoCall) call = user_data;
  g_autoptr(MemoEntry) nothing = memo_entry_new (NULL);

  answer_every_key (call, result, nothing);
}

void
load_users_or_nothing_cb (MemoCall *call,
                          gpointer  user_data)
{
  ask_for_all (call, user_data, users_or_nothing_read_cb);
}
