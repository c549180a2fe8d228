/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <string.h>

#include <glib.h>

G_BEGIN_DECLS

/* A key that was measured and hashed once, before any lock is taken.  The string is the caller's. */
typedef struct
{
  const char *text;
  guint32     length;
  guint32     hash;
} MemoKey;

/* The length has to fit, and one more.  Four gigabytes of key are a mistake. */
#define MEMO_KEY_MAX_LENGTH (G_MAXUINT32 - 1)

guint64 memo_siphash_1_3 (const guint8  secret[16],
                          gconstpointer data,
                          gsize         length);
MemoKey memo_key         (const char   *text);

static inline gboolean
memo_key_equals (const MemoKey *key,
                 const char    *text,
                 guint32        length)
{
  return key->length == length && memcmp (key->text, text, length) == 0;
}

G_END_DECLS
