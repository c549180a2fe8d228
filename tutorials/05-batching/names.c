/* SPDX-License-Identifier: CC0-1.0 */
#include "names.h"

/* [batch-loader] */
static void
rows_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr(MemoCall) call = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(GPtrArray) rows = slow_source_ask_many_finish (SLOW_SOURCE (source), result, &error);

  if (error != NULL)
    {
      memo_call_return_error (call, g_steal_pointer (&error));
      return;
    }

  for (guint i = 0; i < rows->len; i++)
    {
      SlowRow *row = rows->pdata[i];

      memo_call_answer (call, row->key, memo_entry_new_string (row->answer));
    }
  memo_call_finish_batch (call);
}

static void
load_names_cb (MemoCall *call,
               gpointer  database)
{
  slow_source_ask_many_async (database, memo_call_get_keys (call), memo_call_get_cancellable (call),
                              rows_cb, g_object_ref (call));
}

MemoLoader *
names_loader_new (SlowSource *database)
{
  return memo_loader_new_batch (load_names_cb, g_object_ref (database), g_object_unref);
}
/* [/batch-loader] */
