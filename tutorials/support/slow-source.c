/* SPDX-License-Identifier: CC0-1.0 */
#include "slow-source.h"

struct _SlowSource
{
  GObject     parent_instance;

  MemoClock  *clock;
  double      latency;
  guint       n_workers;
  GHashTable *answers;       /* what was set; NULL where there is none */

  GQueue      line;          /* of GTask: those for whom no worker is free */
  guint       n_busy;
  guint       n_queries;
  guint       longest_line;
};

/* One query that a worker has begun. */
typedef struct
{
  GTask     *task;
  GPtrArray *rows;
} Work;

G_DEFINE_FINAL_TYPE (SlowSource, slow_source, G_TYPE_OBJECT)

static void
slow_source_finalize (GObject *object)
{
  SlowSource *self = SLOW_SOURCE (object);

  g_object_unref (self->clock);
  g_hash_table_unref (self->answers);

  G_OBJECT_CLASS (slow_source_parent_class)->finalize (object);
}

static void
slow_source_class_init (SlowSourceClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = slow_source_finalize;
}

static void
slow_source_init (SlowSource *self)
{
  self->n_workers = G_MAXUINT;
  self->answers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_queue_init (&self->line);
}

SlowSource *
slow_source_new (MemoClock *clock,
                 double     latency)
{
  SlowSource *self = g_object_new (TYPE_SLOW_SOURCE, NULL);

  self->clock = g_object_ref (clock);
  self->latency = latency;

  return self;
}

void
slow_source_set_workers (SlowSource *self,
                         guint       n_workers)
{
  self->n_workers = n_workers;
}

void
slow_source_set (SlowSource *self,
                 const char *key,
                 const char *answer)
{
  g_hash_table_insert (self->answers, g_strdup (key), g_strdup (answer));
}

static char *
dup_answer (SlowSource *self,
            const char *key)
{
  gpointer answer;

  if (g_hash_table_lookup_extended (self->answers, key, NULL, &answer))
    return g_strdup (answer);

  return g_strconcat ("the text of ", key, NULL);
}

static void
row_free (gpointer data)
{
  SlowRow *row = data;

  g_free (row->key);
  g_free (row->answer);
  g_free (row);
}

static gboolean
has_key (gconstpointer row,
         gconstpointer key)
{
  return g_str_equal (((const SlowRow *) row)->key, key);
}

static GPtrArray *
find_rows (SlowSource         *self,
           const char * const *keys)
{
  GPtrArray *rows = g_ptr_array_new_with_free_func (row_free);

  for (guint i = 0; keys[i] != NULL; i++)
    {
      char *answer = dup_answer (self, keys[i]);
      SlowRow *row;

      if (answer == NULL || g_ptr_array_find_with_equal_func (rows, keys[i], has_key, NULL))
        {
          g_free (answer);
          continue;
        }

      row = g_new (SlowRow, 1);
      row->key = g_strdup (keys[i]);
      row->answer = answer;
      g_ptr_array_add (rows, row);
    }

  return rows;
}

static void
work_free (gpointer data)
{
  Work *work = data;

  g_object_unref (work->task);
  g_clear_pointer (&work->rows, g_ptr_array_unref);
  g_free (work);
}

static gboolean work_done_cb (gpointer data);

/* Takes the task's reference. */
static void
begin_work (SlowSource *self,
            GTask      *task)
{
  gint64 deadline = memo_clock_get_time (self->clock) + (gint64) (self->latency * G_USEC_PER_SEC + 0.5);
  g_autoptr(GSource) timer = memo_clock_create_source (self->clock, deadline);
  Work *work = g_new (Work, 1);

  self->n_busy++;
  self->n_queries++;
  work->task = task;
  work->rows = find_rows (self, g_task_get_task_data (task));

  g_source_set_callback (timer, work_done_cb, work, work_free);
  g_source_attach (timer, g_task_get_context (task));
}

static gboolean
work_done_cb (gpointer data)
{
  Work *work = data;
  SlowSource *self = g_task_get_source_object (work->task);

  self->n_busy--;
  if (self->line.length > 0)
    begin_work (self, g_queue_pop_head (&self->line));

  g_task_return_pointer (work->task, g_steal_pointer (&work->rows), (GDestroyNotify) g_ptr_array_unref);

  return G_SOURCE_REMOVE;
}

static void
ask (SlowSource          *self,
     const char * const  *keys,
     GCancellable        *cancellable,
     GAsyncReadyCallback  callback,
     gpointer             user_data,
     gpointer             source_tag)
{
  g_autoptr(GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, source_tag);
  g_task_set_task_data (task, g_strdupv ((char **) keys), (GDestroyNotify) g_strfreev);

  if (self->n_busy < self->n_workers)
    {
      begin_work (self, g_steal_pointer (&task));
    }
  else
    {
      g_queue_push_tail (&self->line, g_steal_pointer (&task));
      self->longest_line = MAX (self->longest_line, self->line.length);
    }
}

void
slow_source_ask_async (SlowSource          *self,
                       const char          *key,
                       GCancellable        *cancellable,
                       GAsyncReadyCallback  callback,
                       gpointer             user_data)
{
  const char * const keys[] = { key, NULL };

  ask (self, keys, cancellable, callback, user_data, slow_source_ask_async);
}

char *
slow_source_ask_finish (SlowSource    *self,
                        GAsyncResult  *result,
                        GError       **error)
{
  g_autoptr(GPtrArray) rows = NULL;

  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, slow_source_ask_async), NULL);

  rows = g_task_propagate_pointer (G_TASK (result), error);
  if (rows == NULL || rows->len == 0)
    return NULL;

  return g_steal_pointer (&((SlowRow *) rows->pdata[0])->answer);
}

void
slow_source_ask_many_async (SlowSource          *self,
                            const char * const  *keys,
                            GCancellable        *cancellable,
                            GAsyncReadyCallback  callback,
                            gpointer             user_data)
{
  ask (self, keys, cancellable, callback, user_data, slow_source_ask_many_async);
}

GPtrArray *
slow_source_ask_many_finish (SlowSource    *self,
                             GAsyncResult  *result,
                             GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, slow_source_ask_many_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

guint
slow_source_get_n_queries (SlowSource *self)
{
  return self->n_queries;
}

guint
slow_source_get_longest_line (SlowSource *self)
{
  return self->longest_line;
}

static void
answered_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr(MemoCall) call = user_data;
  g_autoptr(GError) error = NULL;
  g_autofree char *answer = slow_source_ask_finish (SLOW_SOURCE (source), result, &error);

  if (error != NULL)
    memo_call_return_error (call, g_steal_pointer (&error));
  else
    memo_call_return_entry (call, answer != NULL ? memo_entry_new_string (answer) : NULL);
}

static void
load_cb (MemoCall *call,
         gpointer  self)
{
  slow_source_ask_async (self, memo_call_get_key (call), memo_call_get_cancellable (call),
                         answered_cb, g_object_ref (call));
}

MemoLoader *
slow_source_loader_new (SlowSource *self)
{
  return memo_loader_new (load_cb, g_object_ref (self), g_object_unref);
}
