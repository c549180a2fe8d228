/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "by-hand-async.h"
#include "workload.h"

/* A question that the source has not answered yet. */
typedef struct
{
  ByHand     *cache;
  GHashTable *loads;      /* where it is registered, or NULL */
  GTask      *task;       /* of who asked first */
  GPtrArray  *others;     /* those of who came later, or NULL */
  char        key[];
} Load;

GTask *
by_hand_task_new (GAsyncReadyCallback callback,
                  gpointer            user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);

  g_task_set_source_tag (task, by_hand_get_async);

  return task;
}

static void
return_value (GTask  *task,
              GBytes *value)
{
  g_task_return_pointer (task, g_bytes_ref (value), (GDestroyNotify) g_bytes_unref);
}

static gboolean
load_cb (gpointer user_data)
{
  Load *load = user_data;
  g_autoptr(GBytes) value = source_read (load->key);

  by_hand_set (load->cache, load->key, value, 0);
  if (load->loads != NULL)
    g_hash_table_remove (load->loads, load->key);

  return_value (load->task, value);
  for (guint i = 0; load->others != NULL && i < load->others->len; i++)
    return_value (g_ptr_array_index (load->others, i), value);

  g_clear_pointer (&load->others, g_ptr_array_unref);
  g_object_unref (load->task);
  g_free (load);

  return G_SOURCE_REMOVE;
}

/* Takes the task. */
static Load *
load_start (ByHand     *cache,
            const char *key,
            GTask      *task)
{
  gsize length = strlen (key);
  Load *load = g_malloc0 (sizeof *load + length + 1);

  memcpy (load->key, key, length + 1);
  load->cache = cache;
  load->task = task;
  g_idle_add_full (G_PRIORITY_DEFAULT, load_cb, load, NULL);

  return load;
}

void
by_hand_get_async (ByHand              *self,
                   const char          *key,
                   GAsyncReadyCallback  callback,
                   gpointer             user_data)
{
  g_autoptr(GTask) task = by_hand_task_new (callback, user_data);
  g_autoptr(GBytes) value = by_hand_lookup (self, key);

  if (value == NULL)
    {
      value = source_read (key);
      by_hand_set (self, key, value, 0);
    }

  g_task_return_pointer (task, g_steal_pointer (&value), (GDestroyNotify) g_bytes_unref);
}

void
by_hand_get_slowly_async (ByHand              *self,
                          const char          *key,
                          GAsyncReadyCallback  callback,
                          gpointer             user_data)
{
  g_autoptr(GTask) task = by_hand_task_new (callback, user_data);
  GBytes *value = by_hand_lookup (self, key);

  if (value != NULL)
    g_task_return_pointer (task, value, (GDestroyNotify) g_bytes_unref);
  else
    load_start (self, key, g_steal_pointer (&task));
}

void
by_hand_get_shared_async (ByHand              *self,
                          GHashTable          *loads,
                          const char          *key,
                          GAsyncReadyCallback  callback,
                          gpointer             user_data)
{
  g_autoptr(GTask) task = by_hand_task_new (callback, user_data);
  GBytes *value = by_hand_lookup (self, key);
  Load *load;

  if (value != NULL)
    {
      g_task_return_pointer (task, value, (GDestroyNotify) g_bytes_unref);
      return;
    }

  load = g_hash_table_lookup (loads, key);
  if (load == NULL)
    {
      load = load_start (self, key, g_steal_pointer (&task));
      load->loads = loads;
      g_hash_table_insert (loads, load->key, load);
      return;
    }

  if (load->others == NULL)
    load->others = g_ptr_array_new_with_free_func (g_object_unref);
  g_ptr_array_add (load->others, g_steal_pointer (&task));
}

GBytes *
by_hand_get_finish (GAsyncResult  *result,
                    GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, NULL), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, by_hand_get_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
