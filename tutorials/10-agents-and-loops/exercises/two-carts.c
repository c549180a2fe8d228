/* SPDX-License-Identifier: CC0-1.0 */

/* Two customers talk to a shop, whose agent looks into the cart of whoever is talking: of all, or of the session. */

#include "tools.h"

/* Whose cart it is, the tool is not told by its arguments. */
static void
get_cart_cb (MemoCall *call,
             gpointer  data)
{
  g_autoptr(MemoAgentCacheSession) session = memo_call_dup_agent_session (call);
  g_autofree char *cart = g_strdup_printf ("the cart of %s", memo_agent_cache_session_get_session_id (session));

  memo_call_return_entry (call, memo_entry_new_string (cart));
}

static void
talk (MemoAgentScope scope)
{
  const char *customers[] = { "Amira", "Chen", "Amira" };
  g_autoptr(MemoAgentCache) agent_cache = memo_agent_cache_new (NULL, NULL);
  g_autoptr(MemoAgentTool) get_cart = memo_agent_tool_new ("get_cart", get_cart_cb, NULL, NULL);
  g_autoptr(MemoAgentCacheSession) amira = memo_agent_cache_session_new (agent_cache, "Amira");
  g_autoptr(MemoAgentCacheSession) chen = memo_agent_cache_session_new (agent_cache, "Chen");
  g_autoptr(MemoMetrics) metrics = NULL;

  /* [scope] */
  memo_agent_function_set_scope (MEMO_AGENT_FUNCTION (get_cart), scope);
  memo_agent_cache_add (agent_cache, MEMO_AGENT_FUNCTION (get_cart), NULL);
  /* [/scope] */

  g_print ("%s\n", scope == MEMO_AGENT_SCOPE_GLOBAL ? "For all sessions" : "For each session");
  for (gsize i = 0; i < G_N_ELEMENTS (customers); i++)
    {
      g_autofree char *cart = tools_call (i == 1 ? chen : amira, "get_cart", NULL, NULL);

      g_print ("  %-5s is shown %s\n", customers[i], cart);
    }

  metrics = memo_agent_cache_get_metrics (agent_cache);
  g_print ("  %" G_GUINT64_FORMAT " of 3 calls were executed\n", metrics->loads);
  memo_agent_cache_session_close (amira);
  memo_agent_cache_session_close (chen);
}

int
main (void)
{
  talk (MEMO_AGENT_SCOPE_GLOBAL);
  talk (MEMO_AGENT_SCOPE_SESSION);

  return 0;
}
