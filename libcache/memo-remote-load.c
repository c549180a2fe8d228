/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-async-cache-private.h"
#include "memo-error.h"
#include "memo-remote-private.h"

/* How a flight reads the remote tier, in rounds: the tokens of its tags and the value of its key in one pipeline, then, by what is
 * there, an answer, a lease and the loader, a wait and another round, or the loader alone.
 *
 * Each step is taken in the handler of the reply before it. */

/* --- life --- */

static void
go_on (MemoRemoteDeed *deed)
{
  MemoRemoteLoad *load = (MemoRemoteLoad *) deed;
  MemoFlight *flight = load->flight;

  memo_remote_read (flight);
  memo_flight_unref (flight);
}

MemoRemoteLoad *
memo_remote_load_new (MemoRemote *self,
                      MemoFlight *flight,
                      gint64      now)
{
  const gsize size = flight->item.length + 1;
  MemoRemoteLoad *load = g_malloc0 (sizeof *load + MEMO_TIER_SPACE_SIZE + size);

  load->deed.act = go_on;
  load->remote = memo_remote_ref (self);
  load->flight = flight;
  load->began = now;
  memo_tier_name (load->name, 'd', flight->item.text, size);

  return load;
}

void
memo_remote_load_free (MemoRemoteLoad *load)
{
  g_clear_pointer (&load->expected, g_bytes_unref);
  g_clear_pointer (&load->found, g_bytes_unref);
  g_clear_pointer (&load->turn, memo_remote_turn_free);
  g_clear_pointer (&load->tokens, memo_remote_tokens_unref);
  memo_remote_unref (load->remote);
  g_free (load);
}

/* --- the end of the reading --- */

/* With the lock held: it is decided.  Whoever has seen something at the key is told of changes, unless what he was told meanwhile was
 * about that (outdated-is-not-anchored). */
static void
end_reading (MemoRemoteLoad *load)
{
  load->reading = FALSE;
  if (load->outdated)
    load->anchored = FALSE;
}

/* Nothing that is there helps: the loader is called, and what it brings is kept as KEEP says. */
static void
finish_without (MemoAsyncCache *cache,
                MemoFlight     *flight,
                gboolean        failed)
{
  MemoRemoteLoad *load = flight->remote;
  MemoTierAnswer *answer = NULL;

  if (memo_remote_is_needless (cache, flight))
    return;

  memo_lock (&cache->lock);
  end_reading (load);
  load->keep = failed && !load->remote->linked ? MEMO_REMOTE_KEEP_SHORT : MEMO_REMOTE_KEEP_NOT;
  g_mutex_unlock (&cache->lock);

  if (failed)
    {
      answer = g_new0 (MemoTierAnswer, 1);
      answer->failed = TRUE;
    }

  memo_launch_answered (flight, answer);
}

/* Another round.  Takes the reference to the flight. */
static void
look_again (MemoAsyncCache *cache,
            MemoFlight     *flight)
{
  if (memo_remote_is_needless (cache, flight))
    return;

  memo_remote_look (cache, flight);
  memo_flight_unref (flight);
}

/* --- the lease --- */

static void evaluate (MemoAsyncCache *cache,
                      MemoFlight     *flight,
                      GBytes         *found);

static void
acquired (MemoRemoteRequest *request,
          gboolean           done,
          GBytes            *found,
          const GError      *error)
{
  MemoFlight *flight = request->owner;
  MemoRemoteLoad *load = flight->remote;
  g_autoptr(MemoAsyncCache) cache = g_weak_ref_get (flight->cache);
  MemoTrash trash = { 0 };
  gboolean useless;

  g_clear_pointer (&request->expected, g_bytes_unref);
  g_clear_pointer (&request->value, g_bytes_unref);

  if (cache == NULL)
    {
      /* A lease that was granted ends by itself. */
      memo_flight_unref (flight);
      return;
    }

  if (error != NULL)
    {
      memo_remote_failed (load->remote, error);
      finish_without (cache, flight, TRUE);
      return;
    }

  if (!done)
    {
      evaluate (cache, flight, found);
      return;
    }

  memo_lock (&cache->lock);
  load->on_link = request->link;
  load->anchored = TRUE;
  memo_remote_hold (load, memo_async_cache_now (cache));
  useless = !flight->over && (load->tokens_outdated || memo_flights_outdated_at (cache, flight, NULL) != 0);
  if (!useless)
    end_reading (load);
  if (useless || flight->over)
    memo_remote_release (load, &trash.remote);
  g_mutex_unlock (&cache->lock);

  memo_trash_empty (&trash);
  /* What is stored with its tokens would be void, and nobody here is told of them (outdated-tokens-are-read-again). */
  if (!useless)
    memo_launch_answered (flight, NULL);
  else if (load->rounds < MEMO_REMOTE_MAX_ROUNDS)
    look_again (cache, flight);
  else
    finish_without (cache, flight, FALSE);
}

/* VOID_HEAD, which is taken, is what begins what is there, and is of no use; or NULL. */
static void
acquire (MemoAsyncCache *cache,
         MemoFlight     *flight,
         GBytes         *void_head)
{
  MemoRemoteLoad *load = flight->remote;

  if (memo_remote_is_needless (cache, flight))
    {
      g_clear_pointer (&void_head, g_bytes_unref);
      return;
    }

  g_clear_pointer (&load->expected, g_bytes_unref);
  load->expected = memo_remote_new_id ('L');
  load->request = (MemoRemoteRequest) {
    .step = MEMO_REMOTE_ACQUIRE,
    .key = load->name,
    .expected = void_head,
    .value = g_bytes_ref (load->expected),
    .lifetime_ms = memo_remote_lease_ms (flight),
    .answered = acquired,
    .owner = flight,
  };
  memo_remote_ask (load->remote, &load->request);
}

/* --- what is there --- */

/* Takes TOKENS. */
static void
set_tokens (MemoRemoteLoad   *load,
            MemoRemoteTokens *tokens)
{
  g_clear_pointer (&load->tokens, memo_remote_tokens_unref);
  load->tokens = tokens;
}

static void
more_gathered (MemoRemoteTokens *tokens,
               gpointer          data)
{
  MemoFlight *flight = data;
  MemoRemoteLoad *load = flight->remote;
  g_autoptr(MemoAsyncCache) cache = g_weak_ref_get (flight->cache);
  g_autoptr(GBytes) found = g_steal_pointer (&load->found);

  set_tokens (load, tokens);

  if (cache == NULL)
    memo_flight_unref (flight);
  else if (tokens->failed)
    finish_without (cache, flight, TRUE);
  else if (tokens->fenced)
    finish_without (cache, flight, FALSE);
  else
    evaluate (cache, flight, found);
}

/* Reads the tokens that are MISSING, which is taken, with those that are known already, and goes on with FOUND. */
static void
gather_more (MemoFlight *flight,
             GBytes     *found,
             GPtrArray  *missing)
{
  MemoRemoteLoad *load = flight->remote;

  for (guint i = 0; i < load->tokens->n; i++)
    g_ptr_array_add (missing, g_strdup (load->tokens->items[i].name));
  g_ptr_array_add (missing, NULL);

  load->found = g_bytes_ref (found);
  memo_remote_tokens_gather (load->remote, (char **) g_ptr_array_free (missing, FALSE), more_gathered, flight);
}

/* Takes the reference to the flight. */
static void
use_value (MemoAsyncCache *cache,
           MemoFlight     *flight,
           GBytes         *found)
{
  MemoRemoteLoad *load = flight->remote;
  MemoRemote *self = load->remote;
  g_autoptr(GPtrArray) missing = NULL;
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GError) error = NULL;
  g_auto(MemoRecord) record = { 0 };
  guint8 server[MEMO_REMOTE_SERVER_ID_SIZE];
  MemoTierAnswer *answer = NULL;
  const gint64 now = memo_async_cache_now (cache);
  gint64 remaining = 0;
  MemoRemoteWorth worth = MEMO_REMOTE_VOID;

  /* In the handler of a reply: it changes in this thread alone. */
  memcpy (server, self->server, sizeof server);
  bytes = memo_remote_unwrap (found, server);
  if (bytes != NULL && memo_record_decode (&record, bytes, flight->item.text, self->codec_name, self->secret, &error))
    remaining = memo_record_remaining (&record, now, self->origin, memo_clock_get_real_time (self->clock) / 1000);
  else if (bytes != NULL)
    g_debug ("What the remote tier has for “%s” is of no use: %s", flight->item.text, error->message);

  if (remaining > 0)
    {
      char **tags = record.n_tags > 1 ? g_new0 (char *, record.n_tags) : NULL;
      guint n = 0;

      for (guint i = 0; tags != NULL && i < record.n_tags; i++)
        {
          if (record.tags[i].text[0] == 't' && n + 1 < record.n_tags)
            tags[n++] = g_strdup (record.tags[i].text + MEMO_TIER_SPACE_SIZE);
        }

      memo_lock (&cache->lock);
      worth = memo_remote_judge (cache, load, &record, now, &missing);
      /* From now on it is outdated with them. */
      if (tags != NULL && (worth == MEMO_REMOTE_UNKNOWN || worth == MEMO_REMOTE_USABLE))
        {
          memo_flight_add_tags (flight, (const char * const *) tags);
          memo_remote_learn (self, flight->item.text, tags);
        }
      load->anchored = TRUE;
      load->keep = MEMO_REMOTE_KEEP_NOT;
      /* It may be from before what outdated it (outdated-reader-looks-again). */
      if (worth == MEMO_REMOTE_USABLE && load->outdated)
        worth = load->rounds < MEMO_REMOTE_MAX_ROUNDS ? MEMO_REMOTE_OUTDATED : MEMO_REMOTE_IN_CHANGE;
      if (worth == MEMO_REMOTE_USABLE)
        {
          end_reading (load);
          /* Where its payload turns out to be of no use, or a refresh came, what is loaded takes its place
           * (refresh-expects-its-id). */
          g_clear_pointer (&load->expected, g_bytes_unref);
          load->expected = memo_remote_head (found);
          load->on_link = load->request.link;
          load->keep = MEMO_REMOTE_KEEP_FILL;
        }
      g_mutex_unlock (&cache->lock);

      if (worth == MEMO_REMOTE_USABLE)
        {
          answer = g_new (MemoTierAnswer, 1);
          *answer = (MemoTierAnswer) {
            .payload = g_bytes_ref (record.payload),
            .record = g_bytes_ref (bytes),
            .deadline = remaining < G_MAXINT64 - now ? now + remaining : G_MAXINT64,
            .duration = record.load_duration,
            .tags = g_steal_pointer (&tags),
          };
        }
      g_strfreev (tags);
    }

  if (worth == MEMO_REMOTE_USABLE)
    memo_launch_answered (flight, answer);
  else if (worth == MEMO_REMOTE_OUTDATED)
    look_again (cache, flight);
  else if (worth == MEMO_REMOTE_UNKNOWN)
    gather_more (flight, found, g_steal_pointer (&missing));
  else if (worth == MEMO_REMOTE_IN_CHANGE)
    finish_without (cache, flight, FALSE);
  else
    acquire (cache, flight, memo_remote_head (found));
}

/* Somebody else loads the key.  Takes the reference to the flight. */
static void
wait_or_look_again (MemoAsyncCache *cache,
                    MemoFlight     *flight)
{
  MemoRemoteLoad *load = flight->remote;
  const gint64 now = memo_async_cache_now (cache);
  gboolean again;
  gboolean often;
  gboolean waits;

  if (memo_remote_is_needless (cache, flight))
    return;

  memo_lock (&cache->lock);
  load->anchored = TRUE;
  /* What it would wait for may have come already, on the other stream (outdated-waiter-looks-again). */
  often = load->outdated && load->rounds >= MEMO_REMOTE_MAX_ROUNDS;
  again = load->outdated && !often && !flight->over;
  waits = !load->outdated && !flight->over;
  if (waits)
    memo_remote_wait (load, now);
  g_mutex_unlock (&cache->lock);

  if (often)
    {
      finish_without (cache, flight, FALSE);
      return;
    }

  if (again)
    memo_remote_look (cache, flight);
  if (!waits)
    memo_flight_unref (flight);
}

/* Somebody who joins may bring one. */
static gboolean
has_loader (MemoAsyncCache *cache,
            MemoFlight     *flight)
{
  gboolean has;

  memo_lock (&cache->lock);
  has = flight->loader != memo_loader_get_none ();
  g_mutex_unlock (&cache->lock);

  return has;
}

/* By what is at the key.  Takes the reference to the flight. */
static void
evaluate (MemoAsyncCache *cache,
          MemoFlight     *flight,
          GBytes         *found)
{
  MemoRemoteLoad *load = flight->remote;

  if (found != NULL && memo_remote_is (found, 'F'))
    {
      memo_lock (&cache->lock);
      load->anchored = TRUE;
      g_mutex_unlock (&cache->lock);
      finish_without (cache, flight, FALSE);
    }
  else if (found != NULL && memo_remote_is (found, 'L') && flight->fresh)
    {
      finish_without (cache, flight, FALSE);
    }
  else if (found != NULL && memo_remote_is (found, 'L'))
    {
      wait_or_look_again (cache, flight);
    }
  else if (found != NULL && memo_remote_is (found, 'V'))
    {
      use_value (cache, flight, found);
    }
  else if (!has_loader (cache, flight))
    {
      /* Nobody would fill it. */
      finish_without (cache, flight, FALSE);
    }
  else
    {
      acquire (cache, flight, found != NULL ? memo_remote_head (found) : NULL);
    }
}

/* --- a round --- */

/* One of the replies of a round is there.  Takes the reference to the flight. */
static void
half_done (MemoFlight *flight)
{
  MemoRemoteLoad *load = flight->remote;
  g_autoptr(MemoAsyncCache) cache = NULL;
  g_autoptr(GBytes) found = NULL;

  if (!g_atomic_int_dec_and_test (&load->pending))
    {
      memo_flight_unref (flight);
      return;
    }

  cache = g_weak_ref_get (flight->cache);
  found = g_steal_pointer (&load->found);
  if (cache == NULL)
    memo_flight_unref (flight);
  else if (load->failed || load->tokens->failed)
    finish_without (cache, flight, TRUE);
  else if (load->tokens->fenced)
    finish_without (cache, flight, FALSE);
  else
    evaluate (cache, flight, found);
}

static void
tokens_gathered (MemoRemoteTokens *tokens,
                 gpointer          data)
{
  MemoFlight *flight = data;

  set_tokens (flight->remote, tokens);
  half_done (flight);
}

static void
got (MemoRemoteRequest *request,
     gboolean           done,
     GBytes            *found,
     const GError      *error)
{
  MemoFlight *flight = request->owner;
  MemoRemoteLoad *load = flight->remote;

  if (error != NULL)
    {
      memo_remote_failed (load->remote, error);
      load->failed = TRUE;
    }
  else
    {
      memo_remote_succeeded (load->remote);
      load->found = found != NULL ? g_bytes_ref (found) : NULL;
    }

  half_done (flight);
}

/* Never under a lock. */
void
memo_remote_look (MemoAsyncCache *cache,
                  MemoFlight     *flight)
{
  MemoRemoteLoad *load = flight->remote;
  MemoRemote *self = load->remote;
  const gint64 now = memo_async_cache_now (cache);
  MemoKey key = memo_item_key (&flight->item);
  gboolean blocked = FALSE;
  gboolean gives_up;
  gboolean lost;
  gboolean over;
  MemoRemoteTokens *plain = NULL;
  char **names = NULL;

  memo_flight_ref (flight);

  memo_lock (&cache->lock);
  over = flight->over;
  gives_up = load->gives_up;
  lost = gives_up && !self->linked;
  load->waiting = FALSE;
  load->gives_up = FALSE;
  if (!over && !gives_up)
    {
      /* It begins now, whatever was before. */
      load->began = now;
      load->rounds++;
      load->reading = TRUE;
      flight->since = cache->fence.sequence;
      load->outdated = FALSE;
      load->tokens_outdated = FALSE;
      load->anchored = FALSE;
      load->failed = FALSE;
      blocked = memo_brackets_hold (&cache->brackets, &key, flight->tags) ||
                memo_remote_is_busy (self, load->name, flight->tags, flight->previous_tags);
      if (!blocked)
        plain = memo_remote_tokens_plain (self, flight->item.text, flight->tags, flight->previous_tags, cache->lease_end, now);
      if (!blocked && plain == NULL)
        names = memo_remote_tag_names (self, flight->item.text, flight->tags, flight->previous_tags);
    }
  g_mutex_unlock (&cache->lock);

  if (over)
    {
      memo_flight_unref (flight);
      return;
    }

  if (blocked || gives_up)
    {
      finish_without (cache, flight, lost);
      return;
    }

  g_atomic_int_set (&load->pending, plain != NULL ? 1 : 2);
  if (plain != NULL)
    {
      set_tokens (load, plain);
    }
  else
    {
      memo_flight_ref (flight);
      memo_remote_tokens_gather (self, names, tokens_gathered, flight);
    }

  load->request = (MemoRemoteRequest) {
    .step = MEMO_REMOTE_LOAD,
    .key = load->name,
    .answered = got,
    .owner = flight,
  };
  memo_remote_ask (self, &load->request);
}

/* Has the flight read the tier, which is registered already (flight-begins-before-its-get). */
void
memo_remote_read (MemoFlight *flight)
{
  g_autoptr(MemoAsyncCache) cache = g_weak_ref_get (flight->cache);

  if (cache == NULL)
    return;

  if (flight->beyond != 0 && flight->remote->rounds == 0)
    memo_remote_turn_take (cache, flight);
  else
    memo_remote_look (cache, flight);
}
