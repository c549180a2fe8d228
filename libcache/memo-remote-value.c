/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sys/random.h>

#include "memo-async-cache-private.h"
#include "memo-error.h"
#include "memo-remote-private.h"

/* What is in the server: a letter, an id, and of a value the run of the server that it was stored in, and its record; and what that is
 * worth. */

#define VALUE_HEADER (MEMO_REMOTE_HEAD_SIZE + MEMO_REMOTE_SERVER_ID_SIZE)

static void
fill_random (guint8 *bytes,
             gsize   size)
{
  if (getentropy (bytes, size) != 0)
    g_error ("The system has no random bytes: %s", g_strerror (errno));
}

/* LETTER, which is left out when it is 0, and a new id. */
GBytes *
memo_remote_new_id (char letter)
{
  const gsize skip = letter != 0 ? 1 : 0;
  guint8 *bytes = g_malloc (skip + MEMO_REMOTE_ID_SIZE);

  if (letter != 0)
    bytes[0] = letter;
  fill_random (bytes + skip, MEMO_REMOTE_ID_SIZE);

  return g_bytes_new_take (bytes, skip + MEMO_REMOTE_ID_SIZE);
}

gboolean
memo_remote_is (GBytes *found,
                char    letter)
{
  gsize size;
  const char *bytes = g_bytes_get_data (found, &size);

  return size > 0 && bytes[0] == letter;
}

/* What of it is compared: as much as a letter and an id. */
GBytes *
memo_remote_head (GBytes *found)
{
  return g_bytes_new_from_bytes (found, 0, MIN (g_bytes_get_size (found), MEMO_REMOTE_HEAD_SIZE));
}

/* The whole value around a record.  It has a new id each time (fill-makes-an-id) and names the server
 * (values-name-their-server). */
GBytes *
memo_remote_wrap (GBytes       *record,
                  const guint8  server[MEMO_REMOTE_SERVER_ID_SIZE])
{
  gsize size;
  gconstpointer data = g_bytes_get_data (record, &size);
  guint8 *bytes = g_malloc (VALUE_HEADER + size);

  bytes[0] = 'V';
  fill_random (bytes + 1, MEMO_REMOTE_ID_SIZE);
  memcpy (bytes + MEMO_REMOTE_HEAD_SIZE, server, MEMO_REMOTE_SERVER_ID_SIZE);
  memcpy (bytes + VALUE_HEADER, data, size);

  return g_bytes_new_take (bytes, VALUE_HEADER + size);
}

/* The record in a value of this run of the server, or NULL where it is of another. */
GBytes *
memo_remote_unwrap (GBytes       *found,
                    const guint8  server[MEMO_REMOTE_SERVER_ID_SIZE])
{
  gsize size;
  const guint8 *bytes = g_bytes_get_data (found, &size);

  if (size < VALUE_HEADER || bytes[0] != 'V' || memcmp (bytes + MEMO_REMOTE_HEAD_SIZE, server, MEMO_REMOTE_SERVER_ID_SIZE) != 0)
    return NULL;

  return g_bytes_new_from_bytes (found, VALUE_HEADER, size - VALUE_HEADER);
}

/* The record of ENTRY with TOKENS, which have those of TAGS and of everything; NULL where it cannot be stored, which is said. */
GBytes *
memo_remote_encode (MemoRemote        *self,
                    const char        *key,
                    MemoEntry         *entry,
                    char             **tags,
                    MemoRemoteTokens  *tokens,
                    gint64             deadline,
                    gint64             duration,
                    gint64             now)
{
  g_autofree MemoRecord *record = g_new0 (MemoRecord, 1);
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) payload = memo_codec_encode_entry (self->codec, entry, &error);
  GBytes *bytes = NULL;

  if (payload != NULL && tokens->n > MEMO_RECORD_MAX_TAGS)
    g_set_error (&error, MEMO_ERROR, MEMO_ERROR_NOT_SUPPORTED, "It has more than %d tags", MEMO_RECORD_MAX_TAGS - 1);

  if (payload != NULL && error == NULL)
    {
      record->key = key;
      record->codec = self->codec_name;
      record->load_duration = duration;
      record->payload = payload;
      for (guint i = 0; i < tokens->n; i++)
        {
          const gboolean wanted = tokens->items[i].name[0] == 'a' ||
                                  (tags != NULL && g_strv_contains ((const char * const *) tags, tokens->items[i].name + 2));

          if (!wanted)
            continue;

          record->tags[record->n_tags].text = tokens->items[i].name;
          memcpy (record->tags[record->n_tags].token, tokens->items[i].token, MEMO_RECORD_ID_SIZE);
          record->n_tags++;
        }
      memo_record_stamp (record, deadline, now, self->origin, memo_clock_get_real_time (self->clock) / 1000);
      bytes = memo_record_encode (record, self->secret, &error);
    }

  if (g_error_matches (error, MEMO_ERROR, MEMO_ERROR_NOT_SUPPORTED))
    g_debug ("“%s” stays in memory: %s", key, error->message);
  else if (error != NULL)
    g_warning ("“%s” stays in memory: %s", key, error->message);

  return bytes;
}

/* With the lock held: whether RECORD has the present tokens.  MISSING gets the names of those that are not known. */
MemoRemoteWorth
memo_remote_judge (MemoAsyncCache   *cache,
                   MemoRemoteLoad   *load,
                   const MemoRecord *record,
                   gint64            now,
                   GPtrArray       **missing)
{
  MemoRemote *self = load->remote;
  gboolean marked = FALSE;
  MemoRemoteWorth worth = MEMO_REMOTE_USABLE;

  for (guint i = 0; i < record->n_tags; i++)
    {
      const char *name = record->tags[i].text;
      const guint8 *token = memo_remote_tokens_find (load->tokens, name);

      marked = marked || strcmp (name, MEMO_REMOTE_EVERYTHING) == 0;
      if (token == NULL)
        token = memo_remote_token_known (self, name, G_MAXUINT64, cache->lease_end, now);
      if (g_hash_table_size (self->busy) > 0 && g_hash_table_contains (self->busy, name))
        return MEMO_REMOTE_IN_CHANGE;

      if (token == NULL)
        {
          if (*missing == NULL)
            *missing = g_ptr_array_new ();
          g_ptr_array_add (*missing, g_strdup (name));
          worth = MEMO_REMOTE_UNKNOWN;
        }
      else if (memcmp (token, record->tags[i].token, MEMO_RECORD_ID_SIZE) != 0)
        {
          return MEMO_REMOTE_VOID;
        }
    }

  return marked ? worth : MEMO_REMOTE_VOID;
}
