/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-async-cache-private.h"
#include "memo-entry-private.h"
#include "memo-error.h"
#include "memo-remote-private.h"

/* What was loaded or set on its way to the server.  It is in memory meanwhile, until T after the load began or the set was called, and
 * for as long as it lives once the server has it.
 *
 * A load has its lease and needs one step, a FILL.  A set has none, and takes two (set-takes-two-steps): a CLAIM leaves one,
 * and what was answered is filled. */

typedef struct _Store
{
  MemoRemoteOp      op;         /* first, so that it is an operation */
  char             *key;
  MemoEntry        *entry;
  char            **tags;
  gint64            deadline;   /* of the entry itself */
  gint64            duration;
  gboolean          set;
  gboolean          doomed;     /* outdated: it must not stay in memory */
  gboolean          overtaken;  /* of a set: this process has changed the key since, and it must not be stored */
  guint64           since;      /* how many invalidations of tags there had been */
  MemoRemoteTokens *tokens;
  char            **names;      /* of a set: the tokens that it needs */
  GBytes           *lease;      /* what is expected to be there */
  MemoRemoteTurn   *turn;       /* of an early refresh, until it is done; else NULL */
  guint64           on_link;
  guint8            server[MEMO_REMOTE_SERVER_ID_SIZE];
  struct _Store    *newer;      /* of a set: what takes its place when it is done; not begun */
} Store;

/* Never under a lock. */
static void
store_free (MemoRemoteOp *op)
{
  Store *store = (Store *) op;

  g_free (store->key);
  memo_entry_unref (store->entry);
  g_strfreev (store->tags);
  g_strfreev (store->names);
  g_clear_pointer (&store->tokens, memo_remote_tokens_unref);
  g_clear_pointer (&store->lease, g_bytes_unref);
  g_clear_pointer (&store->turn, memo_remote_turn_free);
  memo_remote_op_clear (op);
  g_free (store);
}

/* --- how long it may be in memory --- */

/* With the lock held: until when what is not in the server may be served; 0 for not at all (degraded-ends,
 * degraded-counts-from-the-start, set-ends-unless-stored).  LOAD brought it, unless it was set, or came with a batch DURATION after
 * that began. */
gint64
memo_remote_memory_deadline (MemoRemote       *self,
                             MemoRemoteLoad   *load,
                             gboolean          set,
                             const MemoTagSet *tags,
                             gint64            duration,
                             gint64            lease_end,
                             gint64            now)
{
  if (set)
    return now + self->max_staleness;
  if (load == NULL)
    return now - duration + self->max_staleness;

  if (load->keep == MEMO_REMOTE_KEEP_FILL && !memo_remote_tokens_complete (load, tags, lease_end, now))
    load->keep = MEMO_REMOTE_KEEP_NOT;

  return load->keep != MEMO_REMOTE_KEEP_NOT ? load->began + self->max_staleness : 0;
}

/* --- the end of it --- */

/* With the lock held: the server has it, so the memory may. */
static void
keep (MemoAsyncCache *cache,
      Store          *store,
      gint64          now,
      MemoTrash      *trash)
{
  MemoKey key = memo_key (store->key);
  MemoTagSet *tags = NULL;
  MemoNode *node;

  memo_tag_set_add (&tags, (const char * const *) store->tags);
  if (!store->doomed && !cache->closed && store->deadline > now &&
      memo_fence_first (&cache->fence, tags, store->since) == 0 &&
      !memo_brackets_hold (&cache->brackets, &key, tags))
    {
      node = memo_node_new (&key, memo_entry_ref (store->entry), store->deadline, memo_tag_set_size (tags));
      node->leased = TRUE;
      node->load_time = memo_early_load_time (store->duration);
      memo_store_put (cache->values, node, tags, memo_async_cache_limit (cache), now, &trash->nodes);
    }
  memo_tag_set_free (tags);
}

/* It is over, with ERROR where nobody knows.  STORED: the server has it. */
static void
end (Store        *store,
     gboolean      stored,
     const GError *error)
{
  MemoRemoteOp *op = &store->op;
  MemoRemote *self = op->remote;
  g_autoptr(MemoAsyncCache) cache = g_weak_ref_get (self->cache);
  MemoTrash trash = { 0 };
  gboolean arm = FALSE;

  if (error != NULL)
    memo_remote_failed (self, error);

  if (cache == NULL)
    {
      if (error == NULL)
        memo_remote_hub_tell_others (self->hub, self, op->name);
      if (store->newer != NULL)
        memo_remote_op_outlive (&store->newer->op);
      memo_remote_op_outlive (op);
      return;
    }

  memo_lock (&cache->lock);
  memo_remote_lane_next (&self->stores, &trash.remote);
  if (store->turn != NULL && error == NULL)
    memo_remote_turn_end (g_steal_pointer (&store->turn), &trash.remote);
  if (store->set && error != NULL && self->loss == NULL)
    self->loss = g_error_copy (error);
  if (g_hash_table_lookup (self->fills, op->name) == store)
    g_hash_table_remove (self->fills, op->name);
  if (stored)
    {
      keep (cache, store, memo_async_cache_now (cache), &trash);
      arm = memo_sweep_is_due_earlier (cache);
    }
  if (store->set)
    {
      Store *newer = store->newer;

      memo_remote_busy_remove (self, op->name);
      g_hash_table_remove (self->sets, op->name);
      if (newer != NULL)
        {
          g_hash_table_insert (self->sets, newer->op.name, newer);
          memo_remote_lane_begin (&self->stores, &newer->op, &trash.remote);
        }
      /* What may be there now must not stay (an INVALIDATE in its place is pending). */
      if (error != NULL)
        {
          memo_remote_note_invalidate (self, op->name, NULL, &trash.remote);
          memo_remote_in_place_of (self, op->name, op->number);
        }
    }
  g_mutex_unlock (&cache->lock);

  /* Now that the set does not keep those who waited from reading what it left. */
  if (error == NULL)
    memo_remote_wrote (self, op->name, FALSE);

  if (arm)
    memo_sweep_arm (cache);
  memo_trash_empty (&trash);
  memo_remote_op_finish (op, error);
}

/* --- the steps --- */

static void
returned (MemoRemoteRequest *request,
          gboolean           done,
          GBytes            *found,
          const GError      *error)
{
  end (request->owner, FALSE, error);
}

/* There is nothing to store, and the lease goes. */
static void
give_back (Store *store)
{
  if (!memo_remote_is (store->lease, 'L'))
    {
      end (store, FALSE, NULL);
      return;
    }

  memo_remote_op_prepare (&store->op, MEMO_REMOTE_RELEASE, NULL, g_bytes_ref (store->lease), returned);
  store->op.request.link = store->on_link;
  memo_remote_ask (store->op.remote, &store->op.request);
}

static void
filled (MemoRemoteRequest *request,
        gboolean           done,
        GBytes            *found,
        const GError      *error)
{
  Store *store = request->owner;

  /* Of a set nobody may be left with the old value; the lease of a load is of no use any more. */
  if (error == NULL || store->set)
    end (store, done, error);
  else
    give_back (store);
}

/* Whether it is not to be stored any more: a set is what it is, whatever others did before it (set-is-stored-though-outdated), until this
 * process changes the key (own-changes-overtake-sets). */
static gboolean
is_over (Store *store)
{
  g_autoptr(MemoAsyncCache) cache = g_weak_ref_get (store->op.remote->cache);
  gboolean over;

  if (cache == NULL)
    return TRUE;

  memo_lock (&cache->lock);
  over = store->set ? store->overtaken : store->doomed;
  g_mutex_unlock (&cache->lock);

  return over;
}

static void
fill (Store *store)
{
  MemoRemote *self = store->op.remote;
  const gint64 now = memo_clock_get_time (self->clock);
  g_autoptr(GBytes) record = NULL;

  if (store->deadline > now && !is_over (store) && !store->tokens->fenced)
    record = memo_remote_encode (self, store->key, store->entry, store->tags, store->tokens, store->deadline,
                                 store->duration, now);
  if (record == NULL)
    {
      give_back (store);
      return;
    }

  memo_remote_op_prepare (&store->op, MEMO_REMOTE_FILL, g_bytes_ref (store->lease),
                          memo_remote_wrap (record, store->server), filled);
  store->op.request.link = store->on_link;
  if (store->deadline != G_MAXINT64)
    store->op.request.lifetime_ms = (store->deadline - now + G_TIME_SPAN_MILLISECOND - 1) / G_TIME_SPAN_MILLISECOND;
  memo_remote_ask (self, &store->op.request);
}

static void
fill_act (MemoRemoteDeed *deed)
{
  fill ((Store *) deed);
}

static void
claimed (MemoRemoteRequest *request,
         gboolean           done,
         GBytes            *found,
         const GError      *error)
{
  Store *store = request->owner;

  if (error != NULL || !done)
    {
      end (store, FALSE, error);
      return;
    }

  store->on_link = request->link;
  /* In the handler of a reply: it changes in this thread alone. */
  memcpy (store->server, store->op.remote->server, sizeof store->server);
  fill (store);
}

static void
set_gathered (MemoRemoteTokens *tokens,
              gpointer          data)
{
  Store *store = data;
  MemoRemote *self = store->op.remote;

  store->tokens = tokens;
  if (tokens->failed)
    {
      g_autoptr(GError) error = g_error_new_literal (MEMO_ERROR, MEMO_ERROR_UNAVAILABLE,
                                                     "The tags of what was set could not be read from the remote tier");

      end (store, FALSE, error);
      return;
    }

  /* Also where a tag is being changed: what is there now goes. */
  store->lease = memo_remote_new_id ('L');
  memo_remote_op_prepare (&store->op, MEMO_REMOTE_CLAIM, NULL, g_bytes_ref (store->lease), claimed);
  store->op.request.lifetime_ms = MEMO_REMOTE_LEASE_MS;
  memo_remote_ask (self, &store->op.request);
}

static void
set_act (MemoRemoteDeed *deed)
{
  Store *store = (Store *) deed;

  /* Also where this process has changed the key since: what is older goes before it is said that the set is done
   * (overtaken-set-is-claimed). */
  memo_remote_tokens_gather (store->op.remote, g_strdupv (store->names), set_gathered, store);
}

/* --- noting; with the lock held --- */

static void
note_fill (MemoRemote     *self,
           Store          *store,
           MemoRemoteLoad *load,
           MemoRemoteWork *work)
{
  store->lease = g_bytes_ref (load->expected);
  store->turn = g_steal_pointer (&load->turn);
  store->on_link = load->on_link;
  store->tokens = memo_remote_tokens_ref (load->tokens);
  memcpy (store->server, self->server, sizeof store->server);
  memo_remote_let_go (load);
  load->keep = MEMO_REMOTE_KEEP_NOT;

  store->op.under_way = TRUE;
  store->op.deed.act = fill_act;
  memo_remote_lane_begin (&self->stores, &store->op, work);
}

/* Those who wait for it wait for a newer one. */
static void
replaced_act (MemoRemoteDeed *deed)
{
  memo_remote_op_finish ((MemoRemoteOp *) deed, NULL);
}

/* One set of a key at a time; one that was not begun gives way to a newer one, as do those who wait for it. */
static void
note_set (MemoRemote     *self,
          Store          *store,
          MemoTagSet     *tags,
          MemoRemoteWork *work)
{
  Store *running = g_hash_table_lookup (self->sets, store->op.name);

  store->set = TRUE;
  store->names = memo_remote_tag_names (self, store->key, tags, NULL);
  store->op.deed.act = set_act;
  memo_remote_busy_add (self, store->op.name);

  if (running == NULL)
    {
      g_hash_table_insert (self->sets, store->op.name, store);
      store->op.under_way = TRUE;
      memo_remote_lane_begin (&self->stores, &store->op, work);
    }
  else
    {
      if (running->newer != NULL)
        {
          Store *older = running->newer;

          memo_remote_busy_remove (self, older->op.name);
          memo_remote_op_merge (&store->op, &older->op);
          older->op.deed.act = replaced_act;
          memo_remote_work_add (work, &older->op.deed);
        }
      running->newer = store;
      /* It is about to be: the one before it sees to that. */
      store->op.under_way = TRUE;
    }
}

/* KEY got ENTRY with TAGS: by LOAD, or it was set where that is NULL. */
void
memo_remote_note_store (MemoRemote       *self,
                        const MemoKey    *key,
                        MemoEntry        *entry,
                        const MemoTagSet *tags,
                        gint64            deadline,
                        gint64            duration,
                        guint64           since,
                        MemoRemoteLoad   *load,
                        MemoTierAck      *ack,
                        MemoRemoteWork   *work)
{
  Store *store;
  Store *older;
  g_autofree char *name = NULL;

  if (load != NULL && load->keep != MEMO_REMOTE_KEEP_FILL)
    return;

  name = g_strconcat ("d:", key->text, NULL);
  store = g_new0 (Store, 1);
  memo_remote_op_init (&store->op, self, name, store_free);
  store->key = g_strdup (key->text);
  store->entry = memo_entry_ref (entry);
  store->tags = memo_tag_set_dup (tags);
  store->deadline = deadline;
  store->duration = duration;
  store->since = since;
  memo_remote_ack (&store->op.acks, ack);

  older = g_hash_table_lookup (self->fills, store->op.name);
  if (older != NULL)
    {
      older->doomed = TRUE;
      g_hash_table_remove (self->fills, store->op.name);
    }
  g_hash_table_insert (self->fills, store->op.name, store);

  if (load != NULL)
    note_fill (self, store, load, work);
  else
    note_set (self, store, (MemoTagSet *) tags, work);
}

/* --- outdating; with the lock held --- */

static void
overtake (Store *store)
{
  store->overtaken = TRUE;
  if (store->newer != NULL)
    store->newer->overtaken = TRUE;
}

/* OWN: by a change of this process. */
void
memo_remote_store_outdate (MemoRemote *self,
                           const char *name,
                           gboolean    own)
{
  Store *store = g_hash_table_lookup (self->fills, name);
  Store *set = own ? g_hash_table_lookup (self->sets, name) : NULL;

  if (set != NULL)
    overtake (set);
  if (store == NULL)
    return;

  store->doomed = TRUE;
  g_hash_table_remove (self->fills, name);
}

void
memo_remote_stores_outdate (MemoRemote *self,
                            gboolean    own)
{
  GHashTableIter iter;
  gpointer store;

  g_hash_table_iter_init (&iter, self->fills);
  while (g_hash_table_iter_next (&iter, NULL, &store))
    ((Store *) store)->doomed = TRUE;
  g_hash_table_remove_all (self->fills);

  if (!own)
    return;

  g_hash_table_iter_init (&iter, self->sets);
  while (g_hash_table_iter_next (&iter, NULL, &store))
    overtake (store);
}
