/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-redis-reader.h"

#include <hiredis/hiredis.h>

#include "memo-redis-memory.h"

/* Replies out of bytes: the reader of hiredis, with guards around it, since whatever is at the other end may send anything.
 *
 * An array is refused where its length is read, before anything is made for it.  A string is only made when all of it has come, so that
 * after each feed one looks at what the reader is in the middle of.  What is refused there is refused when it is whole, too: how
 * the bytes were cut into pieces makes no difference. */

struct _MemoRedisReader
{
  redisReader           *reader;
  const MemoRedisSetup  *setup;
  MemoRedisMemory       *memory;        /* of the strings */
  gsize                  unfinished;    /* bytes since the last whole reply */
  guint                  elements;      /* of all the arrays of the reply that is being made */
  GError                *error;         /* what was wrong; nothing is believed after it */
};

/* From 1.0 on hiredis reads RESP3 as well. */
#if HIREDIS_MAJOR >= 1
# define RESP3 1
typedef size_t Elements;
#else
# define RESP3 0
# define REDIS_REPLY_ATTR 11
# define REDIS_REPLY_PUSH 12
# define REDIS_REPLY_VERB 14
typedef int Elements;
#endif

/* Whether it tells what a server says by itself, on a connection that speaks RESP3, from what it answers. */
gboolean
memo_redis_reader_knows_pushes (void)
{
  return RESP3;
}

/* What is as long as it says that it is, and may hold anything. */
static gboolean
is_bulk (int type)
{
  return type == REDIS_REPLY_STRING || type == REDIS_REPLY_VERB;
}

/* --- what is too much --- */

static gboolean
check_size (MemoRedisReader *self,
            const char      *what,
            gsize            size,
            gsize            most)
{
  if (size <= most)
    return TRUE;

  if (self->error == NULL)
    self->error = g_error_new (MEMO_ERROR, MEMO_ERROR_INVALID_DATA, "%s is longer than %" G_GSIZE_FORMAT " bytes", what, most);

  return FALSE;
}

static gboolean
check_string (MemoRedisReader *self,
              gsize            size)
{
  return check_size (self, "a string in its reply", size, self->setup->max_bulk);
}

static gboolean
check_line (MemoRedisReader *self,
            gsize            size)
{
  return check_size (self, "a line of its reply", size, self->setup->max_line);
}

static gboolean
check_reply (MemoRedisReader *self,
             gsize            size)
{
  return check_size (self, "its reply", size, self->setup->max_reply);
}

static gboolean
check_elements (MemoRedisReader *self,
                guint64          elements)
{
  if (elements <= self->setup->max_array)
    return TRUE;

  if (self->error == NULL)
    self->error = g_error_new (MEMO_ERROR, MEMO_ERROR_INVALID_DATA, "an array in its reply is too long: there may be %u elements",
                               self->setup->max_array);

  return FALSE;
}

/* --- what the reader makes --- */

/* Arrays grow as their elements come: a length costs nothing but its bytes.  NULL, which ends it all: there are too many. */
static MemoRedisReply *
new_reply (const redisReadTask *task,
           MemoRedisKind        kind)
{
  MemoRedisReader *self = task->privdata;
  MemoRedisReply *reply;

  if (task->parent != NULL && !check_elements (self, ++self->elements))
    return NULL;

  reply = memo_redis_reply_new (kind);
  if (task->parent != NULL)
    g_ptr_array_add (((MemoRedisReply *) task->parent->obj)->items, reply);

  return reply;
}

static void *
create_string (const redisReadTask *task,
               char                *text,
               size_t               length)
{
  MemoRedisReader *self = task->privdata;
  const gboolean is_string = is_bulk (task->type);
  MemoRedisReply *reply;

  if (is_string ? !check_string (self, length) : !check_line (self, length))
    return NULL;

  reply = new_reply (task, is_string                         ? MEMO_REDIS_STRING
                           : task->type == REDIS_REPLY_ERROR ? MEMO_REDIS_ERROR
                                                             : MEMO_REDIS_STATUS);
  if (reply != NULL && is_string)
    reply->bytes = memo_redis_memory_copy (self->memory, text, length);
  else if (reply != NULL)
    reply->text = g_strndup (text, length);

  return reply;
}

/* As hiredis itself says up to 0.14; later it reads on for ever. */
static gboolean
is_too_deep (const redisReadTask *task)
{
  guint depth = 0;

  for (const redisReadTask *outer = task->parent; outer != NULL; outer = outer->parent)
    depth++;

  return depth > 7;
}

/* A map is an array of twice as many.  An attribute would be something before an answer, which nobody has asked for. */
static void *
create_array (const redisReadTask *task,
              Elements             elements)
{
  if (task->type == REDIS_REPLY_ATTR || is_too_deep (task) || !check_elements (task->privdata, elements))
    return NULL;

  return new_reply (task, task->type == REDIS_REPLY_PUSH ? MEMO_REDIS_PUSH : MEMO_REDIS_ARRAY);
}

static void *
create_integer (const redisReadTask *task,
                long long            value)
{
  MemoRedisReply *reply = new_reply (task, MEMO_REDIS_INTEGER);

  if (reply != NULL)
    reply->integer = value;

  return reply;
}

static void *
create_nil (const redisReadTask *task)
{
  return new_reply (task, MEMO_REDIS_NIL);
}

#if RESP3
/* No answer to what is asked here; without these two the reader would make a number of them, and call it a reply. */
static void *
create_double (const redisReadTask *task,
               double               value,
               char                *text,
               size_t               length)
{
  return NULL;
}

static void *
create_bool (const redisReadTask *task,
             int                  value)
{
  return NULL;
}
#endif

static void
free_object (void *reply)
{
  memo_redis_reply_free (reply);
}

/* It is not constant: hiredis wants it so. */
static redisReplyObjectFunctions functions = {
  .createString = create_string,
  .createArray = create_array,
  .createInteger = create_integer,
  .createNil = create_nil,
#if RESP3
  .createDouble = create_double,
  .createBool = create_bool,
#endif
  .freeObject = free_object,
};

MemoRedisReader *
memo_redis_reader_new (const MemoRedisSetup *setup)
{
  MemoRedisReader *self = g_new0 (MemoRedisReader, 1);

  self->setup = setup;
  self->memory = memo_redis_memory_new ();
  self->reader = redisReaderCreateWithFunctions (&functions);
  if (self->reader == NULL)
    g_error ("Out of memory");
  self->reader->privdata = self;

  return self;
}

void
memo_redis_reader_free (MemoRedisReader *self)
{
  redisReaderFree (self->reader);
  memo_redis_memory_end (self->memory);
  g_clear_error (&self->error);
  g_free (self);
}

/* --- the guards --- */

static const redisReadTask *
current_task (redisReader *reader)
{
  if (reader->ridx < 0)
    return NULL;

#if HIREDIS_MAJOR >= 1
  return reader->task[reader->ridx];
#else
  return &reader->rstack[reader->ridx];
#endif
}

/* Looks at what is not complete yet.  The type of it, where it is known, was read; what stands first is a line, which is the length where
 * it is a string. */
static gboolean
check_unfinished (MemoRedisReader *self)
{
  const redisReadTask *task = current_task (self->reader);
  const char *rest = self->reader->buf + self->reader->pos;
  const gsize size = self->reader->len - self->reader->pos;
  const gboolean is_string = task != NULL && is_bulk (task->type);

  /* Nothing but a string is incomplete when its line has come. */
  if (is_string && g_strstr_len (rest, MIN (size, self->setup->max_line), "\r\n") != NULL)
    {
      const gint64 length = g_ascii_strtoll (rest, NULL, 10);

      if (!check_string (self, length > 0 ? length : 0))
        return FALSE;
    }
  else if (!check_line (self, size > 0 && rest[size - 1] == '\r' ? size - 1 : size))
    {
      return FALSE;
    }

  return check_reply (self, self->unfinished);
}

/* --- in and out --- */

void
memo_redis_reader_feed (MemoRedisReader *self,
                        const char      *data,
                        gsize            size)
{
  g_assert (size <= MEMO_REDIS_FEED);

  memo_redis_memory_collect (self->memory);
  self->unfinished += size;
  redisReaderFeed (self->reader, data, size);
}

static gboolean
next (MemoRedisReader  *self,
      MemoRedisReply  **reply)
{
  void *made = NULL;
  gsize rest;

  if (self->error != NULL)
    return FALSE;

  if (redisReaderGetReply (self->reader, &made) != REDIS_OK)
    {
      if (self->error == NULL)
        self->error = g_error_new_literal (MEMO_ERROR, MEMO_ERROR_INVALID_DATA, "what it sends is no reply");
      return FALSE;
    }

  if (made == NULL)
    return check_unfinished (self);

  *reply = made;
  self->elements = 0;
  rest = self->reader->len - self->reader->pos;
  if (!check_reply (self, self->unfinished - rest))
    return FALSE;
  self->unfinished = rest;

  return TRUE;
}

/* Gives the next whole reply, or NULL when there is none yet.  FALSE: what comes is no reply, and never will be one. */
gboolean
memo_redis_reader_next (MemoRedisReader  *self,
                        MemoRedisReply  **reply,
                        GError          **error)
{
  *reply = NULL;
  if (next (self, reply))
    return TRUE;

  g_clear_pointer (reply, memo_redis_reply_free);
  g_propagate_error (error, g_error_copy (self->error));

  return FALSE;
}
