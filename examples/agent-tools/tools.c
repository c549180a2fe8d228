/* SPDX-License-Identifier: CC0-1.0 */
#include "tools.h"

static GVariantDict *
dup_args (MemoCall *call)
{
  g_autoptr(GVariant) args = g_variant_get_child_value (memo_call_get_args (call), 0);

  return g_variant_dict_new (args);
}

static char *
dup_path (World        *world,
          GVariantDict *args)
{
  const char *path = "";

  g_variant_dict_lookup (args, "path", "&s", &path);

  return g_build_filename (world->folder, path, NULL);
}

/* --- the shop --- */

static void
got_user_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr(MemoCall) call = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) user = shop_db_get_user_finish (result, &error);
  const char *email = "nobody";

  if (error != NULL)
    {
      memo_call_return_error (call, g_steal_pointer (&error));
      return;
    }

  if (user != NULL)
    g_variant_lookup (user, "email", "&s", &email);
  memo_call_return_entry (call, memo_entry_new_string (email));
}

void
get_user_cb (MemoCall *call,
             gpointer  world)
{
  g_autoptr(GVariantDict) args = dup_args (call);
  gint64 id = 0;

  g_variant_dict_lookup (args, "id", "x", &id);
  shop_db_get_user_async (((World *) world)->db, id, memo_call_get_cancellable (call), got_user_cb, g_object_ref (call));
}

static void
set_email_done_cb (GObject      *source,
                   GAsyncResult *result,
                   gpointer      user_data)
{
  g_autoptr(MemoCall) call = user_data;
  g_autoptr(GError) error = NULL;

  if (shop_db_change_finish (result, &error))
    memo_call_return_entry (call, memo_entry_new_string ("done"));
  else
    memo_call_return_error (call, g_steal_pointer (&error));
}

void
set_email_cb (MemoCall *call,
              gpointer  world)
{
  g_autoptr(GVariantDict) args = dup_args (call);
  const char *email = "";
  gint64 id = 0;

  g_variant_dict_lookup (args, "id", "x", &id);
  g_variant_dict_lookup (args, "email", "&s", &email);
  shop_db_set_email_async (((World *) world)->db, id, email, set_email_done_cb, g_object_ref (call));
}

/* --- files: these run in a thread, since they block --- */

void
read_file_cb (MemoCall *call,
              gpointer  world)
{
  g_autoptr(GVariantDict) args = dup_args (call);
  g_autofree char *path = dup_path (world, args);
  g_autofree char *text = NULL;
  g_autoptr(GError) error = NULL;

  if (g_file_get_contents (path, &text, NULL, NULL))
    memo_call_return_entry (call, memo_entry_new_string (text));
  else
    memo_call_return_error (call, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "there is no such file"));
}

void
write_file_cb (MemoCall *call,
               gpointer  world)
{
  g_autoptr(GVariantDict) args = dup_args (call);
  g_autofree char *path = dup_path (world, args);
  const char *text = "";
  GError *error = NULL;

  g_variant_dict_lookup (args, "text", "&s", &text);
  if (g_file_set_contents (path, text, -1, &error))
    memo_call_return_entry (call, memo_entry_new_string ("written"));
  else
    memo_call_return_error (call, error);
}

/* --- a job, and a page that nobody may see --- */

void
job_status_cb (MemoCall *call,
               gpointer  world)
{
  const gboolean done = ++((World *) world)->n_polls % 8 == 0;

  memo_call_return_entry (call, memo_entry_new_string (done ? "done" : "running"));
}

void
fetch_cb (MemoCall *call,
          gpointer  world)
{
  static guint request = 1000;

  memo_call_return_error (call, g_error_new (G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED,
                                             "403 forbidden (request r%u)", request++));
}

/* --- tools that call others --- */

/* [nested] */
static void
file_read_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  g_autoptr(MemoCall) call = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(MemoEntry) entry = memo_agent_cache_session_call_finish (MEMO_AGENT_CACHE_SESSION (source), result, &error);

  if (error != NULL)
    {
      memo_call_return_error (call, g_steal_pointer (&error));
      return;
    }

  g_auto(GStrv) words = g_strsplit (memo_entry_get_string (entry), " ", -1);
  g_autofree char *count = g_strdup_printf ("%u words", g_strv_length (words));

  memo_call_return_entry (call, memo_entry_new_string (count));
}

void
count_words_cb (MemoCall *call,
                gpointer  agent_cache)
{
  g_autoptr(MemoAgentCacheSession) session = memo_call_dup_agent_session (call);

  memo_agent_cache_session_call_async (session, memo_agent_cache_lookup (agent_cache, "read_file"),
                                       memo_call_get_args (call), call, MEMO_GET_NONE,
                                       memo_call_get_cancellable (call), file_read_cb, g_object_ref (call));
}
/* [/nested] */

static void
planned_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr(MemoCall) call = user_data;
  g_autoptr(GError) error = NULL;
  MemoEntry *entry = memo_agent_cache_session_call_finish (MEMO_AGENT_CACHE_SESSION (source), result, &error);

  if (error != NULL)
    memo_call_return_error (call, g_steal_pointer (&error));
  else
    memo_call_return_entry (call, entry);
}

/* To make a plan, make a plan. */
void
plan_cb (MemoCall *call,
         gpointer  agent_cache)
{
  g_autoptr(MemoAgentCacheSession) session = memo_call_dup_agent_session (call);

  memo_agent_cache_session_call_async (session, memo_agent_cache_lookup (agent_cache, "plan"),
                                       memo_call_get_args (call), call, MEMO_GET_NONE, NULL,
                                       planned_cb, g_object_ref (call));
}
