/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "memo-record-private.h"
#include "memo-tier-private.h"
#include "memo-time-private.h"

/* Reading from a tier: what is on its way there comes first, then what the backend has, of which nothing is
 * believed. */

typedef struct
{
  gatomicrefcount  ref_count;
  MemoTier        *tier;
  MemoTierDone     done;        /* NULL once it was called */
  gpointer         data;
  GList            link;        /* in the tier's list, while the backend is asked */
  gint64           deadline;
  char           **dropped;     /* tags that are about to be dropped */
  MemoTierAnswer  *answer;      /* while its tags are checked */
  guint8          *tokens;      /* that they had when it was stored */
  const char      *key;         /* without its space */
  char             name[];
} Read;

static void
read_unref (gpointer data)
{
  Read *read = data;

  if (!g_atomic_ref_count_dec (&read->ref_count))
    return;

  memo_tier_unref (read->tier);
  g_strfreev (read->dropped);
  g_clear_pointer (&read->answer, memo_tier_answer_free);
  g_free (read->tokens);
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

/* It is over, with ANSWER, which is taken, or a miss.  Says whether it was not over before. */
static gboolean
settle (Read           *read,
        MemoTierAnswer *answer)
{
  MemoTier *self = read->tier;
  MemoTierDone done;
  gboolean listed;

  memo_lock (&self->lock);
  done = g_steal_pointer (&read->done);
  listed = read->link.data != NULL;
  if (listed)
    g_queue_unlink (&self->reads, &read->link);
  read->link.data = NULL;
  g_mutex_unlock (&self->lock);

  if (done != NULL)
    done (read->data, answer);
  else
    g_clear_pointer (&answer, memo_tier_answer_free);

  if (listed)
    read_unref (read);

  return done != NULL;
}

/* An answer that has nothing in it but why. */
static MemoTierAnswer *
answer_without (gboolean failed)
{
  MemoTierAnswer *answer = g_new0 (MemoTierAnswer, 1);

  answer->failed = failed;
  answer->nothing = !failed;

  return answer;
}

/* --- the time it takes --- */

static void arm_timer (MemoTier *self);

static gboolean
timer_cb (gpointer user_data)
{
  MemoTier *self = user_data;
  const gint64 now = memo_clock_get_time (self->clock);
  g_autoptr(GPtrArray) late = g_ptr_array_new_with_free_func (read_unref);

  memo_lock (&self->lock);
  g_clear_pointer (&self->read_timer, g_source_unref);
  for (GList *link = self->reads.head; link != NULL && ((Read *) link->data)->deadline <= now; link = link->next)
    g_ptr_array_add (late, read_ref (link->data));
  g_mutex_unlock (&self->lock);

  for (guint i = 0; i < late->len; i++)
    {
      Read *read = g_ptr_array_index (late, i);
      g_autoptr(GError) error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "It took too long to read");

      if (settle (read, answer_without (TRUE)))
        memo_tier_failed (self, MEMO_BACKEND_LOAD, error);
    }

  arm_timer (self);

  return G_SOURCE_REMOVE;
}

/* Has the first of the reads end in time. */
static void
arm_timer (MemoTier *self)
{
  g_autoptr(GSource) source = NULL;
  gint64 deadline = 0;

  memo_lock (&self->lock);
  if (self->read_timer == NULL && !self->abandoned && self->reads.head != NULL)
    deadline = ((Read *) self->reads.head->data)->deadline;
  g_mutex_unlock (&self->lock);

  if (deadline == 0)
    return;

  source = memo_clock_create_source (self->clock, deadline);
  g_source_set_static_name (source, "[libcache] tier timeout");
  g_source_set_callback (source, timer_cb, memo_tier_ref (self), (GDestroyNotify) memo_tier_unref);

  memo_lock (&self->lock);
  if (self->read_timer == NULL && !self->abandoned)
    {
      /* Attached under the lock, or it could be destroyed before. */
      self->read_timer = g_source_ref (source);
      self->read_timer_time = deadline;
      g_source_attach (source, self->context);
    }
  g_mutex_unlock (&self->lock);
}

/* With the lock held: READ, which is held for it, is one of those that wait. */
static void
enlist (Read *read)
{
  MemoTier *self = read->tier;
  GList *later = NULL;

  /* Nearly always it is the last; not where the time was made shorter meanwhile. */
  for (GList *link = self->reads.tail; link != NULL && ((Read *) link->data)->deadline > read->deadline; link = link->prev)
    later = link;

  read->link.data = read;
  g_queue_insert_before_link (&self->reads, later, &read->link);
}

/* How long a read may take from now on; 0 for any time. */
void
memo_tier_set_timeout (MemoTier *self,
                       double    seconds)
{
  memo_lock (&self->lock);
  self->timeout = seconds;
  g_mutex_unlock (&self->lock);
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
  read->answer->duration = op->duration;

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

      valid = token != NULL && memcmp (g_bytes_get_data (token, NULL), read->tokens + i * MEMO_RECORD_ID_SIZE, MEMO_RECORD_ID_SIZE) == 0;
    }

  if (!valid && error == NULL)
    {
      /* What is known of them here may be out of date, too. */
      memo_lock (&self->lock);
      memo_tier_tokens_forget (self, read->answer->tags);
      g_mutex_unlock (&self->lock);
    }

  settle (read, valid ? g_steal_pointer (&read->answer) : NULL);

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
  g_auto(MemoRecord) record = { 0 };
  g_autoptr(GError) error = NULL;
  gint64 remaining;

  if (!memo_record_decode (&record, bytes, read->key, self->codec_name, self->secret, &error))
    {
      MemoKey key = memo_key (read->key);
      MemoTierWork work = { 0 };

      g_debug ("What the tier has for “%s” is of no use: %s", read->key, error->message);
      memo_tier_note_bad (self, &key, bytes, &work);
      memo_tier_work_do (&work);
      return FALSE;
    }

  remaining = memo_record_remaining (&record, now, self->origin, memo_clock_get_real_time (self->clock) / 1000);
  if (remaining <= 0)
    return FALSE;

  read->answer = g_new (MemoTierAnswer, 1);
  *read->answer = (MemoTierAnswer) {
    .payload = g_bytes_ref (record.payload),
    .record = g_bytes_ref (bytes),
    .deadline = remaining < G_MAXINT64 - now ? now + remaining : G_MAXINT64,
    .duration = record.load_duration,
  };
  if (record.n_tags > 0)
    {
      read->answer->tags = g_new0 (char *, record.n_tags + 1);
      read->tokens = g_malloc (record.n_tags * MEMO_RECORD_ID_SIZE);
      for (guint i = 0; i < record.n_tags; i++)
        {
          read->answer->tags[i] = g_strdup (record.tags[i].text);
          memcpy (read->tokens + i * MEMO_RECORD_ID_SIZE, record.tags[i].token, MEMO_RECORD_ID_SIZE);
        }
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

  if (bytes == NULL)
    {
      settle (read, answer_without (error != NULL));
    }
  else if (!examine (read, bytes))
    {
      settle (read, NULL);
    }
  else if (read->answer->tags != NULL)
    {
      memo_tier_tokens_load (read->tier, read->answer->tags, tokens_loaded, read_ref (read));
    }
  else
    {
      settle (read, g_steal_pointer (&read->answer));
    }

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
  g_autoptr(GSource) late = NULL;
  gboolean arm = FALSE;
  gint64 now;
  Finding finding;
  Read *read;

  if (key->length > MEMO_RECORD_MAX_KEY)
    {
      done (data, NULL);
      return;
    }

  now = memo_clock_get_time (self->clock);
  read = g_malloc (sizeof *read + MEMO_TIER_SPACE_SIZE + key->length + 1);
  *read = (Read) { .tier = memo_tier_ref (self), .done = done, .data = data };
  g_atomic_ref_count_init (&read->ref_count);
  memo_tier_name (read->name, 'd', key->text, key->length + 1);
  read->key = read->name + MEMO_TIER_SPACE_SIZE;

  memo_lock (&self->lock);
  finding = find_in (read, self->first, key);
  if (finding == UNKNOWN)
    finding = judge (read, (MemoTierOp *) memo_table_find (&self->running, key));
  if (finding == UNKNOWN && self->timeout > 0.0)
    {
      read->deadline = memo_time_after (now, self->timeout);
      enlist (read_ref (read));
      if (read->deadline < self->read_timer_time)
        late = g_steal_pointer (&self->read_timer);
      arm = self->read_timer == NULL;
    }
  g_mutex_unlock (&self->lock);

  switch (finding)
    {
    case UNKNOWN:
      if (late != NULL)
        g_source_destroy (late);
      memo_tier_hand_load (self, read->name, &record_owner, read_ref (read));
      if (arm)
        arm_timer (self);
      break;

    case FOUND:
      settle (read, read->answer->deadline > now ? g_steal_pointer (&read->answer) : NULL);
      break;

    case MISS:
    default:
      settle (read, NULL);
    }

  read_unref (read);
}
