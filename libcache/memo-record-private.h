/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <string.h>

#include <glib.h>

G_BEGIN_DECLS

/* What a tier keeps of an entry: docs/record.md has every byte of it.  Whatever comes back from a tier is damaged or
 * forged until it was decoded. */

#define MEMO_RECORD_MAX_KEY      (64 * 1024)
#define MEMO_RECORD_MAX_CODEC    255
#define MEMO_RECORD_MAX_TAGS     64
#define MEMO_RECORD_MAX_TAG_TEXT (64 * 1024)        /* all tags together */
#define MEMO_RECORD_MAX_PAYLOAD  (16 * 1024 * 1024)
#define MEMO_RECORD_MAX_SIZE     (20 * 1024 * 1024)

#define MEMO_RECORD_ID_SIZE      16                 /* a token or an origin */
#define MEMO_RECORD_NEVER        G_MAXINT64

/* Under which the checksum is made: sixteen bytes that are no secret. */
#define MEMO_RECORD_CHECKSUM_KEY "libcache record1"

typedef struct
{
  const char *text;
  guint8      token[MEMO_RECORD_ID_SIZE];
} MemoRecordTag;

typedef struct
{
  const char    *key;
  const char    *codec;                         /* the name of its type */

  gint64         written;                       /* wall clock, milliseconds */
  gint64         expiry;                        /* wall clock, milliseconds, or never */
  guint8         origin[MEMO_RECORD_ID_SIZE];   /* of the clock of the next; zeros: unknown */
  gint64         origin_expiry;                 /* that clock, microseconds, or never; 0 if unknown */
  gint64         load_duration;                 /* microseconds, not negative */

  GBytes        *payload;
  GBytes        *bytes;                         /* decoded: what the texts are in */

  guint          n_tags;
  MemoRecordTag  tags[MEMO_RECORD_MAX_TAGS];    /* last, see empty() */
} MemoRecord;

GBytes   *memo_record_encode    (const MemoRecord  *self,
                                 GBytes            *secret,
                                 GError           **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean  memo_record_decode    (MemoRecord        *self,
                                 GBytes            *bytes,
                                 const char        *key,
                                 const char        *codec,
                                 GBytes            *secret,
                                 GError           **error) G_GNUC_WARN_UNUSED_RESULT;
void      memo_record_clear     (MemoRecord        *self);

void      memo_record_origin    (const char        *name,
                                 guint8             origin[MEMO_RECORD_ID_SIZE]);
void      memo_record_stamp     (MemoRecord        *self,
                                 gint64             expiry,
                                 gint64             now,
                                 const guint8       now_origin[MEMO_RECORD_ID_SIZE],
                                 gint64             now_wall);
gint64    memo_record_remaining (const MemoRecord  *self,
                                 gint64             now,
                                 const guint8       now_origin[MEMO_RECORD_ID_SIZE],
                                 gint64             now_wall) G_GNUC_WARN_UNUSED_RESULT;

static inline gboolean
memo_record_origin_is_known (const guint8 origin[MEMO_RECORD_ID_SIZE])
{
  static const guint8 unknown[MEMO_RECORD_ID_SIZE] = { 0 };

  return memcmp (origin, unknown, MEMO_RECORD_ID_SIZE) != 0;
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MemoRecord, memo_record_clear)

G_END_DECLS
