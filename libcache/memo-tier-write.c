/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-error.h"
#include "memo-record-private.h"
#include "memo-tier-private.h"

/* One operation on a tier, from what was noted to what the backend is asked for. */

/* Encodes a value that is to be stored, in the thread that brought it. */
void
memo_tier_prepare (MemoTierOp *op)
{
  MemoTier *self = op->tier;
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) bytes = NULL;
  gboolean wanted;

  g_mutex_lock (&self->lock);
  wanted = op->state == MEMO_TIER_UNPREPARED;
  g_mutex_unlock (&self->lock);

  if (!wanted)
    return;

  bytes = memo_codec_encode_entry (self->codec, op->entry, &error);
  if (bytes != NULL && g_bytes_get_size (bytes) > MEMO_RECORD_MAX_PAYLOAD)
    g_set_error (&error, MEMO_ERROR, MEMO_ERROR_NOT_SUPPORTED,
                 "The value of “%s” has %" G_GSIZE_FORMAT " bytes, and a tier takes %d at most",
                 op->item.text, g_bytes_get_size (bytes), MEMO_RECORD_MAX_PAYLOAD);

  g_mutex_lock (&self->lock);
  if (op->state == MEMO_TIER_UNPREPARED && error != NULL)
    {
      memo_tier_op_demote (op);
    }
  else if (op->state == MEMO_TIER_UNPREPARED)
    {
      op->bytes = g_steal_pointer (&bytes);
      op->state = MEMO_TIER_READY;
    }
  g_mutex_unlock (&self->lock);

  if (g_error_matches (error, MEMO_ERROR, MEMO_ERROR_NOT_SUPPORTED))
    g_debug ("“%s” stays in memory: %s", op->item.text, error->message);
  else if (error != NULL)
    g_warning ("“%s” stays in memory: %s", op->item.text, error->message);
}

/* Asks the backend for something about TEXT in a space of keys: 'd' has the records, 't' the tokens of tags.  Takes
 * ENTRY and OWNER. */
void
memo_tier_hand (MemoTier            *self,
                MemoBackendWhat      what,
                char                 space,
                const char          *text,
                MemoEntry           *entry,
                gboolean             durable,
                const MemoCallOwner *owner_funcs,
                gpointer             owner)
{
  g_autoptr(MemoCall) call = memo_call_new_question (NULL, NULL, entry, owner_funcs, owner);
  char *key = NULL;

  if (text != NULL)
    {
      const gsize size = strlen (text) + 1;

      key = g_malloc (MEMO_TIER_SPACE_SIZE + size);
      memo_tier_name (key, space, text, size);
      memo_call_take_key (call, key);
    }
  memo_call_set_durable (call, durable);
  memo_backend_hand (self->backend, what, key, call);
  g_clear_pointer (&entry, memo_entry_unref);
}

/* The same for a load of NAME, which stays as it is until OWNER is released. */
void
memo_tier_hand_load (MemoTier            *self,
                     const char          *name,
                     const MemoCallOwner *owner_funcs,
                     gpointer             owner)
{
  g_autoptr(MemoCall) call = memo_call_new_question (NULL, NULL, NULL, owner_funcs, owner);

  memo_call_borrow_key (call, name);
  memo_backend_hand (self->backend, MEMO_BACKEND_LOAD, name, call);
}

/* --- the answers --- */

static void
part_answered (gpointer   owner,
               MemoEntry *entry,
               GError    *error)
{
  MemoTierOp *op = owner;
  MemoTier *self = op->tier;
  GError *first = NULL;

  g_clear_pointer (&entry, memo_entry_unref);

  if (error != NULL)
    {
      g_mutex_lock (&self->lock);
      if (op->error == NULL)
        op->error = g_steal_pointer (&error);
      g_mutex_unlock (&self->lock);
      g_clear_error (&error);
    }

  if (!g_atomic_int_dec_and_test (&op->pending))
    return;

  first = g_steal_pointer (&op->error);
  memo_tier_op_done (memo_tier_op_ref (op), first);
}

static const MemoCallOwner part_owner = {
  .answered = part_answered,
  .release = (void (*) (gpointer)) memo_tier_op_unref,
};

static void
hand_part (MemoTierOp      *op,
           MemoBackendWhat  what,
           char             space,
           const char      *text,
           MemoEntry       *entry,
           gboolean         durable)
{
  g_atomic_int_inc (&op->pending);
  memo_tier_hand (op->tier, what, space, text, entry, durable, &part_owner, memo_tier_op_ref (op));
}

/* --- stores --- */

/* Has the record stored.  TOKENS are those of the tags. */
static void
store (MemoTierOp *op,
       GPtrArray  *tokens)
{
  MemoTier *self = op->tier;
  gint64 now = memo_clock_get_time (self->clock);
  g_autofree MemoRecord *record = g_new0 (MemoRecord, 1);
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) bytes = NULL;
  MemoEntry *entry;

  record->key = op->item.text;
  record->codec = self->codec_name;
  record->load_duration = op->duration;
  record->payload = op->bytes;
  for (guint i = 0; tokens != NULL && i < tokens->len; i++)
    {
      record->tags[i].text = op->tags[i];
      memcpy (record->tags[i].token, g_bytes_get_data (g_ptr_array_index (tokens, i), NULL), MEMO_RECORD_ID_SIZE);
      record->n_tags++;
    }
  memo_record_stamp (record, op->deadline, now, self->origin, memo_clock_get_real_time (self->clock) / 1000);

  if (op->deadline > now)
    bytes = memo_record_encode (record, self->secret, &error);
  if (error != NULL)
    g_debug ("“%s” stays in memory: %s", op->item.text, error->message);

  if (bytes == NULL)
    {
      /* Expired meanwhile, or too much of it. */
      hand_part (op, MEMO_BACKEND_REMOVE, 'd', op->item.text, NULL, TRUE);
      return;
    }

  entry = memo_entry_new_bytes (bytes);
  if (op->deadline != G_MAXINT64)
    memo_entry_set_ttl (entry, (double) (op->deadline - now) / G_USEC_PER_SEC);
  hand_part (op, MEMO_BACKEND_STORE, 'd', op->item.text, entry, op->durable);
}

static void
tokens_made (gpointer      data,
             GPtrArray    *tokens,
             const GError *error)
{
  MemoTierOp *op = data;

  if (error == NULL)
    store (op, tokens);
  part_answered (op, NULL, error != NULL ? g_error_copy (error) : NULL);

  g_clear_pointer (&tokens, g_ptr_array_unref);
  memo_tier_op_unref (op);
}

/* Does an operation, which is running already. */
void
memo_tier_run (MemoTierOp *op)
{
  /* One for this function, so that it is not done before all is asked for. */
  op->pending = 1;

  switch (op->kind)
    {
    case MEMO_TIER_STORE:
      if (op->tags != NULL)
        {
          memo_tier_tokens_make (op->tier, op->tags, tokens_made, memo_tier_op_ref (op));
          return;
        }
      store (op, NULL);
      break;

    case MEMO_TIER_REMOVE:
      hand_part (op, MEMO_BACKEND_REMOVE, 'd', op->item.text,
                 op->bytes != NULL ? memo_entry_new_bytes (op->bytes) : NULL, TRUE);
      break;

    case MEMO_TIER_CLEAR:
      hand_part (op, MEMO_BACKEND_CLEAR, 'd', NULL, NULL, TRUE);
      break;

    case MEMO_TIER_DROP_TAGS:
    default:
      for (guint i = 0; op->tags[i] != NULL; i++)
        hand_part (op, MEMO_BACKEND_REMOVE, 't', op->tags[i], NULL, TRUE);
      break;
    }

  part_answered (op, NULL, NULL);
}
