/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-async-cache-private.h"
#include "memo-remote-private.h"

/* Fences: what a change of the source is about is fenced in the server before it, so that nobody stores what he
 * loads meanwhile, and until it ends. */

struct _MemoRemoteFence
{
  gatomicrefcount  ref_count;
  MemoRemote      *remote;
  gconstpointer    change;      /* whose it is */
  gboolean         strict;      /* it must not begin without */
  GBytes          *id;
  char           **names;
  gint64           renewed;
  GList            link;        /* in the `fences` of the remote tier, while it is open */
};

/* A FENCE on its way. */
typedef struct
{
  MemoRemoteDeed    deed;
  MemoRemoteRequest request;
  MemoRemoteFence  *fence;
  MemoTierAck      *ack;        /* NULL of one that is renewed */
} Post;

static void
fence_unref (MemoRemoteFence *fence)
{
  if (!g_atomic_ref_count_dec (&fence->ref_count))
    return;

  memo_remote_unref (fence->remote);
  g_bytes_unref (fence->id);
  g_strfreev (fence->names);
  g_free (fence);
}

static void
post_answered (MemoRemoteRequest *request,
               gboolean           done,
               GBytes            *found,
               const GError      *error)
{
  Post *post = request->owner;
  MemoRemoteFence *fence = post->fence;
  MemoRemote *self = fence->remote;

  /* What was stored before the fence is gone (outdate-when-fenced). */
  if (error == NULL)
    memo_remote_wrote (self, request->key, post->ack != NULL);
  else
    memo_remote_failed (self, error);

  if (post->ack != NULL && error != NULL && fence->strict)
    memo_tier_ack_insist (post->ack, error);
  if (post->ack != NULL)
    memo_tier_ack_done (post->ack, error);

  fence_unref (fence);
  g_free (post);
}

static void
post_act (MemoRemoteDeed *deed)
{
  Post *post = (Post *) deed;

  memo_remote_ask (post->fence->remote, &post->request);
}

/* With the lock held. */
static void
send (MemoRemoteFence *fence,
      MemoTierAck     *ack,
      MemoRemoteWork  *work)
{
  for (guint i = 0; fence->names[i] != NULL; i++)
    {
      Post *post = g_new0 (Post, 1);

      g_atomic_ref_count_inc (&fence->ref_count);
      post->deed.act = post_act;
      post->fence = fence;
      post->ack = ack;
      if (ack != NULL)
        memo_tier_ack_hold (ack);
      post->request = (MemoRemoteRequest) {
        .step = MEMO_REMOTE_FENCE,
        .key = fence->names[i],
        .value = fence->id,
        .lifetime_ms = MEMO_REMOTE_FENCE_MS,
        .answered = post_answered,
        .owner = post,
      };
      memo_remote_work_add (work, &post->deed);
    }
}

/* With the lock held: CHANGE begins.  STRICT: ACK fails with a fence. */
void
memo_remote_note_fence (MemoRemote       *self,
                        gconstpointer     change,
                        const MemoTagSet *keys,
                        const MemoTagSet *tags,
                        gboolean          everything,
                        gboolean          strict,
                        MemoTierAck      *ack,
                        MemoRemoteWork   *work)
{
  MemoRemoteFence *fence = g_new0 (MemoRemoteFence, 1);

  g_atomic_ref_count_init (&fence->ref_count);
  fence->remote = memo_remote_ref (self);
  fence->change = change;
  fence->strict = strict;
  fence->id = memo_remote_new_id (0);
  fence->names = memo_remote_names (keys, tags, everything);
  fence->renewed = memo_clock_get_time (self->clock);
  fence->link.data = fence;
  g_queue_push_tail_link (&self->fences, &fence->link);
  memo_remote_names_outdate (self, fence->names);

  send (fence, ack, work);
}

/* With the lock held: CHANGE ends. */
void
memo_remote_note_unfence (MemoRemote     *self,
                          gconstpointer   change,
                          MemoTierAck    *ack,
                          MemoRemoteWork *work)
{
  for (GList *link = self->fences.head; link != NULL; link = link->next)
    {
      MemoRemoteFence *fence = link->data;

      if (fence->change != change)
        continue;

      g_queue_unlink (&self->fences, link);
      memo_remote_names_outdate (self, fence->names);
      for (guint i = 0; fence->names[i] != NULL; i++)
        memo_remote_note_end (self, fence->names[i], fence->id, ack, work);
      fence_unref (fence);
      return;
    }
}

/* With the lock held: those that are open are to last. */
void
memo_remote_fences_renew (MemoRemote     *self,
                          gint64          now,
                          MemoRemoteWork *work)
{
  for (GList *link = self->fences.head; link != NULL; link = link->next)
    {
      MemoRemoteFence *fence = link->data;

      if (now - fence->renewed < MEMO_REMOTE_FENCE_RENEW_MS * G_TIME_SPAN_MILLISECOND)
        continue;

      fence->renewed = now;
      send (fence, NULL, work);
    }
}
