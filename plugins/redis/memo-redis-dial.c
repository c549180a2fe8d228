/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-redis-dial.h"

#include <gio/gunixsocketaddress.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

/* From an address to an open stream: the name is looked up (by GIO, in a thread), the socket connected, and TLS negotiated, each with a
 * deadline.  No proxy is asked for: a cache that takes a detour is of no use. */

struct _MemoRedisDial
{
  int                     refs;       /* the owner's, until it is over, and one for what is under way */
  const MemoRedisAddress *address;
  MemoClock              *clock;
  gint64                  timeout;
  MemoRedisDialled        dialled;    /* NULL when it is over */
  gpointer                data;

  GCancellable           *cancellable;
  GSource                *timer;
  const char             *doing;      /* what the timer is for */
  GSocket                *socket;
  GIOStream              *tls;
  GTlsDatabase           *database;
  GSocketConnectable     *identity;
};

/* Of this thread. */
static _Thread_local guint n_dials;

/* How many there are that this thread has started, those among them that were cancelled and of which GIO has not let go yet. */
guint
memo_redis_dial_count (void)
{
  return n_dials;
}

static void
dial_unref (MemoRedisDial *self)
{
  if (--self->refs > 0)
    return;

  n_dials--;

  g_object_unref (self->cancellable);
  g_clear_object (&self->socket);
  g_clear_object (&self->tls);
  g_clear_object (&self->database);
  g_clear_object (&self->identity);
  g_free (self);
}

/* Nothing is called after this. */
void
memo_redis_dial_cancel (MemoRedisDial *self)
{
  if (self->timer != NULL)
    g_source_destroy (self->timer);
  g_clear_pointer (&self->timer, g_source_unref);

  /* A handshake runs in a thread of GIO's: it ends by this, and the socket is closed when it has. */
  self->dialled = NULL;
  g_cancellable_cancel (self->cancellable);
  dial_unref (self);
}

/* It is over; the owner's reference goes with it. */
static void
succeed (MemoRedisDial *self,
         GIOStream     *stream)
{
  MemoRedisDialled dialled = g_steal_pointer (&self->dialled);

  g_source_destroy (self->timer);
  g_clear_pointer (&self->timer, g_source_unref);
  dialled (stream, self->socket, NULL, FALSE, self->data);
  dial_unref (self);
}

static void
fail (MemoRedisDial *self,
      const GError  *error,
      gboolean       lasting)
{
  MemoRedisDialled dialled = g_steal_pointer (&self->dialled);
  gpointer data = self->data;

  self->refs++;
  memo_redis_dial_cancel (self);
  dialled (NULL, NULL, error, lasting, data);
  dial_unref (self);
}

/* --- deadlines --- */

static gboolean
timer_cb (gpointer data)
{
  MemoRedisDial *self = data;
  g_autoptr(GError) error = g_error_new (G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "%s took longer than %" G_GINT64_FORMAT " ms",
                                         self->doing, self->timeout / 1000);

  fail (self, error, FALSE);

  return G_SOURCE_REMOVE;
}

static void
begin (MemoRedisDial *self,
       const char    *doing)
{
  g_autoptr(GMainContext) context = g_main_context_ref_thread_default ();

  if (self->timer != NULL)
    g_source_destroy (self->timer);
  g_clear_pointer (&self->timer, g_source_unref);

  self->doing = doing;
  self->timer = memo_clock_create_source (self->clock, memo_clock_get_time (self->clock) + self->timeout);
  g_source_set_static_name (self->timer, "[libcache] redis connecting");
  g_source_set_callback (self->timer, timer_cb, self, NULL);
  g_source_attach (self->timer, context);
}

/* --- TLS --- */

static const char *
words_for (GTlsCertificateFlags errors)
{
  if (errors & G_TLS_CERTIFICATE_EXPIRED)
    return "its certificate has expired";
  if (errors & G_TLS_CERTIFICATE_NOT_ACTIVATED)
    return "its certificate is not valid yet";
  if (errors & G_TLS_CERTIFICATE_REVOKED)
    return "its certificate was revoked";
  if (errors & G_TLS_CERTIFICATE_UNKNOWN_CA)
    return "its certificate is signed by nobody who is trusted here";
  if (errors & G_TLS_CERTIFICATE_BAD_IDENTITY)
    return "its certificate is that of another host";

  return "its certificate is not acceptable";
}

/* What is wrong with the certificate, as the handshake found, or as we find ourselves: where a session is resumed, glib-networking
 * does not look. */
static GTlsCertificateFlags
find_errors (MemoRedisDial *self)
{
  GTlsConnection *tls = G_TLS_CONNECTION (self->tls);
  GTlsCertificateFlags errors = g_tls_connection_get_peer_certificate_errors (tls);
  GTlsCertificate *certificate = g_tls_connection_get_peer_certificate (tls);

  if (certificate == NULL)
    return G_TLS_CERTIFICATE_GENERIC_ERROR;

  return errors | g_tls_database_verify_chain (self->database, certificate, G_TLS_DATABASE_PURPOSE_AUTHENTICATE_SERVER,
                                               self->identity, NULL, G_TLS_DATABASE_VERIFY_NONE, NULL, NULL);
}

static void
handshaken_cb (GObject      *source,
               GAsyncResult *result,
               gpointer      data)
{
  MemoRedisDial *self = data;
  g_autoptr(GError) error = NULL;
  GTlsCertificateFlags errors;
  gboolean good = g_tls_connection_handshake_finish (G_TLS_CONNECTION (source), result, &error);

  if (self->dialled == NULL)
    {
      dial_unref (self);
      return;
    }

  errors = good ? find_errors (self) : g_tls_connection_get_peer_certificate_errors (G_TLS_CONNECTION (source));
  if (errors != 0)
    {
      g_clear_error (&error);
      g_set_error_literal (&error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE, words_for (errors));
    }

  if (error == NULL)
    succeed (self, self->tls);
  else
    fail (self, error, g_error_matches (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE));
  dial_unref (self);
}

/* What is under TLS.  Were it the connection itself, glib-networking would keep sessions to be resumed, by the address of the other side, and
 * take one that was reset just now for an error of the program. */
static GIOStream *
hide_socket (GSocketConnection *connection)
{
  GIOStream *stream = g_simple_io_stream_new (g_io_stream_get_input_stream (G_IO_STREAM (connection)),
                                              g_io_stream_get_output_stream (G_IO_STREAM (connection)));

  /* It closes the socket when it goes. */
  g_object_set_data_full (G_OBJECT (stream), "memo-connection", g_object_ref (connection), g_object_unref);

  return stream;
}

static gboolean
prepare_tls (MemoRedisDial      *self,
             GSocketConnection  *connection,
             GError            **error)
{
  const MemoRedisAddress *address = self->address;
  g_autoptr(GIOStream) base = hide_socket (connection);

  if (address->ca != NULL)
    self->database = g_tls_file_database_new (address->ca, error);
  else
    self->database = g_tls_backend_get_default_database (g_tls_backend_get_default ());
  if (self->database == NULL)
    {
      if (error != NULL && *error == NULL)
        g_set_error_literal (error, G_TLS_ERROR, G_TLS_ERROR_UNAVAILABLE, "there is no TLS here; install glib-networking");
      return FALSE;
    }

  self->tls = g_tls_client_connection_new (base, self->identity, error);
  if (self->tls == NULL)
    return FALSE;
  g_tls_connection_set_database (G_TLS_CONNECTION (self->tls), self->database);
  g_tls_connection_set_require_close_notify (G_TLS_CONNECTION (self->tls), FALSE);

  if (address->cert != NULL)
    {
      g_autoptr(GTlsCertificate) own = g_tls_certificate_new_from_files (address->cert, address->key, error);

      if (own == NULL)
        return FALSE;
      g_tls_connection_set_certificate (G_TLS_CONNECTION (self->tls), own);
    }

  return TRUE;
}

/* --- the socket --- */

static void
connected_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      data)
{
  MemoRedisDial *self = data;
  g_autoptr(GError) error = NULL;
  g_autoptr(GSocketConnection) connection = g_socket_client_connect_finish (G_SOCKET_CLIENT (source), result, &error);

  if (self->dialled == NULL)
    {
      dial_unref (self);
      return;
    }
  if (connection == NULL)
    {
      fail (self, error, FALSE);
      dial_unref (self);
      return;
    }

  self->socket = g_object_ref (g_socket_connection_get_socket (connection));
  if (self->address->path == NULL)
    {
      g_socket_set_option (self->socket, IPPROTO_TCP, TCP_NODELAY, TRUE, NULL);
      g_socket_set_keepalive (self->socket, TRUE);
    }

  if (!self->address->tls)
    {
      succeed (self, G_IO_STREAM (connection));
    }
  else if (prepare_tls (self, connection, &error))
    {
      begin (self, "The TLS handshake");
      self->refs++;
      g_tls_connection_handshake_async (G_TLS_CONNECTION (self->tls), G_PRIORITY_DEFAULT, self->cancellable, handshaken_cb, self);
    }
  else
    {
      fail (self, error, TRUE);
    }
  dial_unref (self);
}

/* Connects to ADDRESS, which has to live as long as this does. */
MemoRedisDial *
memo_redis_dial_start (const MemoRedisAddress *address,
                       MemoClock              *clock,
                       gint64                  timeout,
                       MemoRedisDialled        dialled,
                       gpointer                data)
{
  MemoRedisDial *self = g_new0 (MemoRedisDial, 1);
  g_autoptr(GSocketClient) client = g_socket_client_new ();

  n_dials++;
  self->refs = 2;
  self->address = address;
  self->clock = clock;
  self->timeout = timeout;
  self->dialled = dialled;
  self->data = data;
  self->cancellable = g_cancellable_new ();
  self->identity = address->path != NULL ? G_SOCKET_CONNECTABLE (g_unix_socket_address_new (address->path))
                                         : g_network_address_new (address->host, address->port);

  begin (self, "Connecting");
  g_socket_client_set_enable_proxy (client, FALSE);
  g_socket_client_connect_async (client, self->identity, self->cancellable, connected_cb, self);

  return self;
}
