/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-redis-link.h"

G_BEGIN_DECLS

/* Longer keys are stored under their hash. */
#define MEMO_REDIS_LONGEST_KEY 512

#define MEMO_REDIS_MOST_ARGUMENTS 8

/* A command in the making.  What it is made of has to stay until it was sent. */
typedef struct
{
  guint       n;
  const char *arguments[MEMO_REDIS_MOST_ARGUMENTS];
  gsize       sizes[MEMO_REDIS_MOST_ARGUMENTS];
} MemoRedisCommand;

/* A script, and on which connection the server was last given it. */
typedef struct
{
  const char *text;
  char       *hash;
  guint64     generation;
} MemoRedisScript;

void      memo_redis_set_name      (GString            *name,
                                    const char         *prefix,
                                    const char         *key);
char     *memo_redis_pattern_of    (const char         *prefix);

void      memo_redis_command_begin (MemoRedisCommand   *command,
                                    const char         *name);
void      memo_redis_command_add   (MemoRedisCommand   *command,
                                    const char         *text);
void      memo_redis_command_bytes (MemoRedisCommand   *command,
                                    GBytes             *bytes);
gboolean  memo_redis_command_send  (MemoRedisCommand   *command,
                                    MemoRedisLink      *link,
                                    MemoRedisAnswered   answered,
                                    gpointer            data,
                                    GError            **error);

void      memo_redis_script_init   (MemoRedisScript    *self,
                                    const char         *text);
void      memo_redis_script_clear  (MemoRedisScript    *self);
gboolean  memo_redis_script_begin  (MemoRedisScript    *self,
                                    MemoRedisCommand   *command,
                                    MemoRedisLink      *link,
                                    const char         *name);
gboolean  memo_redis_script_send   (MemoRedisScript    *self,
                                    MemoRedisLink      *link,
                                    const char         *name,
                                    GBytes             *argument,
                                    MemoRedisAnswered   answered,
                                    gpointer            data,
                                    GError            **error);

G_END_DECLS
