/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-redis-steps.h"

#include <string.h>

#include "memo-redis-commands.h"
#include "memo-redis-script-texts.h"

/* The steps of docs/coherence-protocol.md as commands.  They are sent in the order in which they were asked, and answered in the handlers
 * of their replies.  Those that are asked before the first attempt to connect has ended wait for that. */

/* A longer time to live is for ever. */
#define LONGEST_LIFETIME G_GUINT64_CONSTANT (1000000000000000)

/* So many long keys are known by their hashes. */
#define MAX_HASHED 10000

/* What a request has meanwhile, in its `data`: its place in a queue, and then how it was sent. */
typedef struct
{
  MemoRedisSteps  *steps;
  MemoRedisScript *script;    /* NULL where it is a command */
  gboolean         whole;     /* with its text */
} Sent;

G_STATIC_ASSERT (sizeof (GList) <= sizeof ((MemoRemoteRequest *) NULL)->data);
G_STATIC_ASSERT (sizeof (Sent) <= sizeof ((MemoRemoteRequest *) NULL)->data);

struct _MemoRedisSteps
{
  MemoRedisLink             *link;
  const MemoRedisAddress    *address;
  const MemoRedisSetup      *setup;
  MemoRedisCounters         *counters;
  const MemoRedisStepsOwner *calls;
  gpointer                   owner;

  MemoRedisScript            acq;
  MemoRedisScript            fill;
  MemoRedisScript            claim;
  MemoRedisScript            release;
  MemoRedisScript            invalidate;
  MemoRedisScript            fence;
  GQueue                     held;       /* until the first attempt to connect has ended */
  guint                      under_way;  /* that were sent and not answered */
  GHashTable                *hashed;     /* name -> key, of long keys that were read */
  GString                   *name;
};

GList *
memo_redis_request_link (MemoRemoteRequest *request)
{
  GList *link = (GList *) (gpointer) request->data;

  *link = (GList) { .data = request };

  return link;
}

static Sent *
sent_of (MemoRemoteRequest *request)
{
  return (Sent *) (gpointer) request->data;
}

/* --- replies --- */

static gboolean send_request (MemoRedisSteps     *self,
                              MemoRemoteRequest  *request,
                              GError            **error);

static void
count (MemoRedisSteps          *self,
       const MemoRemoteRequest *request,
       const MemoRedisReply    *reply)
{
  const gboolean done = reply->kind == MEMO_REDIS_INTEGER && reply->integer == 1;

  /* Of values, not of leases, fences and tokens. */
  if (!g_str_has_prefix (request->key, "d:"))
    return;

  if (request->step == MEMO_REMOTE_LOAD && reply->kind == MEMO_REDIS_STRING && memo_redis_reply_begins (reply, 'V'))
    memo_redis_count (self->counters, hits, 1);
  else if (request->step == MEMO_REMOTE_LOAD && reply->kind != MEMO_REDIS_ERROR)
    memo_redis_count (self->counters, misses, 1);
  else if (request->step == MEMO_REMOTE_FILL && done)
    memo_redis_count (self->counters, stored, 1);
  else if (request->step == MEMO_REMOTE_INVALIDATE && done)
    memo_redis_count (self->counters, removed, 1);
}

static void
answer (MemoRedisSteps       *self,
        MemoRemoteRequest    *request,
        const MemoRedisReply *reply)
{
  const guint64 link = memo_redis_link_get_generation (self->link);
  const MemoRemoteStep step = request->step;
  const gboolean may_find = step == MEMO_REMOTE_LOAD || step == MEMO_REMOTE_ACQUIRE;
  g_autoptr(GError) error = NULL;

  count (self, request, reply);
  if (may_find && reply->kind == MEMO_REDIS_STRING)
    {
      memo_remote_request_done (request, link, step == MEMO_REMOTE_LOAD, reply->bytes);
    }
  else if ((step == MEMO_REMOTE_LOAD || step == MEMO_REMOTE_CREATE) && reply->kind == MEMO_REDIS_NIL)
    {
      memo_remote_request_done (request, link, FALSE, NULL);
    }
  else if ((step == MEMO_REMOTE_CREATE && memo_redis_reply_is_status (reply, "OK")) ||
           (step == MEMO_REMOTE_ACQUIRE && reply->kind == MEMO_REDIS_ARRAY))
    {
      memo_remote_request_done (request, link, TRUE, NULL);
    }
  else if (!may_find && step != MEMO_REMOTE_CREATE && reply->kind == MEMO_REDIS_INTEGER)
    {
      memo_remote_request_done (request, link, reply->integer == 1, NULL);
    }
  else
    {
      error = memo_redis_reply_to_error (reply, self->address->label);
      memo_remote_request_fail (request, error);
    }
}

typedef struct
{
  MemoRedisSteps *steps;
  char           *key;
} Late;

/* The server tells nobody what he did himself.  So what was written is told here, also when nobody waits any more: others of this
 * process may, and what they have of it may be wrong (own-write-wakes-own-waiters, outdate-when-fenced). */
static void
answered_late (const MemoRedisReply *reply,
               const GError         *error,
               gpointer              data)
{
  Late *late = data;

  /* With a new link everything is outdated. */
  if (reply != NULL)
    late->steps->calls->outdated (late->steps->owner, late->key);
  g_free (late->key);
  g_free (late);
}

static void
keep (MemoRedisSteps          *self,
      const MemoRemoteRequest *request)
{
  Late *late;

  if (request->step == MEMO_REMOTE_LOAD)
    return;

  late = g_new (Late, 1);
  *late = (Late) { .steps = self, .key = g_strdup (request->key) };
  memo_redis_link_keep (self->link, answered_late, late);
}

static void
answered (const MemoRedisReply *reply,
          const GError         *error,
          gpointer              data)
{
  MemoRemoteRequest *request = data;
  const Sent sent = *sent_of (request);
  MemoRedisSteps *self = sent.steps;
  g_autoptr(GError) refused = NULL;

  self->under_way--;
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    keep (self, request);

  if (error != NULL)
    {
      memo_remote_request_fail (request, error);
    }
  else if (sent.script != NULL && !sent.whole && memo_redis_reply_is_code (reply, "NOSCRIPT"))
    {
      /* Somebody had the server forget its scripts. */
      sent.script->generation = 0;
      if (!send_request (self, request, &refused))
        memo_remote_request_fail (request, refused);
    }
  else
    {
      answer (self, request, reply);
    }

  if (self->under_way == 0)
    self->calls->idle (self->owner);
}

/* --- commands --- */

/* The life of what is stored; FALSE where it has no end. */
static gboolean
print_lifetime (const MemoRemoteRequest *request,
                char                     text[32])
{
  text[0] = '\0';
  if (request->lifetime_ms == 0 || request->lifetime_ms > LONGEST_LIFETIME)
    return FALSE;
  g_snprintf (text, 32, "%" G_GUINT64_FORMAT, request->lifetime_ms);

  return TRUE;
}

/* The id in a lease, without the letter before it. */
static void
add_id (MemoRedisCommand *command,
        GBytes           *lease)
{
  g_autoptr(GBytes) id = g_bytes_new_from_bytes (lease, 1, g_bytes_get_size (lease) - 1);

  memo_redis_command_bytes (command, id);
}

/* The script of a step, or NULL. */
static MemoRedisScript *
script_of (MemoRedisSteps *self,
           MemoRemoteStep  step)
{
  switch (step)
    {
    case MEMO_REMOTE_ACQUIRE:
      return &self->acq;

    case MEMO_REMOTE_FILL:
      return &self->fill;

    case MEMO_REMOTE_CLAIM:
      return &self->claim;

    case MEMO_REMOTE_RELEASE:
      return &self->release;

    case MEMO_REMOTE_INVALIDATE:
      return &self->invalidate;

    case MEMO_REMOTE_FENCE:
    case MEMO_REMOTE_UNFENCE:
      return &self->fence;

    case MEMO_REMOTE_LOAD:
    case MEMO_REMOTE_CREATE:
    default:
      return NULL;
    }
}

static void
add_arguments (MemoRedisCommand  *command,
               MemoRemoteRequest *request,
               char               life[32])
{
  const gboolean ends = print_lifetime (request, life);

  switch (request->step)
    {
    case MEMO_REMOTE_ACQUIRE:
      add_id (command, request->value);
      memo_redis_command_add (command, life);
      if (request->expected != NULL)
        memo_redis_command_bytes (command, request->expected);
      else
        memo_redis_command_add (command, "");
      break;

    case MEMO_REMOTE_CLAIM:
      add_id (command, request->value);
      memo_redis_command_add (command, life);
      break;

    case MEMO_REMOTE_FILL:
      memo_redis_command_bytes (command, request->expected);
      memo_redis_command_bytes (command, request->value);
      memo_redis_command_add (command, life);
      break;

    case MEMO_REMOTE_RELEASE:
      add_id (command, request->value);
      break;

    case MEMO_REMOTE_FENCE:
      memo_redis_command_bytes (command, request->value);
      memo_redis_command_add (command, life);
      break;

    case MEMO_REMOTE_UNFENCE:
      memo_redis_command_bytes (command, request->value);
      memo_redis_command_add (command, "0");
      break;

    case MEMO_REMOTE_CREATE:
      memo_redis_command_bytes (command, request->value);
      memo_redis_command_add (command, "NX");
      if (ends)
        {
          memo_redis_command_add (command, "PX");
          memo_redis_command_add (command, life);
        }
      break;

    case MEMO_REMOTE_LOAD:
    case MEMO_REMOTE_INVALIDATE:
    default:
      break;
    }
}

/* A message about a long key has its hash. */
static void
remember (MemoRedisSteps *self,
          const char     *key)
{
  if (strlen (key) <= MEMO_REDIS_LONGEST_KEY || g_hash_table_contains (self->hashed, self->name->str))
    return;

  if (g_hash_table_size (self->hashed) >= MAX_HASHED)
    g_hash_table_remove_all (self->hashed);
  g_hash_table_insert (self->hashed, g_strdup (self->name->str), g_strdup (key));
}

static gboolean
send_request (MemoRedisSteps     *self,
              MemoRemoteRequest  *request,
              GError            **error)
{
  const guint64 generation = memo_redis_link_get_generation (self->link);
  MemoRedisScript *script = script_of (self, request->step);
  Sent *sent = sent_of (request);
  MemoRedisCommand command;
  char life[32];

  if (request->link != 0 && (memo_redis_link_get_state (self->link) != MEMO_REDIS_UP || request->link != generation))
    {
      g_set_error (error, MEMO_ERROR, MEMO_ERROR_UNAVAILABLE, "%s: the connection that it was for has ended", self->address->label);
      return FALSE;
    }
  if (request->value != NULL && g_bytes_get_size (request->value) > self->setup->max_bulk)
    {
      g_set_error (error, MEMO_ERROR, MEMO_ERROR_NOT_SUPPORTED, "%s: %" G_GSIZE_FORMAT " bytes are too many to be stored",
                   self->address->label, g_bytes_get_size (request->value));
      return FALSE;
    }

  memo_redis_set_name (self->name, self->address->prefix, request->key);
  remember (self, request->key);

  *sent = (Sent) { .steps = self, .script = script };
  if (script != NULL)
    {
      sent->whole = memo_redis_script_begin (script, &command, self->link, self->name->str);
    }
  else
    {
      memo_redis_command_begin (&command, request->step == MEMO_REMOTE_LOAD ? "GET" : "SET");
      memo_redis_command_add (&command, self->name->str);
    }
  add_arguments (&command, request, life);

  if (!memo_redis_command_send (&command, self->link, answered, request, error))
    return FALSE;
  if (script != NULL)
    script->generation = generation;
  self->under_way++;

  return TRUE;
}

/* --- asking --- */

void
memo_redis_steps_take (MemoRedisSteps    *self,
                       MemoRemoteRequest *request)
{
  g_autoptr(GError) error = NULL;

  if (memo_redis_link_get_state (self->link) != MEMO_REDIS_UP && memo_redis_link_get_error (self->link) == NULL)
    g_queue_push_tail_link (&self->held, memo_redis_request_link (request));
  else if (!send_request (self, request, &error))
    memo_remote_request_fail (request, error);
}

/* The state of the link is another one. */
void
memo_redis_steps_changed (MemoRedisSteps *self)
{
  GQueue held = self->held;

  if (memo_redis_link_get_state (self->link) != MEMO_REDIS_UP && memo_redis_link_get_error (self->link) == NULL)
    return;

  g_queue_init (&self->held);
  while (held.head != NULL)
    memo_redis_steps_take (self, g_queue_pop_head_link (&held)->data);
}

gboolean
memo_redis_steps_is_idle (MemoRedisSteps *self)
{
  return self->under_way == 0 && self->held.head == NULL;
}

/* Which key NAME, of a message, is of; NULL where it may be any.  FALSE: it is none of ours. */
gboolean
memo_redis_steps_name (MemoRedisSteps  *self,
                       const char      *name,
                       const char     **key)
{
  const gsize prefix = strlen (self->address->prefix);

  if (strncmp (name, self->address->prefix, prefix) != 0)
    return FALSE;

  *key = name + prefix;
  if (g_str_has_prefix (*key, "h:"))
    *key = g_hash_table_lookup (self->hashed, name);

  return TRUE;
}

/* --- beginning and end --- */

MemoRedisSteps *
memo_redis_steps_new (MemoRedisLink             *link,
                      const MemoRedisAddress    *address,
                      const MemoRedisSetup      *setup,
                      MemoRedisCounters         *counters,
                      const MemoRedisStepsOwner *calls,
                      gpointer                   owner)
{
  MemoRedisSteps *self = g_new0 (MemoRedisSteps, 1);

  self->link = link;
  self->address = address;
  self->setup = setup;
  self->counters = counters;
  self->calls = calls;
  self->owner = owner;
  memo_redis_script_init (&self->acq, memo_redis_text_acq);
  memo_redis_script_init (&self->fill, memo_redis_text_fill);
  memo_redis_script_init (&self->claim, memo_redis_text_claim);
  memo_redis_script_init (&self->release, memo_redis_text_release);
  memo_redis_script_init (&self->invalidate, memo_redis_text_invalidate);
  memo_redis_script_init (&self->fence, memo_redis_text_fence);
  g_queue_init (&self->held);
  self->hashed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->name = g_string_new (NULL);

  return self;
}

/* Its link was stopped before, and memo_redis_steps_changed() called, so that nobody waits for an answer. */
void
memo_redis_steps_free (MemoRedisSteps *self)
{
  memo_redis_script_clear (&self->acq);
  memo_redis_script_clear (&self->fill);
  memo_redis_script_clear (&self->claim);
  memo_redis_script_clear (&self->release);
  memo_redis_script_clear (&self->invalidate);
  memo_redis_script_clear (&self->fence);
  g_hash_table_unref (self->hashed);
  g_string_free (self->name, TRUE);
  g_free (self);
}
