/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"
#include "memo-error.h"
#include "memo-payload-private.h"

/* Reads all of a variant. */
static guint
read_all (GVariant *variant)
{
  guint sum = 0;

  if (!g_variant_is_container (variant))
    return g_variant_hash (variant);

  for (gsize i = 0; i < g_variant_n_children (variant); i++)
    {
      g_autoptr(GVariant) child = g_variant_get_child_value (variant, i);

      sum = 31 * sum + read_all (child);
    }

  return sum;
}

static void
try_payload (GBytes     *bytes,
             const char *expected_type)
{
  g_auto(GValue) value = G_VALUE_INIT;
  g_autoptr(GBytes) again = NULL;
  g_autoptr(GError) error = NULL;

  if (!memo_payload_decode (bytes, expected_type, &value, &error))
    {
      if (!g_error_matches (error, MEMO_ERROR, MEMO_ERROR_INVALID_DATA) || G_IS_VALUE (&value))
        g_error ("Refused in a wrong way: %s", error->message);
      return;
    }

  if (G_VALUE_HOLDS_VARIANT (&value) && g_value_get_variant (&value) != NULL)
    {
      read_all (g_value_get_variant (&value));
      if (!g_variant_is_normal_form (g_value_get_variant (&value)))
        g_error ("Not in normal form");
    }

  /* There is one way only to write it. */
  again = memo_payload_encode (G_IS_VALUE (&value) ? &value : NULL, expected_type, &error);
  if (again == NULL || !g_bytes_equal (again, bytes))
    g_error ("Encoded again, it is not the same: %s", error != NULL ? error->message : "other bytes");
}

void
fuzz_payload (const guint8 *data,
              gsize         size)
{
  g_autoptr(GBytes) bytes = g_bytes_new (data, size);

  try_payload (bytes, NULL);
  try_payload (bytes, "a{sv}");
}
