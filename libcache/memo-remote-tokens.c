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

static char **
find_learned (MemoRemote *self,
              const char *key)
{
  return g_hash_table_size (self->learned) > 0 ? g_hash_table_lookup (self->learned, key) : NULL;
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
  char **learned = find_learned (self, key);

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

  if (g_hash_table_size (self->asks) == 0)
    return;

  memo_tag_set_add (&names, (const char *[]) { name, NULL });
  memo_fence_invalidate (&self->fence, names);
  memo_tag_set_free (names);
}

/* Another token is known, or one is not any more. */
static void
forget_plain (MemoRemote *self)
{
  g_clear_pointer (&self->plain, memo_remote_tokens_unref);
}

void
memo_remote_token_outdate (MemoRemote *self,
                           const char *name)
{
  g_hash_table_remove (self->tokens, name);
  forget_plain (self);
  note_outdated (self, name);
}

void
memo_remote_tokens_outdate (MemoRemote *self)
{
  g_hash_table_remove_all (self->tokens);
  forget_plain (self);
  memo_fence_invalidate_all (&self->fence);
}

/* --- gathering --- */

/* A token that is being read, for all who want it meanwhile. */
typedef struct
{
  MemoRemoteRequest request;
  MemoRemote       *remote;
  GArray           *wants;      /* who does; with the lock held */
  guint64           since;      /* how many tags had been outdated when it was asked for */
  gint64            began;      /* when that was, the first time */
  guint             attempts;
  char              name[];
} Ask;

typedef struct
{
  MemoRemoteTokens *tokens;     /* a reference */
  MemoRemoteToken  *token;
} Want;

/* Takes NAMES. */
static MemoRemoteTokens *
tokens_new (char **names)
{
  const guint n = g_strv_length (names);
  MemoRemoteTokens *tokens = g_malloc0 (sizeof *tokens + n * sizeof tokens->items[0]);

  g_atomic_ref_count_init (&tokens->ref_count);
  tokens->names = names;
  tokens->n = n;
  for (guint i = 0; i < n; i++)
    tokens->items[i].name = names[i];

  return tokens;
}

static void
set_token (MemoRemoteToken *token,
           const guint8    *known)
{
  token->known = known != NULL;
  if (known != NULL)
    memcpy (token->token, known, MEMO_RECORD_ID_SIZE);
}

void
memo_remote_tokens_unref (MemoRemoteTokens *tokens)
{
  if (!g_atomic_ref_count_dec (&tokens->ref_count))
    return;

  g_clear_pointer (&tokens->remote, memo_remote_unref);
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

static void token_answered (MemoRemoteRequest *request,
                            gboolean           done,
                            GBytes            *found,
                            const GError      *error);

static void
ask_for (Ask            *ask,
         MemoRemoteStep  step)
{
  g_clear_pointer (&ask->request.value, g_bytes_unref);
  ask->request = (MemoRemoteRequest) {
    .step = step,
    .key = ask->name,
    .value = step == MEMO_REMOTE_CREATE ? memo_remote_new_id ('T') : NULL,
    .answered = token_answered,
    .owner = ask,
  };
  memo_remote_ask (ask->remote, &ask->request);
}

static void
load_token (Ask *ask)
{
  g_autoptr(MemoAsyncCache) cache = g_weak_ref_get (ask->remote->cache);

  if (cache != NULL)
    {
      memo_lock (&cache->lock);
      ask->since = ask->remote->fence.sequence;
      g_mutex_unlock (&cache->lock);
    }

  ask->attempts++;
  ask_for (ask, MEMO_REMOTE_LOAD);
}

/* With the lock held: whether the tag was outdated since it was asked for. */
static gboolean
is_outdated (Ask *ask)
{
  MemoTagSet *names = NULL;
  gboolean outdated;

  memo_tag_set_add (&names, (const char *[]) { ask->name, NULL });
  outdated = memo_fence_first (&ask->remote->fence, names, ask->since) != 0;
  memo_tag_set_free (names);

  return outdated;
}

/* With the lock held: what was read is known from now on, unless it was outdated meanwhile. */
static void
note_known (Ask          *ask,
            const guint8 *token)
{
  MemoRemote *self = ask->remote;

  if (!is_outdated (ask))
    {
      Known *known = g_new (Known, 1);

      memcpy (known->token, token, MEMO_RECORD_ID_SIZE);
      known->stamp = ++self->stamp;
      if (g_hash_table_size (self->tokens) >= MEMO_REMOTE_MAX_TOKENS)
        g_hash_table_remove_all (self->tokens);
      g_hash_table_replace (self->tokens, g_strdup (ask->name), known);
      forget_plain (self);
    }
}

/* It is over: TOKEN is NULL where there is none, since it is FENCED or could not be read. */
static void
tell (Ask          *ask,
      const guint8 *token,
      gboolean      fenced,
      gboolean      stranger)
{
  MemoRemote *self = ask->remote;
  g_autoptr(MemoAsyncCache) cache = g_weak_ref_get (self->cache);
  MemoTrash trash = { 0 };

  if (cache != NULL)
    {
      memo_lock (&cache->lock);
      if (token != NULL)
        note_known (ask, token);
      /* What is there is none of ours: it goes. */
      if (stranger)
        memo_remote_note_invalidate (self, ask->name, NULL, &trash.remote);
      if (g_hash_table_lookup (self->asks, ask->name) == ask)
        g_hash_table_remove (self->asks, ask->name);
      g_mutex_unlock (&cache->lock);
    }

  for (guint i = 0; i < ask->wants->len; i++)
    {
      Want *want = &g_array_index (ask->wants, Want, i);

      if (token != NULL)
        memcpy (want->token->token, token, MEMO_RECORD_ID_SIZE);
      want->token->known = token != NULL;
      if (token == NULL)
        g_atomic_int_set (fenced ? &want->tokens->fenced : &want->tokens->failed, TRUE);
      one_gathered (want->tokens);
      memo_remote_tokens_unref (want->tokens);
    }

  memo_trash_empty (&trash);
  g_clear_pointer (&ask->request.value, g_bytes_unref);
  g_array_unref (ask->wants);
  memo_remote_unref (self);
  g_free (ask);
}

static void
token_answered (MemoRemoteRequest *request,
                gboolean           done,
                GBytes            *found,
                const GError      *error)
{
  Ask *ask = request->owner;

  if (error != NULL)
    {
      memo_remote_failed (ask->remote, error);
      tell (ask, NULL, FALSE, FALSE);
    }
  else if (request->step == MEMO_REMOTE_CREATE)
    {
      load_token (ask);
    }
  else if (found == NULL && ask->attempts < 3)
    {
      ask_for (ask, MEMO_REMOTE_CREATE);
    }
  else if (found != NULL && memo_remote_is (found, 'T') && g_bytes_get_size (found) == MEMO_REMOTE_HEAD_SIZE)
    {
      tell (ask, (const guint8 *) g_bytes_get_data (found, NULL) + 1, FALSE, FALSE);
    }
  else
    {
      gboolean fenced = found != NULL && memo_remote_is (found, 'F');

      tell (ask, NULL, fenced, found != NULL && !fenced);
    }
}

/* With the lock held: TOKENS want TOKEN.  Gives what is to be asked for then, NULL where that was done already, and what comes is
 * not too old for whoever begins now. */
static Ask *
want (MemoRemote       *self,
      MemoRemoteTokens *tokens,
      MemoRemoteToken  *token,
      gint64            now)
{
  const Want one = { memo_remote_tokens_ref (tokens), token };
  Ask *ask = g_hash_table_lookup (self->asks, token->name);
  Ask *fresh = NULL;

  if (ask == NULL || is_outdated (ask) || now >= ask->began + self->max_staleness)
    {
      const gsize size = strlen (token->name) + 1;

      ask = fresh = g_malloc0 (sizeof *ask + size);
      memcpy (ask->name, token->name, size);
      ask->remote = memo_remote_ref (self);
      ask->wants = g_array_new (FALSE, FALSE, sizeof (Want));
      ask->since = self->fence.sequence;
      ask->began = now;
      /* With its own name: the one before it has another. */
      g_hash_table_replace (self->asks, ask->name, ask);
    }
  g_array_append_val (ask->wants, one);

  return fresh;
}

/* With the lock held: nearly always a value has no tags but the one that everything has, and the token of that is known.  A reference to
 * what memo_remote_tokens_gather() would give then; NULL where it is not so. */
MemoRemoteTokens *
memo_remote_tokens_plain (MemoRemote       *self,
                          const char       *key,
                          const MemoTagSet *some,
                          const MemoTagSet *others,
                          gint64            lease_end,
                          gint64            now)
{
  const guint8 *token;

  if (memo_tag_set_size (some) > 0 || memo_tag_set_size (others) > 0 || find_learned (self, key) != NULL || now >= lease_end)
    return NULL;

  if (self->plain == NULL)
    {
      token = memo_remote_token_known (self, MEMO_REMOTE_EVERYTHING, G_MAXUINT64, lease_end, now);
      if (token == NULL)
        return NULL;
      self->plain = tokens_new (memo_remote_tag_names (self, key, NULL, NULL));
      self->plain->stamp = self->stamp;
      set_token (&self->plain->items[0], token);
    }

  return memo_remote_tokens_ref (self->plain);
}

/* Finds the tokens of NAMES, which are taken, and tells DONE, who gets a reference to them.  Never under a lock. */
void
memo_remote_tokens_gather (MemoRemote           *self,
                           char                **names,
                           MemoRemoteTokensDone  done,
                           gpointer              data)
{
  MemoRemoteTokens *tokens = tokens_new (names);
  g_autoptr(MemoAsyncCache) cache = g_weak_ref_get (self->cache);
  g_autoptr(GPtrArray) asks = NULL;
  guint n_missing = 0;
  gint64 now;

  tokens->remote = memo_remote_ref (self);
  tokens->done = done;
  tokens->data = data;

  if (cache == NULL)
    {
      tokens->failed = TRUE;
      done (tokens, data);
      return;
    }

  memo_lock (&cache->lock);
  now = memo_async_cache_now (cache);
  tokens->stamp = self->stamp;
  for (guint i = 0; i < tokens->n; i++)
    {
      MemoRemoteToken *token = &tokens->items[i];

      set_token (token, memo_remote_token_known (self, token->name, G_MAXUINT64, cache->lease_end, now));
      n_missing += !token->known;
    }

  /* One for this function. */
  g_atomic_int_set (&tokens->pending, n_missing + 1);
  if (n_missing > 0)
    asks = g_ptr_array_new ();
  for (guint i = 0; n_missing > 0 && i < tokens->n; i++)
    {
      Ask *ask = tokens->items[i].known ? NULL : want (self, tokens, &tokens->items[i], now);

      if (ask != NULL)
        g_ptr_array_add (asks, ask);
    }
  g_mutex_unlock (&cache->lock);

  for (guint i = 0; asks != NULL && i < asks->len; i++)
    load_token (g_ptr_array_index (asks, i));

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
  MemoRemoteTokens *tokens;

  if (texts == NULL)
    return TRUE;

  memo_remote_learn (self, load->flight->item.text, texts);
  tokens = tokens_new (memo_remote_tag_names (self, load->flight->item.text, NULL, NULL));
  tokens->stamp = old->stamp;

  for (guint i = 0; i < tokens->n; i++)
    {
      const char *name = tokens->items[i].name;
      const guint8 *token = memo_remote_tokens_find (old, name);

      if (token == NULL)
        token = memo_remote_token_known (self, name, old->stamp, lease_end, now);
      if (token == NULL)
        {
          memo_remote_tokens_unref (tokens);
          return FALSE;
        }

      set_token (&tokens->items[i], token);
    }

  memo_remote_tokens_unref (old);
  load->tokens = tokens;

  return TRUE;
}
