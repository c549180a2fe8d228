/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-redis-pipeline.h"

/* Commands and their replies, which come in the order of the commands and have nothing else by which they are told apart.
 *
 * So whoever stops waiting leaves its place in the queue behind: its reply comes yet, and is thrown away.  A reply too many means that
 * this is out of step, and that nothing may be believed any more. */

typedef struct
{
  GList             link;
  MemoRedisAnswered answered;     /* NULL: nobody waits any more */
  gpointer          data;
  gint64            timeout;
  gint64            deadline;
  guint64           heard;        /* how much had come when it was asked */
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
  gboolean                      stalled;
  guint64                       stalled_at;   /* how much had come when it was noticed */
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

/* Its place stays. */
static void
expire (MemoRedisPipeline *self,
        Slot              *slot)
{
  MemoRedisAnswered answered = g_steal_pointer (&slot->answered);
  g_autoptr(GError) error = g_error_new (G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "%s: no answer within %" G_GINT64_FORMAT " ms",
                                         self->label, slot->timeout / 1000);

  memo_redis_count (self->counters, timeouts, 1);
  if (slot->heard == memo_redis_connection_get_received (self->connection))
    {
      self->stalled = TRUE;
      self->stalled_at = slot->heard;
    }
  if (answered != NULL)
    answered (NULL, error, slot->data);
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

      self->waiting = self->waiting->next;
      expire (self, slot);
    }
  if (!self->ended)
    arm_timer (self);
  pipeline_unref (self);

  return G_SOURCE_REMOVE;
}

/* --- replies --- */

static void
replied (gpointer        owner,
         MemoRedisReply *reply)
{
  MemoRedisPipeline *self = owner;
  g_autofree Slot *slot = NULL;

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
    self->waiting = self->waiting->next;
  slot = g_queue_pop_head_link (&self->slots)->data;
  if (slot->answered == NULL)
    memo_redis_count (self->counters, discarded, 1);

  self->refs++;
  if (slot->answered != NULL)
    slot->answered (reply, NULL, slot->data);
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

/* A number behind the letter that says of what. */
static void
write_number (MemoRedisPipeline *self,
              char               letter,
              gsize              number)
{
  char line[32];
  gsize at = sizeof line;

  line[--at] = '\n';
  line[--at] = '\r';
  do
    line[--at] = '0' + number % 10;
  while ((number /= 10) > 0);
  line[--at] = letter;

  memo_redis_connection_write (self->connection, line + at, sizeof line - at);
}

/* The same bytes as by redisFormatCommandArgv(), which takes longer for them than all else that is done to send a command. */
static void
write_command (MemoRedisPipeline  *self,
               guint               n,
               const char * const *arguments,
               const gsize        *sizes)
{
  write_number (self, '*', n);
  for (guint i = 0; i < n; i++)
    {
      write_number (self, '$', sizes[i]);
      memo_redis_connection_write (self->connection, arguments[i], sizes[i]);
      memo_redis_connection_write (self->connection, "\r\n", 2);
    }
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
  Slot *slot;

  if (memo_redis_connection_get_unsent (self->connection) >= self->setup->high_water || self->slots.length >= self->setup->in_flight)
    {
      memo_redis_count (self->counters, refused, 1);
      g_set_error (error, MEMO_ERROR, MEMO_ERROR_BUSY, "%s: %u operations are under way already", self->label, self->slots.length);
      return FALSE;
    }

  write_command (self, n, arguments, sizes);

  slot = g_new (Slot, 1);
  *slot = (Slot) {
    .link.data = slot,
    .answered = answered,
    .data = data,
    .timeout = timeout,
    .deadline = memo_clock_get_time (self->clock) + timeout,
    .heard = memo_redis_connection_get_received (self->connection),
  };
  g_queue_push_tail_link (&self->slots, &slot->link);
  if (self->waiting == NULL)
    self->waiting = self->slots.tail;
  arm_timer (self);

  return TRUE;
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

/* Whether something was not answered in time, and nothing at all came meanwhile or since. */
gboolean
memo_redis_pipeline_is_stalled (MemoRedisPipeline *self)
{
  if (self->stalled && memo_redis_connection_get_received (self->connection) != self->stalled_at)
    self->stalled = FALSE;

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
  g_queue_init (&self->slots);
  disarm_timer (self);
  memo_redis_connection_close (self->connection);

  while (slots.head != NULL)
    {
      g_autofree Slot *slot = g_queue_pop_head_link (&slots)->data;

      if (slot->answered != NULL)
        slot->answered (NULL, error, slot->data);
    }
  pipeline_unref (self);
}
