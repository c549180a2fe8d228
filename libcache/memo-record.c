/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-error.h"
#include "memo-hash-private.h"
#include "memo-record-private.h"

/* Where things are in a record; all numbers are little-endian.  See docs/record.md. */
enum
{
  AT_MAGIC         = 0,
  AT_VERSION       = 4,
  AT_FLAGS         = 6,
  AT_SIZE          = 8,
  AT_KEY_LENGTH    = 12,
  AT_CODEC_LENGTH  = 16,
  AT_N_TAGS        = 20,
  AT_TAGS_SIZE     = 24,
  AT_PAYLOAD_SIZE  = 28,
  AT_WRITTEN       = 32,
  AT_EXPIRY        = 40,
  AT_ORIGIN        = 48,
  AT_ORIGIN_EXPIRY = 64,
  AT_LOAD_DURATION = 72,
  HEADER_SIZE      = 80,
};

#define MAGIC          "Memo"
#define VERSION        1
#define FLAG_SIGNED    (1 << 0)
#define CHECKSUM_SIZE  8
#define SIGNATURE_SIZE 32
#define TAG_OVERHEAD   (MEMO_RECORD_ID_SIZE + 4 + 1)
#define ALIGNMENT      8

#define ALIGN(size) (((size) + ALIGNMENT - 1) & ~(gsize) (ALIGNMENT - 1))

/* What is within all limits is within the limit of the whole, and its sizes fit. */
G_STATIC_ASSERT (HEADER_SIZE + MEMO_RECORD_MAX_KEY + 1 + MEMO_RECORD_MAX_CODEC + 1 +
                 MEMO_RECORD_MAX_TAGS * TAG_OVERHEAD + MEMO_RECORD_MAX_TAG_TEXT + ALIGNMENT +
                 MEMO_RECORD_MAX_PAYLOAD + SIGNATURE_SIZE <= MEMO_RECORD_MAX_SIZE);
G_STATIC_ASSERT (sizeof MEMO_RECORD_CHECKSUM_KEY == 16 + 1);

/* The sizes of the parts, and where the later ones begin. */
typedef struct
{
  gsize key;
  gsize codec;
  gsize tags;
  gsize payload;
  gsize check;
  gsize end;
} Layout;

static Layout
lay_out (gsize    key_length,
         gsize    codec_length,
         gsize    tags_size,
         gsize    payload_size,
         gboolean is_signed)
{
  Layout layout;

  layout.key = HEADER_SIZE;
  layout.codec = layout.key + key_length + 1;
  layout.tags = layout.codec + codec_length + 1;
  layout.payload = ALIGN (layout.tags + tags_size);
  layout.check = layout.payload + payload_size;
  layout.end = layout.check + (is_signed ? SIGNATURE_SIZE : CHECKSUM_SIZE);

  return layout;
}

static inline void
put_16 (guint8  *to,
        guint16  number)
{
  number = GUINT16_TO_LE (number);
  memcpy (to, &number, sizeof number);
}

static inline void
put_32 (guint8  *to,
        guint32  number)
{
  number = GUINT32_TO_LE (number);
  memcpy (to, &number, sizeof number);
}

static inline void
put_64 (guint8  *to,
        guint64  number)
{
  number = GUINT64_TO_LE (number);
  memcpy (to, &number, sizeof number);
}

static inline guint16
get_16 (const guint8 *from)
{
  guint16 number;

  memcpy (&number, from, sizeof number);

  return GUINT16_FROM_LE (number);
}

static inline guint32
get_32 (const guint8 *from)
{
  guint32 number;

  memcpy (&number, from, sizeof number);

  return GUINT32_FROM_LE (number);
}

static inline guint64
get_64 (const guint8 *from)
{
  guint64 number;

  memcpy (&number, from, sizeof number);

  return GUINT64_FROM_LE (number);
}

/* What stands at the end of a record: a checksum, or with a SECRET a signature.  Gives its size. */
static gsize
make_check (const guint8 *data,
            gsize         size,
            GBytes       *secret,
            guint8        check[SIGNATURE_SIZE])
{
  gsize check_size = SIGNATURE_SIZE;
  gsize secret_size;
  gconstpointer secret_data;
  GHmac *hmac;

  if (secret == NULL)
    {
      put_64 (check, memo_siphash_1_3 ((const guint8 *) MEMO_RECORD_CHECKSUM_KEY, data, size));
      return CHECKSUM_SIZE;
    }

  secret_data = g_bytes_get_data (secret, &secret_size);
  hmac = g_hmac_new (G_CHECKSUM_SHA256, secret_data, secret_size);
  g_hmac_update (hmac, data, size);
  g_hmac_get_digest (hmac, check, &check_size);
  g_hmac_unref (hmac);

  return check_size;
}

/* Takes the same time wherever the first difference is. */
static gboolean
equal_in_constant_time (const guint8 *a,
                        const guint8 *b,
                        gsize         size)
{
  volatile guint8 difference = 0;

  for (gsize i = 0; i < size; i++)
    difference |= a[i] ^ b[i];

  return difference == 0;
}

/* There is one way only to say a thing. */
static gboolean
times_agree (const MemoRecord *self)
{
  if (!memo_record_origin_is_known (self->origin))
    return self->origin_expiry == 0;

  return (self->expiry == MEMO_RECORD_NEVER) == (self->origin_expiry == MEMO_RECORD_NEVER);
}

static gboolean
is_within (const char  *what,
           gsize        size,
           gsize        limit,
           int          code,
           GError     **error)
{
  if (size <= limit)
    return TRUE;

  g_set_error (error, MEMO_ERROR, code, "%s: %" G_GSIZE_FORMAT ", and the limit is %" G_GSIZE_FORMAT, what, size, limit);

  return FALSE;
}

static gboolean
are_within (gsize    key_length,
            gsize    codec_length,
            gsize    n_tags,
            gsize    tags_size,
            gsize    payload_size,
            int      code,
            GError **error)
{
  return is_within ("The key is too long for a record", key_length, MEMO_RECORD_MAX_KEY, code, error) &&
         is_within ("The name of the codec is too long for a record", codec_length, MEMO_RECORD_MAX_CODEC, code, error) &&
         is_within ("There are too many tags for a record", n_tags, MEMO_RECORD_MAX_TAGS, code, error) &&
         is_within ("The tags are too long for a record", tags_size,
                    n_tags * TAG_OVERHEAD + MEMO_RECORD_MAX_TAG_TEXT, code, error) &&
         is_within ("The value is too large for a record", payload_size, MEMO_RECORD_MAX_PAYLOAD, code, error);
}

/* --- encoding --- */

/* Makes a record.  With a SECRET, which is not empty, it is signed.  What exceeds a limit is
 * MEMO_ERROR_NOT_SUPPORTED. */
GBytes *
memo_record_encode (const MemoRecord  *self,
                    GBytes            *secret,
                    GError           **error)
{
  gsize key_length, codec_length, payload_size;
  gsize tags_size = 0;
  gconstpointer payload;
  Layout layout;
  guint8 *data, *at;

  g_return_val_if_fail (self->key != NULL && self->codec != NULL && self->payload != NULL, NULL);
  g_return_val_if_fail (self->load_duration >= 0 && times_agree (self), NULL);
  g_return_val_if_fail (secret == NULL || g_bytes_get_size (secret) > 0, NULL);

  key_length = strlen (self->key);
  codec_length = strlen (self->codec);
  payload = g_bytes_get_data (self->payload, &payload_size);
  for (guint i = 0; i < MIN (self->n_tags, MEMO_RECORD_MAX_TAGS); i++)
    tags_size += TAG_OVERHEAD + strlen (self->tags[i].text);

  if (!are_within (key_length, codec_length, self->n_tags, tags_size, payload_size, MEMO_ERROR_NOT_SUPPORTED, error))
    return NULL;

  layout = lay_out (key_length, codec_length, tags_size, payload_size, secret != NULL);
  data = g_malloc (layout.end);

  memcpy (data + AT_MAGIC, MAGIC, strlen (MAGIC));
  put_16 (data + AT_VERSION, VERSION);
  put_16 (data + AT_FLAGS, secret != NULL ? FLAG_SIGNED : 0);
  put_32 (data + AT_SIZE, layout.end);
  put_32 (data + AT_KEY_LENGTH, key_length);
  put_32 (data + AT_CODEC_LENGTH, codec_length);
  put_32 (data + AT_N_TAGS, self->n_tags);
  put_32 (data + AT_TAGS_SIZE, tags_size);
  put_32 (data + AT_PAYLOAD_SIZE, payload_size);
  put_64 (data + AT_WRITTEN, self->written);
  put_64 (data + AT_EXPIRY, self->expiry);
  memcpy (data + AT_ORIGIN, self->origin, MEMO_RECORD_ID_SIZE);
  put_64 (data + AT_ORIGIN_EXPIRY, self->origin_expiry);
  put_64 (data + AT_LOAD_DURATION, self->load_duration);

  memcpy (data + layout.key, self->key, key_length + 1);
  memcpy (data + layout.codec, self->codec, codec_length + 1);

  at = data + layout.tags;
  for (guint i = 0; i < self->n_tags; i++)
    {
      gsize length = strlen (self->tags[i].text);

      memcpy (at, self->tags[i].token, MEMO_RECORD_ID_SIZE);
      put_32 (at + MEMO_RECORD_ID_SIZE, length);
      memcpy (at + MEMO_RECORD_ID_SIZE + 4, self->tags[i].text, length + 1);
      at += TAG_OVERHEAD + length;
    }

  memset (at, 0, data + layout.payload - at);
  if (payload_size > 0)
    memcpy (data + layout.payload, payload, payload_size);
  make_check (data, layout.check, secret, data + layout.check);

  return g_bytes_new_take (data, layout.end);
}

/* --- decoding --- */

/* Takes the tags out of SIZE bytes, which they have to fill. */
static gboolean
take_tags (MemoRecord    *self,
           const guint8  *data,
           gsize          size,
           guint32        n_tags,
           GError       **error)
{
  const guint8 *end = data + size;

  for (guint32 i = 0; i < n_tags; i++)
    {
      gsize left = end - data;
      gsize length;
      const char *text;

      if (left < TAG_OVERHEAD)
        {
          g_set_error (error, MEMO_ERROR, MEMO_ERROR_INVALID_DATA,
                       "The record says that it has %u tags, and has %u", n_tags, i);
          return FALSE;
        }

      length = get_32 (data + MEMO_RECORD_ID_SIZE);
      text = (const char *) data + MEMO_RECORD_ID_SIZE + 4;

#ifndef MEMO_PLANTED_BUG    /* left out to see whether the fuzzer notices */
      if (length > left - TAG_OVERHEAD)
        {
          g_set_error (error, MEMO_ERROR, MEMO_ERROR_INVALID_DATA, "The record has a tag that is longer than its tags");
          return FALSE;
        }
#endif

      if (text[length] != '\0' || memchr (text, '\0', length) != NULL)
        {
          g_set_error (error, MEMO_ERROR, MEMO_ERROR_INVALID_DATA, "The record has a tag that does not end where it should");
          return FALSE;
        }

      memcpy (self->tags[i].token, data, MEMO_RECORD_ID_SIZE);
      self->tags[i].text = text;
      data += TAG_OVERHEAD + length;
    }

  if (data != end)
    {
      g_set_error (error, MEMO_ERROR, MEMO_ERROR_INVALID_DATA, "The record has something after its tags");
      return FALSE;
    }

  self->n_tags = n_tags;

  return TRUE;
}

static gboolean
is_text (const guint8 *data,
         gsize         length,
         const char   *expected)
{
  return length == strlen (expected) && memcmp (data, expected, length + 1) == 0;
}

/* Whether this is a record of this format at all, signed as it should be. */
static gboolean
check_kind (const guint8  *data,
            gsize          size,
            gboolean       is_signed,
            GError       **error)
{
  guint version, flags;

  if (size < HEADER_SIZE || size > MEMO_RECORD_MAX_SIZE || memcmp (data + AT_MAGIC, MAGIC, strlen (MAGIC)) != 0)
    {
      g_set_error (error, MEMO_ERROR, MEMO_ERROR_INVALID_DATA, "These %" G_GSIZE_FORMAT " bytes are not a record", size);
      return FALSE;
    }

  version = get_16 (data + AT_VERSION);
  if (version != VERSION)
    {
      g_set_error (error, MEMO_ERROR, MEMO_ERROR_INVALID_DATA, "The record is of version %u, not %u", version, VERSION);
      return FALSE;
    }

  flags = get_16 (data + AT_FLAGS);
  if ((flags & ~FLAG_SIGNED) != 0)
    {
      g_set_error (error, MEMO_ERROR, MEMO_ERROR_INVALID_DATA, "The record has unknown flags, 0x%04x", flags);
      return FALSE;
    }
  if (((flags & FLAG_SIGNED) != 0) != is_signed)
    {
      g_set_error (error, MEMO_ERROR, MEMO_ERROR_INVALID_DATA, "%s",
                   is_signed ? "The record is not signed" : "The record is signed, and there is no secret to check it with");
      return FALSE;
    }

  return TRUE;
}

/* Where the parts are, if they are exactly what the record consists of. */
static gboolean
find_parts (const guint8  *data,
            gsize          size,
            gboolean       is_signed,
            Layout        *layout,
            GError       **error)
{
  guint32 key_length = get_32 (data + AT_KEY_LENGTH);
  guint32 codec_length = get_32 (data + AT_CODEC_LENGTH);
  guint32 n_tags = get_32 (data + AT_N_TAGS);
  guint32 tags_size = get_32 (data + AT_TAGS_SIZE);
  guint32 payload_size = get_32 (data + AT_PAYLOAD_SIZE);

  if (!are_within (key_length, codec_length, n_tags, tags_size, payload_size, MEMO_ERROR_INVALID_DATA, error))
    return FALSE;

  *layout = lay_out (key_length, codec_length, tags_size, payload_size, is_signed);
  if (layout->end == size && get_32 (data + AT_SIZE) == size)
    return TRUE;

  g_set_error (error, MEMO_ERROR, MEMO_ERROR_INVALID_DATA,
               "The record says that it has %u bytes, its parts have %" G_GSIZE_FORMAT ", and there are %" G_GSIZE_FORMAT,
               get_32 (data + AT_SIZE), layout->end, size);

  return FALSE;
}

/* The parts, all of which are within the bytes, and are what somebody meant to write. */
static gboolean
take_parts (MemoRecord    *self,
            const guint8  *data,
            const Layout  *layout,
            const char    *key,
            const char    *codec,
            GError       **error)
{
  guint32 tags_size = get_32 (data + AT_TAGS_SIZE);

  if (!is_text (data + layout->key, get_32 (data + AT_KEY_LENGTH), key))
    {
      g_set_error (error, MEMO_ERROR, MEMO_ERROR_INVALID_DATA, "The record is that of another key");
      return FALSE;
    }
  if (!is_text (data + layout->codec, get_32 (data + AT_CODEC_LENGTH), codec))
    {
      g_set_error (error, MEMO_ERROR, MEMO_ERROR_INVALID_DATA, "The value was made by another codec than %s", codec);
      return FALSE;
    }

  self->key = (const char *) data + layout->key;
  self->codec = (const char *) data + layout->codec;
  self->written = get_64 (data + AT_WRITTEN);
  self->expiry = get_64 (data + AT_EXPIRY);
  memcpy (self->origin, data + AT_ORIGIN, MEMO_RECORD_ID_SIZE);
  self->origin_expiry = get_64 (data + AT_ORIGIN_EXPIRY);
  self->load_duration = get_64 (data + AT_LOAD_DURATION);
  if (self->load_duration < 0 || !times_agree (self))
    {
      g_set_error (error, MEMO_ERROR, MEMO_ERROR_INVALID_DATA, "The times of the record cannot be right");
      return FALSE;
    }

  if (!take_tags (self, data + layout->tags, tags_size, get_32 (data + AT_N_TAGS), error))
    return FALSE;

  for (gsize i = layout->tags + tags_size; i < layout->payload; i++)
    {
      if (data[i] != 0)
        {
          g_set_error (error, MEMO_ERROR, MEMO_ERROR_INVALID_DATA, "The record has something between its parts");
          return FALSE;
        }
    }

  return TRUE;
}

/* The room for tags, of which there are none then, is large. */
static void
empty (MemoRecord *self)
{
  memset (self, 0, G_STRUCT_OFFSET (MemoRecord, tags));
}

/* Reads a record into SELF, to be given back with memo_record_clear(); its texts lie in BYTES.  It has to be that of
 * KEY, made by CODEC, and signed with the SECRET, or not signed where that is NULL.  Anything wrong is
 * MEMO_ERROR_INVALID_DATA, and leaves SELF empty. */
gboolean
memo_record_decode (MemoRecord  *self,
                    GBytes      *bytes,
                    const char  *key,
                    const char  *codec,
                    GBytes      *secret,
                    GError     **error)
{
  guint8 check[SIGNATURE_SIZE];
  gsize size;
  const guint8 *data;
  Layout layout;

  empty (self);

  g_return_val_if_fail (bytes != NULL && key != NULL && codec != NULL, FALSE);
  g_return_val_if_fail (secret == NULL || g_bytes_get_size (secret) > 0, FALSE);

  data = g_bytes_get_data (bytes, &size);

  if (!check_kind (data, size, secret != NULL, error) || !find_parts (data, size, secret != NULL, &layout, error))
    return FALSE;

  make_check (data, layout.check, secret, check);
  if (!equal_in_constant_time (check, data + layout.check, layout.end - layout.check))
    {
      g_set_error (error, MEMO_ERROR, MEMO_ERROR_INVALID_DATA, "The %s of the record is wrong",
                   secret != NULL ? "signature" : "checksum");
      return FALSE;
    }

  if (!take_parts (self, data, &layout, key, codec, error))
    {
      empty (self);
      return FALSE;
    }

  self->payload = g_bytes_new_from_bytes (bytes, layout.payload, layout.check - layout.payload);
  self->bytes = g_bytes_ref (bytes);

  return TRUE;
}

/* For what was decoded, or is all zeros. */
void
memo_record_clear (MemoRecord *self)
{
  g_clear_pointer (&self->payload, g_bytes_unref);
  g_clear_pointer (&self->bytes, g_bytes_unref);
  empty (self);
}
