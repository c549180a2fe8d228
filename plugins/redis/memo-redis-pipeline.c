/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-redis-pipeline.h"

#include <hiredis/hiredis.h>
#include <string.h>

/* Commands and their replies, which come in the order of the commands and have nothing else by which they are told apart.
 *
 * So whoever stops waiting leaves its place in the queue behind: its reply comes yet, and is thrown away.  A reply too many means that
 * this is out of step, and that nothing may be believed any more. */

typedef struct
{
  GList             link;
  MemoRedisAnswered answered;     /* NULL: nobody waits any more */
  MemoRedisAnswered late;         /* whoever wants to know all the same, or NULL */
  gpointer          data;         /* of either */
  gboolean          patient;      /* waits for any time */
  gint64            timeout;
  gint64            deadline;
  guint64           in_time;      /* how many replies had come in time when it was asked */
} Slot;

struct _MemoRedisPipeline
{
  int                           refs;         /* the owner's, and those of calls under way */
  const MemoRedisPipelineOwner *calls;
  gpointer                      owner;
  gboolean                      ended;

  char                         *label;
  MemoClock                    *clock;
  GMainContext                 *context;
  const MemoRedisSetup         *setup;
  MemoRedisCounters            *counters;
  MemoRedisConnection          *connection;

  GQueue                        slots;
  GList                        *waiting;      /* the first with a deadline; all behind it have one that is not earlier */
  GSource                      *timer;
  gint64                        timer_at;
  guint64                       in_time;      /* replies that came before their deadline */
  gboolean                      stalled;
  Slot                         *expiring;     /* whose time is over, while that is told */
  gint64                        moved;        /* when the last reply was whole, or the first began to wait */
};

static void
pipeline_unref (MemoRedisPipeline *self)
{
  if (--self->refs > 0)
    return;

  g_main_context_unref (self->context);
  g_free (self->label);
  g_free (self);
}

/* --- deadlines --- */

static gboolean timer_cb (gpointer data);

static void
disarm_timer (MemoRedisPipeline *self)
{
  if (self->timer != NULL)
    g_source_destroy (self->timer);
  g_clear_pointer (&self->timer, g_source_unref);
}

/* One that goes off too early does no harm. */
static void
arm_timer (MemoRedisPipeline *self)
{
  const Slot *slot = self->waiting != NULL ? self->waiting->data : NULL;

  if (slot == NULL || (self->timer != NULL && self->timer_at <= slot->deadline))
    return;

  disarm_timer (self);
  self->timer_at = slot->deadline;
  self->timer = memo_clock_create_source (self->clock, slot->deadline);
  g_source_set_static_name (self->timer, "[libcache] redis deadline");
  g_source_set_callback (self->timer, timer_cb, self, NULL);
  g_source_attach (self->timer, self->context);
}

/* The first at FROM or behind it that has a deadline. */
static GList *
first_waiting (GList *from)
{
  while (from != NULL && ((Slot *) from->data)->patient)
    from = from->next;

  return from;
}

/* Its place stays. */
static void
expire (MemoRedisPipeline *self,
        Slot              *slot)
{
  MemoRedisAnswered answered = g_steal_pointer (&slot->answered);
  g_autoptr(GError) error = g_error_new (G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "%s: no answer within %" G_GINT64_FORMAT " ms",
                                         self->label, slot->timeout / 1000);

  memo_redis_count (self->counters, timeouts, 1);
  if (slot->in_time == self->in_time)
    self->stalled = TRUE;
  if (answered == NULL)
    return;

  self->expiring = slot;
  answered (NULL, error, slot->data);
  self->expiring = NULL;
}

/* To be called when one is told that its time is over: LATE is called with the reply, which may come yet, or with the error by which
 * that has become impossible. */
void
memo_redis_pipeline_keep (MemoRedisPipeline *self,
                          MemoRedisAnswered  late,
                          gpointer           data)
{
  g_return_if_fail (self->expiring != NULL);

  self->expiring->late = late;
  self->expiring->data = data;
}

static gboolean
timer_cb (gpointer data)
{
  MemoRedisPipeline *self = data;
  const gint64 now = memo_clock_get_time (self->clock);

  self->refs++;
  disarm_timer (self);
  while (!self->ended && self->waiting != NULL && ((Slot *) self->waiting->data)->deadline <= now)
    {
      Slot *slot = self->waiting->data;

      self->waiting = first_waiting (self->waiting->next);
      expire (self, slot);
    }
  if (!self->ended)
    arm_timer (self);
  pipeline_unref (self);

  return G_SOURCE_REMOVE;
}

/* --- replies --- */

/* What has come, and when.  The mean is that of TCP (RFC 6298, 2.3): one eighth of it is the newest. */
static void
note_reply (MemoRedisPipeline *self,
            const Slot        *slot)
{
  const gint64 now = memo_clock_get_time (self->clock);
  const gint64 taken = now - (slot->deadline - slot->timeout);
  MemoRedisCounters *counters = self->counters;

  self->moved = now;
  if (slot->answered != NULL && now <= slot->deadline)
    {
      self->in_time++;
      self->stalled = FALSE;
    }

  g_mutex_lock (&counters->lock);
  if (slot->answered == NULL)
    counters->discarded++;
  counters->round_trip = counters->round_trip < 0 ? taken : counters->round_trip + (taken - counters->round_trip) / 8.0;
  g_mutex_unlock (&counters->lock);
}

static void
probe_answered (const MemoRedisReply *reply,
                const GError         *error,
                gpointer              data)
{
}

/* It answers again, though too late: whether it is in time now is found out at nobody's expense. */
static void
probe (MemoRedisPipeline *self,
       gint64             timeout)
{
  const char *arguments[] = { "PING" };
  const gsize sizes[] = { 4 };

  memo_redis_pipeline_send (self, 1, arguments, sizes, timeout, probe_answered, NULL, NULL);
}

static void
replied (gpointer        owner,
         MemoRedisReply *reply)
{
  MemoRedisPipeline *self = owner;
  g_autofree Slot *slot = NULL;

  if (self->calls->pushed != NULL && self->calls->pushed (self->owner, reply))
    return;

  if (self->slots.head == NULL)
    {
      g_autoptr(GError) error = NULL;

      /* What is said before anything was asked is why nothing may be asked: too many clients. */
      if (reply->kind == MEMO_REDIS_ERROR)
        error = memo_redis_reply_to_error (reply, self->label);
      else
        error = g_error_new_literal (MEMO_ERROR, MEMO_ERROR_INVALID_DATA, "it sends more replies than it was asked for");
      self->calls->broken (self->owner, error);
      return;
    }

  if (self->waiting == self->slots.head)
    self->waiting = first_waiting (self->waiting->next);
  slot = g_queue_pop_head_link (&self->slots)->data;
  note_reply (self, slot);
  if (self->stalled && self->slots.head == NULL)
    probe (self, slot->timeout);

  self->refs++;
  if (slot->answered != NULL)
    slot->answered (reply, NULL, slot->data);
  else if (slot->late != NULL)
    slot->late (reply, NULL, slot->data);
  if (!self->ended && reply->kind == MEMO_REDIS_ERROR)
    self->calls->complained (self->owner, reply);
  pipeline_unref (self);
}

static void
broken (gpointer      owner,
        const GError *error)
{
  MemoRedisPipeline *self = owner;

  self->calls->broken (self->owner, error);
}

static const MemoRedisConnectionOwner connection_owner = {
  .replied = replied,
  .broken = broken,
};

/* --- asking --- */

static gboolean
push (MemoRedisPipeline   *self,
      guint                n,
      const char * const  *arguments,
      const gsize         *sizes,
      gint64               timeout,
      gboolean             patient,
      MemoRedisAnswered    answered,
      gpointer             data,
      GError             **error)
{
  char *command = NULL;
  Slot *slot;
  int size;

  size = redisFormatCommandArgv (&command, n, (const char **) arguments, sizes);
  if (size < 0)
    {
      g_set_error (error, MEMO_ERROR, MEMO_ERROR_FAILED, "%s: no memory for a command", self->label);
      return FALSE;
    }
  memo_redis_connection_write (self->connection, command, size);
  redisFreeCommand (command);

  slot = g_new (Slot, 1);
  *slot = (Slot) {
    .link.data = slot,
    .answered = answered,
    .data = data,
    .patient = patient,
    .timeout = timeout,
    .deadline = memo_clock_get_time (self->clock) + timeout,
    .in_time = self->in_time,
  };
  if (self->slots.head == NULL)
    self->moved = slot->deadline - timeout;
  g_queue_push_tail_link (&self->slots, &slot->link);
  if (self->waiting == NULL)
    self->waiting = first_waiting (self->slots.tail);
  arm_timer (self);

  return TRUE;
}

/* It does not end before what was asked earlier and was not answered yet.  FALSE: it was not asked, and ANSWERED will not be
 * called. */
gboolean
memo_redis_pipeline_send (MemoRedisPipeline   *self,
                          guint                n,
                          const char * const  *arguments,
                          const gsize         *sizes,
                          gint64               timeout,
                          MemoRedisAnswered    answered,
                          gpointer             data,
                          GError             **error)
{
  if (memo_redis_connection_get_unsent (self->connection) >= self->setup->high_water || self->slots.length >= self->setup->in_flight)
    {
      memo_redis_count (self->counters, refused, 1);
      g_set_error (error, MEMO_ERROR, MEMO_ERROR_BUSY, "%s: %u operations are under way already", self->label, self->slots.length);
      return FALSE;
    }

  return push (self, n, arguments, sizes, timeout, FALSE, answered, data, error);
}

/* Asks for an echo.  It is waited for for any time, and is asked for however much is under way; TIMEOUT is what would have been in
 * time. */
gboolean
memo_redis_pipeline_send_echo (MemoRedisPipeline  *self,
                               const char         *nonce,
                               gint64              timeout,
                               MemoRedisAnswered   answered,
                               gpointer            data,
                               GError            **error)
{
  const char *arguments[] = { "PING", nonce };
  const gsize sizes[] = { 4, strlen (nonce) };

  return push (self, 2, arguments, sizes, timeout, TRUE, answered, data, error);
}

guint
memo_redis_pipeline_get_waiting (MemoRedisPipeline *self)
{
  return self->slots.length;
}

/* A number that changes when anything comes, or, where something is yet to leave, when some of it left. */
guint64
memo_redis_pipeline_get_progress (MemoRedisPipeline *self)
{
  const gboolean leaving = memo_redis_connection_get_unsent (self->connection) > 0;

  return memo_redis_connection_get_received (self->connection) +
         (leaving ? memo_redis_connection_get_sent (self->connection) : 0);
}

/* How long a reply is due, or in the making, since the one before it. */
gint64
memo_redis_pipeline_get_silence (MemoRedisPipeline *self)
{
  return self->slots.head != NULL ? memo_clock_get_time (self->clock) - self->moved : 0;
}

/* Whether something was not answered in time, and nothing else was meanwhile or since. */
gboolean
memo_redis_pipeline_is_stalled (MemoRedisPipeline *self)
{
  return self->stalled;
}

/* --- beginning and end --- */

MemoRedisPipeline *
memo_redis_pipeline_new (GIOStream                    *stream,
                         GSocket                      *socket,
                         const char                   *label,
                         const MemoRedisSetup         *setup,
                         MemoRedisCounters            *counters,
                         const MemoRedisPipelineOwner *calls,
                         gpointer                      owner)
{
  MemoRedisPipeline *self = g_new0 (MemoRedisPipeline, 1);

  self->refs = 1;
  self->calls = calls;
  self->owner = owner;
  self->label = g_strdup (label);
  self->clock = setup->clock != NULL ? setup->clock : memo_clock_get_default ();
  self->context = g_main_context_ref_thread_default ();
  self->setup = setup;
  self->counters = counters;
  g_queue_init (&self->slots);
  self->connection = memo_redis_connection_new (stream, socket, setup, counters, &connection_owner, self);

  return self;
}

/* Closes the connection, and tells whoever waits why.  Takes the owner's reference. */
void
memo_redis_pipeline_end (MemoRedisPipeline *self,
                         const GError      *error)
{
  GQueue slots = self->slots;

  self->ended = TRUE;
  self->waiting = NULL;
  self->expiring = NULL;
  g_queue_init (&self->slots);
  disarm_timer (self);
  memo_redis_connection_close (self->connection);

  while (slots.head != NULL)
    {
      g_autofree Slot *slot = g_queue_pop_head_link (&slots)->data;

      if (slot->answered != NULL)
        slot->answered (NULL, error, slot->data);
      else if (slot->late != NULL)
        slot->late (NULL, error, slot->data);
    }
  pipeline_unref (self);
}
