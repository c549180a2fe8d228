/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A Redis server of the benchmark's own, with all its files in a folder of its own.  It ends with whoever started it. */

typedef struct
{
  char        *folder;
  char        *path;          /* of its socket */
  char        *certificate;   /* which is its own authority, too */
  guint16      port;
  guint16      tls_port;
  GSubprocess *process;
  GInputStream *log;
} RedisServer;

RedisServer *redis_server_new  (void);
void         redis_server_free (RedisServer *self);

G_END_DECLS
