/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "by-hand-brackets.h"

struct _ByHandBrackets
{
  ByHand     *cache;
  GMutex      lock;
  GHashTable *open;     /* keys, and how many changes of each are under way */
};

ByHandBrackets *
by_hand_brackets_new (ByHand *cache)
{
  ByHandBrackets *self = g_new0 (ByHandBrackets, 1);

  g_mutex_init (&self->lock);
  self->cache = cache;
  self->open = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  return self;
}

void
by_hand_brackets_free (ByHandBrackets *self)
{
  g_hash_table_unref (self->open);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static void
return_true (GAsyncReadyCallback callback,
             gpointer            user_data)
{
  g_autoptr(GTask) task = g_task_new (NULL, NULL, callback, user_data);

  g_task_set_source_tag (task, by_hand_brackets_begin_async);
  g_task_return_boolean (task, TRUE);
}

void
by_hand_brackets_begin_async (ByHandBrackets      *self,
                              const char          *key,
                              GAsyncReadyCallback  callback,
                              gpointer             user_data)
{
  guint n;

  g_mutex_lock (&self->lock);
  n = GPOINTER_TO_UINT (g_hash_table_lookup (self->open, key));
  g_hash_table_replace (self->open, g_strdup (key), GUINT_TO_POINTER (n + 1));
  g_mutex_unlock (&self->lock);

  by_hand_remove (self->cache, key);
  return_true (callback, user_data);
}

void
by_hand_brackets_end_async (ByHandBrackets      *self,
                            const char          *key,
                            GAsyncReadyCallback  callback,
                            gpointer             user_data)
{
  guint n;

  by_hand_remove (self->cache, key);

  g_mutex_lock (&self->lock);
  n = GPOINTER_TO_UINT (g_hash_table_lookup (self->open, key));
  if (n > 1)
    g_hash_table_replace (self->open, g_strdup (key), GUINT_TO_POINTER (n - 1));
  else
    g_hash_table_remove (self->open, key);
  g_mutex_unlock (&self->lock);

  return_true (callback, user_data);
}

gboolean
by_hand_brackets_finish (GAsyncResult *result)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, by_hand_brackets_begin_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), NULL);
}
