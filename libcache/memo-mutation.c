/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-cache-private.h"
#include "memo-call-private.h"
#include "memo-mutation-private.h"

/**
 * MemoMutation:
 *
 * A change of the source behind a cache, and what it makes wrong in there.
 *
 * It is a bracket around the change: [method@Memo.Mutation.begin_async] before the source
 * is changed, [method@Memo.Mutation.end_async] after. Both drop the keys and tags of the mutation,
 * and overtake the loads of them that are in progress. In between, nothing of them is
 * kept: what is asked for is loaded, and given to those who wait.
 *
 * A single invalidation is not enough. Before the change only, a load during it brings the old value
 * back; after it only, the old value is served until then, and whoever changes the source
 * must not forget. [iface@Memo.Invalidator] puts the bracket around a function.
 *
 * Mutations of the same thing may overlap. One that is dropped after it began, and before it was
 * ended, ends there.
 *
 * Since: 0.1
 */

typedef enum
{
  GATHERING,
  OPEN,
  OVER,
} State;

/* Each once, in the order they came. */
typedef struct
{
  GPtrArray  *list;       /* NULL-terminated */
  GHashTable *set;
} Texts;

struct _MemoMutation
{
  GObject    parent_instance;

  MemoCache *cache;
  Texts      keys;
  Texts      tags;
  gboolean   everything;
  State      state;
};

G_DEFINE_FINAL_TYPE (MemoMutation, memo_mutation, G_TYPE_OBJECT)

static void
texts_init (Texts *self)
{
  self->set = g_hash_table_new (g_str_hash, g_str_equal);
  self->list = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (self->list, NULL);
}

static void
texts_clear (Texts *self)
{
  g_hash_table_unref (self->set);
  g_ptr_array_unref (self->list);
}

static void
texts_add (Texts      *self,
           const char *text)
{
  char *copy;

  if (g_hash_table_contains (self->set, text))
    return;

  copy = g_strdup (text);
  g_hash_table_add (self->set, copy);
  g_ptr_array_insert (self->list, self->list->len - 1, copy);
}

void
memo_mutation_begin (MemoMutation *self,
                     MemoCall     *call)
{
  MemoCacheInterface *iface = MEMO_CACHE_GET_IFACE (self->cache);

  if (iface->begin_mutation == NULL || iface->end_mutation == NULL)
    {
      memo_cache_return_not_supported (self->cache, call, "mutations");
      return;
    }

  self->state = OPEN;
  iface->begin_mutation (self->cache, self, call);
}

void
memo_mutation_end (MemoMutation *self,
                   MemoCall     *call)
{
  self->state = OVER;
  MEMO_CACHE_GET_IFACE (self->cache)->end_mutation (self->cache, self, call);
}

/* Takes the call. */
static void
begin (MemoMutation *self,
       MemoCall     *call)
{
  if (memo_call_enter (call))
    memo_mutation_begin (self, call);
  memo_call_leave (call);
  g_object_unref (call);
}

/* Takes the call. */
static void
end (MemoMutation *self,
     MemoCall     *call)
{
  memo_mutation_end (self, call);
  memo_call_leave (call);
  g_object_unref (call);
}

static void
memo_mutation_dispose (GObject *object)
{
  MemoMutation *self = MEMO_MUTATION (object);

  if (self->state == OPEN)
    end (self, memo_call_new_request (self->cache, memo_mutation_end_async, NULL, NULL, NULL));

  G_OBJECT_CLASS (memo_mutation_parent_class)->dispose (object);
}

static void
memo_mutation_finalize (GObject *object)
{
  MemoMutation *self = MEMO_MUTATION (object);

  g_object_unref (self->cache);
  texts_clear (&self->keys);
  texts_clear (&self->tags);

  G_OBJECT_CLASS (memo_mutation_parent_class)->finalize (object);
}

static void
memo_mutation_class_init (MemoMutationClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = memo_mutation_dispose;
  object_class->finalize = memo_mutation_finalize;
}

static void
memo_mutation_init (MemoMutation *self)
{
  texts_init (&self->keys);
  texts_init (&self->tags);
}

/**
 * memo_mutation_new:
 * @cache: the cache in front of what is going to be changed
 *
 * Creates a mutation that touches nothing yet.
 *
 * Returns: (transfer full): the new mutation
 *
 * Since: 0.1
 */
MemoMutation *
memo_mutation_new (MemoCache *cache)
{
  MemoMutation *self;

  g_return_val_if_fail (MEMO_IS_CACHE (cache), NULL);

  self = g_object_new (MEMO_TYPE_MUTATION, NULL);
  self->cache = g_object_ref (cache);

  return self;
}

/**
 * memo_mutation_get_cache:
 * @self: a mutation
 *
 * Gets the cache in front of what is changed.
 *
 * Returns: (transfer none): the cache
 *
 * Since: 0.1
 */
MemoCache *
memo_mutation_get_cache (MemoMutation *self)
{
  g_return_val_if_fail (MEMO_IS_MUTATION (self), NULL);

  return self->cache;
}

/**
 * memo_mutation_add_key:
 * @self: a mutation that did not begin
 * @key: a key
 *
 * Adds a key whose value is changed.
 *
 * Since: 0.1
 */
void
memo_mutation_add_key (MemoMutation *self,
                       const char   *key)
{
  g_return_if_fail (MEMO_IS_MUTATION (self));
  g_return_if_fail (key != NULL);
  g_return_if_fail (self->state == GATHERING);

  texts_add (&self->keys, key);
}

/**
 * memo_mutation_add_tag:
 * @self: a mutation that did not begin
 * @tag: a tag
 *
 * Adds a tag: what carries it is changed.
 *
 * Since: 0.1
 */
void
memo_mutation_add_tag (MemoMutation *self,
                       const char   *tag)
{
  g_return_if_fail (MEMO_IS_MUTATION (self));
  g_return_if_fail (tag != NULL);
  g_return_if_fail (self->state == GATHERING);

  texts_add (&self->tags, tag);
}

/**
 * memo_mutation_add_everything:
 * @self: a mutation that did not begin
 *
 * Says that everything in the cache is changed.
 *
 * Since: 0.1
 */
void
memo_mutation_add_everything (MemoMutation *self)
{
  g_return_if_fail (MEMO_IS_MUTATION (self));
  g_return_if_fail (self->state == GATHERING);

  self->everything = TRUE;
}

/**
 * memo_mutation_get_keys:
 * @self: a mutation
 *
 * Gets the keys whose values are changed.
 *
 * Returns: (transfer none) (array zero-terminated=1): the keys
 *
 * Since: 0.1
 */
const char * const *
memo_mutation_get_keys (MemoMutation *self)
{
  g_return_val_if_fail (MEMO_IS_MUTATION (self), NULL);

  return (const char * const *) self->keys.list->pdata;
}

/**
 * memo_mutation_get_tags:
 * @self: a mutation
 *
 * Gets the tags of what is changed.
 *
 * Returns: (transfer none) (array zero-terminated=1): the tags
 *
 * Since: 0.1
 */
const char * const *
memo_mutation_get_tags (MemoMutation *self)
{
  g_return_val_if_fail (MEMO_IS_MUTATION (self), NULL);

  return (const char * const *) self->tags.list->pdata;
}

/**
 * memo_mutation_get_everything:
 * @self: a mutation
 *
 * Gets whether everything is changed.
 *
 * Returns: whether it is
 *
 * Since: 0.1
 */
gboolean
memo_mutation_get_everything (MemoMutation *self)
{
  g_return_val_if_fail (MEMO_IS_MUTATION (self), FALSE);

  return self->everything;
}

/**
 * memo_mutation_is_open:
 * @self: a mutation
 *
 * Says whether the mutation began and has to be ended.
 *
 * One that was cancelled before it began did not.
 *
 * Returns: whether the bracket is open
 *
 * Since: 0.1
 */
gboolean
memo_mutation_is_open (MemoMutation *self)
{
  g_return_val_if_fail (MEMO_IS_MUTATION (self), FALSE);

  return self->state == OPEN;
}

/**
 * memo_mutation_begin_async:
 * @self: a mutation that did not begin
 * @cancellable: (nullable): a [class@Gio.Cancellable]
 * @callback: (nullable) (scope async): called when the source may be changed
 * @user_data: data for @callback
 *
 * Opens the bracket.
 *
 * The memory has acted when this returns. The source must not be changed before @callback
 * runs, since other tiers may need longer. Where that fails or is cancelled, the bracket may be
 * open all the same: see [method@Memo.Mutation.is_open].
 *
 * Since: 0.1
 */
void
memo_mutation_begin_async (MemoMutation        *self,
                           GCancellable        *cancellable,
                           GAsyncReadyCallback  callback,
                           gpointer             user_data)
{
  g_return_if_fail (MEMO_IS_MUTATION (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));
  g_return_if_fail (self->state == GATHERING);

  begin (self, memo_call_new_request (self, memo_mutation_begin_async, cancellable, callback, user_data));
}

/**
 * memo_mutation_begin_with_closure:
 * @self: a mutation that did not begin
 * @cancellable: (nullable): a [class@Gio.Cancellable]
 * @done: called with the mutation and a [iface@Gio.AsyncResult] when the source may be changed
 *
 * What [method@Memo.Mutation.begin_async] does, for language bindings whose callbacks cost more
 * than their closures.
 *
 * Call [method@Memo.Mutation.begin_finish] from @done.
 *
 * Since: 0.1
 */
void
memo_mutation_begin_with_closure (MemoMutation *self,
                                  GCancellable *cancellable,
                                  GClosure     *done)
{
  MemoCall *call;

  g_return_if_fail (MEMO_IS_MUTATION (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));
  g_return_if_fail (done != NULL);
  g_return_if_fail (self->state == GATHERING);

  call = memo_call_new_request (self, memo_mutation_begin_async, cancellable, NULL, NULL);
  memo_call_set_closure (call, done);
  begin (self, call);
}

/**
 * memo_mutation_begin_finish:
 * @self: a mutation
 * @result: the result given to the callback
 * @error: return location for a [type@GLib.Error]
 *
 * Finishes opening the bracket.
 *
 * Returns: whether the source may be changed
 *
 * Since: 0.1
 */
gboolean
memo_mutation_begin_finish (MemoMutation  *self,
                            GAsyncResult  *result,
                            GError       **error)
{
  g_return_val_if_fail (MEMO_IS_MUTATION (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return memo_call_finish (self, result, memo_mutation_begin_async, error);
}

/**
 * memo_mutation_end_async:
 * @self: a mutation that began
 * @callback: (nullable) (scope async): called when the change is acknowledged
 * @user_data: data for @callback
 *
 * Closes the bracket, whether the source was changed or not.
 *
 * The memory has acted when this returns. It cannot be cancelled.
 *
 * Since: 0.1
 */
void
memo_mutation_end_async (MemoMutation        *self,
                         GAsyncReadyCallback  callback,
                         gpointer             user_data)
{
  g_return_if_fail (MEMO_IS_MUTATION (self));
  g_return_if_fail (self->state == OPEN);

  end (self, memo_call_new_request (self, memo_mutation_end_async, NULL, callback, user_data));
}

/**
 * memo_mutation_end_with_closure:
 * @self: a mutation that began
 * @done: called with the mutation and a [iface@Gio.AsyncResult] when the change is acknowledged
 *
 * What [method@Memo.Mutation.end_async] does, for language bindings whose callbacks cost more
 * than their closures.
 *
 * Call [method@Memo.Mutation.end_finish] from @done.
 *
 * Since: 0.1
 */
void
memo_mutation_end_with_closure (MemoMutation *self,
                                GClosure     *done)
{
  MemoCall *call;

  g_return_if_fail (MEMO_IS_MUTATION (self));
  g_return_if_fail (done != NULL);
  g_return_if_fail (self->state == OPEN);

  call = memo_call_new_request (self, memo_mutation_end_async, NULL, NULL, NULL);
  memo_call_set_closure (call, done);
  end (self, call);
}

/**
 * memo_mutation_end_finish:
 * @self: a mutation
 * @result: the result given to the callback
 * @error: return location for a [type@GLib.Error]
 *
 * Finishes closing the bracket.
 *
 * Returns: whether the change is acknowledged everywhere
 *
 * Since: 0.1
 */
gboolean
memo_mutation_end_finish (MemoMutation  *self,
                          GAsyncResult  *result,
                          GError       **error)
{
  g_return_val_if_fail (MEMO_IS_MUTATION (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return memo_call_finish (self, result, memo_mutation_end_async, error);
}
