/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-redis-clear.h"

#include <string.h>

#include "memo-redis-commands.h"

/* Removes everything of a prefix, in steps that do not keep the server from others: it is asked for some names, has these
 * removed, and is asked for more.  What is there from the beginning to the end is found; SCAN promises that much. */

typedef struct
{
  MemoRedisLink    *link;
  char             *prefix;
  char             *pattern;
  char             *count;
  char             *cursor;
  MemoRedisRemoved  removed;
  MemoRedisCleared  cleared;
  gpointer          data;
} Clear;

static void
end (Clear        *self,
     const GError *error)
{
  self->cleared (error, self->data);
  g_free (self->prefix);
  g_free (self->pattern);
  g_free (self->count);
  g_free (self->cursor);
  g_free (self);
}

static gboolean
is_wrong (Clear                *self,
          const MemoRedisReply *reply,
          const GError         *error,
          MemoRedisKind         expected)
{
  g_autoptr(GError) said = NULL;

  if (error == NULL && reply->kind == expected)
    return FALSE;

  said = error != NULL ? g_error_copy (error) : memo_redis_reply_to_error (reply, memo_redis_link_get_label (self->link));
  end (self, said);

  return TRUE;
}

static void scan (Clear *self);

static void
unlinked (const MemoRedisReply *reply,
          const GError         *error,
          gpointer              data)
{
  Clear *self = data;

  self->removed (self->data);
  if (is_wrong (self, reply, error, MEMO_REDIS_INTEGER))
    return;

  if (g_str_equal (self->cursor, "0"))
    end (self, NULL);
  else
    scan (self);
}

/* Only what is ours, whatever the server says. */
static gboolean
is_ours (Clear                *self,
         const MemoRedisReply *name)
{
  const gsize length = strlen (self->prefix);

  return name->kind == MEMO_REDIS_STRING && g_bytes_get_size (name->bytes) >= length &&
         memcmp (g_bytes_get_data (name->bytes, NULL), self->prefix, length) == 0;
}

static void
unlink_names (Clear                *self,
              const MemoRedisReply *names)
{
  g_autoptr(GPtrArray) arguments = g_ptr_array_new ();
  g_autoptr(GArray) sizes = g_array_new (FALSE, FALSE, sizeof (gsize));
  g_autoptr(GError) error = NULL;
  gsize size = strlen ("UNLINK");

  g_ptr_array_add (arguments, (gpointer) "UNLINK");
  g_array_append_val (sizes, size);
  for (guint i = 0; i < names->items->len; i++)
    {
      const MemoRedisReply *name = memo_redis_reply_item (names, i);

      if (!is_ours (self, name))
        continue;
      g_ptr_array_add (arguments, (gpointer) g_bytes_get_data (name->bytes, &size));
      g_array_append_val (sizes, size);
    }

  if (arguments->len == 1)
    {
      if (g_str_equal (self->cursor, "0"))
        end (self, NULL);
      else
        scan (self);
      return;
    }

  if (!memo_redis_link_send (self->link, arguments->len, (const char * const *) arguments->pdata, (const gsize *) (gpointer) sizes->data,
                             unlinked, self, &error))
    end (self, error);
}

static void
scanned (const MemoRedisReply *reply,
         const GError         *error,
         gpointer              data)
{
  Clear *self = data;
  const MemoRedisReply *cursor, *names;

  if (is_wrong (self, reply, error, MEMO_REDIS_ARRAY))
    return;

  cursor = memo_redis_reply_item (reply, 0);
  names = memo_redis_reply_item (reply, 1);
  if (cursor == NULL || cursor->kind != MEMO_REDIS_STRING || names == NULL || names->kind != MEMO_REDIS_ARRAY)
    {
      is_wrong (self, reply, NULL, MEMO_REDIS_NIL);
      return;
    }

  g_free (self->cursor);
  self->cursor = g_strndup (g_bytes_get_data (cursor->bytes, NULL), g_bytes_get_size (cursor->bytes));
  unlink_names (self, names);
}

static void
scan (Clear *self)
{
  MemoRedisCommand command;
  g_autoptr(GError) error = NULL;

  memo_redis_command_begin (&command, "SCAN");
  memo_redis_command_add (&command, self->cursor);
  memo_redis_command_add (&command, "MATCH");
  memo_redis_command_add (&command, self->pattern);
  memo_redis_command_add (&command, "COUNT");
  memo_redis_command_add (&command, self->count);
  if (!memo_redis_command_send (&command, self->link, scanned, self, &error))
    end (self, error);
}

/* LINK has to live until CLEARED is called, which it sees to itself when it ends. */
void
memo_redis_clear_start (MemoRedisLink    *link,
                        const char       *prefix,
                        guint             count,
                        MemoRedisRemoved  removed,
                        MemoRedisCleared  cleared,
                        gpointer          data)
{
  Clear *self = g_new0 (Clear, 1);

  self->link = link;
  self->prefix = g_strdup (prefix);
  self->pattern = memo_redis_pattern_of (prefix);
  self->count = g_strdup_printf ("%u", count);
  self->cursor = g_strdup ("0");
  self->removed = removed;
  self->cleared = cleared;
  self->data = data;
  scan (self);
}
