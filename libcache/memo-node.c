/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-node-private.h"

/* A node with a copy of the key; ENTRY is taken. */
MemoNode *
memo_node_new (const MemoKey *key,
               MemoEntry     *entry,
               gint64         deadline,
               guint          n_tags)
{
  MemoNode *self;
  gsize size;
  char *text;

  g_assert (n_tags <= MEMO_MAX_TAGS);

  size = sizeof *self + n_tags * sizeof self->tags[0] + key->length + 1;
  self = g_malloc (size);
  text = (char *) &self->tags[n_tags];

  memcpy (text, key->text, key->length + 1);
  memo_item_init (&self->item, key, text);
  self->newer = NULL;
  self->older = NULL;
  self->entry = entry;
  self->deadline = deadline;
  self->size = size + memo_entry_get_size (entry);
  self->heap_place = 0;
  self->n_tags = n_tags;
  self->leased = FALSE;
  self->uses = 0;
  self->load_time = 0;
  self->is_small = FALSE;

  return self;
}

/* The tags that a node carries, or NULL when there are none. */
char **
memo_node_dup_tags (MemoNode *self)
{
  char **tags;

  if (self->n_tags == 0)
    return NULL;

  tags = g_new0 (char *, self->n_tags + 1);
  for (guint i = 0; i < self->n_tags; i++)
    tags[i] = g_strdup (self->tags[i].tag->item.text);

  return tags;
}

/* The malloc() of glibc puts small pieces that are given back aside, and joins all of them with their neighbours when somebody
 * asks for a large one: of a million entries this takes 30 ms, whoever it is that asks.  So after this many nodes a piece is asked for that is as
 * large: then it is done a slice at a time. */
#define MANY_NODES  256
#define LARGE_PIECE 2048

/* Frees what left a store.  Runs the code of whoever made the values: never under a lock. */
void
memo_garbage_free (MemoNode *garbage)
{
  guint n_nodes = 0;

  while (garbage != NULL)
    {
      MemoNode *next = (MemoNode *) garbage->item.chain;

      memo_entry_unref (garbage->entry);
      g_free (garbage);
      garbage = next;
      n_nodes++;
    }

  if (n_nodes >= MANY_NODES)
    g_free (g_malloc (LARGE_PIECE));
}
