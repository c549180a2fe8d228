/* SPDX-License-Identifier: CC0-1.0 */

/* A token that says itself when it ends. */

#include <libcache.h>

#include "await.h"
#include "simulated-clock.h"

#define MINUTE     60.0
#define HOUR       (60 * MINUTE)
#define N_SECONDS  (24 * 3600)

typedef enum
{
  KEEP_AN_HOUR,
  KEEP_UNTIL_THE_END,
  KEEP_UNTIL_A_MINUTE_BEFORE,
} Keep;

typedef struct
{
  SimulatedClock *clock;
  Keep            keep;
  guint           n_tokens;
} Story;

/* [token] */
/* Every 50 minutes the service makes a token that is good for an hour, and gives out the newest. */
static void
token_cb (MemoCall *call,
          gpointer  user_data)
{
  Story *story = user_data;
  double now = simulated_clock_now (story->clock);
  guint n_made = now / (50 * MINUTE);
  double end = n_made * 50 * MINUTE + HOUR;
  MemoEntry *entry;

  story->n_tokens++;
  entry = memo_entry_new_double (end);
  if (story->keep == KEEP_UNTIL_THE_END)
    memo_entry_set_ttl (entry, end - now);
  else if (story->keep == KEEP_UNTIL_A_MINUTE_BEFORE)
    memo_entry_set_ttl (entry, end - now - MINUTE);
  memo_call_return_entry (call, entry);
}
/* [/token] */

static void
tell (const char *title,
      Keep        keep)
{
  g_autoptr(SimulatedClock) clock = simulated_clock_new ();
  Story story = { clock, keep, 0 };
  g_autoptr(MemoLoader) loader = memo_loader_new (token_cb, &story, NULL);
  g_autoptr(MemoCache) cache = g_object_new (MEMO_TYPE_ASYNC_CACHE,
                                             "default-ttl", HOUR,
                                             "clock", clock,
                                             NULL);
  guint n_requests = 0, n_refused = 0;

  /* [requests] */
  for (guint second = 0; second < N_SECONDS; second += 7)
    {
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(MemoEntry) entry = NULL;

      simulated_clock_run_until (clock, second);
      memo_cache_get_async (cache, "token", MEMO_GET_NONE, loader, NULL, await_cb, &result);
      entry = memo_cache_get_finish (cache, simulated_clock_await (clock, &result), NULL);

      /* The other side looks at the token when the request is there: 10 seconds later. */
      n_requests++;
      n_refused += memo_entry_get_double (entry) <= second + 10.0;
    }
  /* [/requests] */

  g_print ("%-34s %6u   %16u\n", title, story.n_tokens, n_refused);
}

int
main (void)
{
  g_print ("a request every 7 seconds, a day    tokens   refused requests\n");
  tell ("kept for an hour", KEEP_AN_HOUR);
  tell ("kept until it ends", KEEP_UNTIL_THE_END);
  tell ("kept until a minute before it ends", KEEP_UNTIL_A_MINUTE_BEFORE);

  return 0;
}
