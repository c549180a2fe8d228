/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-redis-reader.h"

#include <hiredis/hiredis.h>
#include <string.h>

/* Replies out of bytes: the reader of hiredis, with guards around it, since whatever is at the other end may send anything.
 *
 * An array is refused where its length is read, before anything is made for it.  A string is only made when all of it has come, so that
 * after each feed one looks at what the reader is in the middle of. */

struct _MemoRedisReader
{
  redisReader           *reader;
  const MemoRedisSetup  *setup;
  gsize                  unfinished;    /* bytes since the last whole reply */
};

#if HIREDIS_MAJOR >= 1
typedef size_t Elements;
#else
typedef int Elements;
#endif

/* --- what the reader makes --- */

/* Arrays grow as their elements come: a length costs nothing but its bytes. */
static MemoRedisReply *
put (const redisReadTask *task,
     MemoRedisReply      *reply)
{
  if (task->parent != NULL)
    g_ptr_array_add (((MemoRedisReply *) task->parent->obj)->items, reply);

  return reply;
}

static void *
create_string (const redisReadTask *task,
               char                *text,
               size_t               length)
{
  MemoRedisReply *reply;

  if (task->type == REDIS_REPLY_STRING)
    {
      reply = memo_redis_reply_new (MEMO_REDIS_STRING);
      reply->bytes = g_bytes_new (text, length);
    }
  else
    {
      reply = memo_redis_reply_new (task->type == REDIS_REPLY_ERROR ? MEMO_REDIS_ERROR : MEMO_REDIS_STATUS);
      reply->text = g_strndup (text, length);
    }

  return put (task, reply);
}

static void *
create_array (const redisReadTask *task,
              Elements             elements)
{
  MemoRedisReader *self = task->privdata;

  if (elements > (Elements) self->setup->max_array)
    return NULL;

  return put (task, memo_redis_reply_new (MEMO_REDIS_ARRAY));
}

static void *
create_integer (const redisReadTask *task,
                long long            value)
{
  MemoRedisReply *reply = memo_redis_reply_new (MEMO_REDIS_INTEGER);

  reply->integer = value;

  return put (task, reply);
}

static void *
create_nil (const redisReadTask *task)
{
  return put (task, memo_redis_reply_new (MEMO_REDIS_NIL));
}

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
  .freeObject = free_object,
};

MemoRedisReader *
memo_redis_reader_new (const MemoRedisSetup *setup)
{
  MemoRedisReader *self = g_new0 (MemoRedisReader, 1);

  self->setup = setup;
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
check_unfinished (MemoRedisReader  *self,
                  GError          **error)
{
  const redisReadTask *task = current_task (self->reader);
  const char *rest = self->reader->buf + self->reader->pos;
  const gsize size = self->reader->len - self->reader->pos;
  const char *end = size > 0 ? memchr (rest, '\r', size) : NULL;

  if (end == NULL && size > self->setup->max_line)
    {
      g_set_error (error, MEMO_ERROR, MEMO_ERROR_INVALID_DATA, "a line of its reply is longer than %" G_GSIZE_FORMAT " bytes",
                   self->setup->max_line);
      return FALSE;
    }

  if (end != NULL && task != NULL && task->type == REDIS_REPLY_STRING &&
      g_ascii_strtoll (rest, NULL, 10) > (gint64) self->setup->max_bulk)
    {
      g_set_error (error, MEMO_ERROR, MEMO_ERROR_INVALID_DATA, "a string in its reply is longer than %" G_GSIZE_FORMAT " bytes",
                   self->setup->max_bulk);
      return FALSE;
    }

  if (self->unfinished > self->setup->max_reply)
    {
      g_set_error (error, MEMO_ERROR, MEMO_ERROR_INVALID_DATA, "its reply is longer than %" G_GSIZE_FORMAT " bytes",
                   self->setup->max_reply);
      return FALSE;
    }

  return TRUE;
}

/* --- in and out --- */

void
memo_redis_reader_feed (MemoRedisReader *self,
                        const char      *data,
                        gsize            size)
{
  g_assert (size <= MEMO_REDIS_FEED);

  self->unfinished += size;
  redisReaderFeed (self->reader, data, size);
}

/* Gives the next whole reply, or NULL when there is none yet.  FALSE: what comes is no reply, and never will be one. */
gboolean
memo_redis_reader_next (MemoRedisReader  *self,
                        MemoRedisReply  **reply,
                        GError          **error)
{
  void *made = NULL;

  *reply = NULL;
  if (redisReaderGetReply (self->reader, &made) != REDIS_OK)
    {
      g_set_error (error, MEMO_ERROR, MEMO_ERROR_INVALID_DATA, "%s",
                   self->reader->err == REDIS_ERR_OOM ? "an array in its reply is too long" : "what it sends is no reply");
      return FALSE;
    }

  if (made == NULL)
    return check_unfinished (self, error);

  self->unfinished = self->reader->len - self->reader->pos;
  *reply = made;

  return TRUE;
}
