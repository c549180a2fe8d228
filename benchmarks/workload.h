/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <string.h>

#include <glib.h>

G_BEGIN_DECLS

/* What both sides are given to do: keys, in which order they are asked for, and where
 * values come from. */

#define KEY_ROOM 16

/* Keys side by side, so that reading them costs as little as can be. */
typedef struct
{
  guint count;
  char  texts[][KEY_ROOM];
} Keys;

/* Numbers of keys, to be gone through again and again. */
typedef struct
{
  guint   count;
  guint32 numbers[];
} Draws;

Keys     *keys_new          (guint       count,
                             guint       digits);
Draws    *draws_new_uniform (guint       count,
                             guint       n_keys);
Draws    *draws_new_zipf    (guint       count,
                             guint       n_keys,
                             double      exponent);

/* The value of a key is its own text, so that a wrong one is noticed. */
GBytes   *source_read       (const char *key);
guint     source_count      (void);

/* Larger ones: the text, and the same letter up to the size. */
GBytes   *padded_value_new  (const char *text,
                             gsize       size);
gboolean  is_padded_value   (GBytes     *value,
                             const char *text,
                             gsize       size);

static inline gboolean
is_value_of (GBytes     *value,
             const char *key)
{
  gsize size;
  gconstpointer data;

  if (value == NULL)
    return FALSE;

  data = g_bytes_get_data (value, &size);

  return size < KEY_ROOM && key[size] == '\0' && memcmp (data, key, size) == 0;
}

/* The next of COUNT, the first after the last. */
static inline guint
advance (guint *place,
         guint  count)
{
  guint here = *place;

  *place = here + 1 < count ? here + 1 : 0;

  return here;
}

G_END_DECLS
