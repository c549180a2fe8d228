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

/* Keys are short, and what is compared is nearly always equal, the hashes being so: a call of
 * memcmp() costs more than it does. */
static inline gboolean
memo_text_equals (const char *a,
                  const char *b,
                  gsize       length)
{
  guint64 x, y;

  if (length < sizeof x)
    {
      while (length > 0 && a[length - 1] == b[length - 1])
        length--;
      return length == 0;
    }

  for (gsize i = 0; i + sizeof x < length; i += sizeof x)
    {
      memcpy (&x, a + i, sizeof x);
      memcpy (&y, b + i, sizeof y);
      if (x != y)
        return FALSE;
    }

  memcpy (&x, a + length - sizeof x, sizeof x);
  memcpy (&y, b + length - sizeof y, sizeof y);

  return x == y;
}

static inline gboolean
memo_key_equals (const MemoKey *key,
                 const char    *text,
                 guint32        length)
{
  return key->length == length && memo_text_equals (key->text, text, length);
}

G_END_DECLS
