/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-entry-private.h"
#include "memo-payload-private.h"
#include "memo-variant-codec-private.h"

/**
 * MemoVariantCodec:
 *
 * The codec for plain data.
 *
 * It knows [type@GLib.Variant], strings, [type@GLib.Bytes], arrays of strings (`G_TYPE_STRV`), booleans, all
 * integers, floating point numbers, and the cached "nothing". What comes back has the type that it had: an `int` is no
 * `int64`. Strings have to be UTF-8.
 *
 * Anything else, such as your objects, is `MEMO_ERROR_NOT_SUPPORTED`: it stays in memory. So do variants that hold
 * handles, which mean nothing elsewhere, that are nested more than 32 deep or have a type of more than 1024
 * characters, and values of more than 16 MiB. A codec of your own can keep them.
 *
 * A program that keeps variants of one type can say so, and then gets no other, whatever is in its tiers:
 *
 * ```c
 * g_autoptr(MemoVariantCodec) codec = g_object_new (MEMO_TYPE_VARIANT_CODEC,
 *                                                   "expected-type", "a{sv}",
 *                                                   NULL);
 * ```
 *
 * May be used from any thread.
 *
 * Since: 0.1
 */

struct _MemoVariantCodec
{
  GObject  parent_instance;

  char    *expected_type;
};

enum
{
  PROP_0,
  PROP_EXPECTED_TYPE,
  N_PROPS,
};

static GParamSpec *props[N_PROPS];

static void memo_variant_codec_codec_iface_init (MemoCodecInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (MemoVariantCodec, memo_variant_codec, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (MEMO_TYPE_CODEC, memo_variant_codec_codec_iface_init))

GBytes *
memo_variant_codec_encode_entry (MemoVariantCodec  *self,
                                 MemoEntry         *entry,
                                 GError           **error)
{
  return memo_payload_encode (memo_entry_get_value (entry), self->expected_type, error);
}

MemoEntry *
memo_variant_codec_decode_bytes (MemoVariantCodec  *self,
                                 GBytes            *bytes,
                                 GError           **error)
{
  GValue value = G_VALUE_INIT;

  if (!memo_payload_decode (bytes, self->expected_type, &value, error))
    return NULL;

  return memo_entry_new_take (&value);
}

static void
memo_variant_codec_encode (MemoCodec *codec,
                           MemoCall  *call)
{
  g_autoptr(GBytes) bytes = NULL;
  GError *error = NULL;

  bytes = memo_variant_codec_encode_entry (MEMO_VARIANT_CODEC (codec), memo_call_get_entry (call), &error);
  if (bytes != NULL)
    memo_call_return_bytes (call, bytes);
  else
    memo_call_return_error (call, error);
}

static void
memo_variant_codec_decode (MemoCodec *codec,
                           MemoCall  *call)
{
  GError *error = NULL;
  MemoEntry *entry = memo_variant_codec_decode_bytes (MEMO_VARIANT_CODEC (codec), memo_call_get_bytes (call), &error);

  if (entry != NULL)
    memo_call_return_entry (call, entry);
  else
    memo_call_return_error (call, error);
}

static void
memo_variant_codec_codec_iface_init (MemoCodecInterface *iface)
{
  iface->encode = memo_variant_codec_encode;
  iface->decode = memo_variant_codec_decode;
}

static void
memo_variant_codec_get_property (GObject    *object,
                                 guint       prop_id,
                                 GValue     *value,
                                 GParamSpec *pspec)
{
  MemoVariantCodec *self = MEMO_VARIANT_CODEC (object);

  switch (prop_id)
    {
    case PROP_EXPECTED_TYPE:
      g_value_set_string (value, self->expected_type);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
memo_variant_codec_set_property (GObject      *object,
                                 guint         prop_id,
                                 const GValue *value,
                                 GParamSpec   *pspec)
{
  MemoVariantCodec *self = MEMO_VARIANT_CODEC (object);
  const char *type;

  switch (prop_id)
    {
    case PROP_EXPECTED_TYPE:
      type = g_value_get_string (value);
      g_return_if_fail (type == NULL || g_variant_type_string_is_valid (type));
      self->expected_type = g_strdup (type);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
memo_variant_codec_finalize (GObject *object)
{
  g_free (MEMO_VARIANT_CODEC (object)->expected_type);

  G_OBJECT_CLASS (memo_variant_codec_parent_class)->finalize (object);
}

static void
memo_variant_codec_class_init (MemoVariantCodecClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = memo_variant_codec_get_property;
  object_class->set_property = memo_variant_codec_set_property;
  object_class->finalize = memo_variant_codec_finalize;

  /**
   * MemoVariantCodec:expected-type: (getter get_expected_type)
   *
   * The type that variants have to be of, as a type string; `NULL` for any.
   *
   * Variants of another type are refused, those that are set as well as those that a tier gives back. Types that
   * stand for several, such as `a{s*}`, will do. Values that are not variants have nothing to do with it.
   *
   * Since: 0.1
   */
  props[PROP_EXPECTED_TYPE] =
    g_param_spec_string ("expected-type", NULL, NULL, NULL,
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
memo_variant_codec_init (MemoVariantCodec *self)
{
}

/**
 * memo_variant_codec_new:
 *
 * Creates a codec for plain data; it takes variants of any type.
 *
 * Returns: (transfer full): the new codec
 *
 * Since: 0.1
 */
MemoVariantCodec *
memo_variant_codec_new (void)
{
  return g_object_new (MEMO_TYPE_VARIANT_CODEC, NULL);
}

/**
 * memo_variant_codec_get_expected_type: (get-property expected-type)
 * @self: a variant codec
 *
 * Gets the type that variants have to be of.
 *
 * Returns: (transfer none) (nullable): a type string, or `NULL` for any
 *
 * Since: 0.1
 */
const char *
memo_variant_codec_get_expected_type (MemoVariantCodec *self)
{
  g_return_val_if_fail (MEMO_IS_VARIANT_CODEC (self), NULL);

  return self->expected_type;
}
