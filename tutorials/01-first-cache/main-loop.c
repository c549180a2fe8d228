/* SPDX-License-Identifier: CC0-1.0 */

/* Asks something slow, and does something else until the answer is there. */

#include "slow-source.h"

/* [callback] */
static void
answered_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  GMainLoop *loop = user_data;
  g_autofree char *answer = slow_source_ask_finish (SLOW_SOURCE (source), result, NULL);

  g_print ("3. the callback is called: \"%s\"\n", answer);
  g_main_loop_quit (loop);
}
/* [/callback] */

int
main (void)
{
  /* [start] */
  g_autoptr(SlowSource) pages = slow_source_new (memo_clock_get_default (), 0.05);
  g_autoptr(GMainLoop) loop = g_main_loop_new (NULL, FALSE);

  g_print ("1. ask\n");
  slow_source_ask_async (pages, "page:1", NULL, answered_cb, loop);

  g_print ("2. the function has returned, the answer is not there yet\n");
  g_main_loop_run (loop);

  g_print ("4. the main loop has ended\n");
  /* [/start] */

  return 0;
}
