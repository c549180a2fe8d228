/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "memo-entry-private.h"

/* How much memory an entry takes. */

static gsize
guess_size (MemoEntry *self)
{
  if (memo_entry_is_a (self, G_TYPE_STRING))
    {
      const char *string = g_value_get_string (&self->value);

      return string != NULL ? strlen (string) + 1 : 0;
    }

  if (memo_entry_is_a (self, G_TYPE_BYTES))
    {
      GBytes *bytes = g_value_get_boxed (&self->value);

      return bytes != NULL ? g_bytes_get_size (bytes) : 0;
    }

  if (memo_entry_is_a (self, G_TYPE_VARIANT))
    {
      GVariant *variant = g_value_get_variant (&self->value);

      return variant != NULL ? g_variant_get_size (variant) : 0;
    }

  return 0;
}

/**
 * memo_entry_set_size:
 * @self: an entry
 * @bytes: how much memory the entry takes, in bytes; 0 has it guessed
 *
 * Says how large the entry is, for a cache that is bounded by [property@Memo.AsyncCache:max-bytes].
 *
 * Nobody but you knows the size of an object, of a Python value, or of whatever else a value refers to.
 * It is a mistake to call this once the entry was handed to a cache or returned from a loader.
 *
 * Since: 0.1
 */
void
memo_entry_set_size (MemoEntry *self,
                     gsize      bytes)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (!g_atomic_int_get (&self->sealed));

  g_atomic_pointer_set (&self->size, bytes);
}

/**
 * memo_entry_get_size:
 * @self: an entry
 *
 * Gets how much memory the entry takes: what [method@Memo.Entry.set_size] said, or else an estimate.
 *
 * The estimate knows the sizes of strings, bytes and variants; of everything else it knows no more than the entry itself takes.
 * Tags and key are not in it.
 *
 * Returns: bytes, more than 0
 *
 * Since: 0.1
 */
gsize
memo_entry_get_size (MemoEntry *self)
{
  gsize size;

  g_return_val_if_fail (self != NULL, 0);

  size = g_atomic_pointer_get (&self->size);
  if (size == 0)
    {
      size = sizeof *self + guess_size (self);
      g_atomic_pointer_set (&self->size, size);
    }

  return size;
}
