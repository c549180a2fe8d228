/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "fuzz.h"
#include "memo-error.h"
#include "memo-hash-private.h"
#include "memo-record-private.h"

#define KEY    "key"
#define CODEC  "MemoVariantCodec"
#define SECRET "secret"

static void
check_life (const MemoRecord *record)
{
  const gint64 times[] = { G_MININT64, -1, 0, G_GINT64_CONSTANT (946684800000), G_MAXINT64 };

  for (guint i = 0; i < G_N_ELEMENTS (times); i++)
    {
      const guint8 unknown[MEMO_RECORD_ID_SIZE] = { 0 };

      if ((memo_record_remaining (record, times[i], record->origin, times[i]) == MEMO_RECORD_NEVER) !=
          (record->expiry == MEMO_RECORD_NEVER) ||
          (memo_record_remaining (record, times[i], unknown, times[i]) == MEMO_RECORD_NEVER) !=
          (record->expiry == MEMO_RECORD_NEVER))
        g_error ("Lives for ever, or does not");
    }
}

static void
try_record (GBytes *bytes,
            GBytes *secret)
{
  g_auto(MemoRecord) record = { 0 };
  g_autoptr(GBytes) again = NULL;
  g_autoptr(GError) error = NULL;
  gsize size;
  const guint8 *payload;

  if (!memo_record_decode (&record, bytes, KEY, CODEC, secret, &error))
    {
      if (!g_error_matches (error, MEMO_ERROR, MEMO_ERROR_INVALID_DATA) || record.bytes != NULL)
        g_error ("Refused in a wrong way: %s", error->message);
      return;
    }

  check_life (&record);

  /* There is one way only to write it. */
  again = memo_record_encode (&record, secret, &error);
  if (again == NULL || !g_bytes_equal (again, bytes))
    g_error ("Encoded again, it is not the same: %s", error != NULL ? error->message : "other bytes");

  payload = g_bytes_get_data (record.payload, &size);
  fuzz_payload (payload, size);
}

static void
put_32 (guint8  *to,
        guint32  number)
{
  number = GUINT32_TO_LE (number);
  memcpy (to, &number, sizeof number);
}

static guint32
get_32 (const guint8 *from)
{
  guint32 number;

  memcpy (&number, from, sizeof number);

  return GUINT32_FROM_LE (number);
}

/* What no fuzzer guesses: the sizes that follow from the others, and the checksum or the signature.  Makes them right
 * as far as that can be. */
static void
repair (guint8 *data,
        gsize   size,
        GBytes *secret)
{
  const gsize check_size = secret != NULL ? 32 : 8;
  guint64 payload;

  if (size < 80 + check_size)
    return;

  data[6] = secret != NULL ? data[6] | 1 : data[6] & ~1;
  put_32 (data + 8, size);
  payload = (80 + (guint64) get_32 (data + 12) + 1 + get_32 (data + 16) + 1 + get_32 (data + 24) + 7) & ~(guint64) 7;
  if (payload + check_size <= size)
    put_32 (data + 28, size - check_size - payload);

  if (secret != NULL)
    {
      g_autoptr(GHmac) hmac = g_hmac_new (G_CHECKSUM_SHA256, (const guchar *) SECRET, strlen (SECRET));
      gsize digest_size = check_size;

      g_hmac_update (hmac, data, size - check_size);
      g_hmac_get_digest (hmac, data + size - check_size, &digest_size);
    }
  else
    {
      guint64 checksum = memo_siphash_1_3 ((const guint8 *) MEMO_RECORD_CHECKSUM_KEY, data, size - check_size);

      checksum = GUINT64_TO_LE (checksum);
      memcpy (data + size - check_size, &checksum, check_size);
    }
}

void
fuzz_record (const guint8 *data,
             gsize         size)
{
  g_autoptr(GBytes) secret = g_bytes_new_static (SECRET, strlen (SECRET));
  g_autoptr(GBytes) bytes = g_bytes_new (data, size);

  try_record (bytes, NULL);
  try_record (bytes, secret);

  for (guint is_signed = 0; is_signed < 2; is_signed++)
    {
      guint8 *copy = g_memdup2 (data, size);
      g_autoptr(GBytes) repaired = NULL;

      repair (copy, size, is_signed ? secret : NULL);
      repaired = g_bytes_new_take (copy, size);
      try_record (repaired, is_signed ? secret : NULL);
    }
}
