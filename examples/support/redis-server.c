/* SPDX-License-Identifier: CC0-1.0 */
#include "redis-server.h"

#include <signal.h>
#include <sys/prctl.h>

#include <gio/gunixsocketaddress.h>

static void
end_with_parent (gpointer data)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

static gboolean
answers (const char *socket_path)
{
  g_autoptr(GSocketClient) client = g_socket_client_new ();
  g_autoptr(GSocketAddress) address = g_unix_socket_address_new (socket_path);
  g_autoptr(GSocketConnection) connection =
    g_socket_client_connect (client, G_SOCKET_CONNECTABLE (address), NULL, NULL);

  return connection != NULL;
}

GSubprocess *
start_redis_server (const char  *folder,
                    GError     **error)
{
  g_autofree char *socket_path = g_build_filename (folder, "redis.sock", NULL);
  const char * const argv[] = {
    "redis-server", "--port", "0", "--unixsocket", socket_path, "--dir", folder, "--save", "", NULL
  };
  g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE);
  g_autoptr(GSubprocess) server = NULL;

  g_subprocess_launcher_set_child_setup (launcher, end_with_parent, NULL, NULL);
  server = g_subprocess_launcher_spawnv (launcher, argv, error);
  if (server == NULL)
    return NULL;

  for (guint i = 0; i < 500; i++)
    {
      if (answers (socket_path))
        return g_steal_pointer (&server);
      g_usleep (10 * 1000);
    }

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "The Redis server does not answer at %s", socket_path);
  g_subprocess_force_exit (server);

  return NULL;
}

void
stop_redis_server (GSubprocess *server)
{
  g_subprocess_send_signal (server, SIGTERM);
  g_subprocess_wait (server, NULL, NULL);
}
