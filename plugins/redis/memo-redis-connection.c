/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-redis-connection.h"

#include "memo-redis-bell.h"

/* Bytes to and from a server, over whatever stream there is.
 *
 * What is written in one turn of the main loop leaves in one piece in the next.  While a piece is under way it stays as it is:
 * TLS wants the same bytes again when it could not send them. */

/* How often to read in one turn, so that others have theirs, and how much at a time. */
#define READS 16
#define ROOM  (64 * 1024)

/* What is read is fed in slices: the reader moves what is left of one at each few replies. */
#define SLICE (4 * 1024)

G_STATIC_ASSERT (SLICE <= MEMO_REDIS_FEED);

/* Larger buffers are not kept. */
#define KEEP (64 * 1024)

struct _MemoRedisConnection
{
  int                             refs;       /* one is the owner's, others are those of calls under way */
  const MemoRedisConnectionOwner *calls;
  gpointer                        owner;
  gboolean                        closed;
  gboolean                        tls;

  GIOStream                      *stream;
  GSocket                        *socket;
  GPollableInputStream           *input;
  GPollableOutputStream          *output;
  GMainContext                   *context;
  MemoRedisCounters              *counters;
  MemoRedisReader                *reader;

  GSource                        *readable;
  GSource                        *again;      /* there may be more to read that the socket knows nothing of */
  GSource                        *turn;       /* what was gathered leaves when it is rung */
  gboolean                        rung;
  GSource                        *writable;

  GByteArray                     *gathered;
  GByteArray                     *leaving;
  gsize                           left;       /* of what is leaving */
  guint64                         received;
  guint64                         sent;
};

static void
connection_unref (MemoRedisConnection *self)
{
  if (--self->refs > 0)
    return;

  g_object_unref (self->stream);
  g_object_unref (self->socket);
  g_main_context_unref (self->context);
  memo_redis_reader_free (self->reader);
  g_byte_array_unref (self->gathered);
  g_byte_array_unref (self->leaving);
  g_free (self);
}

static void
drop_source (GSource **source)
{
  if (*source == NULL)
    return;

  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

/* At once, without a word: whatever the state of the stream, this does not wait. */
void
memo_redis_connection_close (MemoRedisConnection *self)
{
  if (self->closed)
    return;

  self->closed = TRUE;
  drop_source (&self->readable);
  drop_source (&self->again);
  drop_source (&self->turn);
  drop_source (&self->writable);
  g_socket_close (self->socket, NULL);
  connection_unref (self);
}

static void
fail (MemoRedisConnection *self,
      const GError        *error)
{
  if (!self->closed)
    self->calls->broken (self->owner, error);
}

/* --- reading --- */

/* Hands on what there is.  FALSE: it is over. */
static gboolean
hand_on (MemoRedisConnection *self)
{
  for (;;)
    {
      g_autoptr(MemoRedisReply) reply = NULL;
      g_autoptr(GError) error = NULL;

      if (!memo_redis_reader_next (self->reader, &reply, &error))
        {
          fail (self, error);
          return FALSE;
        }
      if (reply == NULL)
        return TRUE;

      self->calls->replied (self->owner, reply);
      if (self->closed)
        return FALSE;
    }
}

/* Reads once.  FALSE: there is no more to be had for now, or ever. */
static gboolean
read_some (MemoRedisConnection *self)
{
  g_autoptr(GError) error = NULL;
  char buffer[ROOM];
  gssize size;

  size = g_pollable_input_stream_read_nonblocking (self->input, buffer, sizeof buffer, NULL, &error);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return FALSE;

  if (size == 0)
    g_set_error_literal (&error, MEMO_ERROR, MEMO_ERROR_UNAVAILABLE, "the server closed the connection");
  if (size <= 0)
    {
      fail (self, error);
      return FALSE;
    }

  self->received += size;
  memo_redis_count (self->counters, received, size);
  for (gssize fed = 0; fed < size; fed += SLICE)
    {
      memo_redis_reader_feed (self->reader, buffer + fed, MIN (SLICE, size - fed));
      if (!hand_on (self))
        return FALSE;
    }

  /* A socket says when there is more; what TLS has decrypted already it knows nothing of. */
  return self->tls || size == sizeof buffer;
}

static gboolean again_cb (gpointer data);

static void
read_all (MemoRedisConnection *self)
{
  guint i = 0;

  self->refs++;
  while (i < READS && read_some (self))
    i++;

  if (i == READS && !self->closed && self->again == NULL)
    {
      self->again = g_idle_source_new ();
      g_source_set_priority (self->again, G_PRIORITY_DEFAULT);
      g_source_set_static_name (self->again, "[libcache] redis read on");
      g_source_set_callback (self->again, again_cb, self, NULL);
      g_source_attach (self->again, self->context);
    }
  connection_unref (self);
}

static gboolean
again_cb (gpointer data)
{
  MemoRedisConnection *self = data;

  g_clear_pointer (&self->again, g_source_unref);
  read_all (self);

  return G_SOURCE_REMOVE;
}

/* Both go on also when it was closed from within: the source is destroyed then. */
static gboolean
socket_cb (GSocket      *socket,
           GIOCondition  condition,
           gpointer      data)
{
  read_all (data);

  return G_SOURCE_CONTINUE;
}

static gboolean
stream_cb (GObject  *stream,
           gpointer  data)
{
  read_all (data);

  return G_SOURCE_CONTINUE;
}

/* That of a stream has one of the socket in it, and GLib takes the descriptors of both out of the context and puts them back whenever
 * they are dispatched, unless they may recurse.  Each time the context is woken up.  So it is for TLS only. */
static GSource *
create_readable (MemoRedisConnection *self)
{
  GSource *source;

  if (self->tls)
    {
      source = g_pollable_input_stream_create_source (self->input, NULL);
      g_source_set_callback (source, G_SOURCE_FUNC (stream_cb), self, NULL);
    }
  else
    {
      source = g_socket_create_source (self->socket, G_IO_IN, NULL);
      g_source_set_callback (source, G_SOURCE_FUNC (socket_cb), self, NULL);
      g_source_set_can_recurse (source, TRUE);
    }
  g_source_set_static_name (source, "[libcache] redis read");

  return source;
}

/* --- writing --- */

static void write_all (MemoRedisConnection *self);

static gboolean
writable_cb (GObject  *stream,
             gpointer  data)
{
  MemoRedisConnection *self = data;

  g_clear_pointer (&self->writable, g_source_unref);
  write_all (self);

  return G_SOURCE_REMOVE;
}

static void
wait_until_writable (MemoRedisConnection *self)
{
  self->writable = g_pollable_output_stream_create_source (self->output, NULL);
  g_source_set_static_name (self->writable, "[libcache] redis write");
  g_source_set_callback (self->writable, G_SOURCE_FUNC (writable_cb), self, NULL);
  g_source_attach (self->writable, self->context);
}

/* The piece that left gives way to what was gathered meanwhile.  FALSE: nothing was. */
static gboolean
next_piece (MemoRedisConnection *self)
{
  GByteArray *gone = self->leaving;

  if (self->left < gone->len)
    return TRUE;

  self->left = 0;
  self->leaving = self->gathered;
  if (gone->len > KEEP)
    {
      g_byte_array_unref (gone);
      gone = g_byte_array_new ();
    }
  g_byte_array_set_size (gone, 0);
  self->gathered = gone;

  return self->leaving->len > 0;
}

static void
write_all (MemoRedisConnection *self)
{
  while (next_piece (self))
    {
      g_autoptr(GError) error = NULL;
      gssize size;

      size = g_pollable_output_stream_write_nonblocking (self->output, self->leaving->data + self->left,
                                                         self->leaving->len - self->left, NULL, &error);
      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        {
          wait_until_writable (self);
          return;
        }
      if (size < 0)
        {
          fail (self, error);
          return;
        }

      self->left += size;
      self->sent += size;
      g_mutex_lock (&self->counters->lock);
      self->counters->sent += size;
      self->counters->writes++;
      g_mutex_unlock (&self->counters->lock);
    }
}

static gboolean
turn_cb (gpointer data)
{
  MemoRedisConnection *self = data;

  self->rung = FALSE;
  self->refs++;
  write_all (self);
  connection_unref (self);

  return G_SOURCE_CONTINUE;
}

/* It leaves when the main loop gets to it, with all else that is written until then. */
void
memo_redis_connection_write (MemoRedisConnection *self,
                             const char          *data,
                             gsize                size)
{
  g_return_if_fail (!self->closed);

  g_byte_array_append (self->gathered, (const guint8 *) data, size);
  if (self->rung || self->writable != NULL)
    return;

  self->rung = TRUE;
  memo_redis_bell_ring (self->turn);
}

gsize
memo_redis_connection_get_unsent (MemoRedisConnection *self)
{
  return self->gathered->len + self->leaving->len - self->left;
}

guint64
memo_redis_connection_get_received (MemoRedisConnection *self)
{
  return self->received;
}

guint64
memo_redis_connection_get_sent (MemoRedisConnection *self)
{
  return self->sent;
}

/* --- beginning --- */

/* STREAM is open, and SOCKET is what is under it. */
MemoRedisConnection *
memo_redis_connection_new (GIOStream                      *stream,
                           GSocket                        *socket,
                           const MemoRedisSetup           *setup,
                           MemoRedisCounters              *counters,
                           const MemoRedisConnectionOwner *calls,
                           gpointer                        owner)
{
  MemoRedisConnection *self = g_new0 (MemoRedisConnection, 1);

  self->refs = 1;
  self->calls = calls;
  self->owner = owner;
  self->stream = g_object_ref (stream);
  self->socket = g_object_ref (socket);
  self->input = G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (stream));
  self->output = G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (stream));
  self->context = g_main_context_ref_thread_default ();
  self->counters = counters;
  self->reader = memo_redis_reader_new (setup);
  self->gathered = g_byte_array_new ();
  self->leaving = g_byte_array_new ();

  self->tls = G_IS_TLS_CONNECTION (stream);
  self->readable = create_readable (self);
  g_source_attach (self->readable, self->context);

  /* Behind it: what a server said before it closed the connection is read before anything is sent in vain. */
  self->turn = memo_redis_bell_new (self->context, "[libcache] redis commands of a turn", turn_cb, self);

  return self;
}
