/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libcache.h>

G_BEGIN_DECLS

typedef enum
{
  MEMO_REDIS_NIL,
  MEMO_REDIS_STRING,
  MEMO_REDIS_INTEGER,
  MEMO_REDIS_STATUS,
  MEMO_REDIS_ERROR,
  MEMO_REDIS_ARRAY,
  MEMO_REDIS_PUSH,    /* what nobody asked for; an array, too */
} MemoRedisKind;

/* What a server said. */
typedef struct
{
  MemoRedisKind  kind;
  GBytes        *bytes;     /* of a string */
  char          *text;      /* of a status or an error */
  gint64         integer;
  GPtrArray     *items;     /* of an array or a push */
} MemoRedisReply;

/* What an error reply means for the link. */
typedef enum
{
  MEMO_REDIS_NO_TROUBLE,    /* the matter of who asked */
  MEMO_REDIS_PASSING,       /* the server is of no use for now */
  MEMO_REDIS_LASTING,       /* nor will it be, until somebody changes something */
} MemoRedisTrouble;

MemoRedisReply   *memo_redis_reply_new        (MemoRedisKind         kind);
void              memo_redis_reply_free       (MemoRedisReply       *reply);
gboolean          memo_redis_reply_is_status  (const MemoRedisReply *reply,
                                               const char           *status);
gboolean          memo_redis_reply_is_text    (const MemoRedisReply *reply,
                                               const char           *text);
gboolean          memo_redis_reply_begins     (const MemoRedisReply *reply,
                                               char                  letter);
MemoRedisReply   *memo_redis_reply_item       (const MemoRedisReply *reply,
                                               guint                 i);
MemoRedisTrouble  memo_redis_reply_trouble    (const MemoRedisReply *reply);
gboolean          memo_redis_reply_is_code    (const MemoRedisReply *reply,
                                               const char           *code);
GError           *memo_redis_reply_to_error   (const MemoRedisReply *reply,
                                               const char           *label);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MemoRedisReply, memo_redis_reply_free)

G_END_DECLS
