/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-redis-tracking.h"

#include <string.h>

#include "memo-redis-dial.h"
#include "memo-redis-greeting.h"

/* The connection on which the server says what was changed, and the PINGs on it and on the one for commands.
 *
 * The server says what others change of what was read on the connection for commands, as long as both are there.  Either may be gone, or
 * frozen, without a word.  So what was read counts only for a time, from the last moment at which both are known to have
 * been there: when the PING was sent that was echoed on both.  See docs/coherence-protocol.md, “The link”.
 *
 * In RESP3 one connection is both: the server says there what was changed, as something that is no answer. */

/* One of the two connections, and the PING on it. */
typedef struct
{
  MemoRedisTracking *tracking;    /* NULL once that has ended; freed with the last answer */
  gboolean           is_push;
  gboolean           waiting;     /* its PING was not answered yet */
  gint64             sent;        /* when that was */
  gint64             heard;       /* when the PING was sent that was echoed last */
  char               nonce[24];
} Echo;

struct _MemoRedisTracking
{
  int                            refs;        /* the owner's, and those of calls under way */
  const MemoRedisTrackingOwner  *calls;
  gpointer                       owner;
  gboolean                       ended;
  gboolean                       alone;       /* there is no second connection */

  MemoRedisAddress               address;
  const MemoRedisSetup          *setup;
  MemoRedisCounters             *counters;
  MemoClock                     *clock;
  GMainContext                  *context;

  MemoRedisDial                 *dial;
  MemoRedisPipeline             *pushes;
  MemoRedisPipeline             *commands;    /* not owned; NULL until it is up */
  MemoRedisGreeting             *greeting;
  MemoRedisTracks                tracks;
  GSource                       *timer;
  guint64                        count;       /* of PINGs */
  Echo                          *echoes[2];
  guint                          n_echoes;
};

static void ping (MemoRedisTracking *self);

static void
tracking_unref (MemoRedisTracking *self)
{
  if (--self->refs > 0)
    return;

  memo_redis_address_clear (&self->address);
  g_main_context_unref (self->context);
  g_object_unref (self->clock);
  g_free (self);
}

static gint64
now (MemoRedisTracking *self)
{
  return memo_clock_get_time (self->clock);
}

static gint64
staleness (MemoRedisTracking *self)
{
  return (gint64) self->address.max_staleness_ms * G_TIME_SPAN_MILLISECOND;
}

static gint64
patience (MemoRedisTracking *self)
{
  return (gint64) self->address.timeout_ms * 1000 * self->setup->patience;
}

static void
break_off (MemoRedisTracking *self,
           const char        *why)
{
  g_autoptr(GError) error = g_error_new_literal (MEMO_ERROR, MEMO_ERROR_UNAVAILABLE, why);

  if (!self->ended)
    self->calls->broken (self->owner, error, FALSE);
}

/* --- the time lease --- */

/* Until when what was read may be served, in the time of the clock; exclusive (lease-of-d, lease-of-i). */
gint64
memo_redis_tracking_get_lease (MemoRedisTracking *self)
{
  gint64 heard = G_MAXINT64;

  if (self->commands == NULL)
    return 0;
  for (guint i = 0; i < self->n_echoes; i++)
    heard = MIN (heard, self->echoes[i]->heard);

  return heard + staleness (self);
}

static gboolean
is_echo (const MemoRedisReply *reply,
         const Echo           *echo)
{
  /* A connection that has subscribed says what it echoes in an array. */
  if (echo->is_push)
    return memo_redis_reply_is_text (memo_redis_reply_item (reply, 0), "pong") &&
           memo_redis_reply_is_text (memo_redis_reply_item (reply, 1), echo->nonce);

  return memo_redis_reply_is_text (reply, echo->nonce);
}

/* Whether one of the PINGs is unanswered. */
static gboolean
is_waiting (MemoRedisTracking *self)
{
  for (guint i = 0; i < self->n_echoes; i++)
    {
      if (self->echoes[i]->waiting)
        return TRUE;
    }

  return FALSE;
}

static void
echoed (const MemoRedisReply *reply,
        const GError         *error,
        gpointer              data)
{
  Echo *echo = data;
  MemoRedisTracking *self = echo->tracking;

  if (self == NULL)
    {
      g_free (echo);
      return;
    }

  echo->waiting = FALSE;
  if (error != NULL)
    return;

  /* It extends nothing. */
  if (reply->kind == MEMO_REDIS_ERROR)
    {
      g_autoptr(GError) said = memo_redis_reply_to_error (reply, self->address.label);

      self->calls->broken (self->owner, said, memo_redis_reply_trouble (reply) == MEMO_REDIS_LASTING);
      return;
    }
  if (!is_echo (reply, echo))
    {
      break_off (self, "an answer is to another question; the connection is out of step");
      return;
    }

  /* The messages before it have taken effect: they were handled as they came (lease-counts-from-the-sending). */
  echo->heard = echo->sent;
  if (!is_waiting (self))
    self->calls->beat (self->owner);
}

static gboolean
timer_cb (gpointer data)
{
  ping (data);

  return G_SOURCE_REMOVE;
}

static void
set_timer (MemoRedisTracking *self,
           gint64             delay)
{
  if (self->timer != NULL)
    g_source_destroy (self->timer);
  g_clear_pointer (&self->timer, g_source_unref);
  if (delay < 0)
    return;

  self->timer = memo_clock_create_source (self->clock, now (self) + delay);
  g_source_set_static_name (self->timer, "[libcache] redis lease");
  g_source_set_callback (self->timer, timer_cb, self, NULL);
  g_source_attach (self->timer, self->context);
}

static gboolean
send_ping (MemoRedisTracking  *self,
           MemoRedisPipeline  *pipeline,
           Echo               *echo,
           gint64              at,
           GError            **error)
{
  g_snprintf (echo->nonce, sizeof echo->nonce, "%" G_GUINT64_FORMAT, self->count);
  echo->sent = at;
  echo->waiting = memo_redis_pipeline_send_echo (pipeline, echo->nonce, (gint64) self->address.timeout_ms * 1000, echoed, echo, error);

  return echo->waiting;
}

/* A turn of PINGs: both in one, and not while one is unanswered. */
static void
ping (MemoRedisTracking *self)
{
  const gint64 at = now (self);
  g_autoptr(GError) error = NULL;

  for (guint i = 0; i < self->n_echoes; i++)
    {
      if (self->echoes[i]->waiting && at - self->echoes[i]->sent >= staleness (self) / 2)
        {
          break_off (self, "the server does not answer any more");
          return;
        }
    }

  if (!is_waiting (self))
    {
      self->count++;
      if (!send_ping (self, self->commands, self->echoes[0], at, &error) ||
          (!self->alone && !send_ping (self, self->pushes, self->echoes[1], at, &error)))
        {
          break_off (self, error->message);
          return;
        }
    }
  set_timer (self, MIN (staleness (self) / 4, G_USEC_PER_SEC));
  self->calls->beat (self->owner);
}

/* The server tracks what is read on COMMANDS from now on. */
void
memo_redis_tracking_begin (MemoRedisTracking *self,
                           MemoRedisPipeline *commands)
{
  const gint64 at = now (self);

  self->commands = commands;
  for (guint i = 0; i < self->n_echoes; i++)
    self->echoes[i]->heard = at;
  set_timer (self, MIN (staleness (self) / 4, G_USEC_PER_SEC));
}

/* --- messages --- */

static void
tell (MemoRedisTracking    *self,
      const MemoRedisReply *name)
{
  g_autofree char *text = NULL;
  gsize size;
  const char *bytes;

  if (name == NULL || name->kind != MEMO_REDIS_STRING)
    return;

  bytes = g_bytes_get_data (name->bytes, &size);
  /* No key of a cache has a zero in it. */
  if (memchr (bytes != NULL ? bytes : "", '\0', size) != NULL)
    return;
  text = g_strndup (bytes, size);
  self->calls->outdated (self->owner, text);
}

static void
tell_all (MemoRedisTracking    *self,
          const MemoRedisReply *names)
{
  memo_redis_count (self->counters, messages, 1);
  self->refs++;
  if (names != NULL && names->kind == MEMO_REDIS_ARRAY)
    {
      for (guint i = 0; i < names->items->len && !self->ended; i++)
        tell (self, g_ptr_array_index (names->items, i));
    }
  else
    {
      /* A flush, or nothing that we know. */
      self->calls->outdated (self->owner, NULL);
    }
  tracking_unref (self);
}

/* What nobody asked for, on the second connection. */
static gboolean
pushed (gpointer              owner,
        const MemoRedisReply *reply)
{
  if (!memo_redis_reply_is_text (memo_redis_reply_item (reply, 0), "message") ||
      !memo_redis_reply_is_text (memo_redis_reply_item (reply, 1), MEMO_REDIS_CHANNEL))
    return FALSE;

  tell_all (owner, memo_redis_reply_item (reply, 2));

  return TRUE;
}

/* The same where there is none.  What a server says otherwise, by itself, is not for us. */
void
memo_redis_tracking_hear (MemoRedisTracking    *self,
                          const MemoRedisReply *push)
{
  if (memo_redis_reply_is_text (memo_redis_reply_item (push, 0), "invalidate"))
    tell_all (self, memo_redis_reply_item (push, 1));
}

/* An error is told to whoever asked, and that is enough. */
static void
complained (gpointer              owner,
            const MemoRedisReply *reply)
{
}

static void
broken (gpointer      owner,
        const GError *error)
{
  MemoRedisTracking *self = owner;

  self->calls->broken (self->owner, error, FALSE);
}

static const MemoRedisPipelineOwner pipeline_owner = {
  .complained = complained,
  .broken = broken,
  .pushed = pushed,
};

/* --- the beginning --- */

static void
greeted (const GError *error,
         gboolean      lasting,
         gpointer      data)
{
  MemoRedisTracking *self = data;

  self->greeting = NULL;
  if (error != NULL)
    self->calls->broken (self->owner, error, lasting);
  else
    self->calls->ready (self->owner, &self->tracks);
}

static void
dialled (GIOStream    *stream,
         GSocket      *socket,
         const GError *error,
         gboolean      lasting,
         gpointer      data)
{
  MemoRedisTracking *self = data;

  self->dial = NULL;
  if (error != NULL)
    {
      self->calls->broken (self->owner, error, lasting);
      return;
    }

  self->pushes = memo_redis_pipeline_new (stream, socket, self->address.label, self->setup, self->counters, &pipeline_owner, self);
  self->greeting = memo_redis_greeting_send (self->pushes, &self->address, &self->tracks, patience (self), greeted, self);
}

/* ALONE: there is nothing to connect, and nobody is told that it is ready. */
MemoRedisTracking *
memo_redis_tracking_start (const MemoRedisAddress       *address,
                           const MemoRedisSetup         *setup,
                           MemoRedisCounters            *counters,
                           gboolean                      alone,
                           const MemoRedisTrackingOwner *calls,
                           gpointer                      owner)
{
  MemoRedisTracking *self = g_new0 (MemoRedisTracking, 1);

  self->refs = 1;
  self->calls = calls;
  self->owner = owner;
  self->alone = alone;
  self->n_echoes = alone ? 1 : 2;
  memo_redis_address_copy (address, &self->address);
  self->setup = setup;
  self->counters = counters;
  self->clock = g_object_ref (setup->clock != NULL ? setup->clock : memo_clock_get_default ());
  self->context = g_main_context_ref_thread_default ();
  for (guint i = 0; i < self->n_echoes; i++)
    {
      self->echoes[i] = g_new0 (Echo, 1);
      self->echoes[i]->tracking = self;
      self->echoes[i]->is_push = i == 1;
    }

  if (!alone)
    self->dial = memo_redis_dial_start (&self->address, self->clock, patience (self), dialled, self);

  return self;
}

/* Nothing is called any more.  The connection for commands is the owner's, who ends it after this. */
void
memo_redis_tracking_end (MemoRedisTracking *self,
                         const GError      *error)
{
  MemoRedisPipeline *pushes = g_steal_pointer (&self->pushes);

  self->ended = TRUE;
  g_clear_pointer (&self->dial, memo_redis_dial_cancel);
  g_clear_pointer (&self->greeting, memo_redis_greeting_abandon);
  set_timer (self, -1);
  for (guint i = 0; i < self->n_echoes; i++)
    {
      Echo *echo = g_steal_pointer (&self->echoes[i]);

      /* Whoever still answers it frees it. */
      echo->tracking = NULL;
      if (!echo->waiting)
        g_free (echo);
    }
  if (pushes != NULL)
    memo_redis_pipeline_end (pushes, error);
  tracking_unref (self);
}
