/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-fence-private.h"

/* As many tags are remembered.  Of one forgotten it is assumed that it was invalidated: a
 * load that is older is then repeated once too often, and nothing stale is stored. */
#define MAX_MARKS 4096

struct _MemoFenceMark
{
  MemoItem       item;
  MemoFenceMark *newer;
  MemoFenceMark *older;
  guint64        when;
};

void
memo_fence_init (MemoFence *self)
{
  *self = (MemoFence) { 0 };
  memo_table_init (&self->table);
}

static void
unlink_mark (MemoFence     *self,
             MemoFenceMark *mark)
{
  *(mark->newer != NULL ? &mark->newer->older : &self->newest) = mark->older;
  *(mark->older != NULL ? &mark->older->newer : &self->oldest) = mark->newer;
}

static void
forget_oldest (MemoFence *self)
{
  MemoFenceMark *mark = self->oldest;

  self->forgotten = mark->when;
  unlink_mark (self, mark);
  memo_table_remove (&self->table, &mark->item);
  g_free (mark);
}

void
memo_fence_deinit (MemoFence *self)
{
  while (self->oldest != NULL)
    forget_oldest (self);

  memo_table_deinit (&self->table);
}

/* Notes that TAGS were invalidated now. */
void
memo_fence_invalidate (MemoFence        *self,
                       const MemoTagSet *tags)
{
  self->sequence++;

  for (guint i = 0; i < memo_tag_set_size (tags); i++)
    {
      const MemoKey *tag = memo_tag_set_get (tags, i);
      MemoFenceMark *mark = (MemoFenceMark *) memo_table_find (&self->table, tag);

      if (mark != NULL)
        {
          unlink_mark (self, mark);
        }
      else
        {
          char *text;

          if (self->table.count == MAX_MARKS)
            forget_oldest (self);

          mark = g_malloc (sizeof *mark + tag->length + 1);
          text = (char *) (mark + 1);
          memcpy (text, tag->text, tag->length + 1);
          memo_item_init (&mark->item, tag, text);
          memo_table_add (&self->table, &mark->item);
        }

      mark->when = self->sequence;
      mark->newer = NULL;
      mark->older = self->newest;
      *(mark->older != NULL ? &mark->older->newer : &self->oldest) = mark;
      self->newest = mark;
    }
}

/* The number of the last invalidation of any of TAGS after the one numbered SINCE, or 0. */
guint64
memo_fence_last (MemoFence        *self,
                 const MemoTagSet *tags,
                 guint64           since)
{
  guint64 last = 0;

  for (guint i = 0; i < memo_tag_set_size (tags); i++)
    {
      MemoFenceMark *mark = (MemoFenceMark *) memo_table_find (&self->table, memo_tag_set_get (tags, i));

      if (mark != NULL && mark->when > since)
        last = MAX (last, mark->when);
      else if (mark == NULL && self->forgotten > since)
        last = MAX (last, self->forgotten);
    }

  return last;
}

/* Notes that everything was invalidated now. */
void
memo_fence_invalidate_all (MemoFence *self)
{
  while (self->oldest != NULL)
    forget_oldest (self);

  self->forgotten = ++self->sequence;
}
