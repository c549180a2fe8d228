/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-record-private.h"
#include "memo-tier-private.h"

/* Reading from a tier: what is on its way there comes first, then what the backend has, of which nothing is
 * believed. */

typedef struct
{
  gatomicrefcount  ref_count;
  MemoTier        *tier;
  char            *key;
  MemoTierDone     done;
  gpointer         data;
  char           **dropped;     /* tags that are about to be dropped */
  MemoTierAnswer  *answer;      /* while its tags are checked */
  MemoRecord       record;
} Read;

static void
read_unref (gpointer data)
{
  Read *read = data;

  if (!g_atomic_ref_count_dec (&read->ref_count))
    return;

  memo_tier_unref (read->tier);
  g_free (read->key);
  g_strfreev (read->dropped);
  g_clear_pointer (&read->answer, memo_tier_answer_free);
  memo_record_clear (&read->record);
  g_free (read);
}

static Read *
read_ref (Read *read)
{
  g_atomic_ref_count_inc (&read->ref_count);

  return read;
}

void
memo_tier_answer_free (MemoTierAnswer *answer)
{
  g_clear_pointer (&answer->entry, memo_entry_unref);
  g_clear_pointer (&answer->payload, g_bytes_unref);
  g_clear_pointer (&answer->record, g_bytes_unref);
  g_strfreev (answer->tags);
  g_free (answer);
}

static gboolean
have_common (char **some,
             char **others)
{
  for (guint i = 0; some != NULL && others != NULL && some[i] != NULL; i++)
    {
      if (g_strv_contains ((const char * const *) others, some[i]))
        return TRUE;
    }

  return FALSE;
}

/* --- what is on its way --- */

typedef enum
{
  UNKNOWN,
  MISS,
  FOUND,
} Finding;

static Finding
judge (Read       *read,
       MemoTierOp *op)
{
  if (op == NULL)
    return UNKNOWN;

  if (op->kind != MEMO_TIER_STORE || have_common (op->tags, read->dropped))
    return MISS;

  read->answer = g_new0 (MemoTierAnswer, 1);
  read->answer->entry = memo_entry_ref (op->entry);
  read->answer->tags = g_strdupv (op->tags);
  read->answer->deadline = op->deadline;

  return FOUND;
}

/* With the lock held: from the latest stage to the first, and what is running. */
static Finding
find_in (Read          *read,
         MemoTierStage *stage,
         const MemoKey *key)
{
  Finding finding;

  if (stage->next != NULL)
    {
      finding = find_in (read, stage->next, key);
      if (finding != UNKNOWN)
        return finding;
    }

  if (stage->barrier != NULL && stage->barrier->kind == MEMO_TIER_CLEAR)
    return MISS;

  if (stage->barrier != NULL)
    {
      g_autoptr(GStrvBuilder) dropped = g_strv_builder_new ();

      if (read->dropped != NULL)
        g_strv_builder_addv (dropped, (const char **) read->dropped);
      g_strv_builder_addv (dropped, (const char **) stage->barrier->tags);
      g_strfreev (read->dropped);
      read->dropped = g_strv_builder_end (dropped);
    }

  return judge (read, (MemoTierOp *) memo_table_find (&stage->table, key));
}

/* --- what the backend has --- */

static void
tokens_loaded (gpointer      data,
               GPtrArray    *tokens,
               const GError *error)
{
  Read *read = data;
  MemoTier *self = read->tier;
  gboolean valid = error == NULL;

  if (error != NULL)
    memo_tier_failed (self, MEMO_BACKEND_LOAD, error);

  for (guint i = 0; valid && i < tokens->len; i++)
    {
      GBytes *token = g_ptr_array_index (tokens, i);

      valid = token != NULL && memcmp (g_bytes_get_data (token, NULL), read->record.tags[i].token, MEMO_RECORD_ID_SIZE) == 0;
    }

  if (!valid && error == NULL)
    {
      /* What is known of them here may be out of date, too. */
      g_mutex_lock (&self->lock);
      memo_tier_tokens_forget (self, read->answer->tags);
      g_mutex_unlock (&self->lock);
    }

  read->done (read->data, valid ? g_steal_pointer (&read->answer) : NULL);

  g_ptr_array_unref (tokens);
  read_unref (read);
}

/* Makes an answer of a record.  Says whether there is one. */
static gboolean
examine (Read   *read,
         GBytes *bytes)
{
  MemoTier *self = read->tier;
  const gint64 now = memo_clock_get_time (self->clock);
  g_autoptr(GError) error = NULL;
  gint64 remaining;

  if (!memo_record_decode (&read->record, bytes, read->key, G_OBJECT_TYPE_NAME (self->codec), NULL, &error))
    {
      MemoKey key = memo_key (read->key);
      MemoTierWork work = { 0 };

      g_debug ("What the tier has for “%s” is of no use: %s", read->key, error->message);
      memo_tier_note_bad (self, &key, bytes, &work);
      memo_tier_work_do (&work);
      return FALSE;
    }

  remaining = memo_record_remaining (&read->record, now, self->origin, memo_clock_get_real_time (self->clock) / 1000);
  if (remaining <= 0)
    return FALSE;

  read->answer = g_new0 (MemoTierAnswer, 1);
  read->answer->payload = g_bytes_ref (read->record.payload);
  read->answer->record = g_bytes_ref (bytes);
  read->answer->deadline = remaining < G_MAXINT64 - now ? now + remaining : G_MAXINT64;
  if (read->record.n_tags > 0)
    {
      read->answer->tags = g_new0 (char *, read->record.n_tags + 1);
      for (guint i = 0; i < read->record.n_tags; i++)
        read->answer->tags[i] = g_strdup (read->record.tags[i].text);
    }

  return !have_common (read->answer->tags, read->dropped);
}

static void
record_loaded (gpointer   owner,
               MemoEntry *entry,
               GError    *error)
{
  Read *read = owner;
  GBytes *bytes = entry != NULL ? memo_entry_get_bytes (entry) : NULL;

  if (error != NULL)
    memo_tier_failed (read->tier, MEMO_BACKEND_LOAD, error);
  else
    memo_tier_succeeded (read->tier, MEMO_BACKEND_LOAD);

  if (bytes == NULL || !examine (read, bytes))
    read->done (read->data, NULL);
  else if (read->answer->tags != NULL)
    memo_tier_tokens_load (read->tier, read->answer->tags, tokens_loaded, read_ref (read));
  else
    read->done (read->data, g_steal_pointer (&read->answer));

  g_clear_pointer (&entry, memo_entry_unref);
  g_clear_error (&error);
}

static const MemoCallOwner record_owner = {
  .answered = record_loaded,
  .release = read_unref,
};

/* Finds what the tier has, or is about to have, for KEY. */
void
memo_tier_read (MemoTier      *self,
                const MemoKey *key,
                MemoTierDone   done,
                gpointer       data)
{
  Read *read;
  Finding finding;

  if (key->length > MEMO_RECORD_MAX_KEY)
    {
      done (data, NULL);
      return;
    }

  read = g_new0 (Read, 1);
  g_atomic_ref_count_init (&read->ref_count);
  read->tier = memo_tier_ref (self);
  read->key = g_strdup (key->text);
  read->done = done;
  read->data = data;

  g_mutex_lock (&self->lock);
  finding = find_in (read, self->first, key);
  if (finding == UNKNOWN)
    finding = judge (read, (MemoTierOp *) memo_table_find (&self->running, key));
  g_mutex_unlock (&self->lock);

  switch (finding)
    {
    case UNKNOWN:
      memo_tier_hand (self, MEMO_BACKEND_LOAD, 'd', read->key, NULL, FALSE, &record_owner, read_ref (read));
      break;

    case FOUND:
      if (read->answer->deadline > memo_clock_get_time (self->clock))
        {
          done (data, g_steal_pointer (&read->answer));
          break;
        }
      G_GNUC_FALLTHROUGH;

    case MISS:
    default:
      done (data, NULL);
    }

  read_unref (read);
}
