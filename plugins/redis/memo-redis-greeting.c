/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-redis-greeting.h"

#include <string.h>

/* What is said first on a connection, all at once: who we are, which database we mean, what there is to know and to do for
 * tracking, and a PING, which is answered when the server is ready for us.  The first answer that is not as it should be decides. */

typedef struct _Step Step;

/* Whether an answer is as it should be; FALSE without an error: it is of another kind. */
typedef gboolean (*Check) (Step                 *step,
                           const MemoRedisReply *reply,
                           GError              **error);

struct _Step
{
  MemoRedisGreeting *greeting;
  const char        *command;
  const char        *wanted;    /* a status */
  Check              check;     /* or this, of those that tracking needs */
};

struct _MemoRedisGreeting
{
  guint             pending;      /* steps that were not answered */
  gboolean          telling;
  char             *label;
  gboolean          has_password;
  MemoRedisTracks  *tracks;       /* or NULL */
  MemoRedisGreeted  greeted;      /* NULL when it is over */
  gpointer          data;
};

static void
collect (MemoRedisGreeting *self)
{
  if (self->pending > 0 || self->telling || self->greeted != NULL)
    return;

  g_free (self->label);
  g_free (self);
}

/* Nothing is called after this.  What was asked is answered when its pipeline ends. */
void
memo_redis_greeting_abandon (MemoRedisGreeting *self)
{
  self->greeted = NULL;
  collect (self);
}

/* What a server says to a password is not repeated: one that does not know AUTH repeats the password. */
static GError *
error_of_password (MemoRedisGreeting    *self,
                   const MemoRedisReply *reply,
                   gboolean             *lasting)
{
  const char *why = NULL;

  *lasting = TRUE;
  if (memo_redis_reply_is_code (reply, "WRONGPASS") || g_str_has_prefix (reply->text, "ERR invalid password"))
    why = "the server does not accept the user and password (WRONGPASS)";
  else if (memo_redis_reply_is_code (reply, "NOPERM"))
    why = "the server does not let this user in (NOPERM)";
  else if (strstr (reply->text, "without any password configured") != NULL || strstr (reply->text, "no password is set") != NULL)
    why = "there is a password in the URI, but the server has none for the default user";
  else if (strstr (reply->text, "unknown command") != NULL)
    why = "the server does not know AUTH";
  if (why != NULL)
    return g_error_new (MEMO_ERROR, MEMO_ERROR_UNAVAILABLE, "%s: %s", self->label, why);

  *lasting = memo_redis_reply_trouble (reply) == MEMO_REDIS_LASTING;
  if (memo_redis_reply_trouble (reply) != MEMO_REDIS_NO_TROUBLE || strstr (reply->text, "max number of clients") != NULL)
    return memo_redis_reply_to_error (reply, self->label);

  return g_error_new (MEMO_ERROR, MEMO_ERROR_UNAVAILABLE, "%s: the server answers the user and password with an error", self->label);
}

/* --- what tracking needs --- */

/* Takes the run id from what INFO says. */
static gboolean
check_server (Step                 *step,
              const MemoRedisReply *reply,
              GError              **error)
{
  static const char key[] = "run_id:";
  MemoRedisGreeting *self = step->greeting;
  const char *text, *at;
  gsize size;

  if (reply->kind != MEMO_REDIS_STRING)
    return FALSE;

  text = g_bytes_get_data (reply->bytes, &size);
  at = size > 0 ? g_strstr_len (text, size, key) : NULL;
  if (at == NULL || (gsize) (text + size - at) < strlen (key) + MEMO_REMOTE_SERVER_ID_SIZE)
    {
      g_set_error (error, MEMO_ERROR, MEMO_ERROR_UNAVAILABLE, "%s: this is no Redis server; it does not say its run_id", self->label);
      return FALSE;
    }

  memcpy (self->tracks->server, at + strlen (key), MEMO_REMOTE_SERVER_ID_SIZE);

  return TRUE;
}

/* It answers with a map of what it is. */
static gboolean
check_hello (Step                 *step,
             const MemoRedisReply *reply,
             GError              **error)
{
  return reply->kind == MEMO_REDIS_ARRAY;
}

static gboolean
check_client (Step                 *step,
              const MemoRedisReply *reply,
              GError              **error)
{
  if (reply->kind != MEMO_REDIS_INTEGER || reply->integer <= 0)
    return FALSE;
  step->greeting->tracks->client = reply->integer;

  return TRUE;
}

static gboolean
check_subscription (Step                 *step,
                    const MemoRedisReply *reply,
                    GError              **error)
{
  return memo_redis_reply_is_text (memo_redis_reply_item (reply, 0), "subscribe") &&
         memo_redis_reply_is_text (memo_redis_reply_item (reply, 1), MEMO_REDIS_CHANNEL);
}

static gboolean
check_tracking (Step                 *step,
                const MemoRedisReply *reply,
                GError              **error)
{
  return memo_redis_reply_is_status (reply, "OK");
}

/* It is no server that tracks, or this user may not ask for it. */
static GError *
error_of_tracking (MemoRedisGreeting    *self,
                   const MemoRedisReply *reply,
                   gboolean             *lasting)
{
  g_autoptr(GError) said = memo_redis_reply_to_error (reply, self->label);

  /* The other connection may have ended just now. */
  *lasting = strstr (reply->text, "you want redirect to") == NULL;
  if (!*lasting || memo_redis_reply_trouble (reply) == MEMO_REDIS_PASSING)
    return g_steal_pointer (&said);

  return g_error_new (MEMO_ERROR, MEMO_ERROR_UNAVAILABLE,
                      "%s; to keep processes coherent takes Redis 6 or later and a user with “+info +client|id +client|tracking "
                      "+subscribe +ping &" MEMO_REDIS_CHANNEL "”; “max-staleness-ms=0” in the URI does without",
                      said->message);
}

/* HELLO is both: the protocol, and who we are. */
static GError *
error_of_hello (MemoRedisGreeting    *self,
                const MemoRedisReply *reply,
                gboolean             *lasting)
{
  self->tracks->refused = memo_redis_reply_is_code (reply, "NOPROTO") || memo_redis_reply_is_code (reply, "NOPERM") ||
                          strstr (reply->text, "unknown command") != NULL || strstr (reply->text, "NOPROTO") != NULL;
  *lasting = !self->tracks->refused && memo_redis_reply_trouble (reply) == MEMO_REDIS_LASTING;
  if (self->tracks->refused || memo_redis_reply_trouble (reply) == MEMO_REDIS_PASSING)
    return memo_redis_reply_to_error (reply, self->label);

  return self->has_password ? error_of_password (self, reply, lasting) : memo_redis_reply_to_error (reply, self->label);
}

/* --- answers --- */

static GError *
error_of_step (MemoRedisGreeting    *self,
               Step                 *step,
               const MemoRedisReply *reply,
               gboolean             *lasting)
{
  GError *error = NULL;

  *lasting = FALSE;
  if (step->check != NULL ? step->check (step, reply, &error) : memo_redis_reply_is_status (reply, step->wanted))
    return NULL;
  if (error != NULL)
    return error;

  if (reply->kind != MEMO_REDIS_ERROR)
    return g_error_new (MEMO_ERROR, MEMO_ERROR_UNAVAILABLE, "%s: this is no Redis server; it answers %s with something else",
                        self->label, step->command);
  if (g_str_equal (step->command, "AUTH"))
    return error_of_password (self, reply, lasting);
  if (g_str_equal (step->command, "HELLO"))
    return error_of_hello (self, reply, lasting);

  if (step->check != NULL)
    return error_of_tracking (self, reply, lasting);

  *lasting = memo_redis_reply_trouble (reply) == MEMO_REDIS_LASTING ||
             (g_str_equal (step->command, "SELECT") && memo_redis_reply_trouble (reply) == MEMO_REDIS_NO_TROUBLE &&
              strstr (reply->text, "max number of clients") == NULL);

  return memo_redis_reply_to_error (reply, self->label);
}

static void
answered (const MemoRedisReply *reply,
          const GError         *failure,
          gpointer              data)
{
  g_autofree Step *step = data;
  MemoRedisGreeting *self = step->greeting;
  gboolean lasting = FALSE;
  g_autoptr(GError) error = NULL;
  MemoRedisGreeted greeted;

  self->pending--;
  if (self->greeted == NULL)
    {
      collect (self);
      return;
    }

  if (failure != NULL)
    error = g_error_copy (failure);
  else
    error = error_of_step (self, step, reply, &lasting);
  if (error == NULL && self->pending > 0)
    return;

  greeted = g_steal_pointer (&self->greeted);
  /* It may end the pipeline, and with it this. */
  self->telling = TRUE;
  greeted (error, lasting, self->data);
  self->telling = FALSE;
  collect (self);
}

static void
add_step (MemoRedisGreeting   *self,
          MemoRedisPipeline   *pipeline,
          gint64               timeout,
          const char          *wanted,
          Check                check,
          const char * const  *arguments)
{
  const guint n = g_strv_length ((char **) arguments);
  Step *step = g_new0 (Step, 1);
  gsize sizes[6] = { 0 };

  for (guint i = 0; i < n; i++)
    sizes[i] = strlen (arguments[i]);

  step->greeting = self;
  step->command = g_intern_string (arguments[0]);
  step->wanted = wanted;
  step->check = check;
  if (memo_redis_pipeline_send (pipeline, n, arguments, sizes, timeout, answered, step, NULL))
    self->pending++;
  else
    g_free (step);
}

static void
add_tracking (MemoRedisGreeting *self,
              MemoRedisPipeline *pipeline,
              gint64             timeout)
{
  g_autofree char *redirect = g_strdup_printf ("%" G_GINT64_FORMAT, self->tracks->redirect);

  add_step (self, pipeline, timeout, NULL, check_server, (const char *[]) { "INFO", "server", NULL });
  if (self->tracks->alone)
    {
      add_step (self, pipeline, timeout, NULL, check_tracking, (const char *[]) { "CLIENT", "TRACKING", "ON", "NOLOOP", NULL });
    }
  else if (self->tracks->redirect != 0)
    {
      add_step (self, pipeline, timeout, NULL, check_tracking,
                (const char *[]) { "CLIENT", "TRACKING", "ON", "REDIRECT", redirect, "NOLOOP", NULL });
    }
  else
    {
      add_step (self, pipeline, timeout, NULL, check_client, (const char *[]) { "CLIENT", "ID", NULL });
      add_step (self, pipeline, timeout, NULL, check_subscription, (const char *[]) { "SUBSCRIBE", MEMO_REDIS_CHANNEL, NULL });
    }
}

/* Who we are. */
static void
add_password (MemoRedisGreeting      *self,
              MemoRedisPipeline      *pipeline,
              const MemoRedisAddress *address,
              gint64                  timeout)
{
  const char *user = address->user != NULL ? address->user : "default";
  const char *password = address->password != NULL ? address->password : "";

  self->has_password = address->user != NULL || address->password != NULL;
  if (self->tracks != NULL && self->tracks->alone)
    add_step (self, pipeline, timeout, NULL, check_hello,
              self->has_password ? (const char *[]) { "HELLO", "3", "AUTH", user, password, NULL }
                                 : (const char *[]) { "HELLO", "3", NULL });
  else if (address->user != NULL)
    add_step (self, pipeline, timeout, "OK", NULL, (const char *[]) { "AUTH", user, password, NULL });
  else if (address->password != NULL)
    add_step (self, pipeline, timeout, "OK", NULL, (const char *[]) { "AUTH", password, NULL });
}

/* PIPELINE is new, and the first to be said something.  TRACKS may be NULL; it has to stay until GREETED is called, or the greeting
 * abandoned. */
MemoRedisGreeting *
memo_redis_greeting_send (MemoRedisPipeline      *pipeline,
                          const MemoRedisAddress *address,
                          MemoRedisTracks        *tracks,
                          gint64                  timeout,
                          MemoRedisGreeted        greeted,
                          gpointer                data)
{
  MemoRedisGreeting *self = g_new0 (MemoRedisGreeting, 1);
  g_autofree char *db = g_strdup_printf ("%u", address->db);
  const gboolean is_told = tracks != NULL && tracks->redirect == 0 && !tracks->alone;

  self->label = g_strdup (address->label);
  self->greeted = greeted;
  self->data = data;
  self->tracks = tracks;

  add_password (self, pipeline, address, timeout);
  /* Messages are of all databases. */
  if (address->db != 0 && !is_told)
    add_step (self, pipeline, timeout, "OK", NULL, (const char *[]) { "SELECT", db, NULL });
  /* Before the subscription: what has subscribed answers it in other words. */
  if (is_told)
    add_step (self, pipeline, timeout, "PONG", NULL, (const char *[]) { "PING", NULL });
  if (tracks != NULL)
    add_tracking (self, pipeline, timeout);
  if (!is_told)
    add_step (self, pipeline, timeout, "PONG", NULL, (const char *[]) { "PING", NULL });

  return self;
}
