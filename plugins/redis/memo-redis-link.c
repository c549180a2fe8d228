/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-redis-link.h"

#include <string.h>

#include "memo-redis-dial.h"
#include "memo-redis-greeting.h"
#include "memo-redis-reader.h"
#include "memo-redis-tracking.h"

/* A connection that comes back.
 *
 * It is dialled, greeted (who we are, which database, and whether anybody is there), up; and when it ends, for whatever
 * reason, it is dialled again after a pause.  The pauses grow, and differ by chance, so that many programs that have lost one server do
 * not all come back at the same moment.  One that is to hear of what others change speaks RESP3, or has a second connection, which is made
 * first; they begin and end together.  As long as it is not up, nothing that is asked of it costs anything: it is refused at once. */

struct _MemoRedisLink
{
  MemoRedisAddress      address;
  MemoRedisSetup        setup;
  MemoRedisCounters    *counters;
  MemoRedisChanged      changed;
  const MemoRedisHeard *heard;        /* NULL: nothing is heard */
  gpointer              owner;
  MemoClock            *clock;
  GMainContext         *context;

  MemoRedisState        state;
  GError               *error;        /* why it is not up; NULL before the first attempt ended */
  guint64               generation;   /* of connections that came up */
  guint                 attempts;     /* in vain, without a pause that was long enough */
  gint64                up_since;
  char                 *warned;       /* of what, lastly */

  gboolean              refused;      /* RESP3 was: it takes two connections */
  MemoRedisTracking    *tracking;     /* the second connection, and the lease; or NULL */
  MemoRedisTracks       tracks;       /* of the first, where it tracks */
  guint8                leads_to[MEMO_REMOTE_SERVER_ID_SIZE];    /* the run of the server that the second leads to */
  MemoRedisDial        *dial;
  MemoRedisPipeline    *pipeline;
  MemoRedisGreeting    *greeting;
  GSource              *timer;        /* the end of a pause, or the next beat */
  guint64               progress;     /* at the last beat */
  gboolean              expecting;    /* something was to be answered then */
};

static void dial (MemoRedisLink *self);

static gint64
now (MemoRedisLink *self)
{
  return memo_clock_get_time (self->clock);
}

static gint64
patience (MemoRedisLink *self)
{
  return (gint64) self->address.timeout_ms * 1000 * self->setup.patience;
}

static void
set_timer (MemoRedisLink *self,
           gint64         delay,
           GSourceFunc    callback,
           const char    *name)
{
  if (self->timer != NULL)
    g_source_destroy (self->timer);
  g_clear_pointer (&self->timer, g_source_unref);

  if (callback == NULL)
    return;

  self->timer = memo_clock_create_source (self->clock, now (self) + delay);
  g_source_set_static_name (self->timer, name);
  g_source_set_callback (self->timer, callback, self, NULL);
  g_source_attach (self->timer, self->context);
}

/* --- down --- */

/* “Full jitter”: anything up to twice as much as the time before. */
static gint64
next_pause (MemoRedisLink *self)
{
  const MemoRedisSetup *setup = &self->setup;
  const double chance = setup->random != NULL ? setup->random (setup->data) : g_random_double ();
  gint64 most = setup->first_pause;

  for (guint i = 0; i <= self->attempts && most < setup->longest_pause; i++)
    most *= 2;
  most = MIN (most, setup->longest_pause);
  self->attempts++;

  return setup->first_pause + (gint64) (chance * (most - setup->first_pause));
}

static gboolean
pause_is_over_cb (gpointer data)
{
  MemoRedisLink *self = data;

  set_timer (self, 0, NULL, NULL);
  dial (self);

  return G_SOURCE_REMOVE;
}

/* What nobody but the owner of the program can help is said, once. */
static void
warn (MemoRedisLink *self)
{
  if (g_strcmp0 (self->warned, self->error->message) == 0)
    return;

  g_free (self->warned);
  self->warned = g_strdup (self->error->message);
  g_warning ("%s; this is tried again every %" G_GINT64_FORMAT " s", self->error->message, self->setup.refused_pause / G_USEC_PER_SEC);
}

static void
take_down (MemoRedisLink  *self,
           const GError   *error,
           MemoRedisState  state)
{
  MemoRedisPipeline *pipeline = g_steal_pointer (&self->pipeline);
  MemoRedisTracking *tracking = g_steal_pointer (&self->tracking);
  g_autoptr(GError) said = g_error_copy (error);

  g_clear_pointer (&self->dial, memo_redis_dial_cancel);
  g_clear_pointer (&self->greeting, memo_redis_greeting_abandon);
  set_timer (self, 0, NULL, NULL);
  self->state = state;
  g_clear_error (&self->error);
  self->error = g_error_copy (said);

  /* What it read and did not handle is of no use, and so is what it would say (both-connections-end-together). */
  if (tracking != NULL)
    memo_redis_tracking_end (tracking, said);
  self->changed (self, self->owner);
  if (pipeline != NULL)
    memo_redis_pipeline_end (pipeline, said);
}

static void
go_down (MemoRedisLink *self,
         const GError  *error,
         gboolean       lasting)
{
  g_autoptr(GError) said = NULL;
  gint64 pause;

  if (g_str_has_prefix (error->message, self->address.label))
    said = g_error_new_literal (MEMO_ERROR, MEMO_ERROR_UNAVAILABLE, error->message);
  else
    said = g_error_new (MEMO_ERROR, MEMO_ERROR_UNAVAILABLE, "%s: %s", self->address.label, error->message);

  if (self->state == MEMO_REDIS_UP && now (self) - self->up_since >= self->setup.longest_pause)
    self->attempts = 0;
  pause = lasting ? self->setup.refused_pause : next_pause (self);
  memo_redis_count (self->counters, failures, 1);
  g_debug ("%s; the next attempt is in %" G_GINT64_FORMAT " ms", said->message, pause / 1000);

  take_down (self, said, MEMO_REDIS_WAITING);
  if (self->state != MEMO_REDIS_WAITING)
    return;
  if (lasting)
    warn (self);
  set_timer (self, pause, pause_is_over_cb, "[libcache] redis pause");
}

/* --- up --- */

/* The answer may be anything. */
static void
beat_answered (const MemoRedisReply *reply,
               const GError         *error,
               gpointer              data)
{
}

static gboolean
beat_cb (gpointer data)
{
  MemoRedisLink *self = data;
  const guint64 progress = memo_redis_pipeline_get_progress (self->pipeline);
  gboolean idle = memo_redis_pipeline_get_waiting (self->pipeline) == 0;

  if (!idle && self->expecting && progress == self->progress)
    {
      g_autoptr(GError) error = g_error_new_literal (MEMO_ERROR, MEMO_ERROR_UNAVAILABLE, "the server does not answer any more");

      go_down (self, error, FALSE);
      return G_SOURCE_REMOVE;
    }

  /* Where a length is wrong, all that comes is taken for one reply without an end. */
  if (memo_redis_pipeline_get_silence (self->pipeline) >= MAX (self->setup.longest_pause, patience (self)))
    {
      g_autoptr(GError) error = g_error_new_literal (MEMO_ERROR, MEMO_ERROR_UNAVAILABLE, "a reply does not come to its end");

      go_down (self, error, FALSE);
      return G_SOURCE_REMOVE;
    }

  /* One that tracks has its own. */
  if (idle && self->tracking == NULL)
    {
      const char *arguments[] = { "PING" };
      const gsize sizes[] = { 4 };

      memo_redis_pipeline_send (self->pipeline, 1, arguments, sizes, (gint64) self->address.timeout_ms * 1000,
                                beat_answered, NULL, NULL);
    }
  self->progress = progress;
  self->expecting = TRUE;
  set_timer (self, self->setup.heartbeat, beat_cb, "[libcache] redis heartbeat");

  return G_SOURCE_REMOVE;
}

static void
greeted (const GError *error,
         gboolean      lasting,
         gpointer      data)
{
  MemoRedisLink *self = data;

  self->greeting = NULL;
  if (error != NULL)
    {
      self->refused = self->refused || self->tracks.refused;
      go_down (self, error, lasting);
      return;
    }

  /* A name may have several addresses, and a number of a client is that of another one elsewhere. */
  if (self->tracking != NULL && !self->tracks.alone && memcmp (self->tracks.server, self->leads_to, sizeof self->leads_to) != 0)
    {
      g_autoptr(GError) elsewhere = g_error_new_literal (MEMO_ERROR, MEMO_ERROR_UNAVAILABLE,
                                                         "the two connections lead to different servers; name one of them in the URI");

      go_down (self, elsewhere, FALSE);
      return;
    }

  self->state = MEMO_REDIS_UP;
  self->generation++;
  self->up_since = now (self);
  self->expecting = FALSE;
  g_clear_error (&self->error);
  if (self->tracking != NULL)
    memo_redis_tracking_begin (self->tracking, self->pipeline);
  memo_redis_count (self->counters, connections, 1);
  set_timer (self, self->setup.heartbeat, beat_cb, "[libcache] redis heartbeat");
  self->changed (self, self->owner);
}

/* Some errors are about the server, or about us, rather than about what was asked. */
static void
complained (gpointer              owner,
            const MemoRedisReply *reply)
{
  MemoRedisLink *self = owner;
  MemoRedisTrouble trouble = memo_redis_reply_trouble (reply);
  g_autoptr(GError) error = NULL;

  if (trouble == MEMO_REDIS_NO_TROUBLE || self->state != MEMO_REDIS_UP)
    return;

  /* One that is full still does what keeps others from old values, and says what they change. */
  if (self->tracking != NULL && memo_redis_reply_is_code (reply, "OOM"))
    return;

  error = memo_redis_reply_to_error (reply, self->address.label);
  go_down (self, error, trouble == MEMO_REDIS_LASTING);
}

static void
broken (gpointer      owner,
        const GError *error)
{
  go_down (owner, error, FALSE);
}

/* In RESP3 what is said by the server itself is of a kind of its own. */
static gboolean
pushed (gpointer              owner,
        const MemoRedisReply *reply)
{
  MemoRedisLink *self = owner;

  if (reply->kind != MEMO_REDIS_PUSH || self->tracking == NULL || !self->tracks.alone)
    return FALSE;

  memo_redis_tracking_hear (self->tracking, reply);

  return TRUE;
}

static const MemoRedisPipelineOwner pipeline_owner = {
  .complained = complained,
  .pushed = pushed,
  .broken = broken,
};

/* --- connecting --- */

static void
dialled (GIOStream    *stream,
         GSocket      *socket,
         const GError *error,
         gboolean      lasting,
         gpointer      data)
{
  MemoRedisLink *self = data;

  self->dial = NULL;
  if (error != NULL)
    {
      go_down (self, error, lasting);
      return;
    }

  self->pipeline = memo_redis_pipeline_new (stream, socket, self->address.label, &self->setup, self->counters,
                                            &pipeline_owner, self);
  self->greeting = memo_redis_greeting_send (self->pipeline, &self->address, self->tracking != NULL ? &self->tracks : NULL, patience (self),
                                             greeted, self);
}

/* --- the second connection --- */

/* It has subscribed, so that nothing is lost that the first is told to send there (subscribe-before-tracking). */
static void
tracking_ready (gpointer               owner,
                const MemoRedisTracks *tracks)
{
  MemoRedisLink *self = owner;

  self->tracks = (MemoRedisTracks) { .redirect = tracks->client };
  memcpy (self->leads_to, tracks->server, sizeof self->leads_to);
  self->dial = memo_redis_dial_start (&self->address, self->clock, patience (self), dialled, self);
}

static void
tracking_broken (gpointer      owner,
                 const GError *error,
                 gboolean      lasting)
{
  go_down (owner, error, lasting);
}

static void
tracking_outdated (gpointer    owner,
                   const char *name)
{
  MemoRedisLink *self = owner;

  if (self->state == MEMO_REDIS_UP)
    self->heard->outdated (self->owner, name);
}

static void
tracking_beat (gpointer owner)
{
  MemoRedisLink *self = owner;

  if (self->state == MEMO_REDIS_UP)
    self->heard->beat (self->owner);
}

static const MemoRedisTrackingOwner tracking_owner = {
  .ready = tracking_ready,
  .broken = tracking_broken,
  .outdated = tracking_outdated,
  .beat = tracking_beat,
};

static void
dial (MemoRedisLink *self)
{
  const gboolean tracks = self->heard != NULL && self->address.max_staleness_ms > 0;
  const gboolean alone = tracks && memo_redis_reader_knows_pushes () && self->address.protocol != 2 && !self->refused;

  self->state = MEMO_REDIS_CONNECTING;
  self->tracks = (MemoRedisTracks) { .alone = alone };
  if (tracks)
    self->tracking = memo_redis_tracking_start (&self->address, &self->setup, self->counters, alone, &tracking_owner, self);
  if (!tracks || alone)
    self->dial = memo_redis_dial_start (&self->address, self->clock, patience (self), dialled, self);
}

/* --- asking --- */

/* FALSE: it was not asked, and ANSWERED will not be called. */
gboolean
memo_redis_link_send (MemoRedisLink       *self,
                      guint                n,
                      const char * const  *arguments,
                      const gsize         *sizes,
                      MemoRedisAnswered    answered,
                      gpointer             data,
                      GError             **error)
{
  if (self->state == MEMO_REDIS_UP && !memo_redis_pipeline_is_stalled (self->pipeline))
    return memo_redis_pipeline_send (self->pipeline, n, arguments, sizes, (gint64) self->address.timeout_ms * 1000,
                                     answered, data, error);

  memo_redis_count (self->counters, refused, 1);
  if (self->state == MEMO_REDIS_STOPPED)
    g_set_error (error, MEMO_ERROR, MEMO_ERROR_CLOSED, "%s was closed", self->address.label);
  else if (self->state == MEMO_REDIS_UP)
    g_set_error (error, MEMO_ERROR, MEMO_ERROR_UNAVAILABLE, "%s: the server does not answer at present", self->address.label);
  else if (self->error != NULL && error != NULL)
    *error = g_error_copy (self->error);
  else
    g_set_error (error, MEMO_ERROR, MEMO_ERROR_UNAVAILABLE, "%s: not connected yet", self->address.label);

  return FALSE;
}

/* To be called when one is told that its time is over: LATE hears of the reply that may come yet. */
void
memo_redis_link_keep (MemoRedisLink     *self,
                      MemoRedisAnswered  late,
                      gpointer           data)
{
  memo_redis_pipeline_keep (self->pipeline, late, data);
}

MemoRedisState
memo_redis_link_get_state (MemoRedisLink *self)
{
  return self->state;
}

/* Why it is not up; NULL when it is, and before the first attempt has ended. */
const GError *
memo_redis_link_get_error (MemoRedisLink *self)
{
  return self->error;
}

/* A number of its own for each connection that came up; 0 before the first. */
guint64
memo_redis_link_get_generation (MemoRedisLink *self)
{
  return self->generation;
}

/* Until when what was read may be served; 0 when it is not up, or does not hear of what others change. */
gint64
memo_redis_link_get_lease (MemoRedisLink *self)
{
  return self->state == MEMO_REDIS_UP && self->tracking != NULL ? memo_redis_tracking_get_lease (self->tracking) : 0;
}

/* The name of the run of the server that it leads to. */
const guint8 *
memo_redis_link_get_server (MemoRedisLink *self)
{
  return self->tracks.server;
}

const char *
memo_redis_link_get_label (MemoRedisLink *self)
{
  return self->address.label;
}

/* --- beginning and end --- */

MemoRedisLink *
memo_redis_link_new (const MemoRedisAddress *address,
                     const MemoRedisSetup   *setup,
                     MemoRedisCounters      *counters,
                     MemoRedisChanged        changed,
                     const MemoRedisHeard   *heard,
                     gpointer                owner)
{
  MemoRedisLink *self = g_new0 (MemoRedisLink, 1);

  memo_redis_address_copy (address, &self->address);
  self->setup = *setup;
  self->counters = counters;
  self->changed = changed;
  self->heard = heard;
  self->owner = owner;
  self->clock = g_object_ref (setup->clock != NULL ? setup->clock : memo_clock_get_default ());
  self->context = g_main_context_ref_thread_default ();

  return self;
}

void
memo_redis_link_start (MemoRedisLink *self)
{
  if (self->state == MEMO_REDIS_WAITING && self->timer == NULL)
    dial (self);
}

/* For good.  Whoever waits for an answer is told that it was closed. */
void
memo_redis_link_stop (MemoRedisLink *self)
{
  g_autoptr(GError) error = g_error_new (MEMO_ERROR, MEMO_ERROR_CLOSED, "%s was closed", self->address.label);

  if (self->state != MEMO_REDIS_STOPPED)
    take_down (self, error, MEMO_REDIS_STOPPED);
}

/* Not from within something that it calls. */
void
memo_redis_link_free (MemoRedisLink *self)
{
  memo_redis_link_stop (self);
  memo_redis_address_clear (&self->address);
  g_clear_error (&self->error);
  g_free (self->warned);
  g_object_unref (self->clock);
  g_main_context_unref (self->context);
  g_free (self);
}
