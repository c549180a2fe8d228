/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sys/random.h>

#include "memo-hash-private.h"

/* SipHash (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012) with one
 * compression round and three finalization rounds.  Keys often come from outside, and who
 * knows the hash function can choose keys that all fall into one bucket; who does not know
 * the secret cannot.  GLib has no keyed hash. */

#define ROTATE(x, bits) (((x) << (bits)) | ((x) >> (64 - (bits))))

#define ROUND(v0, v1, v2, v3) \
  G_STMT_START { \
    v0 += v1; v1 = ROTATE (v1, 13); v1 ^= v0; v0 = ROTATE (v0, 32); \
    v2 += v3; v3 = ROTATE (v3, 16); v3 ^= v2; \
    v0 += v3; v3 = ROTATE (v3, 21); v3 ^= v0; \
    v2 += v1; v1 = ROTATE (v1, 17); v1 ^= v2; v2 = ROTATE (v2, 32); \
  } G_STMT_END

static inline guint64
read_word (gconstpointer data)
{
  guint64 word;

  memcpy (&word, data, sizeof word);

  return GUINT64_FROM_LE (word);
}

/* The hash of LENGTH bytes under a secret of sixteen. */
guint64
memo_siphash_1_3 (const guint8  secret[16],
                  gconstpointer data,
                  gsize         length)
{
  const guint8 *bytes = data;
  const guint8 *end = bytes + (length & ~(gsize) 7);
  guint64 k0 = read_word (secret);
  guint64 k1 = read_word (secret + 8);
  guint64 v0 = k0 ^ G_GUINT64_CONSTANT (0x736f6d6570736575);
  guint64 v1 = k1 ^ G_GUINT64_CONSTANT (0x646f72616e646f6d);
  guint64 v2 = k0 ^ G_GUINT64_CONSTANT (0x6c7967656e657261);
  guint64 v3 = k1 ^ G_GUINT64_CONSTANT (0x7465646279746573);
  guint64 last = ((guint64) length) << 56;

  for (; bytes != end; bytes += 8)
    {
      guint64 word = read_word (bytes);

      v3 ^= word;
      ROUND (v0, v1, v2, v3);
      v0 ^= word;
    }

  /* The rest of a longer message is the end of its last eight bytes. */
  if (length > 8 && (length & 7) != 0)
    {
      last |= read_word (bytes + (length & 7) - 8) >> (8 * (8 - (length & 7)));
    }
  else
    {
      for (gsize i = 0; i < (length & 7); i++)
        last |= ((guint64) bytes[i]) << (8 * i);
    }

  v3 ^= last;
  ROUND (v0, v1, v2, v3);
  v0 ^= last;

  v2 ^= 0xff;
  ROUND (v0, v1, v2, v3);
  ROUND (v0, v1, v2, v3);
  ROUND (v0, v1, v2, v3);

  return v0 ^ v1 ^ v2 ^ v3;
}

/* The secret of this process, drawn once. */
static const guint8 *
get_secret (void)
{
  static guint8 secret[16];
  static gsize drawn;

  if (g_once_init_enter (&drawn))
    {
      /* Sixteen bytes come whole or not at all; early at boot they may not be there yet. */
      if (getrandom (secret, sizeof secret, 0) != sizeof secret)
        {
          for (gsize i = 0; i < sizeof secret; i += sizeof (guint32))
            {
              guint32 word = g_random_int ();

              memcpy (secret + i, &word, sizeof word);
            }
        }

      g_once_init_leave (&drawn, 1);
    }

  return secret;
}

/* Measures and hashes a key. */
MemoKey
memo_key (const char *text)
{
  gsize length = strlen (text);

  if (G_UNLIKELY (length > MEMO_KEY_MAX_LENGTH))
    g_error ("A key of %" G_GSIZE_FORMAT " bytes is too long", length);

  return (MemoKey) {
    .text = text,
    .length = length,
    .hash = memo_siphash_1_3 (get_secret (), text, length),
  };
}
