/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asks.h"
#include "bench.h"
#include "sources.h"
#include "workload.h"

/* What it costs that keys are made of arguments: calls of decorated functions, and of an agent's tools, whose answers are
 * there; each beside a plain get.  Arguments are at hand, as the key of the plain get is. */

#define SIZE 1000
#define PASS 200

typedef struct
{
  MemoDecorator         *function;
  MemoAgentCacheSession *session;
  MemoAgentFunction     *tool;
  MemoCache             *cache;
  ByHand                *by_hand;

  Keys                  *keys;
  GPtrArray             *arguments;         /* of the function, a tuple for each key */
  GPtrArray             *tool_arguments;    /* a tuple with a dictionary */
  guint                  place;
  guint                  at_once;
  Asks                  *asks;
} Calls;

/* With the key of that number. */
typedef void (*CallOne) (Calls *self,
                         guint  number);

static guint
call_all (Calls   *self,
          CallOne  call_one)
{
  guint right = 0;

  for (guint done = 0; done < PASS; done += self->at_once)
    {
      for (guint i = 0; i < self->at_once; i++)
        call_one (self, advance (&self->place, self->keys->count));
      right += asks_wait (self->asks);
    }

  return right;
}

/* --- functions --- */

/* The answer of a call is its argument. */
static void
answer (MemoCall *call,
        GVariant *argument)
{
  const char *text = g_variant_get_string (argument, NULL);
  g_autoptr(GBytes) value = source_read (text);

  memo_call_return_entry (call, memo_entry_new_bytes (value));
}

static void
function_cb (MemoCall *call,
             gpointer  user_data)
{
  g_autoptr(GVariant) text = g_variant_get_child_value (memo_call_get_args (call), 0);

  answer (call, text);
}

static void
tool_cb (MemoCall *call,
         gpointer  user_data)
{
  g_autoptr(GVariant) arguments = g_variant_get_child_value (memo_call_get_args (call), 0);
  g_autoptr(GVariant) text = g_variant_lookup_value (arguments, "text", G_VARIANT_TYPE_STRING);

  answer (call, text);
}

/* --- ways to call --- */

static void
called_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      ask)
{
  g_autoptr(MemoEntry) entry = memo_decorator_call_finish (MEMO_DECORATOR (source), result, NULL);

  asks_answered (ask, entry != NULL ? memo_entry_get_bytes (entry) : NULL);
}

static void
call_function (Calls *self,
               guint  number)
{
  memo_decorator_call_async (self->function, g_ptr_array_index (self->arguments, number), MEMO_GET_NONE, NULL, called_cb,
                             asks_add (self->asks, self->keys->texts[number]));
}

static void
tool_called_cb (GObject      *source,
                GAsyncResult *result,
                gpointer      ask)
{
  g_autoptr(MemoEntry) entry = memo_agent_cache_session_call_finish (MEMO_AGENT_CACHE_SESSION (source), result, NULL);

  asks_answered (ask, entry != NULL ? memo_entry_get_bytes (entry) : NULL);
}

static void
call_tool (Calls *self,
           guint  number)
{
  memo_agent_cache_session_call_async (self->session, self->tool, g_ptr_array_index (self->tool_arguments, number), NULL,
                                       MEMO_GET_NONE, NULL, tool_called_cb, asks_add (self->asks, self->keys->texts[number]));
}

static void
get_plainly (Calls *self,
             guint  number)
{
  asks_get (self->asks, self->cache, self->keys->texts[number], NULL);
}

/* Prints the arguments, which is how one makes a key by hand that no other arguments have. */
static char *
key_by_hand (GVariant *arguments)
{
  g_autofree char *printed = g_variant_print (arguments, TRUE);

  return g_strconcat ("function:", printed, NULL);
}

static void
get_printed (Calls     *self,
             GPtrArray *arguments,
             guint      number)
{
  g_autofree char *key = key_by_hand (g_ptr_array_index (arguments, number));

  by_hand_get_async (self->by_hand, key, asks_got_by_hand_cb, asks_add (self->asks, self->keys->texts[number]));
}

static void
call_by_hand (Calls *self,
              guint  number)
{
  get_printed (self, self->arguments, number);
}

static void
call_tool_by_hand (Calls *self,
                   guint  number)
{
  get_printed (self, self->tool_arguments, number);
}

static guint
run_function (gpointer data)
{
  return call_all (data, call_function);
}

static guint
run_tool (gpointer data)
{
  return call_all (data, call_tool);
}

static guint
run_plainly (gpointer data)
{
  return call_all (data, get_plainly);
}

static guint
run_by_hand (gpointer data)
{
  return call_all (data, call_by_hand);
}

static guint
run_tool_by_hand (gpointer data)
{
  return call_all (data, call_tool_by_hand);
}

/* --- all sides --- */

/* Takes the arguments, which may be floating. */
static void
keep (Calls     *self,
      GPtrArray *all_arguments,
      GVariant  *arguments,
      GBytes    *value)
{
  g_autofree char *key = key_by_hand (arguments);

  g_ptr_array_add (all_arguments, g_variant_ref_sink (arguments));
  by_hand_set (self->by_hand, key, value, 0);
}

/* Every answer is there before anything is measured. */
static void
fill (Calls *self)
{
  for (guint i = 0; i < self->keys->count; i++)
    {
      const char *text = self->keys->texts[i];
      g_autoptr(GBytes) value = source_read (text);

      keep (self, self->arguments, g_variant_new ("(s)", text), value);
      keep (self, self->tool_arguments, g_variant_new_parsed ("({'text': <%s>},)", text), value);
      memo_cache_set (self->cache, text, memo_entry_new_bytes (value));
      call_function (self, i);
      call_tool (self, i);
      asks_wait (self->asks);
    }
}

static void
compare (Bench      *bench,
         const char *name,
         Calls      *calls,
         guint     (*run_ours) (gpointer),
         guint     (*run_hand) (gpointer))
{
  guint reads = source_count ();

  bench_compare (bench, &(BenchRow) {
    .name = name,
    .operations = PASS,
    .ours = { .run = run_ours, .data = calls },
    .by_hand = { .name = "plain get", .run = run_plainly, .data = calls },
    .others = { { .name = "by hand", .run = run_hand, .data = calls } },
    .n_others = 1,
  });

  bench_check (bench, source_count () == reads, "calls: each was answered from the cache");
}

int
main (int    argc,
      char **argv)
{
  Bench *bench = bench_new (&argc, &argv);
  g_autoptr(MemoLoader) loader = memo_loader_new (function_cb, NULL, NULL);
  g_autoptr(MemoAsyncTtl) function = g_object_new (MEMO_TYPE_ASYNC_TTL, "name", "function", "loader", loader,
                                                   "time-to-live", 300.0, "maxsize", SIZE, NULL);
  g_autoptr(MemoAgentTool) tool = memo_agent_tool_new ("tool", tool_cb, NULL, NULL);
  g_autoptr(MemoAgentCache) agent_cache = memo_agent_cache_new ("somebody", NULL);
  g_autoptr(MemoAgentCacheSession) session = NULL;
  g_autoptr(Asks) asks = asks_new (PASS);
  g_autoptr(ByHand) by_hand = by_hand_new (2 * SIZE);
  g_autofree Keys *keys = keys_new (bench_scale (bench, SIZE), 6);
  g_autoptr(GPtrArray) arguments = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
  g_autoptr(GPtrArray) tool_arguments = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
  g_autoptr(GError) error = NULL;
  Calls calls = {
    .function = MEMO_DECORATOR (function),
    .tool = MEMO_AGENT_FUNCTION (tool),
    .cache = MEMO_CACHE (memo_async_cache_new (SIZE, 300.0)),
    .by_hand = by_hand,
    .keys = keys,
    .arguments = arguments,
    .tool_arguments = tool_arguments,
    .at_once = 1,
    .asks = asks,
  };

  g_main_context_acquire (NULL);

  memo_agent_tool_set_maxsize (tool, SIZE);
  if (!memo_agent_cache_add (agent_cache, calls.tool, &error))
    g_error ("%s", error->message);
  session = memo_agent_cache_session_new (agent_cache, "a session");
  calls.session = session;
  fill (&calls);

  bench_section (bench, "Calls of functions and tools");
  compare (bench, "decorated function, hit, one at a time", &calls, run_function, run_by_hand);
  compare (bench, "agent's tool, hit, one at a time", &calls, run_tool, run_tool_by_hand);
  calls.at_once = 100;
  compare (bench, "decorated function, hit, 100 at once, each", &calls, run_function, run_by_hand);
  compare (bench, "agent's tool, hit, 100 at once, each", &calls, run_tool, run_tool_by_hand);

  bench_drop (calls.cache);
  g_main_context_release (NULL);

  return bench_finish (bench);
}
