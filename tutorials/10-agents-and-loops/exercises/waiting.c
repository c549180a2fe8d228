/* SPDX-License-Identifier: CC0-1.0 */

/* An agent waits for a server that needs ten questions until it is up: a poll, or none. */

#include <locale.h>

#include "await.h"
#include "tools.h"

static void
server_state_cb (MemoCall *call,
                 gpointer  n_questions)
{
  const gboolean up = ++*(guint *) n_questions == 10;

  memo_call_return_entry (call, memo_entry_new_string (up ? "up" : "starting"));
}

static void
wait_for_server (gboolean poll)
{
  guint n_questions = 0;
  g_autofree char *state = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(MemoAgentCache) agent_cache = memo_agent_cache_new (NULL, NULL);
  g_autoptr(MemoAgentTool) server_state =
    memo_agent_tool_new ("server_state", server_state_cb, &n_questions, NULL);
  g_autoptr(MemoAgentCacheSession) session = memo_agent_cache_session_new (agent_cache, "waits");

  /* [poll] */
  memo_agent_tool_set_poll (server_state, poll);
  memo_agent_cache_add (agent_cache, MEMO_AGENT_FUNCTION (server_state), NULL);
  /* [/poll] */

  do
    {
      g_free (state);
      state = tools_call (session, "server_state", NULL, &error);
    }
  while (g_strcmp0 (state, "starting") == 0);

  g_print ("%s: %u questions reached the server\n  %s\n", poll ? "A poll" : "Not a poll", n_questions,
           error != NULL ? error->message : state);
  memo_agent_cache_session_close (session);
}

int
main (void)
{
  setlocale (LC_ALL, "");

  wait_for_server (FALSE);
  wait_for_server (TRUE);

  return 0;
}
