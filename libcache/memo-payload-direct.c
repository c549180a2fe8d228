/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "memo-payload-private.h"

/* Bytes and strings as GVariant lays them out, without GVariant, which looks at each byte as at a value of its own: that took
 * longer than all else that is done to get an entry from a tier.  What is not exactly of this form is left to it. */

#define HEAD_SIZE 8     /* the kind, and zeros up to where a variant may begin */

/* Of a kind that is there, not NULL. */
typedef struct
{
  guint8 kind;
  char   end[6];        /* the ends of the text, if it is one, of the maybe, and of the data; and the type */
  guint8 end_size;
} Form;

static const Form form_of_bytes  = { 'B', "\0\0may", 5 };
static const Form form_of_string = { 's', "\0\0\0ms", 5 };

static GBytes *
lay_out (const Form    *form,
         gconstpointer  content,
         gsize          size)
{
  guint8 *data = g_malloc (HEAD_SIZE + size + form->end_size);

  memset (data, 0, HEAD_SIZE);
  data[0] = form->kind;
  if (size > 0)
    memcpy (data + HEAD_SIZE, content, size);
  memcpy (data + HEAD_SIZE + size, form->end, form->end_size);

  return g_bytes_new_take (data, HEAD_SIZE + size + form->end_size);
}

/* What VALUE is written as, or NULL where GVariant has to write it, or to say why it cannot. */
GBytes *
memo_payload_encode_direct (const GValue *value)
{
  GType type = value != NULL ? G_VALUE_TYPE (value) : G_TYPE_NONE;
  const char *string;
  GBytes *bytes;
  gconstpointer content;
  gsize size;

  if (type == G_TYPE_STRING)
    {
      string = g_value_get_string (value);
      return string != NULL && g_utf8_validate (string, -1, NULL) ? lay_out (&form_of_string, string, strlen (string)) : NULL;
    }

  if (type != G_TYPE_BYTES)
    return NULL;

  bytes = g_value_get_boxed (value);
  if (bytes == NULL)
    return NULL;
  content = g_bytes_get_data (bytes, &size);

  return lay_out (&form_of_bytes, content, size);
}

static gboolean
is_of_form (const Form   *form,
            const guint8 *data,
            gsize         size)
{
  static const guint8 zeros[HEAD_SIZE - 1];

  return size >= (gsize) HEAD_SIZE + form->end_size && data[0] == form->kind &&
         memcmp (data + 1, zeros, sizeof zeros) == 0 &&
         memcmp (data + size - form->end_size, form->end, form->end_size) == 0;
}

/* Sets VALUE, which is all zeros, to what BYTES mean.  FALSE: GVariant has to read them, or to say what is wrong with them. */
gboolean
memo_payload_decode_direct (GBytes *bytes,
                            GValue *value)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  const char *text;
  gsize length;

  if (is_of_form (&form_of_bytes, data, size))
    {
      g_value_init (value, G_TYPE_BYTES);
      g_value_take_boxed (value, g_bytes_new_from_bytes (bytes, HEAD_SIZE, size - HEAD_SIZE - form_of_bytes.end_size));
      return TRUE;
    }

  if (!is_of_form (&form_of_string, data, size))
    return FALSE;

  /* A zero within would be the end of it. */
  text = (const char *) data + HEAD_SIZE;
  length = size - HEAD_SIZE - form_of_string.end_size;
  if (!g_utf8_validate_len (text, length, NULL))
    return FALSE;

  g_value_init (value, G_TYPE_STRING);
  g_value_take_string (value, g_strndup (text, length));

  return TRUE;
}
