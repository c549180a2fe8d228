/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-redis-greeting.h"

#include <string.h>

/* What is said first on a connection, all at once: who we are, which database we mean, where to tell what changes, and a PING, which is
 * answered when the server is ready for us.  The first answer that is not as it should be decides. */

typedef struct
{
  MemoRedisGreeting *greeting;
  const char        *command;
  const char        *wanted;
} Step;

struct _MemoRedisGreeting
{
  guint             pending;      /* steps that were not answered */
  gboolean          telling;
  char             *label;
  guint8           *server;       /* where the run id of the server goes, or NULL */
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

/* Takes the run id from what INFO says. */
static GError *
read_server (MemoRedisGreeting    *self,
             const MemoRedisReply *reply)
{
  static const char key[] = "\r\nrun_id:";
  gsize size;
  const char *text = g_bytes_get_data (reply->bytes, &size);
  const char *at = size > 0 ? g_strstr_len (text, size, key) : NULL;

  if (at == NULL || (gsize) (text + size - at) < strlen (key) + MEMO_REDIS_SERVER_ID_SIZE)
    return g_error_new (MEMO_ERROR, MEMO_ERROR_UNAVAILABLE, "%s: this is no Redis server; it does not say its run_id", self->label);

  memcpy (self->server, at + strlen (key), MEMO_REDIS_SERVER_ID_SIZE);

  return NULL;
}

/* What it means that the server does not track. */
static GError *
error_of_tracking (MemoRedisGreeting    *self,
                   const MemoRedisReply *reply,
                   gboolean             *lasting)
{
  g_autoptr(GError) said = memo_redis_reply_to_error (reply, self->label);

  *lasting = TRUE;

  return g_error_new (MEMO_ERROR, MEMO_ERROR_UNAVAILABLE,
                      "%s; to keep processes coherent takes a server of version 6 or later and a user with the rights to “INFO”, "
                      "“CLIENT TRACKING” and the channel “__redis__:invalidate”, or “max-staleness-ms=0” in the URI to do without",
                      said->message);
}

static GError *
error_of_step (MemoRedisGreeting    *self,
               Step                 *step,
               const MemoRedisReply *reply,
               gboolean             *lasting)
{
  *lasting = FALSE;
  if (step->wanted == NULL && reply->kind == MEMO_REDIS_STRING)
    return read_server (self, reply);
  if (step->wanted != NULL && memo_redis_reply_is_status (reply, step->wanted))
    return NULL;

  if (reply->kind != MEMO_REDIS_ERROR)
    return g_error_new (MEMO_ERROR, MEMO_ERROR_UNAVAILABLE, "%s: this is no Redis server; it answers %s with something else",
                        self->label, step->command);
  if (g_str_equal (step->command, "AUTH"))
    return error_of_password (self, reply, lasting);

  if (self->server != NULL && memo_redis_reply_trouble (reply) != MEMO_REDIS_PASSING &&
      (g_str_equal (step->command, "CLIENT") || g_str_equal (step->command, "INFO")))
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
          guint                n,
          const char * const  *arguments)
{
  Step *step = g_new0 (Step, 1);
  gsize sizes[6] = { 0 };

  for (guint i = 0; i < n; i++)
    sizes[i] = strlen (arguments[i]);

  step->greeting = self;
  step->command = g_intern_string (arguments[0]);
  step->wanted = wanted;
  if (memo_redis_pipeline_send (pipeline, n, arguments, sizes, timeout, answered, step, NULL))
    self->pending++;
  else
    g_free (step);
}

/* PIPELINE is new, and the first to be said something.  REDIRECT is the client who is to be told what changes of what is read on it, or 0;
 * then SERVER gets the name of the server's run, and stays until GREETED or the greeting is abandoned. */
MemoRedisGreeting *
memo_redis_greeting_send (MemoRedisPipeline      *pipeline,
                          const MemoRedisAddress *address,
                          gint64                  redirect,
                          guint8                 *server,
                          gint64                  timeout,
                          MemoRedisGreeted        greeted,
                          gpointer                data)
{
  MemoRedisGreeting *self = g_new0 (MemoRedisGreeting, 1);
  g_autofree char *db = g_strdup_printf ("%u", address->db);
  g_autofree char *client = g_strdup_printf ("%" G_GINT64_FORMAT, redirect);

  self->label = g_strdup (address->label);
  self->greeted = greeted;
  self->data = data;
  self->server = redirect != 0 ? server : NULL;

  if (address->user != NULL)
    add_step (self, pipeline, timeout, "OK", 3,
              (const char *[]) { "AUTH", address->user, address->password != NULL ? address->password : "" });
  else if (address->password != NULL)
    add_step (self, pipeline, timeout, "OK", 2, (const char *[]) { "AUTH", address->password });
  if (address->db != 0)
    add_step (self, pipeline, timeout, "OK", 2, (const char *[]) { "SELECT", db });
  if (redirect != 0)
    {
      add_step (self, pipeline, timeout, NULL, 2, (const char *[]) { "INFO", "server" });
      add_step (self, pipeline, timeout, "OK", 6, (const char *[]) { "CLIENT", "TRACKING", "ON", "REDIRECT", client, "NOLOOP" });
    }
  add_step (self, pipeline, timeout, "PONG", 1, (const char *[]) { "PING" });

  return self;
}
