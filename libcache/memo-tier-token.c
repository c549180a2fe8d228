/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sys/random.h>

#include "memo-record-private.h"
#include "memo-tier-private.h"

/* The tokens of tags.  What was read or made once is known as long as nothing speaks against it: where another process
 * has invalidated the tag, a record with the token that is known here is found out when it is read. */

typedef struct
{
  GBytes    *bytes;       /* NULL while it is being read or made */
  GPtrArray *requests;    /* who waits for it */
} Token;

static void
token_free (Token *token)
{
  g_clear_pointer (&token->bytes, g_bytes_unref);
  g_ptr_array_unref (token->requests);
  g_free (token);
}

GHashTable *
memo_tier_tokens_new (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) token_free);
}

/* --- somebody who wants tokens --- */

typedef struct
{
  gatomicrefcount     ref_count;
  MemoTier           *tier;
  char              **tags;
  GPtrArray          *tokens;     /* in the order of the tags */
  MemoTierTokensDone  done;
  gpointer            data;
  int                 pending;    /* atomic */
  GMutex              lock;       /* guards what follows, and the tokens while they come */
  GError             *error;
} Request;

static void
request_unref (gpointer data)
{
  Request *request = data;

  if (!g_atomic_ref_count_dec (&request->ref_count))
    return;

  memo_tier_unref (request->tier);
  g_strfreev (request->tags);
  g_clear_pointer (&request->tokens, g_ptr_array_unref);
  g_clear_error (&request->error);
  g_mutex_clear (&request->lock);
  g_free (request);
}

static Request *
request_ref (Request *request)
{
  g_atomic_ref_count_inc (&request->ref_count);

  return request;
}

static void
unref_bytes (gpointer bytes)
{
  if (bytes != NULL)
    g_bytes_unref (bytes);
}

static Request *
request_new (MemoTier            *tier,
             char               **tags,
             MemoTierTokensDone   done,
             gpointer             data)
{
  Request *request = g_new0 (Request, 1);
  guint n_tags = g_strv_length (tags);

  g_atomic_ref_count_init (&request->ref_count);
  request->tier = memo_tier_ref (tier);
  request->tags = g_strdupv (tags);
  request->tokens = g_ptr_array_new_full (n_tags, unref_bytes);
  g_ptr_array_set_size (request->tokens, n_tags);
  request->done = done;
  request->data = data;
  request->pending = n_tags + 1;
  g_mutex_init (&request->lock);

  return request;
}

/* A token of REQUEST is there: NULL and no error when there is none. */
static void
request_take (Request      *request,
              guint         i,
              GBytes       *bytes,
              const GError *error)
{
  g_mutex_lock (&request->lock);
  if (bytes != NULL)
    request->tokens->pdata[i] = g_bytes_ref (bytes);
  if (error != NULL && request->error == NULL)
    request->error = g_error_copy (error);
  g_mutex_unlock (&request->lock);
}

static void
request_settle (Request *request)
{
  if (g_atomic_int_dec_and_test (&request->pending))
    request->done (request->data, g_steal_pointer (&request->tokens), request->error);
}

/* One of the tags of a request, while the backend is asked for its token. */
typedef struct
{
  Request *request;
  guint    i;
  GBytes  *made;
} Part;

static void
part_free (gpointer data)
{
  Part *part = data;

  g_clear_pointer (&part->made, g_bytes_unref);
  request_unref (part->request);
  g_free (part);
}

static Part *
part_new (Request *request,
          guint    i,
          GBytes  *made)
{
  Part *part = g_new0 (Part, 1);

  part->request = request_ref (request);
  part->i = i;
  part->made = made;

  return part;
}

/* The token that a backend answered with, or NULL where that is none. */
static GBytes *
token_of (MemoEntry *entry)
{
  GBytes *bytes = entry != NULL ? memo_entry_get_bytes (entry) : NULL;

  return bytes != NULL && g_bytes_get_size (bytes) == MEMO_RECORD_ID_SIZE ? bytes : NULL;
}

/* --- for a read: what the tokens are --- */

static void
loaded (gpointer   owner,
        MemoEntry *entry,
        GError    *error)
{
  Part *part = owner;

  request_take (part->request, part->i, token_of (entry), error);
  request_settle (part->request);

  g_clear_pointer (&entry, memo_entry_unref);
  g_clear_error (&error);
}

static const MemoCallOwner loaded_owner = {
  .answered = loaded,
  .release = part_free,
};

/* Calls DONE with what the backend has now. */
void
memo_tier_tokens_load (MemoTier            *self,
                       char               **tags,
                       MemoTierTokensDone   done,
                       gpointer             data)
{
  Request *request = request_new (self, tags, done, data);

  for (guint i = 0; request->tags[i] != NULL; i++)
    memo_tier_hand (self, MEMO_BACKEND_LOAD, 't', request->tags[i], NULL, FALSE, &loaded_owner,
                    part_new (request, i, NULL));

  request_settle (request);
  request_unref (request);
}

/* --- for a store: what they are, or are to be from now on --- */

/* Tells all who wait for a tag.  BYTES is its token, or NULL where an error came of it. */
static void
tell (MemoTier     *self,
      const char   *tag,
      GBytes       *bytes,
      const GError *error)
{
  g_autoptr(GPtrArray) requests = NULL;
  Token *token;

  g_mutex_lock (&self->lock);
  token = g_hash_table_lookup (self->tokens, tag);
  requests = g_steal_pointer (&token->requests);
  token->requests = g_ptr_array_new ();
  if (bytes != NULL)
    token->bytes = g_bytes_ref (bytes);
  else
    g_hash_table_remove (self->tokens, tag);
  g_mutex_unlock (&self->lock);

  for (guint i = 0; i < requests->len; i++)
    {
      Request *request = g_ptr_array_index (requests, i);

      for (guint j = 0; request->tags[j] != NULL; j++)
        {
          if (g_str_equal (request->tags[j], tag))
            request_take (request, j, bytes, error);
        }
      request_settle (request);
      request_unref (request);
    }
}

static void
made (gpointer   owner,
      MemoEntry *entry,
      GError    *error)
{
  Part *part = owner;
  MemoTier *self = part->request->tier;

  g_mutex_lock (&self->lock);
  self->dirty = self->dirty || error == NULL;
  g_mutex_unlock (&self->lock);
  tell (self, part->request->tags[part->i], error == NULL ? part->made : NULL, error);

  g_clear_pointer (&entry, memo_entry_unref);
  g_clear_error (&error);
}

static const MemoCallOwner made_owner = {
  .answered = made,
  .release = part_free,
};

/* Sixteen bytes that nobody had before. */
static GBytes *
make_token (void)
{
  guint8 *bytes = g_malloc (MEMO_RECORD_ID_SIZE);

  if (getentropy (bytes, MEMO_RECORD_ID_SIZE) != 0)
    g_error ("The system has no random bytes: %s", g_strerror (errno));

  return g_bytes_new_take (bytes, MEMO_RECORD_ID_SIZE);
}

static void
found (gpointer   owner,
       MemoEntry *entry,
       GError    *error)
{
  Part *part = owner;
  MemoTier *self = part->request->tier;
  const char *tag = part->request->tags[part->i];
  GBytes *bytes = token_of (entry);

  if (bytes != NULL || error != NULL)
    {
      tell (self, tag, bytes, error);
    }
  else
    {
      g_autoptr(GBytes) token = make_token ();

      memo_tier_hand (self, MEMO_BACKEND_STORE, 't', tag, memo_entry_new_bytes (token), FALSE, &made_owner,
                      part_new (part->request, part->i, g_bytes_ref (token)));
    }

  g_clear_pointer (&entry, memo_entry_unref);
  g_clear_error (&error);
}

static const MemoCallOwner found_owner = {
  .answered = found,
  .release = part_free,
};

/* Calls DONE with the tokens of TAGS, each of which has one then. */
void
memo_tier_tokens_make (MemoTier            *self,
                       char               **tags,
                       MemoTierTokensDone   done,
                       gpointer             data)
{
  Request *request = request_new (self, tags, done, data);

  for (guint i = 0; request->tags[i] != NULL; i++)
    {
      g_autoptr(GBytes) known = NULL;
      gboolean ask = FALSE;
      Token *token;

      g_mutex_lock (&self->lock);
      token = g_hash_table_lookup (self->tokens, request->tags[i]);
      if (token == NULL)
        {
          if (g_hash_table_size (self->tokens) >= MEMO_TIER_MAX_TOKENS)
            memo_tier_tokens_forget (self, NULL);

          token = g_new0 (Token, 1);
          token->requests = g_ptr_array_new ();
          g_hash_table_insert (self->tokens, g_strdup (request->tags[i]), token);
          ask = TRUE;
        }
      if (token->bytes != NULL)
        known = g_bytes_ref (token->bytes);
      else
        g_ptr_array_add (token->requests, request_ref (request));
      g_mutex_unlock (&self->lock);

      if (known != NULL)
        {
          request_take (request, i, known, NULL);
          request_settle (request);
        }
      else if (ask)
        {
          memo_tier_hand (self, MEMO_BACKEND_LOAD, 't', request->tags[i], NULL, FALSE, &found_owner,
                          part_new (request, i, NULL));
        }
    }

  request_settle (request);
  request_unref (request);
}

/* With the lock held: what is known of TAGS, or of all when that is NULL, is out of date. */
void
memo_tier_tokens_forget (MemoTier  *self,
                         char     **tags)
{
  GHashTableIter iter;
  gpointer name;
  Token *token;

  g_hash_table_iter_init (&iter, self->tokens);
  while (g_hash_table_iter_next (&iter, &name, (gpointer *) &token))
    {
      if (token->bytes != NULL && (tags == NULL || g_strv_contains ((const char * const *) tags, name)))
        g_hash_table_iter_remove (&iter);
    }
}
