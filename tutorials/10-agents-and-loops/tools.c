/* SPDX-License-Identifier: CC0-1.0 */
#include "await.h"
#include "tools.h"

/* [functions] */
static void
read_file_cb (MemoCall *call,
              gpointer  desk)
{
  const char *path;

  g_variant_get (memo_call_get_args (call), "(&s)", &path);
  memo_call_return_entry (call, memo_entry_new_string (desk_read (desk, path)));
}

static void
write_file_cb (MemoCall *call,
               gpointer  desk)
{
  const char *path, *text;

  g_variant_get (memo_call_get_args (call), "(&s&s)", &path, &text);
  desk_write (desk, path, text);
  memo_call_return_entry (call, memo_entry_new_string ("written"));
}
/* [/functions] */

static void
find_file_cb (MemoCall *call,
              gpointer  desk)
{
  const char *path;

  g_variant_get (memo_call_get_args (call), "(&s)", &path);
  memo_call_return_entry (call, memo_entry_new_string (desk_find (desk, path)));
}

/* [add] */
/* All of them are about the file that is their first argument. */
static void
add (MemoAgentCache    *agent_cache,
     MemoAgentFunction *function)
{
  g_autoptr(GError) error = NULL;

  memo_agent_function_set_resources (function, (const char *[]) { "file:{0}", NULL });
  memo_agent_cache_add (agent_cache, function, &error);
  g_assert_no_error (error);
}

MemoAgentCache *
tools_new (Desk *desk)
{
  MemoAgentCache *agent_cache = memo_agent_cache_new (NULL, NULL);
  g_autoptr(MemoAgentTool) find_file = memo_agent_tool_new ("find_file", find_file_cb, desk, NULL);
  g_autoptr(MemoAgentTool) read_file = memo_agent_tool_new ("read_file", read_file_cb, desk, NULL);
  g_autoptr(MemoAgentCacheInvalidator) write_file =
    memo_agent_cache_invalidator_new ("write_file", write_file_cb, desk, NULL);

  add (agent_cache, MEMO_AGENT_FUNCTION (find_file));
  add (agent_cache, MEMO_AGENT_FUNCTION (read_file));
  add (agent_cache, MEMO_AGENT_FUNCTION (write_file));

  return agent_cache;
}
/* [/add] */

/* [call] */
char *
tools_call (MemoAgentCacheSession  *session,
            const char             *name,
            GVariant               *args,
            GError                **error)
{
  MemoAgentCache *agent_cache = memo_agent_cache_session_get_agent_cache (session);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(MemoEntry) entry = NULL;

  memo_agent_cache_session_call_async (session, memo_agent_cache_lookup (agent_cache, name), args, NULL,
                                       MEMO_GET_NONE, NULL, await_cb, &result);
  entry = memo_agent_cache_session_call_finish (session, await (&result), error);

  return entry != NULL ? g_strdup (memo_entry_get_string (entry)) : NULL;
}
/* [/call] */
