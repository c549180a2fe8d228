/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-table-private.h"

#define MIN_BUCKETS 16

static inline MemoItem **
bucket_of (MemoTable *self,
           guint32    hash)
{
  gsize index = hash & (2 * self->mask + 1);

  if (index >= self->buckets.length)
    index = hash & self->mask;

  return (MemoItem **) memo_vector_at (&self->buckets, index);
}

/* Prepares an item for KEY; TEXT is the item's own copy of it. */
void
memo_item_init (MemoItem      *item,
                const MemoKey *key,
                const char    *text)
{
  item->chain = NULL;
  item->text = text;
  item->length = key->length;
  item->hash = key->hash;
}

void
memo_table_init (MemoTable *self)
{
  *self = (MemoTable) { .mask = MIN_BUCKETS - 1 };

  for (gsize i = 0; i < MIN_BUCKETS; i++)
    memo_vector_push (&self->buckets, NULL);
}

/* The items are the caller's and must be gone before. */
void
memo_table_deinit (MemoTable *self)
{
  memo_vector_clear (&self->buckets);
}

MemoItem *
memo_table_find (MemoTable     *self,
                 const MemoKey *key)
{
  if (self->count == 0)
    return NULL;

  for (MemoItem *item = *bucket_of (self, key->hash); item != NULL; item = item->chain)
    {
      if (item->hash == key->hash && memo_key_equals (key, item->text, item->length))
        return item;
    }

  return NULL;
}

/* Splits the bucket whose turn it is into itself and a new last one. */
static void
split_bucket (MemoTable *self)
{
  gsize new_index = self->buckets.length;
  gsize new_mask = 2 * self->mask + 1;
  MemoItem *item = *memo_vector_at (&self->buckets, new_index & self->mask);
  MemoItem *stay = NULL, *go = NULL;

  while (item != NULL)
    {
      MemoItem *next = item->chain;
      MemoItem **side = (item->hash & new_mask) == new_index ? &go : &stay;

      item->chain = *side;
      *side = item;
      item = next;
    }

  *memo_vector_at (&self->buckets, new_index & self->mask) = stay;
  memo_vector_push (&self->buckets, go);

  if (self->buckets.length == new_mask + 1)
    self->mask = new_mask;
}

/* The other way round: joins the last bucket to the one it was split from. */
static void
join_bucket (MemoTable *self)
{
  MemoItem *item = *memo_vector_at (&self->buckets, self->buckets.length - 1);
  MemoItem **target;

  if (self->buckets.length == self->mask + 1)
    self->mask >>= 1;

  target = (MemoItem **) memo_vector_at (&self->buckets, (self->buckets.length - 1) & self->mask);
  while (item != NULL)
    {
      MemoItem *next = item->chain;

      item->chain = *target;
      *target = item;
      item = next;
    }

  memo_vector_pop (&self->buckets);
}

/* Adds an item whose key is not there yet. */
void
memo_table_add (MemoTable *self,
                MemoItem  *item)
{
  MemoItem **bucket;

  if (self->count >= self->buckets.length)
    split_bucket (self);

  bucket = bucket_of (self, item->hash);
  item->chain = *bucket;
  *bucket = item;
  self->count++;
}

/* Removes an item that is there. */
void
memo_table_remove (MemoTable *self,
                   MemoItem  *item)
{
  MemoItem **link = bucket_of (self, item->hash);

  while (*link != item)
    link = &(*link)->chain;

  *link = item->chain;
  item->chain = NULL;
  self->count--;

  /* At a quarter full; one removal lowers that border by four buckets. */
  while (self->buckets.length > MIN_BUCKETS && self->buckets.length > 4 * self->count)
    join_bucket (self);
}

/* Empties the table and gives its items, linked by `chain`; for small tables. */
MemoItem *
memo_table_steal (MemoTable *self)
{
  MemoItem *all = NULL;

  for (gsize i = 0; self->count > 0; i++)
    {
      MemoItem *item = *memo_vector_at (&self->buckets, i);

      while (item != NULL)
        {
          MemoItem *next = item->chain;

          item->chain = all;
          all = item;
          item = next;
          self->count--;
        }
    }

  memo_table_deinit (self);
  memo_table_init (self);

  return all;
}
