/* SPDX-License-Identifier: CC0-1.0 */
#include "shop-db.h"

#include <glib/gstdio.h>
#include <sqlite3.h>

typedef enum
{
  QUERY_USER,
  QUERY_PRODUCT,
  QUERY_SESSION,
  QUERY_BEST_SELLERS,
  N_QUERIES
} Query;

/* One user or many: their rows are the same. */
#define SELECT_USERS(which)                                                        \
  "SELECT users.id, users.name, users.email, users.city,"                          \
  "       count (orders.id) AS orders,"                                            \
  "       coalesce (sum (orders.quantity * products.price_cents), 0) AS spent_cents" \
  "  FROM users"                                                                   \
  "  LEFT JOIN orders   ON orders.user_id = users.id"                              \
  "  LEFT JOIN products ON products.id = orders.product_id"                        \
  " WHERE users.id " which                                                         \
  " GROUP BY users.id"

static const char * const sql[N_QUERIES] = {
  [QUERY_USER] = SELECT_USERS ("= ?1"),

  [QUERY_PRODUCT] =
    "SELECT id, name, category, price_cents, stock FROM products WHERE id = ?1",

  [QUERY_SESSION] =
    "SELECT sessions.token, sessions.user_id, users.name AS user_name, sessions.expires"
    "  FROM sessions JOIN users ON users.id = sessions.user_id"
    " WHERE sessions.token = ?1",

  [QUERY_BEST_SELLERS] =
    "SELECT products.id, products.name, sum (orders.quantity) AS sold"
    "  FROM orders JOIN products ON products.id = orders.product_id"
    " WHERE products.category = ?1"
    " GROUP BY products.id"
    " ORDER BY sold DESC, products.id"
    " LIMIT 5",
};

/* SQLite lets one thread at a time use a connection, so each query takes one that is idle,
 * or opens another: there are as many as queries ever ran at once. */
typedef struct
{
  sqlite3      *handle;
  sqlite3_stmt *statements[N_QUERIES];
} Connection;

struct _ShopDb
{
  char      *path;
  char      *folder;       /* of a copy, which goes with the ShopDb; else NULL */
  GMutex     mutex;        /* protects idle and n_queries */
  GPtrArray *idle;         /* (element-type Connection) */
  guint64    n_queries;
  GMutex     write_mutex;  /* protects writer, also while it works */
  sqlite3   *writer;
};

static void
connection_free (Connection *connection)
{
  for (guint i = 0; i < N_QUERIES; i++)
    sqlite3_finalize (connection->statements[i]);

  sqlite3_close (connection->handle);
  g_free (connection);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Connection, connection_free)

/* SQLite itself says that a statement began to run: the figure is the database's own. */
static int
statement_started_cb (unsigned int  type,
                      void         *data,
                      void         *statement,
                      void         *text)
{
  ShopDb *self = data;

  g_mutex_lock (&self->mutex);
  self->n_queries++;
  g_mutex_unlock (&self->mutex);

  return 0;
}

static void
set_error (GError     **error,
           const char  *what,
           sqlite3     *handle)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", what, sqlite3_errmsg (handle));
}

static Connection *
open_connection (ShopDb  *self,
                 GError **error)
{
  g_autoptr(Connection) connection = g_new0 (Connection, 1);

  if (sqlite3_open_v2 (self->path, &connection->handle,
                       SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
    {
      set_error (error, self->path, connection->handle);
      return NULL;
    }

  /* Compiling a statement reads the schema, which is no query of ours: count from here on. */
  for (guint i = 0; i < N_QUERIES; i++)
    if (sqlite3_prepare_v3 (connection->handle, sql[i], -1, SQLITE_PREPARE_PERSISTENT,
                            &connection->statements[i], NULL) != SQLITE_OK)
      {
        set_error (error, self->path, connection->handle);
        return NULL;
      }

  sqlite3_trace_v2 (connection->handle, SQLITE_TRACE_STMT, statement_started_cb, self);

  return g_steal_pointer (&connection);
}

static Connection *
take_connection (ShopDb  *self,
                 GError **error)
{
  Connection *connection = NULL;

  g_mutex_lock (&self->mutex);
  if (self->idle->len > 0)
    connection = g_ptr_array_steal_index_fast (self->idle, self->idle->len - 1);
  g_mutex_unlock (&self->mutex);

  return connection != NULL ? connection : open_connection (self, error);
}

static void
give_connection_back (ShopDb     *self,
                      Connection *connection)
{
  g_mutex_lock (&self->mutex);
  g_ptr_array_add (self->idle, connection);
  g_mutex_unlock (&self->mutex);
}

/* There are whole numbers and text in the shop, and nothing else. */
static GVariant *
row_to_variant (sqlite3_stmt *statement)
{
  g_auto(GVariantBuilder) row = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);

  for (int i = 0; i < sqlite3_column_count (statement); i++)
    {
      GVariant *value;

      if (sqlite3_column_type (statement, i) == SQLITE_INTEGER)
        value = g_variant_new_int64 (sqlite3_column_int64 (statement, i));
      else
        value = g_variant_new_string ((const char *) sqlite3_column_text (statement, i));

      g_variant_builder_add (&row, "{sv}", sqlite3_column_name (statement, i), value);
    }

  return g_variant_ref_sink (g_variant_builder_end (&row));
}

/* Gives all rows of a statement. */
static GPtrArray *
step_through (Connection    *connection,
              sqlite3_stmt  *statement,
              GError       **error)
{
  g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
  int status;

  while ((status = sqlite3_step (statement)) == SQLITE_ROW)
    g_ptr_array_add (rows, row_to_variant (statement));

  if (status != SQLITE_DONE)
    {
      set_error (error, "the shop", connection->handle);
      g_clear_pointer (&rows, g_ptr_array_unref);
    }

  return g_steal_pointer (&rows);
}

/* Runs a query on a connection of its own and gives its rows. */
static GPtrArray *
run_query (ShopDb      *self,
           Query        query,
           gint64       id,
           const char  *text,
           GError     **error)
{
  Connection *connection = take_connection (self, error);
  sqlite3_stmt *statement;
  GPtrArray *rows;

  if (connection == NULL)
    return NULL;

  statement = connection->statements[query];

  if (text != NULL)
    sqlite3_bind_text (statement, 1, text, -1, SQLITE_STATIC);
  else
    sqlite3_bind_int64 (statement, 1, id);

  rows = step_through (connection, statement, error);

  sqlite3_reset (statement);
  sqlite3_clear_bindings (statement);
  give_connection_back (self, connection);

  return rows;
}

/* Gives the users with one of IDS, in one query. */
static GPtrArray *
run_query_of_users (ShopDb        *self,
                    const gint64  *ids,
                    guint          n_ids,
                    GError       **error)
{
  Connection *connection = take_connection (self, error);
  g_autoptr(GString) list = g_string_new (NULL);
  g_autofree char *query = NULL;
  sqlite3_stmt *statement;
  GPtrArray *rows = NULL;

  if (connection == NULL)
    return NULL;

  for (guint i = 0; i < n_ids; i++)
    g_string_append_printf (list, "%s%" G_GINT64_FORMAT, i > 0 ? ", " : "", ids[i]);
  query = g_strdup_printf (SELECT_USERS ("IN (%s)"), list->str);

  if (sqlite3_prepare_v2 (connection->handle, query, -1, &statement, NULL) == SQLITE_OK)
    rows = step_through (connection, statement, error);
  else
    set_error (error, "the shop", connection->handle);

  sqlite3_finalize (statement);
  give_connection_back (self, connection);

  return rows;
}

static GVariant *
rows_to_variant (GPtrArray *rows)
{
  return g_variant_ref_sink (g_variant_new_array (G_VARIANT_TYPE_VARDICT, (GVariant **) rows->pdata, rows->len));
}

/* What a query is answered with: one row, or the array of them when it is a list. */
static GVariant *
ask (ShopDb      *self,
     Query        query,
     gint64       id,
     const char  *text,
     GError     **error)
{
  g_autoptr(GPtrArray) rows = run_query (self, query, id, text, error);

  if (rows == NULL || rows->len == 0)
    return NULL;

  if (query != QUERY_BEST_SELLERS)
    return g_variant_ref (g_ptr_array_index (rows, 0));

  return rows_to_variant (rows);
}

static void
delete_copy (const char *copy,
             const char *folder)
{
  g_unlink (copy);
  g_rmdir (folder);
}

/* Opens the database for reading. */
ShopDb *
shop_db_open (const char  *path,
              GError     **error)
{
  g_autoptr(ShopDb) self = g_atomic_rc_box_new0 (ShopDb);
  Connection *connection;

  self->path = g_strdup (path);
  g_mutex_init (&self->mutex);
  g_mutex_init (&self->write_mutex);
  self->idle = g_ptr_array_new_with_free_func ((GDestroyNotify) connection_free);

  connection = open_connection (self, error);
  if (connection == NULL)
    return NULL;

  give_connection_back (self, connection);

  return g_steal_pointer (&self);
}

/* Opens a copy of the database, for those who change it; it is deleted in the end. */
ShopDb *
shop_db_open_copy (const char  *path,
                   GError     **error)
{
  g_autofree char *folder = g_dir_make_tmp ("shop-XXXXXX", error);
  g_autofree char *copy = folder != NULL ? g_build_filename (folder, "shop.db", NULL) : NULL;
  g_autoptr(GFile) from = g_file_new_for_path (path);
  g_autoptr(GFile) to = NULL;
  ShopDb *self = NULL;

  if (folder == NULL)
    return NULL;

  to = g_file_new_for_path (copy);
  if (g_file_copy (from, to, G_FILE_COPY_NONE, NULL, NULL, NULL, error))
    self = shop_db_open (copy, error);

  if (self != NULL)
    self->folder = g_steal_pointer (&folder);
  else
    delete_copy (copy, folder);

  return self;
}

ShopDb *
shop_db_ref (ShopDb *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
shop_db_clear (gpointer data)
{
  ShopDb *self = data;

  g_ptr_array_unref (self->idle);
  sqlite3_close (self->writer);
  if (self->folder != NULL)
    delete_copy (self->path, self->folder);
  g_mutex_clear (&self->mutex);
  g_mutex_clear (&self->write_mutex);
  g_free (self->path);
  g_free (self->folder);
}

void
shop_db_unref (ShopDb *self)
{
  g_atomic_rc_box_release_full (self, shop_db_clear);
}

/* A user with the number of orders and the money spent: a{sv}. */
GVariant *
shop_db_get_user (ShopDb  *self,
                  gint64   id,
                  GError **error)
{
  return ask (self, QUERY_USER, id, NULL, error);
}

/* The users with one of IDS, in the order of their ids: aa{sv}. */
GVariant *
shop_db_get_users (ShopDb        *self,
                   const gint64  *ids,
                   guint          n_ids,
                   GError       **error)
{
  g_autoptr(GPtrArray) rows = run_query_of_users (self, ids, n_ids, error);

  return rows != NULL ? rows_to_variant (rows) : NULL;
}

/* A product: a{sv}. */
GVariant *
shop_db_get_product (ShopDb  *self,
                     gint64   id,
                     GError **error)
{
  return ask (self, QUERY_PRODUCT, id, NULL, error);
}

/* A session with the name of its user: a{sv}. */
GVariant *
shop_db_get_session (ShopDb      *self,
                     const char  *token,
                     GError     **error)
{
  return ask (self, QUERY_SESSION, 0, token, error);
}

/* The five products of a category that sold most, out of all orders: aa{sv}. */
GVariant *
shop_db_get_best_sellers (ShopDb      *self,
                          const char  *category,
                          GError     **error)
{
  return ask (self, QUERY_BEST_SELLERS, 0, category, error);
}

/* Changes the shop. */
gboolean
shop_db_execute (ShopDb      *self,
                 const char  *statement,
                 GError     **error)
{
  gboolean done = TRUE;

  g_mutex_lock (&self->write_mutex);

  if ((self->writer == NULL &&
       sqlite3_open_v2 (self->path, &self->writer,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) ||
      sqlite3_exec (self->writer, statement, NULL, NULL, NULL) != SQLITE_OK)
    {
      set_error (error, "the shop", self->writer);
      done = FALSE;
    }

  g_mutex_unlock (&self->write_mutex);

  return done;
}

/* How many queries SQLite ran, by its own account; what changed the shop is no query. */
guint64
shop_db_get_n_queries (ShopDb *self)
{
  guint64 n_queries;

  g_mutex_lock (&self->mutex);
  n_queries = self->n_queries;
  g_mutex_unlock (&self->mutex);

  return n_queries;
}
