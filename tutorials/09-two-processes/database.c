/* SPDX-License-Identifier: CC0-1.0 */
#include "database.h"

void
database_change (const char *folder,
                 const char *key,
                 const char *price)
{
  g_autofree char *path = g_build_filename (folder, key, NULL);
  g_autoptr(GError) error = NULL;

  if (!g_file_set_contents (path, price, -1, &error))
    g_error ("%s", error->message);
}

static void
answer (Database *database,
        MemoCall *call)
{
  const char *key = memo_call_get_key (call);
  g_autofree char *path = g_build_filename (database->folder, key, NULL);
  g_autofree char *price = NULL;

  if (!g_file_get_contents (path, &price, NULL, NULL))
    price = g_strdup_printf ("the price of %s", key);

  memo_call_return_entry (call, memo_entry_new_string (price));
}

void
database_load (MemoCall *call,
               gpointer  user_data)
{
  Database *database = user_data;

  database->n_queries++;
  if (database->is_slow)
    database->waiting = g_object_ref (call);
  else
    answer (database, call);
}

void
database_wake (Database *database)
{
  database->is_slow = FALSE;
  answer (database, database->waiting);
  g_clear_object (&database->waiting);
}
