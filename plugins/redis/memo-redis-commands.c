/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-redis-commands.h"

#include <string.h>

/* What a cache says to Redis. */

/* --- names --- */

/* Under which name a key is stored.  A key of a cache begins with a letter and a colon, and none with this one: so a hash is never
 * taken for a key. */
void
memo_redis_set_name (GString    *name,
                     const char *prefix,
                     const char *key)
{
  const gsize length = strlen (key);
  g_autofree char *hash = NULL;

  g_string_assign (name, prefix);
  if (length <= MEMO_REDIS_LONGEST_KEY)
    {
      g_string_append_len (name, key, length);
      return;
    }

  hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, key, length);
  g_string_append (name, "h:");
  g_string_append (name, hash);
}

/* What SCAN finds all names by. */
char *
memo_redis_pattern_of (const char *prefix)
{
  GString *pattern = g_string_new (NULL);

  for (const char *at = prefix; *at != '\0'; at++)
    {
      if (strchr ("*?[]^-\\", *at) != NULL)
        g_string_append_c (pattern, '\\');
      g_string_append_c (pattern, *at);
    }
  g_string_append_c (pattern, '*');

  return g_string_free (pattern, FALSE);
}

/* --- commands --- */

static void
add (MemoRedisCommand *command,
     const char       *data,
     gsize             size)
{
  g_assert (command->n < MEMO_REDIS_MOST_ARGUMENTS);

  command->arguments[command->n] = data != NULL ? data : "";
  command->sizes[command->n] = size;
  command->n++;
}

void
memo_redis_command_begin (MemoRedisCommand *command,
                          const char       *name)
{
  command->n = 0;
  add (command, name, strlen (name));
}

void
memo_redis_command_add (MemoRedisCommand *command,
                        const char       *text)
{
  add (command, text, strlen (text));
}

void
memo_redis_command_bytes (MemoRedisCommand *command,
                          GBytes           *bytes)
{
  gsize size;
  const char *data = g_bytes_get_data (bytes, &size);

  add (command, data, size);
}

gboolean
memo_redis_command_send (MemoRedisCommand   *command,
                         MemoRedisLink      *link,
                         MemoRedisAnswered   answered,
                         gpointer            data,
                         GError            **error)
{
  return memo_redis_link_send (link, command->n, command->arguments, command->sizes, answered, data, error);
}

/* --- scripts --- */

/* TEXT is static. */
void
memo_redis_script_init (MemoRedisScript *self,
                        const char      *text)
{
  self->text = text;
  self->hash = g_compute_checksum_for_string (G_CHECKSUM_SHA1, text, -1);
  self->generation = 0;
}

void
memo_redis_script_clear (MemoRedisScript *self)
{
  g_clear_pointer (&self->hash, g_free);
}

/* The command that runs a script of one key, to which its arguments are added.  Says whether it has the whole text: after that was sent,
 * `generation` is that of the link. */
gboolean
memo_redis_script_begin (MemoRedisScript  *self,
                         MemoRedisCommand *command,
                         MemoRedisLink    *link,
                         const char       *name)
{
  const gboolean whole = self->generation != memo_redis_link_get_generation (link);

  memo_redis_command_begin (command, whole ? "EVAL" : "EVALSHA");
  memo_redis_command_add (command, whole ? self->text : self->hash);
  memo_redis_command_add (command, "1");
  memo_redis_command_add (command, name);

  return whole;
}

typedef struct
{
  MemoRedisScript   *script;
  MemoRedisLink     *link;
  char              *name;
  GBytes            *argument;
  MemoRedisAnswered  answered;
  gpointer           data;
  gboolean           whole;     /* not the hash only */
} Run;

static gboolean send_run (Run     *run,
                          GError **error);

static void
run_free (Run *run)
{
  g_free (run->name);
  g_bytes_unref (run->argument);
  g_free (run);
}

static void
run_answered (const MemoRedisReply *reply,
              const GError         *error,
              gpointer              data)
{
  Run *run = data;
  g_autoptr(GError) refused = NULL;

  if (!run->whole && memo_redis_reply_is_code (reply, "NOSCRIPT"))
    {
      run->script->generation = 0;
      if (send_run (run, &refused))
        return;
      run->answered (NULL, refused, run->data);
    }
  else
    {
      run->answered (reply, error, run->data);
    }
  run_free (run);
}

static gboolean
send_run (Run     *run,
          GError **error)
{
  const guint64 generation = memo_redis_link_get_generation (run->link);
  MemoRedisCommand command;

  run->whole = memo_redis_script_begin (run->script, &command, run->link, run->name);
  memo_redis_command_bytes (&command, run->argument);
  if (!memo_redis_command_send (&command, run->link, run_answered, run, error))
    return FALSE;
  run->script->generation = generation;

  return TRUE;
}

/* Runs a script of one key and one argument.  The first time on a connection the server is given all of it, and then its
 * hash, so that the order in which things are asked is also that in which they are done.  Only when somebody has the server forget its
 * scripts meanwhile is it given it once more, a little later. */
gboolean
memo_redis_script_send (MemoRedisScript    *self,
                        MemoRedisLink      *link,
                        const char         *name,
                        GBytes             *argument,
                        MemoRedisAnswered   answered,
                        gpointer            data,
                        GError            **error)
{
  Run *run = g_new0 (Run, 1);

  run->script = self;
  run->link = link;
  run->name = g_strdup (name);
  run->argument = g_bytes_ref (argument);
  run->answered = answered;
  run->data = data;

  if (send_run (run, error))
    return TRUE;
  run_free (run);

  return FALSE;
}
