/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* GETs as one writes them by hand: with hiredis's own asynchronous API and a GTask each; and with nothing but a
 * socket, which is the limit. */

typedef struct _ByHandRedis ByHandRedis;

ByHandRedis *by_hand_redis_new        (const char           *path,      /* NULL: the port counts */
                                       guint16               port);
void         by_hand_redis_free       (ByHandRedis          *self);
void         by_hand_redis_get_async  (ByHandRedis          *self,
                                       const char           *name,
                                       GAsyncReadyCallback   callback,
                                       gpointer              user_data);
GBytes      *by_hand_redis_get_finish (GAsyncResult         *result,
                                       GError              **error);

typedef struct _RawRedis RawRedis;

RawRedis    *raw_redis_new            (const char           *path,
                                       guint16               port);
void         raw_redis_free           (RawRedis             *self);

/* Asks for all NAMES, which are of one length, in one write, and gives their values, of SIZE bytes each, which are good until the next
 * call; NULL where there is none. */
const char **raw_redis_get            (RawRedis             *self,
                                       const char * const   *names,
                                       guint                 n,
                                       gsize                 size);

G_END_DECLS
