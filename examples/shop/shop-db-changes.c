/* SPDX-License-Identifier: CC0-1.0 */
#include "shop-db.h"

#include <sqlite3.h>

static gboolean
execute_printf (ShopDb      *self,
                GError     **error,
                const char  *format,
                ...)
{
  va_list args;
  char *statement;
  gboolean done;

  /* SQLite's own printf() knows how to quote text: %Q. */
  va_start (args, format);
  statement = sqlite3_vmprintf (format, args);
  va_end (args);

  done = shop_db_execute (self, statement, error);
  sqlite3_free (statement);

  return done;
}

/* Sets a user's address, which nobody else may have. */
gboolean
shop_db_set_email (ShopDb      *self,
                   gint64       id,
                   const char  *email,
                   GError     **error)
{
  return execute_printf (self, error, "UPDATE users SET email = %Q WHERE id = %lld", email, id);
}

/* Makes all orders of one user those of another. */
gboolean
shop_db_give_orders (ShopDb  *self,
                     gint64   from,
                     gint64   to,
                     GError **error)
{
  return execute_printf (self, error, "UPDATE orders SET user_id = %lld WHERE user_id = %lld", to, from);
}

/* Gives a city another name, for all who live there. */
gboolean
shop_db_rename_city (ShopDb      *self,
                     const char  *city,
                     const char  *name,
                     GError     **error)
{
  return execute_printf (self, error, "UPDATE users SET city = %Q WHERE city = %Q", name, city);
}
