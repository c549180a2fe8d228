/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-async-cache-private.h"
#include "memo-remote-private.h"

/* The tokens of tags.  A record has those of its tags as they were when its load began, and is of use while they are the present ones.
 * What was read is known here until the server says that it was changed, and counts within the time lease
 * (tokens-within-the-lease). */

typedef struct
{
  guint8  token[MEMO_RECORD_ID_SIZE];
  guint64 stamp;      /* when it came, in a count */
} Known;

GHashTable *
memo_remote_tokens_new (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

/* --- which --- */

static void
add_name (GPtrArray  *names,
          const char *tag)
{
  char *name = g_strconcat ("t:", tag, NULL);

  if (g_ptr_array_find_with_equal_func (names, name, g_str_equal, NULL))
    g_free (name);
  else
    g_ptr_array_add (names, name);
}

/* With the lock held: the names of all tags that a value of KEY is expected to have, which are SOME and OTHERS and those
 * that it was found to have before; and of the one that everything has. */
char **
memo_remote_tag_names (MemoRemote       *self,
                       const char       *key,
                       const MemoTagSet *some,
                       const MemoTagSet *others)
{
  GPtrArray *names = g_ptr_array_new ();
  char **learned = g_hash_table_size (self->learned) > 0 ? g_hash_table_lookup (self->learned, key) : NULL;

  g_ptr_array_add (names, g_strdup (MEMO_REMOTE_EVERYTHING));
  for (guint i = 0; i < memo_tag_set_size (some); i++)
    add_name (names, memo_tag_set_get (some, i)->text);
  for (guint i = 0; i < memo_tag_set_size (others); i++)
    add_name (names, memo_tag_set_get (others, i)->text);
  for (guint i = 0; learned != NULL && learned[i] != NULL; i++)
    add_name (names, learned[i]);
  g_ptr_array_add (names, NULL);

  return (char **) g_ptr_array_free (names, FALSE);
}

/* With the lock held: KEY was found to have TAGS. */
void
memo_remote_learn (MemoRemote  *self,
                   const char  *key,
                   char       **tags)
{
  char **known = g_hash_table_lookup (self->learned, key);

  if (known != NULL && g_strv_equal ((const char * const *) known, (const char * const *) tags))
    return;

  if (g_hash_table_size (self->learned) >= MEMO_REMOTE_MAX_LEARNED)
    g_hash_table_remove_all (self->learned);
  g_hash_table_replace (self->learned, g_strdup (key), g_strdupv (tags));
}

/* --- what is known; with the lock held --- */

/* The token of NAME, if it was known when STAMP was counted and is still. */
const guint8 *
memo_remote_token_known (MemoRemote *self,
                         const char *name,
                         guint64     stamp,
                         gint64      lease_end,
                         gint64      now)
{
  Known *known = now < lease_end ? g_hash_table_lookup (self->tokens, name) : NULL;

  return known != NULL && known->stamp <= stamp ? known->token : NULL;
}

static void
note_outdated (MemoRemote *self,
               const char *name)
{
  MemoTagSet *names = NULL;

  if (self->n_asks == 0)
    return;

  memo_tag_set_add (&names, (const char *[]) { name, NULL });
  memo_fence_invalidate (&self->fence, names);
  memo_tag_set_free (names);
}

void
memo_remote_token_outdate (MemoRemote *self,
                           const char *name)
{
  g_hash_table_remove (self->tokens, name);
  note_outdated (self, name);
}

void
memo_remote_tokens_outdate (MemoRemote *self)
{
  g_hash_table_remove_all (self->tokens);
  memo_fence_invalidate_all (&self->fence);
}

/* --- gathering --- */

typedef struct
{
  MemoRemoteRequest request;
  MemoRemoteTokens *tokens;
  MemoRemoteToken  *token;
  guint64           since;      /* how many tags had been outdated when it was asked for */
  guint             attempts;
} Ask;

void
memo_remote_tokens_unref (MemoRemoteTokens *tokens)
{
  if (!g_atomic_ref_count_dec (&tokens->ref_count))
    return;

  memo_remote_unref (tokens->remote);
  g_strfreev (tokens->names);
  g_free (tokens);
}

MemoRemoteTokens *
memo_remote_tokens_ref (MemoRemoteTokens *tokens)
{
  g_atomic_ref_count_inc (&tokens->ref_count);

  return tokens;
}

const guint8 *
memo_remote_tokens_find (MemoRemoteTokens *tokens,
                         const char       *name)
{
  for (guint i = 0; i < tokens->n; i++)
    {
      if (tokens->items[i].known && strcmp (tokens->items[i].name, name) == 0)
        return tokens->items[i].token;
    }

  return NULL;
}

static void
one_gathered (MemoRemoteTokens *tokens)
{
  if (g_atomic_int_dec_and_test (&tokens->pending))
    tokens->done (tokens, tokens->data);
}

static void
ask_free (Ask *ask)
{
  g_clear_pointer (&ask->request.value, g_bytes_unref);
  memo_remote_tokens_unref (ask->tokens);
  g_free (ask);
}

static void token_answered (MemoRemoteRequest *request,
                            gboolean           done,
                            GBytes            *found,
                            const GError      *error);

static void
load_token (Ask *ask)
{
  MemoRemote *self = ask->tokens->remote;
  g_autoptr(MemoAsyncCache) cache = g_weak_ref_get (self->cache);

  if (cache != NULL)
    {
      memo_lock (&cache->lock);
      ask->since = self->fence.sequence;
      g_mutex_unlock (&cache->lock);
    }

  ask->attempts++;
  g_clear_pointer (&ask->request.value, g_bytes_unref);
  ask->request = (MemoRemoteRequest) {
    .step = MEMO_REMOTE_LOAD,
    .key = ask->token->name,
    .answered = token_answered,
    .owner = ask,
  };
  memo_remote_ask (self, &ask->request);
}

static void
create_token (Ask *ask)
{
  ask->request = (MemoRemoteRequest) {
    .step = MEMO_REMOTE_CREATE,
    .key = ask->token->name,
    .value = memo_remote_new_id ('T'),
    .answered = token_answered,
    .owner = ask,
  };
  memo_remote_ask (ask->tokens->remote, &ask->request);
}

/* In the handler of the reply (or where it could not be sent). */
static void
take_token (Ask    *ask,
            GBytes *found)
{
  MemoRemote *self = ask->tokens->remote;
  MemoRemoteToken *token = ask->token;
  g_autoptr(MemoAsyncCache) cache = g_weak_ref_get (self->cache);
  MemoTagSet *names = NULL;

  memcpy (token->token, (const guint8 *) g_bytes_get_data (found, NULL) + 1, MEMO_RECORD_ID_SIZE);
  token->known = TRUE;

  if (cache == NULL)
    return;

  memo_tag_set_add (&names, (const char *[]) { token->name, NULL });
  memo_lock (&cache->lock);
  if (memo_fence_first (&self->fence, names, ask->since) == 0)
    {
      Known *known = g_new (Known, 1);

      memcpy (known->token, token->token, MEMO_RECORD_ID_SIZE);
      known->stamp = ++self->stamp;
      if (g_hash_table_size (self->tokens) >= MEMO_REMOTE_MAX_TOKENS)
        g_hash_table_remove_all (self->tokens);
      g_hash_table_replace (self->tokens, g_strdup (token->name), known);
    }
  g_mutex_unlock (&cache->lock);
  memo_tag_set_free (names);
}

/* What is there is none of ours: it goes. */
static void
drop_stranger (Ask *ask)
{
  MemoRemote *self = ask->tokens->remote;
  g_autoptr(MemoAsyncCache) cache = g_weak_ref_get (self->cache);
  MemoTrash trash = { 0 };

  if (cache == NULL)
    return;

  memo_lock (&cache->lock);
  memo_remote_note_invalidate (self, ask->token->name, NULL, &trash.remote);
  g_mutex_unlock (&cache->lock);
  memo_trash_empty (&trash);
}

static void
token_answered (MemoRemoteRequest *request,
                gboolean           done,
                GBytes            *found,
                const GError      *error)
{
  Ask *ask = request->owner;
  MemoRemoteTokens *tokens = ask->tokens;
  MemoRemote *self = tokens->remote;
  g_autoptr(MemoAsyncCache) cache = NULL;

  if (error != NULL)
    {
      memo_remote_failed (self, error);
      g_atomic_int_set (&tokens->failed, TRUE);
    }
  else if (request->step == MEMO_REMOTE_CREATE)
    {
      load_token (ask);
      return;
    }
  else if (found == NULL && ask->attempts < 3)
    {
      create_token (ask);
      return;
    }
  else if (found != NULL && memo_remote_is (found, 'T') && g_bytes_get_size (found) == MEMO_REMOTE_HEAD_SIZE)
    {
      take_token (ask, found);
    }
  else if (found != NULL && memo_remote_is (found, 'F'))
    {
      g_atomic_int_set (&tokens->fenced, TRUE);
    }
  else
    {
      if (found != NULL)
        drop_stranger (ask);
      g_atomic_int_set (&tokens->failed, TRUE);
    }

  cache = g_weak_ref_get (self->cache);
  if (cache != NULL)
    {
      memo_lock (&cache->lock);
      self->n_asks--;
      g_mutex_unlock (&cache->lock);
    }

  one_gathered (tokens);
  ask_free (ask);
}

/* Finds the tokens of NAMES, which are taken, and tells DONE, who gets a reference to them.  Never under a lock. */
void
memo_remote_tokens_gather (MemoRemote           *self,
                           char                **names,
                           MemoRemoteTokensDone  done,
                           gpointer              data)
{
  const guint n = g_strv_length (names);
  MemoRemoteTokens *tokens = g_malloc0 (sizeof *tokens + n * sizeof tokens->items[0]);
  g_autoptr(MemoAsyncCache) cache = g_weak_ref_get (self->cache);
  guint n_missing = 0;

  g_atomic_ref_count_init (&tokens->ref_count);
  tokens->remote = memo_remote_ref (self);
  tokens->done = done;
  tokens->data = data;
  tokens->names = names;
  tokens->n = n;

  if (cache == NULL)
    {
      tokens->failed = TRUE;
      done (tokens, data);
      return;
    }

  memo_lock (&cache->lock);
  tokens->stamp = self->stamp;
  for (guint i = 0; i < n; i++)
    {
      const guint8 *known = memo_remote_token_known (self, names[i], G_MAXUINT64, cache->lease_end,
                                                     memo_async_cache_now (cache));

      tokens->items[i].name = names[i];
      tokens->items[i].known = known != NULL;
      if (known != NULL)
        memcpy (tokens->items[i].token, known, MEMO_RECORD_ID_SIZE);
      else
        n_missing++;
    }
  self->n_asks += n_missing;
  g_mutex_unlock (&cache->lock);

  g_atomic_int_set (&tokens->pending, n_missing + 1);
  for (guint i = 0; n_missing > 0 && i < n; i++)
    {
      Ask *ask;

      if (tokens->items[i].known)
        continue;

      /* What follows may set `known` of this one, in another thread. */
      n_missing--;
      g_atomic_ref_count_inc (&tokens->ref_count);
      ask = g_new0 (Ask, 1);
      ask->tokens = tokens;
      ask->token = &tokens->items[i];
      load_token (ask);
    }

  one_gathered (tokens);
}

/* With the lock held: has the tokens of LOAD have those of TAGS, too, which its answer brought: as far as they were known before it
 * began (tokens-are-read-before-the-load).  Says whether none is missing; the next load of the key reads them. */
gboolean
memo_remote_tokens_complete (MemoRemoteLoad   *load,
                             const MemoTagSet *tags,
                             gint64            lease_end,
                             gint64            now)
{
  MemoRemote *self = load->remote;
  MemoRemoteTokens *old = load->tokens;
  g_auto(GStrv) texts = memo_tag_set_dup (tags);
  g_auto(GStrv) names = NULL;
  MemoRemoteTokens *tokens;
  guint n;

  if (texts == NULL)
    return TRUE;

  memo_remote_learn (self, load->flight->item.text, texts);
  names = memo_remote_tag_names (self, load->flight->item.text, NULL, NULL);
  n = g_strv_length (names);

  tokens = g_malloc0 (sizeof *tokens + n * sizeof tokens->items[0]);
  g_atomic_ref_count_init (&tokens->ref_count);
  tokens->remote = memo_remote_ref (self);
  tokens->stamp = old->stamp;
  tokens->n = n;

  for (guint i = 0; i < n; i++)
    {
      const guint8 *token = memo_remote_tokens_find (old, names[i]);

      if (token == NULL)
        token = memo_remote_token_known (self, names[i], old->stamp, lease_end, now);
      if (token == NULL)
        {
          memo_remote_tokens_unref (tokens);
          return FALSE;
        }

      tokens->items[i].name = names[i];
      tokens->items[i].known = TRUE;
      memcpy (tokens->items[i].token, token, MEMO_RECORD_ID_SIZE);
    }

  tokens->names = g_steal_pointer (&names);
  memo_remote_tokens_unref (old);
  load->tokens = tokens;

  return TRUE;
}
