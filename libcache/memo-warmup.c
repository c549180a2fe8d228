/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-warmup.h"
#include "memo-error.h"

/**
 * MemoWarmup:
 *
 * A list of keys to load before anybody asks for them.
 *
 * ```c
 * g_autoptr(MemoWarmup) warmup = memo_warmup_new ();
 *
 * memo_warmup_add (warmup, "settings", settings_loader);
 * memo_warmup_add (warmup, "user:1", user_loader);
 * memo_cache_warmup_async (cache, warmup, NULL, warmed_cb, NULL);
 * ```
 *
 * The keys are loaded side by side. One that fails does not stop the others, and each
 * tells why: see [method@Memo.Warmup.get_error]. A warm-up can be run again, and then
 * loads what is not there.
 *
 * Use it from one thread at a time, and do not change it while it runs.
 *
 * Since: 0.1
 */

typedef struct
{
  char       *key;
  MemoLoader *loader;
  GError     *error;      /* of the last run */
} Item;

struct _MemoWarmup
{
  GObject    parent_instance;

  GPtrArray *items;
  gpointer   run;         /* the one that is under way, only compared */
};

G_DEFINE_FINAL_TYPE (MemoWarmup, memo_warmup, G_TYPE_OBJECT)

static void
item_free (Item *item)
{
  g_free (item->key);
  g_object_unref (item->loader);
  g_clear_error (&item->error);
  g_free (item);
}

static void
memo_warmup_finalize (GObject *object)
{
  MemoWarmup *self = MEMO_WARMUP (object);

  g_ptr_array_unref (self->items);

  G_OBJECT_CLASS (memo_warmup_parent_class)->finalize (object);
}

static void
memo_warmup_class_init (MemoWarmupClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = memo_warmup_finalize;
}

static void
memo_warmup_init (MemoWarmup *self)
{
  self->items = g_ptr_array_new_with_free_func ((GDestroyNotify) item_free);
}

/**
 * memo_warmup_new:
 *
 * Creates an empty list.
 *
 * Returns: (transfer full): the new list
 *
 * Since: 0.1
 */
MemoWarmup *
memo_warmup_new (void)
{
  return g_object_new (MEMO_TYPE_WARMUP, NULL);
}

/**
 * memo_warmup_add:
 * @self: a warm-up
 * @key: a key
 * @loader: where its value comes from
 *
 * Adds a key.
 *
 * Since: 0.1
 */
void
memo_warmup_add (MemoWarmup *self,
                 const char *key,
                 MemoLoader *loader)
{
  Item *item;

  g_return_if_fail (MEMO_IS_WARMUP (self));
  g_return_if_fail (key != NULL);
  g_return_if_fail (MEMO_IS_LOADER (loader));
  g_return_if_fail (self->run == NULL);

  item = g_new0 (Item, 1);
  item->key = g_strdup (key);
  item->loader = g_object_ref (loader);
  g_ptr_array_add (self->items, item);
}

/**
 * memo_warmup_get_error:
 * @self: a warm-up
 * @key: a key that was added
 *
 * Gets why a key could not be loaded in the last run.
 *
 * Returns: (transfer none) (nullable): the error, or `NULL` when it is in the cache
 *
 * Since: 0.1
 */
const GError *
memo_warmup_get_error (MemoWarmup *self,
                       const char *key)
{
  g_return_val_if_fail (MEMO_IS_WARMUP (self), NULL);
  g_return_val_if_fail (key != NULL, NULL);

  for (guint i = 0; i < self->items->len; i++)
    {
      Item *item = g_ptr_array_index (self->items, i);

      if (item->error != NULL && g_str_equal (item->key, key))
        return item->error;
    }

  return NULL;
}

/**
 * memo_warmup_dup_failed_keys:
 * @self: a warm-up
 *
 * Gets the keys that could not be loaded in the last run, in the order they were added.
 *
 * Returns: (transfer full) (array zero-terminated=1): the keys
 *
 * Since: 0.1
 */
char **
memo_warmup_dup_failed_keys (MemoWarmup *self)
{
  g_autoptr(GStrvBuilder) builder = NULL;

  g_return_val_if_fail (MEMO_IS_WARMUP (self), NULL);

  builder = g_strv_builder_new ();
  for (guint i = 0; i < self->items->len; i++)
    {
      Item *item = g_ptr_array_index (self->items, i);

      if (item->error != NULL)
        g_strv_builder_add (builder, item->key);
    }

  return g_strv_builder_end (builder);
}

/* --- a run --- */

typedef struct
{
  MemoWarmup *warmup;
  guint       next;         /* the item whose turn it is */
  guint       in_flight;
  guint       at_once;      /* how many may be in flight */
  guint       failed;
} Run;

typedef struct
{
  GTask *task;
  Item  *item;
} Step;

static void
run_free (Run *run)
{
  if (run->warmup->run == run)
    run->warmup->run = NULL;
  g_object_unref (run->warmup);
  g_free (run);
}

static void go_on (GTask *task);

static void
got_cb (GObject      *source,
        GAsyncResult *result,
        gpointer      user_data)
{
  Step *step = user_data;
  g_autoptr(GTask) task = step->task;
  g_autoptr(MemoEntry) entry = NULL;
  Run *run = g_task_get_task_data (task);
  Item *item = step->item;

  g_free (step);

  entry = memo_cache_get_finish (MEMO_CACHE (source), result, &item->error);
  if (item->error != NULL)
    run->failed++;

  run->in_flight--;
  go_on (task);
}

static void
finish_run (GTask *task)
{
  Run *run = g_task_get_task_data (task);
  const GError *first = NULL;
  const char *key = NULL;

  run->warmup->run = NULL;

  if (g_task_return_error_if_cancelled (task))
    return;

  if (run->failed == 0)
    {
      g_task_return_boolean (task, TRUE);
      return;
    }

  for (guint i = 0; first == NULL; i++)
    {
      Item *item = g_ptr_array_index (run->warmup->items, i);

      first = item->error;
      key = item->key;
    }

  g_task_return_new_error (task, MEMO_ERROR, MEMO_ERROR_FAILED,
                           "%u of %u keys could not be loaded; the first was “%s”: %s",
                           run->failed, run->warmup->items->len, key, first->message);
}

/* Starts as many loads as may be in flight, or ends the run. */
static void
go_on (GTask *task)
{
  MemoCache *cache = g_task_get_source_object (task);
  GCancellable *cancellable = g_task_get_cancellable (task);
  Run *run = g_task_get_task_data (task);
  GPtrArray *items = run->warmup->items;

  while (run->in_flight < run->at_once && run->next < items->len)
    {
      Item *item = g_ptr_array_index (items, run->next++);
      Step *step;

      if (memo_cache_contains (cache, item->key))
        continue;

      step = g_new (Step, 1);
      step->task = g_object_ref (task);
      step->item = item;
      run->in_flight++;
      memo_cache_get_async (cache, item->key, MEMO_GET_WARMUP, item->loader, cancellable, got_cb, step);
    }

  if (run->in_flight == 0)
    finish_run (task);
}

static guint
get_max_batch_size (MemoCache *cache)
{
  guint size = 100;

  if (g_object_class_find_property (G_OBJECT_GET_CLASS (cache), "max-batch-size") != NULL)
    g_object_get (cache, "max-batch-size", &size, NULL);

  return size;
}

/**
 * memo_cache_warmup_async:
 * @self: a cache
 * @warmup: what to load
 * @cancellable: (nullable): a [class@Gio.Cancellable]
 * @callback: (scope async): called when all keys were tried
 * @user_data: data for @callback
 *
 * Loads the keys that are not in the cache, side by side, at most
 * [property@Memo.AsyncCache:max-batch-size] at a time.
 *
 * It counts neither hits nor misses, and makes nothing more recent that is there.
 *
 * Call [method@Memo.Cache.warmup_finish] from @callback.
 *
 * Since: 0.1
 */
void
memo_cache_warmup_async (MemoCache           *self,
                         MemoWarmup          *warmup,
                         GCancellable        *cancellable,
                         GAsyncReadyCallback  callback,
                         gpointer             user_data)
{
  g_autoptr(GTask) task = NULL;
  Run *run;

  g_return_if_fail (MEMO_IS_CACHE (self));
  g_return_if_fail (MEMO_IS_WARMUP (warmup));
  g_return_if_fail (warmup->run == NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  for (guint i = 0; i < warmup->items->len; i++)
    g_clear_error (&((Item *) g_ptr_array_index (warmup->items, i))->error);

  run = g_new0 (Run, 1);
  warmup->run = run;
  run->warmup = g_object_ref (warmup);
  run->at_once = get_max_batch_size (self);

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, memo_cache_warmup_async);
  g_task_set_task_data (task, run, (GDestroyNotify) run_free);

  go_on (task);
}

/**
 * memo_cache_warmup_finish:
 * @self: a cache
 * @result: the result given to the callback
 * @error: return location for a [type@GLib.Error]
 *
 * Finishes a warm-up.
 *
 * When keys failed, `MEMO_ERROR_FAILED` says how many and why the first did;
 * [method@Memo.Warmup.get_error] has the reason of each.
 *
 * Returns: whether all keys are loaded
 *
 * Since: 0.1
 */
gboolean
memo_cache_warmup_finish (MemoCache     *self,
                          GAsyncResult  *result,
                          GError       **error)
{
  g_return_val_if_fail (MEMO_IS_CACHE (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, memo_cache_warmup_async), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
