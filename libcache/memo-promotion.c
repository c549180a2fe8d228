/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-async-cache-private.h"
#include "memo-entry-private.h"

/* What a tier found becomes the answer of a flight, and comes into memory for as long as it would have lived
 * in the tier. */

static MemoEntry *
decode (MemoAsyncCache *self,
        MemoFlight     *flight,
        MemoTierAnswer *answer)
{
  g_autoptr(GError) error = NULL;
  MemoEntry *entry;

  if (answer->entry != NULL)
    return g_steal_pointer (&answer->entry);

  entry = memo_codec_decode_bytes (self->codec, answer->payload, &error);
  if (entry == NULL)
    {
      MemoKey key = memo_item_key (&flight->item);
      MemoTierWork work = { 0 };

      g_debug ("What the tier has for “%s” is of no use: %s", flight->item.text, error->message);

      /* Of one that keeps processes coherent what is loaded takes its place. */
      if (flight->tier == MEMO_REMOTE && self->remote != NULL)
        return NULL;

      memo_tier_note_bad (self->tiers[flight->tier], &key, answer->record, &work);
      memo_tier_work_do (&work);
    }

  return entry;
}

/* In the context of somebody who waits, when a tier may have answered.  FALSE: it had nothing that may be used, or was not read. */
gboolean
memo_promotion_try (MemoAsyncCache *self,
                    MemoFlight     *flight,
                    guint           ticket,
                    gint64          now)
{
  MemoKey key = memo_item_key (&flight->item);
  g_autoptr(MemoEntry) entry = NULL;
  MemoTierAnswer *answer = NULL;
  MemoTagSet *tags = NULL;
  gboolean usable = FALSE;
  gint64 deadline = 0;
  gint64 duration = 0;

  memo_lock (&self->lock);
  if (memo_launch_is_due (flight, ticket) && flight->read)
    {
      flight->read = FALSE;
      answer = g_steal_pointer (&flight->answer);
    }
  if (answer != NULL && answer->nothing)
    flight->absent |= 1u << flight->tier;
  if (answer != NULL && !answer->nothing && !answer->failed)
    {
      memo_tag_set_add (&tags, (const char * const *) answer->tags);
      deadline = answer->deadline;
      duration = answer->duration;
      usable = !flight->fresh && deadline > MAX (now, flight->beyond) && !memo_brackets_hold (&self->brackets, &key, tags);
    }
  g_mutex_unlock (&self->lock);

  if (usable)
    entry = decode (self, flight, answer);

  if (entry != NULL)
    {
      memo_entry_seal (entry);

      /* A change of the source may have begun meanwhile. */
      memo_lock (&self->lock);
      usable = !flight->fresh && !memo_brackets_hold (&self->brackets, &key, tags);
      if (usable && answer->tags != NULL)
        memo_flight_add_tags (flight, (const char * const *) answer->tags);
      g_mutex_unlock (&self->lock);
    }

  memo_tag_set_free (tags);
  g_clear_pointer (&answer, memo_tier_answer_free);

  if (entry == NULL || !usable)
    return FALSE;

  return memo_loading_promote (self, flight, g_steal_pointer (&entry), deadline, duration);
}
