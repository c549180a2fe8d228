/* SPDX-License-Identifier: CC0-1.0 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A Redis server of an example's own: at the socket redis.sock of a folder, without a port, and keeping nothing.  It
 * answers when the function returns, and ends with the program. */
GSubprocess *start_redis_server (const char   *folder,
                                 GError      **error);
void         stop_redis_server  (GSubprocess  *server);

G_END_DECLS
