/* SPDX-License-Identifier: CC0-1.0 */
#include "shop-db.h"

/* The shop's database for programs with a main loop: a thread does the work. */

typedef struct _Question Question;

struct _Question
{
  ShopDb   *db;
  gint64    id;
  gint64    other_id;
  char     *text;
  char     *other_text;
  gint64   *ids;
  guint     n_ids;
  GVariant * (*ask)    (Question *self, GError **error);
  gboolean   (*change) (Question *self, GError **error);
};

static Question *
question_new (ShopDb *db)
{
  Question *self = g_new0 (Question, 1);

  self->db = shop_db_ref (db);

  return self;
}

static void
question_free (gpointer data)
{
  Question *self = data;

  g_clear_pointer (&self->db, shop_db_unref);
  g_free (self->text);
  g_free (self->other_text);
  g_free (self->ids);
  g_free (self);
}

static void
work_in_thread_cb (GTask        *task,
                   gpointer      source_object,
                   gpointer      task_data,
                   GCancellable *cancellable)
{
  Question *question = task_data;
  GVariant *answer = NULL;
  GError *error = NULL;

  if (question->ask != NULL)
    answer = question->ask (question, &error);
  else
    question->change (question, &error);

  /* Before anybody hears of it: the thread may be the last to let go of its task, and whoever
   * closes the database then would do so too early. */
  g_clear_pointer (&question->db, shop_db_unref);

  if (error != NULL)
    g_task_return_error (task, error);
  else if (question->ask != NULL)
    g_task_return_pointer (task, answer, (GDestroyNotify) g_variant_unref);
  else
    g_task_return_boolean (task, TRUE);
}

/* Takes the question. */
static void
work_async (Question            *question,
            gpointer             tag,
            GCancellable        *cancellable,
            GAsyncReadyCallback  callback,
            gpointer             user_data)
{
  g_autoptr(GTask) task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_set_source_tag (task, tag);
  g_task_set_task_data (task, question, question_free);
  g_task_run_in_thread (task, work_in_thread_cb);
}

static GVariant *
ask_finish (GAsyncResult  *result,
            gpointer       tag,
            GError       **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, tag), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/* --- questions --- */

static GVariant *
ask_user (Question  *self,
          GError   **error)
{
  return shop_db_get_user (self->db, self->id, error);
}

void
shop_db_get_user_async (ShopDb              *self,
                        gint64               id,
                        GCancellable        *cancellable,
                        GAsyncReadyCallback  callback,
                        gpointer             user_data)
{
  Question *question = question_new (self);

  question->id = id;
  question->ask = ask_user;
  work_async (question, shop_db_get_user_async, cancellable, callback, user_data);
}

GVariant *
shop_db_get_user_finish (GAsyncResult  *result,
                         GError       **error)
{
  return ask_finish (result, shop_db_get_user_async, error);
}

static GVariant *
ask_users (Question  *self,
           GError   **error)
{
  return shop_db_get_users (self->db, self->ids, self->n_ids, error);
}

void
shop_db_get_users_async (ShopDb              *self,
                         const gint64        *ids,
                         guint                n_ids,
                         GCancellable        *cancellable,
                         GAsyncReadyCallback  callback,
                         gpointer             user_data)
{
  Question *question = question_new (self);

  question->ids = g_memdup2 (ids, n_ids * sizeof *ids);
  question->n_ids = n_ids;
  question->ask = ask_users;
  work_async (question, shop_db_get_users_async, cancellable, callback, user_data);
}

GVariant *
shop_db_get_users_finish (GAsyncResult  *result,
                          GError       **error)
{
  return ask_finish (result, shop_db_get_users_async, error);
}

static GVariant *
ask_product (Question  *self,
             GError   **error)
{
  return shop_db_get_product (self->db, self->id, error);
}

void
shop_db_get_product_async (ShopDb              *self,
                           gint64               id,
                           GCancellable        *cancellable,
                           GAsyncReadyCallback  callback,
                           gpointer             user_data)
{
  Question *question = question_new (self);

  question->id = id;
  question->ask = ask_product;
  work_async (question, shop_db_get_product_async, cancellable, callback, user_data);
}

GVariant *
shop_db_get_product_finish (GAsyncResult  *result,
                            GError       **error)
{
  return ask_finish (result, shop_db_get_product_async, error);
}

static GVariant *
ask_session (Question  *self,
             GError   **error)
{
  return shop_db_get_session (self->db, self->text, error);
}

void
shop_db_get_session_async (ShopDb              *self,
                           const char          *token,
                           GCancellable        *cancellable,
                           GAsyncReadyCallback  callback,
                           gpointer             user_data)
{
  Question *question = question_new (self);

  question->text = g_strdup (token);
  question->ask = ask_session;
  work_async (question, shop_db_get_session_async, cancellable, callback, user_data);
}

GVariant *
shop_db_get_session_finish (GAsyncResult  *result,
                            GError       **error)
{
  return ask_finish (result, shop_db_get_session_async, error);
}

static GVariant *
ask_best_sellers (Question  *self,
                  GError   **error)
{
  return shop_db_get_best_sellers (self->db, self->text, error);
}

void
shop_db_get_best_sellers_async (ShopDb              *self,
                                const char          *category,
                                GCancellable        *cancellable,
                                GAsyncReadyCallback  callback,
                                gpointer             user_data)
{
  Question *question = question_new (self);

  question->text = g_strdup (category);
  question->ask = ask_best_sellers;
  work_async (question, shop_db_get_best_sellers_async, cancellable, callback, user_data);
}

GVariant *
shop_db_get_best_sellers_finish (GAsyncResult  *result,
                                 GError       **error)
{
  return ask_finish (result, shop_db_get_best_sellers_async, error);
}

/* --- changes --- */

static gboolean
change_email (Question  *self,
              GError   **error)
{
  return shop_db_set_email (self->db, self->id, self->text, error);
}

void
shop_db_set_email_async (ShopDb              *self,
                         gint64               id,
                         const char          *email,
                         GAsyncReadyCallback  callback,
                         gpointer             user_data)
{
  Question *question = question_new (self);

  question->id = id;
  question->text = g_strdup (email);
  question->change = change_email;
  work_async (question, shop_db_change_finish, NULL, callback, user_data);
}

static gboolean
change_orders (Question  *self,
               GError   **error)
{
  return shop_db_give_orders (self->db, self->id, self->other_id, error);
}

void
shop_db_give_orders_async (ShopDb              *self,
                           gint64               from,
                           gint64               to,
                           GAsyncReadyCallback  callback,
                           gpointer             user_data)
{
  Question *question = question_new (self);

  question->id = from;
  question->other_id = to;
  question->change = change_orders;
  work_async (question, shop_db_change_finish, NULL, callback, user_data);
}

static gboolean
change_city (Question  *self,
             GError   **error)
{
  return shop_db_rename_city (self->db, self->text, self->other_text, error);
}

void
shop_db_rename_city_async (ShopDb              *self,
                           const char          *city,
                           const char          *name,
                           GAsyncReadyCallback  callback,
                           gpointer             user_data)
{
  Question *question = question_new (self);

  question->text = g_strdup (city);
  question->other_text = g_strdup (name);
  question->change = change_city;
  work_async (question, shop_db_change_finish, NULL, callback, user_data);
}

/* Finishes any of the changes. */
gboolean
shop_db_change_finish (GAsyncResult  *result,
                       GError       **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, shop_db_change_finish), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
