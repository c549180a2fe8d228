/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "by-hand.h"

typedef struct _Node Node;

struct _Node
{
  Node   *newer;
  Node   *older;
  GBytes *value;
  gint64  deadline;
  char    key[];
};

struct _ByHand
{
  GMutex      lock;
  GHashTable *nodes;    /* by their own keys */
  Node       *newest;
  Node       *oldest;
  guint       maxsize;
};

static void
node_free (Node *node)
{
  g_bytes_unref (node->value);
  g_free (node);
}

static inline void
unlink_node (ByHand *self,
             Node   *node)
{
  *(node->newer != NULL ? &node->newer->older : &self->newest) = node->older;
  *(node->older != NULL ? &node->older->newer : &self->oldest) = node->newer;
}

static inline void
link_newest (ByHand *self,
             Node   *node)
{
  node->newer = NULL;
  node->older = self->newest;
  *(self->newest != NULL ? &self->newest->newer : &self->oldest) = node;
  self->newest = node;
}

ByHand *
by_hand_new (guint maxsize)
{
  ByHand *self = g_new0 (ByHand, 1);

  g_mutex_init (&self->lock);
  self->nodes = g_hash_table_new (g_str_hash, g_str_equal);
  self->maxsize = maxsize;

  return self;
}

void
by_hand_free (ByHand *self)
{
  Node *node = self->oldest;

  g_hash_table_unref (self->nodes);
  while (node != NULL)
    {
      Node *newer = node->newer;

      node_free (node);
      node = newer;
    }

  g_mutex_clear (&self->lock);
  g_free (self);
}

guint
by_hand_size (ByHand *self)
{
  return g_hash_table_size (self->nodes);
}

/* A reference to the value of a key that has not expired, or NULL. */
GBytes *
by_hand_lookup (ByHand     *self,
                const char *key)
{
  gint64 now = g_get_monotonic_time ();
  GBytes *value = NULL;
  Node *node;

  g_mutex_lock (&self->lock);

  node = g_hash_table_lookup (self->nodes, key);
  if (node != NULL && now < node->deadline)
    {
      if (self->newest != node)
        {
          unlink_node (self, node);
          link_newest (self, node);
        }
      value = g_bytes_ref (node->value);
    }

  g_mutex_unlock (&self->lock);

  return value;
}

static Node *
take_out (ByHand *self,
          Node   *node)
{
  g_hash_table_remove (self->nodes, node->key);
  unlink_node (self, node);

  return node;
}

/* Keeps a reference to VALUE, for TIME_TO_LIVE microseconds or, when that is 0, for ever. */
void
by_hand_set (ByHand     *self,
             const char *key,
             GBytes     *value,
             gint64      time_to_live)
{
  gsize length = strlen (key);
  Node *node = g_malloc (sizeof *node + length + 1);
  Node *replaced;
  Node *evicted = NULL;

  memcpy (node->key, key, length + 1);
  node->value = g_bytes_ref (value);
  node->deadline = time_to_live > 0 ? g_get_monotonic_time () + time_to_live : G_MAXINT64;

  g_mutex_lock (&self->lock);

  replaced = g_hash_table_lookup (self->nodes, key);
  if (replaced != NULL)
    take_out (self, replaced);
  else if (by_hand_size (self) == self->maxsize)
    evicted = take_out (self, self->oldest);

  g_hash_table_insert (self->nodes, node->key, node);
  link_newest (self, node);

  g_mutex_unlock (&self->lock);

  g_clear_pointer (&replaced, node_free);
  g_clear_pointer (&evicted, node_free);
}

void
by_hand_remove (ByHand     *self,
                const char *key)
{
  Node *node;

  g_mutex_lock (&self->lock);
  node = g_hash_table_lookup (self->nodes, key);
  if (node != NULL)
    take_out (self, node);
  g_mutex_unlock (&self->lock);

  g_clear_pointer (&node, node_free);
}

/* Drops all that has expired. */
void
by_hand_purge (ByHand *self,
               gint64  now)
{
  Node *dropped = NULL;

  g_mutex_lock (&self->lock);
  for (Node *node = self->oldest, *newer; node != NULL; node = newer)
    {
      newer = node->newer;
      if (now < node->deadline)
        continue;
      take_out (self, node);
      node->older = dropped;
      dropped = node;
    }
  g_mutex_unlock (&self->lock);

  while (dropped != NULL)
    {
      Node *older = dropped->older;

      node_free (dropped);
      dropped = older;
    }
}
