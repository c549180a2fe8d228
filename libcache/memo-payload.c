/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "memo-error.h"
#include "memo-payload-private.h"

/* A little-endian variant of the type (yv): what kind of value it is, and the value.  docs/record.md has the list. */
#define PAYLOAD_TYPE    G_VARIANT_TYPE ("(yv)")

#define MAX_SIZE        (16 * 1024 * 1024)
#define MAX_DEPTH       32
#define MAX_TYPE_LENGTH 1024

typedef enum
{
  KIND_NOTHING    = 'n',
  KIND_VARIANT    = 'v',
  KIND_NO_VARIANT = 'V',
  KIND_STRING     = 's',
  KIND_BYTES      = 'B',
  KIND_STRV       = 'S',
  KIND_BOOLEAN    = 'b',
  KIND_CHAR       = 'c',
  KIND_UCHAR      = 'y',
  KIND_INT        = 'i',
  KIND_UINT       = 'u',
  KIND_LONG       = 'l',
  KIND_ULONG      = 'L',
  KIND_INT64      = 'x',
  KIND_UINT64     = 't',
  KIND_FLOAT      = 'f',
  KIND_DOUBLE     = 'd',
} Kind;

/* The types of values, and of the variants that they become. */
static const struct
{
  guint8      kind;
  const char *type;
} kinds[] = {
  { KIND_NOTHING, "()" },
  { KIND_VARIANT, "*" },
  { KIND_NO_VARIANT, "()" },
  { KIND_STRING, "ms" },
  { KIND_BYTES, "may" },
  { KIND_STRV, "mas" },
  { KIND_BOOLEAN, "b" },
  { KIND_CHAR, "y" },
  { KIND_UCHAR, "y" },
  { KIND_INT, "i" },
  { KIND_UINT, "u" },
  { KIND_LONG, "x" },
  { KIND_ULONG, "t" },
  { KIND_INT64, "x" },
  { KIND_UINT64, "t" },
  { KIND_FLOAT, "u" },
  { KIND_DOUBLE, "d" },
};

/* Swaps the bytes where the machine has another order; takes and gives a reference. */
static GVariant *
little_endian (GVariant *variant)
{
#if G_BYTE_ORDER == G_BIG_ENDIAN
  GVariant *swapped = g_variant_byteswap (variant);

  g_variant_unref (variant);

  return swapped;
#else
  return variant;
#endif
}

static gboolean
is_small_enough (gsize     size,
                 int       code,
                 GError  **error)
{
  if (size <= MAX_SIZE)
    return TRUE;

  g_set_error (error, MEMO_ERROR, code, "The value is of %" G_GSIZE_FORMAT " bytes, and the limit is %d", size, MAX_SIZE);

  return FALSE;
}

/* --- what a variant may be --- */

/* How deep values of a type are nested at least; END is after the type. */
static guint
depth_of_type (const char  *type,
               const char **end)
{
  guint deepest = 0;
  guint depth;

  switch (*type++)
    {
    case 'a':
    case 'm':
      deepest = 1 + depth_of_type (type, &type);
      break;

    case '(':
    case '{':
      while (*type != ')' && *type != '}')
        {
          depth = depth_of_type (type, &type);
          deepest = MAX (deepest, depth);
        }
      deepest++;
      type++;
      break;

    case 'v':
      deepest = 1;
      break;

    default:
      break;
    }

  *end = type;

  return deepest;
}

/* Why a variant that is this DEEP in another cannot be kept, or NULL.  The types in it are only known where it has
 * variants: everything else need not be looked at. */
static const char *
find_flaw (GVariant *variant,
           guint     deep)
{
  const char *type = g_variant_get_type_string (variant);
  const char *flaw = NULL;
  const char *end;

  if (strchr (type, 'h') != NULL)
    return "a variant that holds handles";
  if (deep + depth_of_type (type, &end) > MAX_DEPTH)
    return "a variant that is nested too deep";
  if (strchr (type, 'v') == NULL)
    return NULL;

  for (gsize i = 0, n = g_variant_n_children (variant); i < n && flaw == NULL; i++)
    {
      g_autoptr(GVariant) child = g_variant_get_child_value (variant, i);

      flaw = find_flaw (child, deep + 1);
    }

  return flaw;
}

static gboolean
check_variant (const char  *expected_type,
               GVariant    *variant,
               int          code,
               GError     **error)
{
  const char *flaw;

  if (expected_type != NULL &&
      (variant == NULL || !g_variant_is_of_type (variant, G_VARIANT_TYPE (expected_type))))
    {
      g_set_error (error, MEMO_ERROR, code, "The codec takes variants of the type %s only", expected_type);
      return FALSE;
    }

  flaw = variant != NULL ? find_flaw (variant, 0) : NULL;
  if (flaw == NULL)
    return TRUE;

  g_set_error (error, MEMO_ERROR, code, "The value is %s", flaw);

  return FALSE;
}

/* GLib makes tables of each type that it comes across, many times as large as the type is, before it looks at the
 * value.  A type in a payload stands behind a byte of 0; text that looks like one and is as long is refused with it. */
static gboolean
check_types (GBytes  *bytes,
             int      code,
             GError **error)
{
  gsize size;
  const char *data = g_bytes_get_data (bytes, &size);
  const gsize places = size > MAX_TYPE_LENGTH + 1 ? size - MAX_TYPE_LENGTH - 1 : 0;    /* behind which there is room for one */
  const char *zero = places > 0 ? memchr (data, '\0', places) : NULL;

  for (; zero != NULL; zero = memchr (zero + 1, '\0', data + places - (zero + 1)))
    {
      const char *end;

      if (g_variant_type_string_scan (zero + 1, data + size, &end) && end - (zero + 1) > MAX_TYPE_LENGTH)
        {
          g_set_error (error, MEMO_ERROR, code, "The value has a type of more than %d characters in it", MAX_TYPE_LENGTH);
          return FALSE;
        }
    }

  return TRUE;
}

/* --- encoding --- */

static gboolean
is_utf8 (const char * const  *texts,
         GError             **error)
{
  for (; *texts != NULL; texts++)
    {
      if (!g_utf8_validate (*texts, -1, NULL))
        {
          g_set_error (error, MEMO_ERROR, MEMO_ERROR_NOT_SUPPORTED, "The value is text that is not UTF-8");
          return FALSE;
        }
    }

  return TRUE;
}

static GVariant *
string_to_variant (const char  *string,
                   GError     **error)
{
  const char *texts[] = { string, NULL };

  return is_utf8 (texts, error) ? g_variant_new ("ms", string) : NULL;
}

static GVariant *
strv_to_variant (const char * const  *strv,
                 GError             **error)
{
  if (strv == NULL)
    return g_variant_new_maybe (G_VARIANT_TYPE_STRING_ARRAY, NULL);

  return is_utf8 (strv, error) ? g_variant_new_maybe (NULL, g_variant_new_strv (strv, -1)) : NULL;
}

static GVariant *
bytes_to_variant (GBytes *bytes)
{
  if (bytes == NULL)
    return g_variant_new_maybe (G_VARIANT_TYPE_BYTESTRING, NULL);

  return g_variant_new_maybe (NULL, g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, bytes, TRUE));
}

/* A number with all its bits: a conversion to double would change some that are none. */
static GVariant *
float_to_variant (float number)
{
  guint32 bits;

  memcpy (&bits, &number, sizeof bits);

  return g_variant_new_uint32 (bits);
}

static GVariant *
variant_to_variant (const char  *expected_type,
                    GVariant    *variant,
                    Kind        *kind,
                    GError     **error)
{
  if (!check_variant (expected_type, variant, MEMO_ERROR_NOT_SUPPORTED, error))
    return NULL;

  *kind = variant != NULL ? KIND_VARIANT : KIND_NO_VARIANT;

  return variant != NULL ? variant : g_variant_new_tuple (NULL, 0);
}

/* A variant for a value, which may be a floating one, or NULL and an error. */
static GVariant *
value_to_variant (const char    *expected_type,
                  const GValue  *value,
                  Kind          *kind,
                  GError       **error)
{
  GType type = value != NULL ? G_VALUE_TYPE (value) : G_TYPE_NONE;

#define TAKE(kind_, new_, get_) return *kind = (kind_), g_variant_new_##new_ (g_value_get_##get_ (value))

  switch (type)
    {
    case G_TYPE_NONE: return *kind = KIND_NOTHING, g_variant_new_tuple (NULL, 0);
    case G_TYPE_VARIANT: return variant_to_variant (expected_type, g_value_get_variant (value), kind, error);
    case G_TYPE_STRING: return *kind = KIND_STRING, string_to_variant (g_value_get_string (value), error);
    case G_TYPE_BOOLEAN: TAKE (KIND_BOOLEAN, boolean, boolean);
    case G_TYPE_CHAR: TAKE (KIND_CHAR, byte, schar);
    case G_TYPE_UCHAR: TAKE (KIND_UCHAR, byte, uchar);
    case G_TYPE_INT: TAKE (KIND_INT, int32, int);
    case G_TYPE_UINT: TAKE (KIND_UINT, uint32, uint);
    case G_TYPE_LONG: TAKE (KIND_LONG, int64, long);
    case G_TYPE_ULONG: TAKE (KIND_ULONG, uint64, ulong);
    case G_TYPE_INT64: TAKE (KIND_INT64, int64, int64);
    case G_TYPE_UINT64: TAKE (KIND_UINT64, uint64, uint64);
    case G_TYPE_DOUBLE: TAKE (KIND_DOUBLE, double, double);
    case G_TYPE_FLOAT: return *kind = KIND_FLOAT, float_to_variant (g_value_get_float (value));
    default: break;
    }

#undef TAKE

  /* These are no constants. */
  if (type == G_TYPE_BYTES)
    return *kind = KIND_BYTES, bytes_to_variant (g_value_get_boxed (value));
  if (type == G_TYPE_STRV)
    return *kind = KIND_STRV, strv_to_variant (g_value_get_boxed (value), error);

  g_set_error (error, MEMO_ERROR, MEMO_ERROR_NOT_SUPPORTED,
               "MemoVariantCodec does not know values of the type %s: "
               "such a value stays in memory, and a codec of one’s own can keep it",
               g_type_name (type));

  return NULL;
}

/* Makes a payload of a value, NULL for the cached "nothing".  With an EXPECTED_TYPE no variant of another is taken.
 * What cannot be kept is MEMO_ERROR_NOT_SUPPORTED. */
GBytes *
memo_payload_encode (const GValue  *value,
                     const char    *expected_type,
                     GError       **error)
{
  g_autoptr(GVariant) built = NULL;
  g_autoptr(GVariant) payload = NULL;
  g_autoptr(GBytes) bytes = NULL;
  GVariant *content;
  Kind kind;

  bytes = memo_payload_encode_direct (value);
  if (bytes == NULL)
    {
      content = value_to_variant (expected_type, value, &kind, error);
      if (content == NULL)
        return NULL;

      built = g_variant_ref_sink (g_variant_new ("(yv)", kind, content));
      payload = little_endian (g_variant_get_normal_form (built));
      bytes = g_variant_get_data_as_bytes (payload);
    }

  if (!is_small_enough (g_bytes_get_size (bytes), MEMO_ERROR_NOT_SUPPORTED, error))
    return NULL;

  return check_types (bytes, MEMO_ERROR_NOT_SUPPORTED, error) ? g_steal_pointer (&bytes) : NULL;
}

/* --- decoding --- */

static gboolean
is_of_kind (GVariant *content,
            Kind      kind)
{
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      if (kinds[i].kind == kind)
        return g_variant_is_of_type (content, G_VARIANT_TYPE (kinds[i].type));
    }

  return FALSE;
}

static void
set_bytes (GValue   *value,
           GVariant *content)
{
  g_autoptr(GVariant) inner = g_variant_get_maybe (content);

  g_value_init (value, G_TYPE_BYTES);
  if (inner != NULL)
    g_value_take_boxed (value, g_variant_get_data_as_bytes (inner));
}

static void
set_strv (GValue   *value,
          GVariant *content)
{
  g_autoptr(GVariant) inner = g_variant_get_maybe (content);

  g_value_init (value, G_TYPE_STRV);
  if (inner != NULL)
    g_value_take_boxed (value, g_variant_dup_strv (inner, NULL));
}

static void
set_string (GValue   *value,
            GVariant *content)
{
  g_autoptr(GVariant) inner = g_variant_get_maybe (content);

  g_value_init (value, G_TYPE_STRING);
  if (inner != NULL)
    g_value_set_string (value, g_variant_get_string (inner, NULL));
}

static void
set_float (GValue   *value,
           GVariant *content)
{
  guint32 bits = g_variant_get_uint32 (content);
  float number;

  memcpy (&number, &bits, sizeof number);
  g_value_init (value, G_TYPE_FLOAT);
  g_value_set_float (value, number);
}

/* Sets VALUE to what CONTENT, which is of the type of its kind, means; leaves it alone for the cached "nothing". */
static gboolean
variant_to_value (const char  *expected_type,
                  Kind         kind,
                  GVariant    *content,
                  GValue      *value,
                  GError     **error)
{
#define GIVE(type_, set_, get_) \
  return g_value_init (value, type_), g_value_set_##set_ (value, g_variant_get_##get_ (content)), TRUE

  switch (kind)
    {
    case KIND_NOTHING: return TRUE;
    case KIND_STRING: return set_string (value, content), TRUE;
    case KIND_BYTES: return set_bytes (value, content), TRUE;
    case KIND_STRV: return set_strv (value, content), TRUE;
    case KIND_FLOAT: return set_float (value, content), TRUE;
    case KIND_BOOLEAN: GIVE (G_TYPE_BOOLEAN, boolean, boolean);
    case KIND_CHAR: GIVE (G_TYPE_CHAR, schar, byte);
    case KIND_UCHAR: GIVE (G_TYPE_UCHAR, uchar, byte);
    case KIND_INT: GIVE (G_TYPE_INT, int, int32);
    case KIND_UINT: GIVE (G_TYPE_UINT, uint, uint32);
    case KIND_INT64: GIVE (G_TYPE_INT64, int64, int64);
    case KIND_UINT64: GIVE (G_TYPE_UINT64, uint64, uint64);
    case KIND_DOUBLE: GIVE (G_TYPE_DOUBLE, double, double);

    case KIND_VARIANT:
    case KIND_NO_VARIANT:
      if (kind == KIND_NO_VARIANT)
        content = NULL;
      if (!check_variant (expected_type, content, MEMO_ERROR_INVALID_DATA, error))
        return FALSE;
      g_value_init (value, G_TYPE_VARIANT);
      g_value_set_variant (value, content);
      return TRUE;

    /* Written where long is longer, it may not fit. */
    case KIND_LONG:
      if (g_variant_get_int64 (content) >= G_MINLONG && g_variant_get_int64 (content) <= G_MAXLONG)
        GIVE (G_TYPE_LONG, long, int64);
      break;
    case KIND_ULONG:
      if (g_variant_get_uint64 (content) <= G_MAXULONG)
        GIVE (G_TYPE_ULONG, ulong, uint64);
      break;

    default:
      g_assert_not_reached ();
    }

#undef GIVE

  g_set_error (error, MEMO_ERROR, MEMO_ERROR_INVALID_DATA, "The value is a number that is too large here");

  return FALSE;
}

static gboolean
is_payload (GBytes *bytes)
{
  g_autoptr(GVariant) payload = g_variant_ref_sink (g_variant_new_from_bytes (PAYLOAD_TYPE, bytes, FALSE));

  return g_variant_is_normal_form (payload);
}

/* Sets VALUE, which is all zeros, to what a payload means; leaves it so for the cached "nothing".  Anything wrong
 * is MEMO_ERROR_INVALID_DATA. */
gboolean
memo_payload_decode (GBytes      *bytes,
                     const char  *expected_type,
                     GValue      *value,
                     GError     **error)
{
  g_autoptr(GVariant) payload = NULL;
  g_autoptr(GVariant) content = NULL;
  guint8 kind;

  if (!is_small_enough (g_bytes_get_size (bytes), MEMO_ERROR_INVALID_DATA, error) ||
      !check_types (bytes, MEMO_ERROR_INVALID_DATA, error))
    return FALSE;

  if (memo_payload_decode_direct (bytes, value))
    return TRUE;

  if (!is_payload (bytes))
    {
      g_set_error (error, MEMO_ERROR, MEMO_ERROR_INVALID_DATA, "The value is damaged");
      return FALSE;
    }

  /* Now it can be trusted.  In arrays that are not, GLib takes a time that grows with the square of their size. */
  payload = little_endian (g_variant_ref_sink (g_variant_new_from_bytes (PAYLOAD_TYPE, bytes, TRUE)));
  g_variant_get (payload, "(yv)", &kind, &content);

  if (!is_of_kind (content, kind))
    {
      g_set_error (error, MEMO_ERROR, MEMO_ERROR_INVALID_DATA, "The value is of an unknown kind, or not of the type of its kind");
      return FALSE;
    }

  return variant_to_value (expected_type, kind, content, value, error);
}
