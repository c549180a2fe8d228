/* SPDX-License-Identifier: CC0-1.0 */

/* An agent at work, without a model: what it calls is written down here.  It reads users of the shop and files, changes
 * them and reads them again, waits for a job, and falls into each kind of loop.
 *
 *   agent-tools [SHOP.DB] */

#include <locale.h>

#include <libcache.h>

#include "await.h"
#include "remove-folder.h"
#include "tools.h"

typedef struct
{
  const char *tool;
  const char *args;         /* as a dictionary's text */
  guint       times;
} Step;

static gboolean all_right = TRUE;

static const Step reads[] = {
  { "get_user", "{'id': <int64 42>}", 3 },
  { "read_file", "{'path': <'notes.txt'>}", 3 },
  { "count_words", "{'path': <'notes.txt'>}", 2 },
};

static const Step changes[] = {
  { "set_email", "{'id': <int64 42>, 'email': <'amira@example.org'>}", 1 },
  { "get_user", "{'id': <int64 42>}", 2 },
  { "get_user", "{'id': <int64 7>}", 1 },
  { "write_file", "{'path': <'notes.txt'>, 'text': <'buy mugs and glasses and plates'>}", 1 },
  { "read_file", "{'path': <'notes.txt'>}", 2 },
  { "count_words", "{'path': <'notes.txt'>}", 2 },
};

static const Step waits[] = {
  { "job_status", "{'job': <'export'>}", 8 },
};

static const Step repeats[] = {
  { "read_file", "{'path': <'todo.txt'>}", 7 },
};

static const Step storms[] = {
  { "fetch", "{'url': <'https://shop.example.org/admin'>}", 5 },
};

/* Two files in turns. */
static const Step oscillates[] = {
  { "read_file", "{'path': <'a.txt'>}", 1 }, { "read_file", "{'path': <'b.txt'>}", 1 },
  { "read_file", "{'path': <'a.txt'>}", 1 }, { "read_file", "{'path': <'b.txt'>}", 1 },
  { "read_file", "{'path': <'a.txt'>}", 1 }, { "read_file", "{'path': <'b.txt'>}", 1 },
  { "read_file", "{'path': <'a.txt'>}", 1 },
};

static const Step nests[] = {
  { "plan", "{'for': <'the week'>}", 1 },
};

static const Step spends[] = {
  { "get_user", "{'id': <int64 1>}", 1 }, { "get_user", "{'id': <int64 2>}", 1 },
  { "get_user", "{'id': <int64 3>}", 1 }, { "get_user", "{'id': <int64 4>}", 1 },
};

/* Makes one call, and says what came of it. */
static void
make_call (MemoAgentCacheSession *session,
           const Step            *step)
{
  MemoAgentFunction *function =
    memo_agent_cache_lookup (memo_agent_cache_session_get_agent_cache (session), step->tool);
  g_autoptr(MemoMetrics) before = memo_agent_function_get_metrics (function);
  g_autoptr(MemoMetrics) after = NULL;
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(MemoEntry) entry = NULL;
  g_autoptr(GVariant) args = g_variant_parse (G_VARIANT_TYPE_VARDICT, step->args, NULL, NULL, &error);

  g_assert_no_error (error);

  /* [call] */
  memo_agent_cache_session_call_async (session, function, g_variant_new ("(@a{sv})", args), NULL,
                                       MEMO_GET_NONE, NULL, await_cb, &result);
  entry = memo_agent_cache_session_call_finish (session, await (&result), &error);
  /* [/call] */

  after = memo_agent_function_get_metrics (function);
  if (error != NULL)
    g_print ("  %-12s %s\n", step->tool, error->message);
  else
    g_print ("  %-12s %s (%s)\n", step->tool, memo_entry_get_string (entry),
             after->loads > before->loads ? "executed" : "remembered");
}

static void
play (MemoAgentCacheSession *session,
      const char            *about,
      const Step            *steps,
      gsize                  n_steps,
      guint64                loops_expected)
{
  g_autoptr(MemoMetrics) before = memo_agent_cache_session_get_metrics (session);
  g_autoptr(MemoMetrics) after = NULL;

  g_print ("%s\n", about);
  for (gsize i = 0; i < n_steps; i++)
    for (guint n = 0; n < steps[i].times; n++)
      make_call (session, &steps[i]);
  g_print ("\n");

  after = memo_agent_cache_session_get_metrics (session);
  all_right &= after->loop_detections - before->loop_detections == loops_expected;
}

#define PLAY(session, about, steps, loops) play (session, about, steps, G_N_ELEMENTS (steps), loops)

/* --- the tools --- */

static void
add (MemoAgentCache    *agent_cache,
     MemoAgentFunction *function,
     const char        *resource)
{
  g_autoptr(GError) error = NULL;

  memo_agent_function_set_resources (function, (const char *[]) { resource, NULL });
  memo_agent_cache_add (agent_cache, function, &error);
  g_assert_no_error (error);
}

/* Files block, so their functions have threads. */
static void
add_in_thread (MemoAgentCache *agent_cache,
               GType           type,
               const char     *name,
               MemoFunc        func,
               World          *world)
{
  /* [in-thread] */
  g_autoptr(MemoLoader) loader = memo_loader_new_in_thread (func, world, NULL);
  g_autoptr(MemoAgentFunction) function = g_object_new (type, "name", name, "loader", loader, NULL);
  /* [/in-thread] */

  add (agent_cache, function, "file:{path}");
}

static MemoAgentCache *
new_agent_cache (World *world)
{
  /* [tools] */
  MemoAgentCache *agent_cache = memo_agent_cache_new ("the shopkeeper", NULL);

  g_autoptr(MemoAgentTool) get_user = memo_agent_tool_new ("get_user", get_user_cb, world, NULL);
  add (agent_cache, MEMO_AGENT_FUNCTION (get_user), "user:{id}");

  g_autoptr(MemoAgentCacheInvalidator) set_email = memo_agent_cache_invalidator_new ("set_email", set_email_cb, world, NULL);
  add (agent_cache, MEMO_AGENT_FUNCTION (set_email), "user:{id}");

  g_autoptr(MemoAgentTool) job_status = memo_agent_tool_new ("job_status", job_status_cb, world, NULL);
  memo_agent_tool_set_poll (job_status, TRUE);
  add (agent_cache, MEMO_AGENT_FUNCTION (job_status), "job:{job}");
  /* [/tools] */

  g_autoptr(MemoAgentTool) fetch = memo_agent_tool_new ("fetch", fetch_cb, world, NULL);
  add (agent_cache, MEMO_AGENT_FUNCTION (fetch), "page:{url}");
  g_autoptr(MemoAgentTool) count_words = memo_agent_tool_new ("count_words", count_words_cb, agent_cache, NULL);
  add (agent_cache, MEMO_AGENT_FUNCTION (count_words), NULL);
  g_autoptr(MemoAgentTool) plan = memo_agent_tool_new ("plan", plan_cb, agent_cache, NULL);
  add (agent_cache, MEMO_AGENT_FUNCTION (plan), NULL);
  add_in_thread (agent_cache, MEMO_TYPE_AGENT_TOOL, "read_file", read_file_cb, world);
  add_in_thread (agent_cache, MEMO_TYPE_AGENT_CACHE_INVALIDATOR, "write_file", write_file_cb, world);

  return agent_cache;
}

static void
write_files (const char *folder)
{
  const char *files[][2] = { { "notes.txt", "buy mugs" }, { "todo.txt", "nothing" }, { "a.txt", "see b" }, { "b.txt", "see a" } };

  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *path = g_build_filename (folder, files[i][0], NULL);

      all_right &= g_file_set_contents (path, files[i][1], -1, NULL);
    }
}

static void
print_metrics (MemoAgentCache *agent_cache)
{
  g_auto(GStrv) names = memo_agent_cache_dup_names (agent_cache);
  g_autoptr(MemoMetrics) all = memo_agent_cache_get_metrics (agent_cache);

  g_print ("%-12s %5s %9s %6s %6s\n", "tool", "hits", "executed", "stale", "loops");
  for (gsize i = 0; names[i] != NULL; i++)
    {
      g_autoptr(MemoMetrics) one = memo_agent_function_get_metrics (memo_agent_cache_lookup (agent_cache, names[i]));

      g_print ("%-12s %5" G_GUINT64_FORMAT " %9" G_GUINT64_FORMAT " %6" G_GUINT64_FORMAT " %6" G_GUINT64_FORMAT "\n",
               names[i], one->hits, one->loads, one->invalidations, one->loop_detections);
    }
  g_print ("%-12s %5" G_GUINT64_FORMAT " %9" G_GUINT64_FORMAT " %6" G_GUINT64_FORMAT " %6" G_GUINT64_FORMAT "\n",
           "all", all->hits, all->loads, all->invalidations, all->loop_detections);
  g_print ("%.0f %% of the reads were remembered\n", 100.0 * all->hit_rate);
}

int
main (int    argc,
      char **argv)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(ShopDb) db = shop_db_open_copy (argc > 1 ? argv[1] : SHOP_DB, &error);
  g_autofree char *folder = g_dir_make_tmp ("agent-tools-XXXXXX", &error);
  World world = { db, folder, 0 };

  /* Messages have quotation marks in them that are not in ASCII. */
  setlocale (LC_ALL, "");

  if (db == NULL || folder == NULL)
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }

  write_files (folder);

  g_autoptr(MemoAgentCache) agent_cache = new_agent_cache (&world);
  g_autoptr(MemoAgentCacheSession) session = memo_agent_cache_session_new (agent_cache, "an honest one");
  g_autoptr(MemoAgentCacheSession) confused = memo_agent_cache_session_new (agent_cache, "a confused one");
  g_autoptr(MemoAgentCacheSession) spendthrift = memo_agent_cache_session_new (agent_cache, "a spendthrift");

  PLAY (session, "What it reads again is remembered", reads, 0);
  PLAY (session, "What it changes is read anew, and so is what was made of it", changes, 0);
  PLAY (session, "It waits for a job, which is no loop", waits, 0);

  PLAY (confused, "The same file, again and again", repeats, 2);
  PLAY (confused, "A page that it may not see", storms, 2);
  PLAY (confused, "Two files in turns", oscillates, 1);
  PLAY (confused, "A plan for a plan", nests, 1);

  memo_agent_cache_session_set_max_calls (spendthrift, 3);
  PLAY (spendthrift, "More calls than it may make", spends, 1);

  memo_agent_cache_session_close (session);
  memo_agent_cache_session_close (confused);
  memo_agent_cache_session_close (spendthrift);

  print_metrics (agent_cache);
  remove_folder (folder);

  return all_right ? 0 : 1;
}
