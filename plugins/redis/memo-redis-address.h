/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libcache.h>

G_BEGIN_DECLS

#define MEMO_REDIS_DEFAULT_PORT 6379
#define MEMO_REDIS_DEFAULT_PREFIX "memo:"
#define MEMO_REDIS_DEFAULT_TIMEOUT 250
#define MEMO_REDIS_MAX_PREFIX 128
#define MEMO_REDIS_DEFAULT_STALENESS 2000
#define MEMO_REDIS_LEAST_STALENESS 100

/* What a URI says. */
typedef struct
{
  char     *label;        /* for messages: the URI without user, password and parameters */
  char     *path;         /* of a socket, or NULL: then there is a host */
  char     *host;
  guint16   port;
  gboolean  tls;
  char     *ca;           /* files, or NULL */
  char     *cert;
  char     *key;
  char     *user;         /* or NULL */
  char     *password;     /* or NULL */
  guint     db;
  char     *prefix;
  guint     timeout_ms;   /* of an operation */
  guint     max_staleness_ms; /* 0: nobody is told what others change */
  guint     protocol;     /* 2: two connections where one would do; 0: whatever there is */
} MemoRedisAddress;

gboolean memo_redis_address_parse (const char        *uri,
                                   MemoRedisAddress  *address,
                                   GError           **error);
void     memo_redis_address_copy  (const MemoRedisAddress *address,
                                   MemoRedisAddress       *copy);
void     memo_redis_address_clear (MemoRedisAddress  *address);

G_END_DECLS
