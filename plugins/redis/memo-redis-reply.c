/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-redis-reply.h"

#include <string.h>

/* A reply, and what is to be thought of it when it is an error. */

/* Of what a server says, no more than this is repeated. */
#define MAX_QUOTED 200

MemoRedisReply *
memo_redis_reply_new (MemoRedisKind kind)
{
  MemoRedisReply *reply = g_new (MemoRedisReply, 1);

  *reply = (MemoRedisReply) { .kind = kind };
  if (kind == MEMO_REDIS_ARRAY || kind == MEMO_REDIS_PUSH)
    reply->items = g_ptr_array_new_with_free_func ((GDestroyNotify) memo_redis_reply_free);

  return reply;
}

void
memo_redis_reply_free (MemoRedisReply *reply)
{
  if (reply == NULL)
    return;

  g_clear_pointer (&reply->bytes, g_bytes_unref);
  g_clear_pointer (&reply->items, g_ptr_array_unref);
  g_free (reply->text);
  g_free (reply);
}

gboolean
memo_redis_reply_is_status (const MemoRedisReply *reply,
                            const char           *status)
{
  return reply != NULL && reply->kind == MEMO_REDIS_STATUS && g_str_equal (reply->text, status);
}

gboolean
memo_redis_reply_is_text (const MemoRedisReply *reply,
                          const char           *text)
{
  const char *bytes;
  gsize size;

  if (reply == NULL || reply->kind != MEMO_REDIS_STRING)
    return FALSE;
  bytes = g_bytes_get_data (reply->bytes, &size);

  return size == strlen (text) && memcmp (bytes, text, size) == 0;
}

gboolean
memo_redis_reply_begins (const MemoRedisReply *reply,
                         char                  letter)
{
  return reply != NULL && reply->kind == MEMO_REDIS_STRING && g_bytes_get_size (reply->bytes) > 0 &&
         *(const char *) g_bytes_get_data (reply->bytes, NULL) == letter;
}

/* An element of an array or a push, or NULL. */
MemoRedisReply *
memo_redis_reply_item (const MemoRedisReply *reply,
                       guint                 i)
{
  if (reply == NULL || reply->items == NULL || i >= reply->items->len)
    return NULL;

  return g_ptr_array_index (reply->items, i);
}

/* --- errors --- */

/* Whether an error is of this kind.  It begins with a word of its own; older servers put that into the middle when it comes
 * from a script. */
gboolean
memo_redis_reply_is_code (const MemoRedisReply *reply,
                          const char           *code)
{
  const gsize length = strlen (code);
  const char *at;

  if (reply == NULL || reply->kind != MEMO_REDIS_ERROR)
    return FALSE;
  if (strncmp (reply->text, code, length) == 0 && (reply->text[length] == ' ' || reply->text[length] == '\0'))
    return TRUE;
  if (!g_str_has_prefix (reply->text, "ERR Error running script"))
    return FALSE;

  at = strstr (reply->text, code);

  return at != NULL && at[-1] == '-' && at[length] == ' ';
}

static gboolean
is_one_of (const MemoRedisReply *reply,
           const char * const   *codes)
{
  for (gsize i = 0; codes[i] != NULL; i++)
    {
      if (memo_redis_reply_is_code (reply, codes[i]))
        return TRUE;
    }

  return FALSE;
}

/* What a script is not allowed to do is said in words alone, by Redis 7.0 in these and by later ones in those. */
static gboolean
is_refusal_of_script (const MemoRedisReply *reply)
{
  return reply != NULL && reply->kind == MEMO_REDIS_ERROR &&
         (g_str_has_prefix (reply->text, "ERR The user executing the script can't ") ||
          g_str_has_prefix (reply->text, "ERR ACL failure in script"));
}

MemoRedisTrouble
memo_redis_reply_trouble (const MemoRedisReply *reply)
{
  static const char * const lasting[] = { "NOPERM", "NOAUTH", "WRONGPASS", "DENIED", NULL };
  static const char * const passing[] = { "LOADING", "BUSY", "READONLY", "OOM", "MASTERDOWN", "MISCONF", "CLUSTERDOWN", "TRYAGAIN",
                                          "NOREPLICAS", NULL };

  if (is_one_of (reply, lasting) || is_refusal_of_script (reply))
    return MEMO_REDIS_LASTING;
  if (is_one_of (reply, passing))
    return MEMO_REDIS_PASSING;

  return MEMO_REDIS_NO_TROUBLE;
}

/* What a server says is not to be trusted in a log either. */
static char *
quote (const char *text)
{
  g_autofree char *start = g_strndup (text, MAX_QUOTED);
  char *valid = g_utf8_make_valid (start, -1);

  for (char *at = valid; *at != '\0'; at++)
    {
      if (g_ascii_iscntrl (*at))
        *at = ' ';
    }

  return valid;
}

/* What to tell whoever asked.  REPLY is an error, or not what was expected. */
GError *
memo_redis_reply_to_error (const MemoRedisReply *reply,
                           const char           *label)
{
  g_autofree char *said = NULL;

  if (reply->kind != MEMO_REDIS_ERROR)
    return g_error_new (MEMO_ERROR, MEMO_ERROR_INVALID_DATA, "%s: the reply is not of the kind that was expected", label);

  said = quote (reply->text);

  return g_error_new (MEMO_ERROR, memo_redis_reply_trouble (reply) != MEMO_REDIS_NO_TROUBLE ? MEMO_ERROR_UNAVAILABLE : MEMO_ERROR_FAILED,
                      "%s: the server says “%s”", label, said);
}
