/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "fuzz.h"
#include "memo-redis-reader.h"

/* What comes from a Redis server: the first byte says how it is cut into pieces, the rest is what is sent. */

/* What the allocator has given away; there is no such function without AddressSanitizer. */
extern size_t __sanitizer_get_current_allocated_bytes (void) __attribute__ ((weak));

/* Small enough for a fuzzer to come to all of them. */
static const MemoRedisSetup limits = {
  .max_bulk = 256,
  .max_line = 64,
  .max_array = 16,
  .max_reply = 1024,
};

/* What one reader may have: the buffer of hiredis, and the most small things that a reply can be made of. */
#define MOST_MEMORY (64 * 1024)

/* What came of a stream. */
typedef struct
{
  GString  *replies;    /* all of them, written down */
  gboolean  refused;
} Outcome;

static void
outcome_clear (Outcome *outcome)
{
  if (outcome->replies != NULL)
    g_string_free (outcome->replies, TRUE);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Outcome, outcome_clear)

static void
check (gboolean    good,
       const char *wrong)
{
  if (!good)
    g_error ("%s", wrong);
}

/* Says how many elements there are. */
static guint
write_down (const MemoRedisReply *reply,
            GString              *to)
{
  guint elements = 0;
  gsize size;
  const char *data;

  g_string_append_printf (to, "%d:", reply->kind);
  switch (reply->kind)
    {
    case MEMO_REDIS_STRING:
      data = g_bytes_get_data (reply->bytes, &size);
      check (size <= limits.max_bulk, "A string is too long");
      g_string_append_len (to, data, size);
      break;

    case MEMO_REDIS_STATUS:
    case MEMO_REDIS_ERROR:
      check (strlen (reply->text) <= limits.max_line, "A line is too long");
      g_string_append (to, reply->text);
      break;

    case MEMO_REDIS_INTEGER:
      g_string_append_printf (to, "%" G_GINT64_FORMAT, reply->integer);
      break;

    case MEMO_REDIS_ARRAY:
    case MEMO_REDIS_PUSH:
      for (guint i = 0; i < reply->items->len; i++)
        elements += 1 + write_down (memo_redis_reply_item (reply, i), to);
      break;

    case MEMO_REDIS_NIL:
    default:
      break;
    }
  g_string_append_c (to, ';');

  return elements;
}

/* Takes what is there.  FALSE: it is over. */
static gboolean
drain (MemoRedisReader *reader,
       Outcome         *outcome,
       gsize           *waiting)
{
  for (;;)
    {
      g_autoptr(MemoRedisReply) reply = NULL;
      g_autoptr(GError) error = NULL;

      if (!memo_redis_reader_next (reader, &reply, &error))
        {
          check (g_error_matches (error, MEMO_ERROR, MEMO_ERROR_INVALID_DATA) && reply == NULL, "Refused in a wrong way");
          return FALSE;
        }
      if (reply == NULL)
        return TRUE;

      check (write_down (reply, outcome->replies) <= limits.max_array, "There are too many elements");
      *waiting = 0;
    }
}

static void
check_final (MemoRedisReader *reader)
{
  g_autoptr(MemoRedisReply) reply = NULL;

  memo_redis_reader_feed (reader, "+OK\r\n", 5);
  check (!memo_redis_reader_next (reader, &reply, NULL) && reply == NULL, "It goes on after an error");
}

/* DICE is 0 for all at once, 1 for byte by byte. */
static void
read_in_pieces (const guint8 *data,
                gsize         size,
                guint32       dice,
                Outcome      *outcome)
{
  const gsize before = __sanitizer_get_current_allocated_bytes != NULL ? __sanitizer_get_current_allocated_bytes () : 0;
  g_autoptr(MemoRedisReader) reader = memo_redis_reader_new (&limits);
  gsize waiting = 0;

  outcome->replies = g_string_new (NULL);
  for (gsize piece; size > 0 && !outcome->refused; data += piece, size -= piece)
    {
      gsize written;

      if (dice > 1)
        dice = dice * 1664525 + 1013904223;
      piece = MIN (dice == 0 ? MEMO_REDIS_FEED : dice == 1 ? 1 : 1 + (dice >> 24) % 32, size);
      waiting += piece;
      memo_redis_reader_feed (reader, (const char *) data, piece);
      outcome->refused = !drain (reader, outcome, &waiting);
      written = outcome->replies->allocated_len;
      check (outcome->refused || waiting <= limits.max_reply + piece, "It waits for more than a reply may have");
      check (__sanitizer_get_current_allocated_bytes == NULL ||
             __sanitizer_get_current_allocated_bytes () <= before + written + MOST_MEMORY, "It took too much memory");
    }
  if (outcome->refused)
    check_final (reader);
}

void
fuzz_replies (const guint8 *data,
              gsize         size)
{
  g_auto(Outcome) whole = { 0 }, bytes = { 0 }, pieces = { 0 };

  if (size == 0)
    return;

  read_in_pieces (data + 1, size - 1, 0, &whole);
  read_in_pieces (data + 1, size - 1, 1, &bytes);
  read_in_pieces (data + 1, size - 1, 2 + data[0], &pieces);
  check (g_string_equal (whole.replies, bytes.replies) && whole.refused == bytes.refused, "Byte by byte, it is something else");
  check (g_string_equal (whole.replies, pieces.replies) && whole.refused == pieces.refused, "In pieces, it is something else");
}
