/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-brackets-private.h"

typedef struct
{
  MemoItem item;
  guint    count;     /* mutations may overlap */
} Bracket;

void
memo_brackets_init (MemoBrackets *self)
{
  *self = (MemoBrackets) { 0 };
  memo_table_init (&self->keys);
  memo_table_init (&self->tags);
}

/* A mutation holds the cache, so all were closed before. */
void
memo_brackets_deinit (MemoBrackets *self)
{
  g_assert (self->n_open == 0);

  memo_table_deinit (&self->keys);
  memo_table_deinit (&self->tags);
}

static void
open_each (MemoTable        *table,
           const MemoTagSet *texts)
{
  for (guint i = 0; i < memo_tag_set_size (texts); i++)
    {
      const MemoKey *key = memo_tag_set_get (texts, i);
      Bracket *bracket = (Bracket *) memo_table_find (table, key);

      if (bracket == NULL)
        {
          char *text;

          bracket = g_malloc0 (sizeof *bracket + key->length + 1);
          text = (char *) (bracket + 1);
          memcpy (text, key->text, key->length + 1);
          memo_item_init (&bracket->item, key, text);
          memo_table_add (table, &bracket->item);
        }

      bracket->count++;
    }
}

static void
close_each (MemoTable        *table,
            const MemoTagSet *texts)
{
  for (guint i = 0; i < memo_tag_set_size (texts); i++)
    {
      Bracket *bracket = (Bracket *) memo_table_find (table, memo_tag_set_get (texts, i));

      if (--bracket->count > 0)
        continue;

      memo_table_remove (table, &bracket->item);
      g_free (bracket);
    }
}

void
memo_brackets_open (MemoBrackets     *self,
                    const MemoTagSet *keys,
                    const MemoTagSet *tags,
                    gboolean          everything)
{
  open_each (&self->keys, keys);
  open_each (&self->tags, tags);
  self->everything += everything;
  self->n_open++;
}

/* With the same as it was opened with. */
void
memo_brackets_close (MemoBrackets     *self,
                     const MemoTagSet *keys,
                     const MemoTagSet *tags,
                     gboolean          everything)
{
  close_each (&self->keys, keys);
  close_each (&self->tags, tags);
  self->everything -= everything;
  self->n_open--;
}

/* Whether an entry of KEY with TAGS must not be kept now. */
gboolean
memo_brackets_hold (MemoBrackets     *self,
                    const MemoKey    *key,
                    const MemoTagSet *tags)
{
  if (self->n_open == 0)
    return FALSE;

  if (self->everything > 0 || memo_table_find (&self->keys, key) != NULL)
    return TRUE;

  for (guint i = 0; i < memo_tag_set_size (tags); i++)
    {
      if (memo_table_find (&self->tags, memo_tag_set_get (tags, i)) != NULL)
        return TRUE;
    }

  return FALSE;
}
