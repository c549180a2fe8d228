/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-tag-index-private.h"

void
memo_tag_index_init (MemoTagIndex *self)
{
  memo_table_init (&self->table);
  self->dead = NULL;
}

/* The nodes must be unlinked before. */
void
memo_tag_index_deinit (MemoTagIndex *self)
{
  MemoNode *corpse = memo_tag_index_corpse (self);

  g_assert (corpse == NULL && self->table.count == 0);
  memo_table_deinit (&self->table);
}

/* Gives a node a tag. */
void
memo_tag_index_link (MemoTagIndex  *self,
                     MemoTagLink   *link,
                     MemoNode      *node,
                     const MemoKey *key)
{
  MemoTag *tag = (MemoTag *) memo_table_find (&self->table, key);

  if (tag == NULL)
    {
      char *text;

      tag = g_malloc (sizeof *tag + key->length + 1);
      *tag = (MemoTag) { 0 };
      text = (char *) (tag + 1);
      memcpy (text, key->text, key->length + 1);
      memo_item_init (&tag->item, key, text);
      memo_table_add (&self->table, &tag->item);
    }

  link->tag = tag;
  link->node = node;
  link->next = tag->links;
  link->back = &tag->links;
  if (link->next != NULL)
    link->next->back = &link->next;
  tag->links = link;
}

/* Takes a tag from a node.  A living tag goes with its last node; a dead one is given back
 * by memo_tag_index_corpse(). */
void
memo_tag_index_unlink (MemoTagIndex *self,
                       MemoTagLink  *link)
{
  MemoTag *tag = link->tag;

  *link->back = link->next;
  if (link->next != NULL)
    link->next->back = link->back;

  if (tag->links == NULL && !tag->dead)
    {
      memo_table_remove (&self->table, &tag->item);
      g_free (tag);
    }
}

/* Kills a tag and all that carry it. */
void
memo_tag_index_kill (MemoTagIndex  *self,
                     const MemoKey *key)
{
  MemoTag *tag = (MemoTag *) memo_table_find (&self->table, key);

  if (tag == NULL)
    return;

  memo_table_remove (&self->table, &tag->item);
  tag->dead = TRUE;
  tag->next_dead = self->dead;
  self->dead = tag;
}

/* A node that carries a dead tag, or NULL when there is none. */
MemoNode *
memo_tag_index_corpse (MemoTagIndex *self)
{
  while (self->dead != NULL && self->dead->links == NULL)
    {
      MemoTag *tag = self->dead;

      self->dead = tag->next_dead;
      g_free (tag);
    }

  return self->dead != NULL ? self->dead->links->node : NULL;
}

/* Up to so many tags a set is searched from its beginning; of more a table is made. */
#define FEW_TAGS 16

static gboolean
is_in_set (const MemoTagSet *set,
           const MemoKey    *key)
{
  for (guint i = 0; i < memo_tag_set_size (set); i++)
    {
      if (memo_key_equals (key, memo_tag_set_get (set, i)->text, memo_tag_set_get (set, i)->length))
        return TRUE;
    }

  return FALSE;
}

static GHashTable *
index_set (const MemoTagSet *set)
{
  GHashTable *index = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < memo_tag_set_size (set); i++)
    g_hash_table_add (index, (gpointer) memo_tag_set_get (set, i)->text);

  return index;
}

/* Adds tags to a set, each once. */
void
memo_tag_set_add (MemoTagSet        **self,
                  const char * const *tags)
{
  g_autoptr(GHashTable) index = NULL;

  for (gsize i = 0; tags != NULL && tags[i] != NULL; i++)
    {
      MemoKey key = memo_key (tags[i]);

      if (index == NULL && memo_tag_set_size (*self) >= FEW_TAGS)
        index = index_set (*self);

      if (index != NULL ? !g_hash_table_add (index, (gpointer) tags[i]) : is_in_set (*self, &key))
        continue;

      if (*self == NULL)
        *self = g_array_new (FALSE, FALSE, sizeof (MemoKey));
      g_array_append_val (*self, key);
    }
}

/* The tags as texts, or NULL for the empty set. */
char **
memo_tag_set_dup (const MemoTagSet *self)
{
  char **tags;

  if (memo_tag_set_size (self) == 0)
    return NULL;

  tags = g_new0 (char *, self->len + 1);
  for (guint i = 0; i < self->len; i++)
    tags[i] = g_strdup (memo_tag_set_get (self, i)->text);

  return tags;
}

gboolean
memo_tag_set_has_any (const MemoTagSet   *self,
                      const char * const *tags)
{
  for (gsize i = 0; tags != NULL && tags[i] != NULL; i++)
    {
      MemoKey key = memo_key (tags[i]);

      if (is_in_set (self, &key))
        return TRUE;
    }

  return FALSE;
}
