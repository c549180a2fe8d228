/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <hiredis/adapters/glib.h>
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include <gio/gunixsocketaddress.h>

#include "by-hand-redis.h"

/* --- hiredis --- */

struct _ByHandRedis
{
  redisAsyncContext *context;
  GSource           *source;
};

static void
connected_cb (const redisAsyncContext *context,
              int                      status)
{
  if (status != REDIS_OK)
    g_error ("hiredis: %s", context->errstr);
}

ByHandRedis *
by_hand_redis_new (const char *path,
                   guint16     port)
{
  ByHandRedis *self = g_new0 (ByHandRedis, 1);

  self->context = path != NULL ? redisAsyncConnectUnix (path) : redisAsyncConnect ("127.0.0.1", port);
  if (self->context == NULL || self->context->err != 0)
    g_error ("hiredis cannot connect");

  self->source = redis_source_new (self->context);
  g_source_attach (self->source, NULL);
  redisAsyncSetConnectCallback (self->context, connected_cb);

  return self;
}

void
by_hand_redis_free (ByHandRedis *self)
{
  redisAsyncFree (self->context);
  g_source_destroy (self->source);
  g_source_unref (self->source);
  g_free (self);
}

static void
replied_cb (redisAsyncContext *context,
            void              *data,
            void              *user_data)
{
  const redisReply *reply = data;
  g_autoptr(GTask) task = user_data;

  if (reply == NULL)
    g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CLOSED, "The connection is closed");
  else if (reply->type == REDIS_REPLY_STRING)
    g_task_return_pointer (task, g_bytes_new (reply->str, reply->len), (GDestroyNotify) g_bytes_unref);
  else if (reply->type == REDIS_REPLY_NIL)
    g_task_return_pointer (task, NULL, NULL);
  else
    g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_FAILED, "%s", reply->str != NULL ? reply->str : "It is no string");
}

void
by_hand_redis_get_async (ByHandRedis         *self,
                         const char          *name,
                         GAsyncReadyCallback  callback,
                         gpointer             user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);
  const char *arguments[] = { "GET", name };
  const gsize sizes[] = { 3, strlen (name) };

  g_task_set_source_tag (task, by_hand_redis_get_async);
  if (redisAsyncCommandArgv (self->context, replied_cb, task, G_N_ELEMENTS (arguments), (const char **) arguments, sizes) != REDIS_OK)
    {
      g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_FAILED, "%s", self->context->errstr);
      g_object_unref (task);
    }
}

GBytes *
by_hand_redis_get_finish (GAsyncResult  *result,
                          GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, NULL), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, by_hand_redis_get_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/* --- a socket --- */

struct _RawRedis
{
  GSocket   *socket;
  GString   *asked;
  GString   *came;
  GPtrArray *values;
};

static void
stop (GError *error)
{
  if (error != NULL)
    g_error ("%s", error->message);
}

RawRedis *
raw_redis_new (const char *path,
               guint16     port)
{
  RawRedis *self = g_new0 (RawRedis, 1);
  g_autoptr(GSocketAddress) address = path != NULL ? g_unix_socket_address_new (path)
                                                   : g_inet_socket_address_new_from_string ("127.0.0.1", port);
  g_autoptr(GError) error = NULL;

  self->socket = g_socket_new (g_socket_address_get_family (address), G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, &error);
  stop (error);
  g_socket_connect (self->socket, address, NULL, &error);
  stop (error);
  if (path == NULL)
    g_socket_set_option (self->socket, IPPROTO_TCP, TCP_NODELAY, TRUE, NULL);
  self->asked = g_string_new (NULL);
  self->came = g_string_new (NULL);
  self->values = g_ptr_array_new ();

  return self;
}

void
raw_redis_free (RawRedis *self)
{
  g_object_unref (self->socket);
  g_string_free (self->asked, TRUE);
  g_string_free (self->came, TRUE);
  g_ptr_array_unref (self->values);
  g_free (self);
}

const char **
raw_redis_get (RawRedis           *self,
               const char * const *names,
               guint               n,
               gsize               size)
{
  g_autoptr(GError) error = NULL;
  char head[32];
  gsize reply_size;
  gsize got = 0;

  g_string_truncate (self->asked, 0);
  g_snprintf (head, sizeof head, "*2\r\n$3\r\nGET\r\n$%" G_GSIZE_FORMAT "\r\n", strlen (names[0]));
  for (guint i = 0; i < n; i++)
    {
      g_string_append (self->asked, head);
      g_string_append (self->asked, names[i]);
      g_string_append (self->asked, "\r\n");
    }
  g_socket_send (self->socket, self->asked->str, self->asked->len, NULL, &error);
  stop (error);

  reply_size = g_snprintf (head, sizeof head, "$%" G_GSIZE_FORMAT "\r\n", size) + size + strlen ("\r\n");
  g_string_set_size (self->came, n * reply_size);
  while (got < self->came->len)
    {
      gssize received = g_socket_receive (self->socket, self->came->str + got, self->came->len - got, NULL, &error);

      stop (error);
      if (received == 0)
        g_error ("The server closed the connection");
      got += received;
    }

  g_ptr_array_set_size (self->values, n);
  for (guint i = 0; i < n; i++)
    {
      const char *reply = self->came->str + i * reply_size;
      gboolean right = memcmp (reply, head, strlen (head)) == 0;

      self->values->pdata[i] = right ? (gpointer) (reply + strlen (head)) : NULL;
    }

  return (const char **) self->values->pdata;
}
