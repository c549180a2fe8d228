/* SPDX-License-Identifier: CC0-1.0 */

/* Three agents without a model: what they call is written down.  Their reads are remembered in a table, or not at all. */

#include <stdlib.h>

#include "desk.h"

/* How many calls an agent may make. */
#define BUDGET 1000

/* An agent, and what it remembers: answers by the tool and its argument, or NULL. */
typedef struct
{
  Desk       *desk;
  GHashTable *table;
} Agent;

typedef const char *(*Tool) (Desk       *desk,
                             const char *path);

/* [table] */
static char *
call (Agent      *agent,
      const char *name,
      Tool        tool,
      const char *path)
{
  g_autofree char *key = g_strconcat (name, " ", path, NULL);
  char *answer;

  if (agent->table != NULL && g_hash_table_contains (agent->table, key))
    return g_strdup (g_hash_table_lookup (agent->table, key));

  answer = g_strdup (tool (agent->desk, path));
  if (agent->table != NULL)
    g_hash_table_insert (agent->table, g_steal_pointer (&key), g_strdup (answer));

  return answer;
}
/* [/table] */

/* [questions] */
/* Forty questions about one book; for each the agent opens it. */
static void
answer_questions (Agent      *agent,
                  const char *how)
{
  for (guint i = 0; i < 40; i++)
    {
      g_autofree char *text = call (agent, "read_file", desk_read, "book.txt");
    }

  g_print ("  %-22s %2u of 40 reads were executed\n", how, agent->desk->n_executed);
}
/* [/questions] */

/* [additions] */
/* Ten times one more: it reads the total, and writes the next. */
static void
add_up (Agent      *agent,
        const char *how)
{
  guint n_stale = 0;

  for (guint i = 0; i < 10; i++)
    {
      g_autofree char *total = call (agent, "read_file", desk_read, "total.txt");
      g_autofree char *next = g_strdup_printf ("%d", atoi (total) + 1);

      n_stale += !g_str_equal (total, g_hash_table_lookup (agent->desk->files, "total.txt"));
      desk_write (agent->desk, "total.txt", next);
    }

  g_print ("  %-22s %2u of 10 reads were stale, and the total is %s\n", how, n_stale,
           (char *) g_hash_table_lookup (agent->desk->files, "total.txt"));
}
/* [/additions] */

/* [search] */
/* It looks for the settings in two places, finds them in neither, and looks again, to be sure. */
static void
search (Agent      *agent,
        const char *how)
{
  const char *places[] = { "settings.ini", "src/settings.ini" };
  guint n_calls = 0;
  gboolean found = FALSE;

  while (!found && n_calls < BUDGET)
    {
      g_autofree char *answer = call (agent, "find_file", desk_find, places[n_calls++ % 2]);

      found = g_str_equal (answer, "it is there");
    }

  g_print ("  %-22s %u calls, %u executed, and %s\n", how, n_calls, agent->desk->n_executed,
           found ? "found" : "nothing found");
}
/* [/search] */

static void
play (const char *title,
      void      (*story) (Agent      *agent,
                          const char *how))
{
  g_autoptr(GHashTable) table = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr(Desk) without = desk_new ();
  g_autoptr(Desk) with = desk_new ();

  g_print ("%s\n", title);
  story (&(Agent) { without, NULL }, "nothing is remembered:");
  story (&(Agent) { with, table }, "remembered in a table:");
  g_print ("\n");
}

int
main (void)
{
  play ("Forty questions about one book", answer_questions);
  play ("Ten times one more", add_up);
  play ("Where are the settings?", search);

  return 0;
}
