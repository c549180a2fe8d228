/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-frame-private.h"

static GPrivate innermost;

/* Before a function is called that loads KEYS for CACHE; the frame is on the caller's stack. */
void
memo_frame_enter (MemoFrame          *frame,
                  gconstpointer       cache,
                  const char * const *keys)
{
  frame->cache = cache;
  frame->keys = keys;
  frame->outer = g_private_get (&innermost);

  g_private_set (&innermost, frame);
}

/* After it has returned. */
void
memo_frame_leave (MemoFrame *frame)
{
  g_private_set (&innermost, frame->outer);
}

/* Whether this thread is inside a function that loads KEY for CACHE. */
gboolean
memo_frame_loads (gconstpointer  cache,
                  const char    *key)
{
  for (MemoFrame *frame = g_private_get (&innermost); frame != NULL; frame = frame->outer)
    {
      if (frame->cache == cache && g_strv_contains (frame->keys, key))
        return TRUE;
    }

  return FALSE;
}
