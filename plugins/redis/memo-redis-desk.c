/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-redis-desk.h"

#include "memo-redis-clear.h"
#include "memo-redis-commands.h"

/* Where what a cache asks becomes commands, and replies become answers.  Everything is sent in the order in which it was
 * asked, and Redis does it in that order.  Only what is asked while a clear is under way is held back: it finds its keys little by
 * little, and would take what is stored meanwhile.
 *
 * An answer is worked with in the handler of its reply, never later. */

/* Removes a key if it holds exactly these bytes.  What is not a string is something else. */
static const char remove_only[] =
  "local was = redis.pcall ('GET', KEYS[1]) "
  "if was == ARGV[1] then return redis.call ('UNLINK', KEYS[1]) end "
  "return 0";

/* A longer time to live is for ever. */
#define LONGEST_TTL 1e12

struct _MemoRedisDesk
{
  MemoRedisLink            *link;
  const MemoRedisAddress   *address;
  const MemoRedisSetup     *setup;
  MemoClock                *clock;
  MemoRedisCounters        *counters;
  const MemoRedisDeskOwner *calls;
  gpointer                  owner;

  MemoRedisScript           remove_only;
  guint                     under_way;  /* that were sent and not answered */
  GPtrArray                *opening;    /* calls that wait for the first attempt to connect */
  GPtrArray                *closing;    /* calls that are answered at the very end */
  MemoCall                 *clearing;   /* the clear under way */
  GQueue                    held;       /* wishes that wait for its end */
  GSource                  *timer;
  GString                  *name;       /* of the key that is being asked for */
};

MemoRedisWish *
memo_redis_wish_new (MemoRedisAsk  ask,
                     const char   *key,
                     MemoCall     *call)
{
  MemoRedisWish *wish = g_new (MemoRedisWish, 1);

  *wish = (MemoRedisWish) { .link.data = wish, .ask = ask, .key = memo_call_get_key (call), .call = g_object_ref (call) };
  if (g_strcmp0 (wish->key, key) != 0)
    wish->key = wish->other_key = g_strdup (key);

  return wish;
}

void
memo_redis_wish_free (MemoRedisWish *wish)
{
  g_free (wish->other_key);
  g_object_unref (wish->call);
  g_free (wish);
}

static void
check_done (MemoRedisDesk *self)
{
  if (self->closing->len > 0 && self->under_way == 0 && self->clearing == NULL && self->held.head == NULL)
    self->calls->done (self->owner);
}

/* --- replies --- */

static void
refuse (MemoRedisDesk        *self,
        MemoCall             *call,
        const MemoRedisReply *reply)
{
  memo_call_return_error (call, memo_redis_reply_to_error (reply, self->address->label));
}

static void
loaded (MemoRedisDesk        *self,
        MemoCall             *call,
        const MemoRedisReply *reply)
{
  if (reply->kind == MEMO_REDIS_STRING)
    {
      memo_redis_count (self->counters, hits, 1);
      memo_call_return_bytes (call, reply->bytes);
    }
  else if (reply->kind == MEMO_REDIS_NIL)
    {
      memo_redis_count (self->counters, misses, 1);
      memo_call_return_bytes (call, NULL);
    }
  else
    {
      refuse (self, call, reply);
    }
}

static void
answered (const MemoRedisReply *reply,
          const GError         *error,
          gpointer              data)
{
  MemoRedisWish *wish = data;
  MemoRedisDesk *self = wish->desk;
  MemoCall *call = wish->call;
  const MemoRedisAsk ask = wish->ask;

  self->under_way--;
  /* The server does not say to those who share this connection what was written on it, nor what becomes of it later. */
  if (ask == MEMO_REDIS_STORE || ask == MEMO_REDIS_REMOVE)
    self->calls->outdated (self->owner, wish->key);

  if (error != NULL)
    {
      memo_call_return_error (call, g_error_copy (error));
    }
  else if (ask == MEMO_REDIS_LOAD)
    {
      loaded (self, call, reply);
    }
  else if (ask == MEMO_REDIS_STORE && memo_redis_reply_is_status (reply, "OK"))
    {
      memo_redis_count (self->counters, stored, 1);
      memo_call_return_nothing (call);
    }
  else if (ask == MEMO_REDIS_REMOVE && reply->kind == MEMO_REDIS_INTEGER)
    {
      if (reply->integer == 1)
        memo_redis_count (self->counters, removed, 1);
      memo_call_return_nothing (call);
    }
  else if (ask == MEMO_REDIS_FLUSH && memo_redis_reply_is_status (reply, "PONG"))
    {
      memo_call_return_nothing (call);
    }
  else
    {
      refuse (self, call, reply);
    }

  memo_redis_wish_free (wish);
  check_done (self);
}

/* --- commands --- */

static gboolean
send_load (MemoRedisDesk  *self,
           const char     *name,
           MemoRedisWish  *wish,
           GError        **error)
{
  MemoRedisCommand command;

  memo_redis_command_begin (&command, "GET");
  memo_redis_command_add (&command, name);

  return memo_redis_command_send (&command, self->link, answered, wish, error);
}

static gboolean
send_store (MemoRedisDesk  *self,
            const char     *name,
            MemoRedisWish  *wish,
            GError        **error)
{
  const double ttl = memo_call_get_ttl (wish->call);
  GBytes *bytes = memo_call_get_bytes (wish->call);
  char ms[32];
  MemoRedisCommand command;

  /* One that is larger could not be read any more. */
  if (g_bytes_get_size (bytes) > self->setup->max_bulk)
    {
      g_set_error (error, MEMO_ERROR, MEMO_ERROR_NOT_SUPPORTED, "%s: %" G_GSIZE_FORMAT " bytes are too many to be stored",
                   self->address->label, g_bytes_get_size (bytes));
      return FALSE;
    }

  memo_redis_command_begin (&command, "SET");
  memo_redis_command_add (&command, name);
  memo_redis_command_bytes (&command, bytes);
  if (ttl < LONGEST_TTL)
    {
      g_snprintf (ms, sizeof ms, "%" G_GINT64_FORMAT, MAX ((gint64) (ttl * 1000.0), 1));
      memo_redis_command_add (&command, "PX");
      memo_redis_command_add (&command, ms);
    }

  return memo_redis_command_send (&command, self->link, answered, wish, error);
}

static gboolean
send_remove (MemoRedisDesk  *self,
             const char     *name,
             MemoRedisWish  *wish,
             GError        **error)
{
  GBytes *only = memo_call_get_bytes (wish->call);
  MemoRedisCommand command;

  if (only != NULL)
    return memo_redis_script_send (&self->remove_only, self->link, name, only, answered, wish, error);

  memo_redis_command_begin (&command, "UNLINK");
  memo_redis_command_add (&command, name);

  return memo_redis_command_send (&command, self->link, answered, wish, error);
}

/* All replies before this one have been worked with when it comes. */
static gboolean
send_flush (MemoRedisDesk  *self,
            MemoRedisWish  *wish,
            GError        **error)
{
  MemoRedisCommand command;

  memo_redis_command_begin (&command, "PING");

  return memo_redis_command_send (&command, self->link, answered, wish, error);
}

/* Takes the wish. */
static void
perform (MemoRedisDesk *self,
         MemoRedisWish *wish)
{
  g_autoptr(GError) error = NULL;
  const char *name;
  gboolean sent;

  if (wish->key != NULL)
    memo_redis_set_name (self->name, self->address->prefix, wish->key);
  name = self->name->str;
  wish->desk = self;

  if (wish->ask == MEMO_REDIS_LOAD)
    sent = send_load (self, name, wish, &error);
  else if (wish->ask == MEMO_REDIS_STORE)
    sent = send_store (self, name, wish, &error);
  else if (wish->ask == MEMO_REDIS_REMOVE)
    sent = send_remove (self, name, wish, &error);
  else
    sent = send_flush (self, wish, &error);

  if (sent)
    {
      self->under_way++;
      return;
    }
  memo_call_return_error (wish->call, g_steal_pointer (&error));
  memo_redis_wish_free (wish);
}

/* --- clearing --- */

static void begin (MemoRedisDesk *self,
                   MemoRedisWish *wish);

static void set_timer (MemoRedisDesk *self);

/* What was held back too long is not done any more. */
static gboolean
timer_cb (gpointer data)
{
  MemoRedisDesk *self = data;
  const gint64 now = memo_clock_get_time (self->clock);
  MemoRedisWish *wish;

  while ((wish = g_queue_peek_head (&self->held)) != NULL && wish->deadline <= now)
    {
      g_queue_pop_head_link (&self->held);
      memo_redis_count (self->counters, timeouts, 1);
      memo_call_return_error (wish->call, g_error_new (G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "%s: a clear took longer than %u ms",
                                                       self->address->label, self->address->timeout_ms));
      memo_redis_wish_free (wish);
    }
  set_timer (self);
  check_done (self);

  return G_SOURCE_REMOVE;
}

static void
set_timer (MemoRedisDesk *self)
{
  g_autoptr(GMainContext) context = g_main_context_ref_thread_default ();
  const MemoRedisWish *first = g_queue_peek_head (&self->held);

  if (self->timer != NULL)
    g_source_destroy (self->timer);
  g_clear_pointer (&self->timer, g_source_unref);
  if (first == NULL)
    return;

  self->timer = memo_clock_create_source (self->clock, first->deadline);
  g_source_set_static_name (self->timer, "[libcache] redis held back");
  g_source_set_callback (self->timer, timer_cb, self, NULL);
  g_source_attach (self->timer, context);
}

static void
hold_back (MemoRedisDesk *self,
           MemoRedisWish *wish)
{
  if (self->held.length >= self->setup->in_flight)
    {
      memo_redis_count (self->counters, refused, 1);
      memo_call_return_error (wish->call, g_error_new (MEMO_ERROR, MEMO_ERROR_BUSY, "%s: %u operations wait for the end of a clear already",
                                                       self->address->label, self->held.length));
      memo_redis_wish_free (wish);
      return;
    }

  wish->deadline = memo_clock_get_time (self->clock) + (gint64) self->address->timeout_ms * 1000;
  g_queue_push_tail_link (&self->held, &wish->link);
  if (self->held.length == 1)
    set_timer (self);
}

static void
removed (gpointer data)
{
  MemoRedisDesk *self = data;

  self->calls->outdated (self->owner, NULL);
}

static void
cleared (const GError *error,
         gpointer      data)
{
  MemoRedisDesk *self = data;
  g_autoptr(MemoCall) call = g_steal_pointer (&self->clearing);

  if (error != NULL)
    memo_call_return_error (call, g_error_copy (error));
  else
    memo_call_return_nothing (call);

  while (self->clearing == NULL && self->held.head != NULL)
    begin (self, g_queue_pop_head_link (&self->held)->data);
  set_timer (self);
  check_done (self);
}

/* Takes the wish. */
static void
begin (MemoRedisDesk *self,
       MemoRedisWish *wish)
{
  if (wish->ask == MEMO_REDIS_CLEAR)
    {
      self->clearing = g_object_ref (wish->call);
      memo_redis_wish_free (wish);
      memo_redis_clear_start (self->link, self->address->prefix, self->setup->scan, removed, cleared, self);
    }
  else
    {
      perform (self, wish);
    }
}

/* --- asking --- */

static void
open_link (MemoRedisDesk *self,
           MemoCall      *call)
{
  const GError *error = memo_redis_link_get_error (self->link);

  if (memo_redis_link_get_state (self->link) == MEMO_REDIS_UP)
    memo_call_return_nothing (call);
  else if (error != NULL)
    memo_call_return_error (call, g_error_copy (error));
  else
    g_ptr_array_add (self->opening, g_object_ref (call));
}

/* Takes the wish; its call is answered when it is granted. */
void
memo_redis_desk_take (MemoRedisDesk *self,
                      MemoRedisWish *wish)
{
  GError *cancelled = NULL;

  if (wish->ask == MEMO_REDIS_OPEN)
    {
      open_link (self, wish->call);
      memo_redis_wish_free (wish);
    }
  else if (wish->ask == MEMO_REDIS_CLOSE)
    {
      g_ptr_array_add (self->closing, g_object_ref (wish->call));
      memo_redis_wish_free (wish);
      check_done (self);
    }
  else if (g_cancellable_set_error_if_cancelled (memo_call_get_cancellable (wish->call), &cancelled))
    {
      memo_call_return_error (wish->call, cancelled);
      memo_redis_wish_free (wish);
    }
  else if (self->clearing != NULL && self->held.head == NULL && wish->ask == MEMO_REDIS_LOAD)
    {
      /* All that was there is as good as gone, and nothing was stored since. */
      memo_redis_count (self->counters, misses, 1);
      memo_call_return_bytes (wish->call, NULL);
      memo_redis_wish_free (wish);
    }
  else if (self->clearing != NULL)
    {
      hold_back (self, wish);
    }
  else
    {
      begin (self, wish);
    }
}

/* The state of the link is another one. */
void
memo_redis_desk_changed (MemoRedisDesk *self)
{
  const GError *error = memo_redis_link_get_error (self->link);
  g_autoptr(GPtrArray) opening = NULL;

  if (memo_redis_link_get_state (self->link) != MEMO_REDIS_UP && error == NULL)
    return;

  opening = g_steal_pointer (&self->opening);
  self->opening = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < opening->len; i++)
    {
      if (error != NULL)
        memo_call_return_error (g_ptr_array_index (opening, i), g_error_copy (error));
      else
        memo_call_return_nothing (g_ptr_array_index (opening, i));
    }
}

/* --- beginning and end --- */

MemoRedisDesk *
memo_redis_desk_new (MemoRedisLink            *link,
                     const MemoRedisAddress   *address,
                     const MemoRedisSetup     *setup,
                     MemoRedisCounters        *counters,
                     const MemoRedisDeskOwner *calls,
                     gpointer                  owner)
{
  MemoRedisDesk *self = g_new0 (MemoRedisDesk, 1);

  self->link = link;
  self->address = address;
  self->setup = setup;
  self->clock = setup->clock != NULL ? setup->clock : memo_clock_get_default ();
  self->counters = counters;
  self->calls = calls;
  self->owner = owner;
  memo_redis_script_init (&self->remove_only, remove_only);
  self->opening = g_ptr_array_new_with_free_func (g_object_unref);
  self->closing = g_ptr_array_new_with_free_func (g_object_unref);
  g_queue_init (&self->held);
  self->name = g_string_new (NULL);

  return self;
}

/* Its link was stopped before, so that nobody waits for an answer.  Gives the calls that are to be told that it was closed. */
GPtrArray *
memo_redis_desk_free (MemoRedisDesk *self)
{
  GPtrArray *closing = g_steal_pointer (&self->closing);

  while (self->held.head != NULL)
    memo_redis_wish_free (g_queue_pop_head_link (&self->held)->data);
  set_timer (self);
  memo_redis_script_clear (&self->remove_only);
  g_ptr_array_unref (self->opening);
  g_string_free (self->name, TRUE);
  g_free (self);

  return closing;
}
