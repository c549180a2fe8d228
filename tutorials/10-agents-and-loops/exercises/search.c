/* SPDX-License-Identifier: CC0-1.0 */

/* A search looks into files that no argument names.  It says which ones, or does not. */

#include "tools.h"

typedef struct
{
  Desk     *desk;
  gboolean  says_what_it_reads;
} Search;

/* [search] */
static void
search_text_cb (MemoCall *call,
                gpointer  user_data)
{
  static const char * const paths[] = { "README", "book.txt", "conf/app.toml", "total.txt" };
  Search *search = user_data;
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new ();
  g_auto(GStrv) found = NULL;
  g_autofree char *answer = NULL;
  const char *word;

  g_variant_get (memo_call_get_args (call), "(&s)", &word);
  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autofree char *resource = g_strconcat ("file:", paths[i], NULL);

      if (search->says_what_it_reads)
        memo_call_add_resources (call, (const char *[]) { resource, NULL });
      if (strstr (desk_read (search->desk, paths[i]), word) != NULL)
        g_strv_builder_add (builder, paths[i]);
    }

  found = g_strv_builder_end (builder);
  answer = g_strjoinv (", ", found);
  memo_call_return_entry (call, memo_entry_new_string (answer));
}
/* [/search] */

static void
look (MemoAgentCacheSession *session,
      Desk                  *desk,
      const char            *when)
{
  guint before = desk->n_executed;
  g_autofree char *answer = tools_call (session, "search_text", g_variant_new ("(s)", "red"), NULL);

  g_print ("  %-22s %s (%u files read)\n", when, answer, desk->n_executed - before);
}

static void
work (gboolean says_what_it_reads)
{
  g_autoptr(Desk) desk = desk_new ();
  Search search = { desk, says_what_it_reads };
  g_autoptr(MemoAgentCache) agent_cache = tools_new (desk);
  g_autoptr(MemoAgentTool) search_text = memo_agent_tool_new ("search_text", search_text_cb, &search, NULL);
  g_autoptr(MemoAgentCacheSession) session = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *written = NULL;

  memo_agent_cache_add (agent_cache, MEMO_AGENT_FUNCTION (search_text), &error);
  g_assert_no_error (error);
  session = memo_agent_cache_session_new (agent_cache, "searches");

  g_print ("%s\n", says_what_it_reads ? "The search says what it reads" : "The search does not say what it reads");
  look (session, desk, "\"red\" is in");
  look (session, desk, "asked once more");
  written = tools_call (session, "write_file", g_variant_new ("(ss)", "README", "The colour is red."), NULL);
  look (session, desk, "README is changed");

  memo_agent_cache_session_close (session);
}

int
main (void)
{
  work (FALSE);
  work (TRUE);

  return 0;
}
