/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-fence-private.h"

/* As many invalidations are remembered, while loads are in progress.  Then all are forgotten, and of
 * every tag it is assumed that it was invalidated: a load that is older is repeated, perhaps once too often,
 * and nothing stale is stored. */
#define MAX_TIMES 4096

typedef struct
{
  MemoItem  item;
  GArray   *times;        /* ascending */
} Mark;

void
memo_fence_init (MemoFence *self)
{
  *self = (MemoFence) { 0 };
  memo_table_init (&self->table);
}

static void
forget_all (MemoFence *self)
{
  MemoItem *item = memo_table_steal (&self->table);

  while (item != NULL)
    {
      Mark *mark = (Mark *) item;

      item = item->chain;
      g_array_unref (mark->times);
      g_free (mark);
    }

  self->n_times = 0;
  self->forgotten = self->sequence;
}

void
memo_fence_deinit (MemoFence *self)
{
  forget_all (self);
  memo_table_deinit (&self->table);
}

static Mark *
ensure_mark (MemoFence     *self,
             const MemoKey *tag)
{
  Mark *mark = (Mark *) memo_table_find (&self->table, tag);

  if (mark == NULL)
    {
      char *text;

      mark = g_malloc (sizeof *mark + tag->length + 1);
      mark->times = g_array_new (FALSE, FALSE, sizeof (guint64));
      text = (char *) (mark + 1);
      memcpy (text, tag->text, tag->length + 1);
      memo_item_init (&mark->item, tag, text);
      memo_table_add (&self->table, &mark->item);
    }

  return mark;
}

/* Notes that TAGS were invalidated now. */
void
memo_fence_invalidate (MemoFence        *self,
                       const MemoTagSet *tags)
{
  if (self->n_times + memo_tag_set_size (tags) > MAX_TIMES)
    forget_all (self);

  self->sequence++;

  for (guint i = 0; i < memo_tag_set_size (tags); i++)
    {
      g_array_append_val (ensure_mark (self, memo_tag_set_get (tags, i))->times, self->sequence);
      self->n_times++;
    }
}

/* The number of the first invalidation of any of TAGS after the one numbered SINCE, or 0. */
guint64
memo_fence_first (MemoFence        *self,
                  const MemoTagSet *tags,
                  guint64           since)
{
  guint64 first = 0;

  if (since < self->forgotten)
    return memo_tag_set_size (tags) > 0 ? since + 1 : 0;

  for (guint i = 0; i < memo_tag_set_size (tags); i++)
    {
      Mark *mark = (Mark *) memo_table_find (&self->table, memo_tag_set_get (tags, i));

      for (guint j = 0; mark != NULL && j < mark->times->len; j++)
        {
          guint64 time = g_array_index (mark->times, guint64, j);

          if (time > since)
            {
              first = first == 0 ? time : MIN (first, time);
              break;
            }
        }
    }

  return first;
}

/* Notes that everything was invalidated now. */
void
memo_fence_invalidate_all (MemoFence *self)
{
  self->sequence++;
  forget_all (self);
}
