/* SPDX-License-Identifier: CC0-1.0 */
#include "story.h"

void
story_begin (Story *story)
{
  *story = (Story) { 0 };
  story->clock = simulated_clock_new ();
  story->database = slow_source_new (MEMO_CLOCK (story->clock), 0.05);
  slow_source_set (story->database, PRICE, "19.90");
}

void
story_end (Story *story)
{
  g_object_unref (story->database);
  g_object_unref (story->clock);
}

static void
act (void   (*function) (Story *story, gpointer data),
     Story   *story,
     gpointer data)
{
  if (function != NULL)
    function (story, data);
}

/* [half-second] */
void
story_tell (const char   *title,
            const Script *script,
            Story        *story,
            gpointer      data)
{
  for (guint ms = 0; ms < 500; ms += 10)
    {
      simulated_clock_run_until (story->clock, ms / 1000.0);

      if (ms == 100)
        act (script->before_change, story, data);
      if (ms == 110)
        act (script->evict, story, data);
      if (ms == 130)
        slow_source_set (story->database, PRICE, "24.90");
      if (ms == 150)
        {
          act (script->after_change, story, data);
          story->changed = TRUE;
        }

      script->ask (story, data);
    }
  simulated_clock_run_until (story->clock, 1.0);

  g_print ("%-44s %2u of %u customers were told the old price; %u queries\n", title,
           story->n_misled, story->n_customers, slow_source_get_n_queries (story->database));
}
/* [/half-second] */

/* A customer has an answer. */
void
story_told (Story      *story,
            gboolean    asked_after_the_change,
            const char *price)
{
  if (!asked_after_the_change)
    return;

  story->n_customers++;
  if (!g_str_equal (price, "24.90"))
    story->n_misled++;
}
