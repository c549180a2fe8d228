/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

#include "redis-server.h"
#include "remove-folder.h"

static void
stop (GError *error)
{
  if (error != NULL)
    g_error ("%s", error->message);
}

/* One that is free now. */
static guint16
find_port (void)
{
  g_autoptr(GSocketListener) listener = g_socket_listener_new ();
  g_autoptr(GError) error = NULL;
  guint16 port = g_socket_listener_add_any_inet_port (listener, NULL, &error);

  stop (error);

  return port;
}

static void
make_certificate (RedisServer *self,
                  const char  *key)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GSubprocess) openssl =
    g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE, &error,
                      "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                      "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
                      "-keyout", key, "-out", self->certificate, NULL);

  stop (error);
  g_subprocess_wait_check (openssl, NULL, &error);
  stop (error);
}

static void
end_with_parent (gpointer data)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

/* What it says on its standard output, up to that it is ready at its socket, which comes last. */
static void
wait_until_ready (RedisServer *self)
{
  g_autoptr(GDataInputStream) lines = g_data_input_stream_new (self->log);
  g_autoptr(GString) said = g_string_new (NULL);

  g_filter_input_stream_set_close_base_stream (G_FILTER_INPUT_STREAM (lines), FALSE);
  for (;;)
    {
      g_autofree char *line = g_data_input_stream_read_line (lines, NULL, NULL, NULL);

      if (line == NULL)
        g_error ("The Redis server did not start:\n%s", said->str);
      if (strstr (line, "ready to accept connections at") != NULL)
        return;
      g_string_append_printf (said, "%s\n", line);
    }
}

RedisServer *
redis_server_new (void)
{
  RedisServer *self = g_new0 (RedisServer, 1);
  g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_autoptr(GError) error = NULL;
  g_autofree char *key = NULL;
  g_autofree char *port = NULL;
  g_autofree char *tls_port = NULL;

  self->folder = g_dir_make_tmp ("redis-benchmark-XXXXXX", &error);
  stop (error);
  self->path = g_build_filename (self->folder, "socket", NULL);
  self->certificate = g_build_filename (self->folder, "server.pem", NULL);
  key = g_build_filename (self->folder, "server.key", NULL);
  make_certificate (self, key);

  self->port = find_port ();
  self->tls_port = find_port ();
  port = g_strdup_printf ("%u", self->port);
  tls_port = g_strdup_printf ("%u", self->tls_port);

  g_subprocess_launcher_set_child_setup (launcher, end_with_parent, NULL, NULL);
  self->process = g_subprocess_launcher_spawn (launcher, &error, "redis-server",
                                               "--bind", "127.0.0.1", "--port", port, "--unixsocket", self->path,
                                               "--tls-port", tls_port, "--tls-cert-file", self->certificate,
                                               "--tls-key-file", key, "--tls-ca-cert-file", self->certificate,
                                               "--tls-auth-clients", "no",
                                               "--dir", self->folder, "--save", "", "--appendonly", "no", "--daemonize", "no", NULL);
  stop (error);
  self->log = g_object_ref (g_subprocess_get_stdout_pipe (self->process));
  wait_until_ready (self);

  return self;
}

void
redis_server_free (RedisServer *self)
{
  g_subprocess_force_exit (self->process);
  g_subprocess_wait (self->process, NULL, NULL);
  g_object_unref (self->process);
  g_object_unref (self->log);
  remove_folder (self->folder);
  g_free (self->folder);
  g_free (self->path);
  g_free (self->certificate);
  g_free (self);
}
