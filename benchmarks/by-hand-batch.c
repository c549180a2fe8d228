/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "by-hand-batch.h"
#include "workload.h"

struct _ByHandBatch
{
  ByHand     *cache;
  GHashTable *waiting;    /* keys, and for each the tasks that wait */
};

ByHandBatch *
by_hand_batch_new (ByHand *cache)
{
  ByHandBatch *self = g_new0 (ByHandBatch, 1);

  self->cache = cache;
  self->waiting = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);

  return self;
}

void
by_hand_batch_free (ByHandBatch *self)
{
  g_hash_table_unref (self->waiting);
  g_free (self);
}

static gboolean
read_all_cb (gpointer user_data)
{
  ByHandBatch *self = user_data;
  GHashTableIter iter;
  gpointer key, tasks;

  g_hash_table_iter_init (&iter, self->waiting);
  while (g_hash_table_iter_next (&iter, &key, &tasks))
    {
      g_autoptr(GBytes) value = source_read (key);

      by_hand_set (self->cache, key, value, 0);
      for (guint i = 0; i < ((GPtrArray *) tasks)->len; i++)
        g_task_return_pointer (g_ptr_array_index ((GPtrArray *) tasks, i), g_bytes_ref (value), (GDestroyNotify) g_bytes_unref);
      g_hash_table_iter_remove (&iter);
    }

  return G_SOURCE_REMOVE;
}

/* The source answers in the turn after the one it was asked in. */
static gboolean
ask_cb (gpointer user_data)
{
  g_idle_add_full (G_PRIORITY_DEFAULT, read_all_cb, user_data, NULL);

  return G_SOURCE_REMOVE;
}

void
by_hand_batch_get_async (ByHandBatch         *self,
                         const char          *key,
                         GAsyncReadyCallback  callback,
                         gpointer             user_data)
{
  g_autoptr(GTask) task = by_hand_task_new (callback, user_data);
  GBytes *value = by_hand_lookup (self->cache, key);
  GPtrArray *tasks;

  if (value != NULL)
    {
      g_task_return_pointer (task, value, (GDestroyNotify) g_bytes_unref);
      return;
    }

  if (g_hash_table_size (self->waiting) == 0)
    g_idle_add (ask_cb, self);

  tasks = g_hash_table_lookup (self->waiting, key);
  if (tasks == NULL)
    {
      tasks = g_ptr_array_new_with_free_func (g_object_unref);
      g_hash_table_insert (self->waiting, g_strdup (key), tasks);
    }
  g_ptr_array_add (tasks, g_steal_pointer (&task));
}
