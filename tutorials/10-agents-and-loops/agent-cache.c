/* SPDX-License-Identifier: CC0-1.0 */

/* The three agents of by-hand.c, with an agent cache. */

#include <locale.h>
#include <stdlib.h>

#include "tools.h"

#define BUDGET 1000

static void
answer_questions (MemoAgentCacheSession *session,
                  Desk                  *desk)
{
  for (guint i = 0; i < 40; i++)
    {
      g_autofree char *text = tools_call (session, "read_file", g_variant_new ("(s)", "book.txt"), NULL);

      /* [progress] */
      /* A question is answered: the next read of the book is no repetition. */
      memo_agent_cache_session_mark_progress (session);
      /* [/progress] */
    }

  g_print ("  %u of 40 reads were executed\n", desk->n_executed);
}

static void
add_up (MemoAgentCacheSession *session,
        Desk                  *desk)
{
  guint n_stale = 0;

  for (guint i = 0; i < 10; i++)
    {
      g_autofree char *total = tools_call (session, "read_file", g_variant_new ("(s)", "total.txt"), NULL);
      g_autofree char *next = g_strdup_printf ("%d", atoi (total) + 1);
      g_autofree char *answer = NULL;

      n_stale += !g_str_equal (total, g_hash_table_lookup (desk->files, "total.txt"));
      answer = tools_call (session, "write_file", g_variant_new ("(ss)", "total.txt", next), NULL);
    }

  g_print ("  %u of 10 reads were stale, and the total is %s\n", n_stale,
           (char *) g_hash_table_lookup (desk->files, "total.txt"));
}

/* [search] */
/* When it is told that it goes round in a loop, it does something else: it reads what there is to read. */
static void
search (MemoAgentCacheSession *session,
        Desk                  *desk)
{
  const char *places[] = { "settings.ini", "src/settings.ini" };
  const char *instead[] = { "README", "conf/app.toml" };
  g_autoptr(GError) error = NULL;
  guint n_calls = 0;

  while (error == NULL && n_calls < BUDGET)
    {
      g_autofree char *answer = tools_call (session, "find_file", g_variant_new ("(s)", places[n_calls % 2]), &error);

      n_calls += answer != NULL;
    }
  g_print ("  after %u calls, %u of them executed:\n  %s\n", n_calls, desk->n_executed, error->message);

  for (gsize i = 0; i < G_N_ELEMENTS (instead); i++)
    {
      g_autofree char *text = tools_call (session, "read_file", g_variant_new ("(s)", instead[i]), NULL);

      n_calls++;
      g_print ("  %s: %s\n", instead[i], text);
    }
  g_print ("  %u calls, and found\n", n_calls);
}
/* [/search] */

static void
play (const char *title,
      void      (*story) (MemoAgentCacheSession *session,
                          Desk                  *desk))
{
  g_autoptr(Desk) desk = desk_new ();
  g_autoptr(MemoAgentCache) agent_cache = tools_new (desk);
  g_autoptr(MemoAgentCacheSession) session = memo_agent_cache_session_new (agent_cache, title);

  g_print ("%s\n", title);
  story (session, desk);
  g_print ("\n");
  memo_agent_cache_session_close (session);
}

int
main (void)
{
  /* For the quotation marks of messages. */
  setlocale (LC_ALL, "");

  play ("Forty questions about one book", answer_questions);
  play ("Ten times one more", add_up);
  play ("Where are the settings?", search);

  return 0;
}
