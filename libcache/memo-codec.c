/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-call-private.h"
#include "memo-codec.h"
#include "memo-error.h"
#include "memo-variant-codec-private.h"

/**
 * MemoCodec:
 *
 * How the value of an entry becomes bytes for a tier, and a value again.
 *
 * [class@Memo.VariantCodec] is the one that a cache has unless it is given another. One of your own is for values
 * that it does not know, such as your objects.
 *
 * What is decoded comes from outside: it may be damaged, or made by somebody who wishes you no good. A codec
 * checks all of it, and never takes a format that can carry code.
 *
 * A record says by which codec it was made, see [method@Memo.Codec.dup_name]; another codec is not asked to read it. The
 * functions are called in the thread that sets, loads or gets, and have to answer before they return.
 *
 * Since: 0.1
 */

/**
 * MemoCodecInterface::encode:
 * @self: a codec
 * @call: has [method@Memo.Call.get_entry]; to be answered with [method@Memo.Call.return_bytes], at once
 *
 * Makes bytes of the value of an entry.
 *
 * An error means that the value cannot be kept in a tier; it stays in memory.
 *
 * Since: 0.1
 */

/**
 * MemoCodecInterface::decode:
 * @self: a codec
 * @call: has [method@Memo.Call.get_bytes]; to be answered with [method@Memo.Call.return_entry], at once
 *
 * Makes an entry of bytes that this codec has made, or that only seem so.
 *
 * An error means that they are of no use: a miss.
 *
 * Since: 0.1
 */

/**
 * MemoCodecInterface::dup_name:
 * @self: a codec
 *
 * Says how records name what this codec writes, always in the same way.
 *
 * Without it, that is the name of the type. A codec whose bytes are those of another one gives the name of that: so
 * each reads what the other wrote.
 *
 * Returns: (transfer full): the name
 *
 * Since: 0.1
 */

G_DEFINE_INTERFACE (MemoCodec, memo_codec, G_TYPE_OBJECT)

static void
memo_codec_default_init (MemoCodecInterface *iface)
{
}

/* An answer that is there when the function returns, or never. */
typedef struct
{
  gatomicrefcount  ref_count;
  GMutex           lock;
  gboolean         answered;
  MemoEntry       *entry;
  GError          *error;
} Answer;

static void
answer_unref (gpointer data)
{
  Answer *self = data;

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_clear_pointer (&self->entry, memo_entry_unref);
  g_clear_error (&self->error);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static void
answered (gpointer   owner,
          MemoEntry *entry,
          GError    *error)
{
  Answer *self = owner;

  g_mutex_lock (&self->lock);
  self->answered = TRUE;
  self->entry = entry;
  self->error = error;
  g_mutex_unlock (&self->lock);
}

static const MemoCallOwner answer_owner = {
  .answered = answered,
  .release = answer_unref,
};

/* Asks FUNC, which has ENTRY to work on.  Gives its answer, or NULL and an error. */
static MemoEntry *
ask (MemoCodec     *self,
     void         (*func) (MemoCodec *self,
                           MemoCall  *call),
     const char    *name,
     MemoEntry     *entry,
     GError       **error)
{
  Answer *answer = g_new0 (Answer, 1);
  MemoEntry *result = NULL;
  MemoCall *call;

  g_atomic_ref_count_init (&answer->ref_count);
  g_atomic_ref_count_inc (&answer->ref_count);
  g_mutex_init (&answer->lock);

  call = memo_call_new_question (NULL, NULL, entry, &answer_owner, answer);
  if (func != NULL)
    func (self, call);
  else
    memo_call_return_error (call, g_error_new (MEMO_ERROR, MEMO_ERROR_NOT_SUPPORTED,
                                               "%s does not support “%s”", G_OBJECT_TYPE_NAME (self), name));
  g_object_unref (call);

  g_mutex_lock (&answer->lock);
  if (answer->error != NULL)
    g_propagate_error (error, g_steal_pointer (&answer->error));
  else if (answer->entry != NULL)
    result = g_steal_pointer (&answer->entry);
  else
    g_set_error (error, MEMO_ERROR, MEMO_ERROR_FAILED, answer->answered ? "%s answered “%s” with nothing"
                                                                        : "%s did not answer “%s” before it returned",
                 G_OBJECT_TYPE_NAME (self), name);
  g_mutex_unlock (&answer->lock);

  answer_unref (answer);

  return result;
}

/**
 * memo_codec_dup_name:
 * @self: a codec
 *
 * Gets the name by which a record says that it was made by this codec, or by one that writes the same bytes.
 *
 * It is that of the type, unless the codec says otherwise.
 *
 * Returns: (transfer full): the name
 *
 * Since: 0.1
 */
char *
memo_codec_dup_name (MemoCodec *self)
{
  char *name = NULL;

  g_return_val_if_fail (MEMO_IS_CODEC (self), NULL);

  if (MEMO_CODEC_GET_IFACE (self)->dup_name != NULL)
    name = MEMO_CODEC_GET_IFACE (self)->dup_name (self);

  return name != NULL ? name : g_strdup (G_OBJECT_TYPE_NAME (self));
}

/**
 * memo_codec_encode_entry:
 * @self: a codec
 * @entry: an entry
 * @error: return location for a [type@GLib.Error]
 *
 * Makes bytes of the value of an entry.
 *
 * `MEMO_ERROR_NOT_SUPPORTED` says that the codec does not know such values.
 *
 * Returns: (transfer full) (nullable): the bytes, or `NULL` on an error
 *
 * Since: 0.1
 */
GBytes *
memo_codec_encode_entry (MemoCodec  *self,
                         MemoEntry  *entry,
                         GError    **error)
{
  g_autoptr(MemoEntry) made = NULL;
  GBytes *bytes;

  g_return_val_if_fail (MEMO_IS_CODEC (self), NULL);
  g_return_val_if_fail (entry != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (MEMO_IS_VARIANT_CODEC (self))
    return memo_variant_codec_encode_entry (MEMO_VARIANT_CODEC (self), entry, error);

  made = ask (self, MEMO_CODEC_GET_IFACE (self)->encode, "encode", entry, error);
  if (made == NULL)
    return NULL;

  bytes = memo_entry_get_bytes (made);
  if (bytes == NULL)
    {
      g_set_error (error, MEMO_ERROR, MEMO_ERROR_FAILED, "%s answered “encode” with something else than bytes",
                   G_OBJECT_TYPE_NAME (self));
      return NULL;
    }

  return g_bytes_ref (bytes);
}

/**
 * memo_codec_decode_bytes:
 * @self: a codec
 * @bytes: what it made, or may have made
 * @error: return location for a [type@GLib.Error]
 *
 * Makes an entry of bytes.
 *
 * Returns: (transfer full) (nullable): the entry, or `NULL` on an error
 *
 * Since: 0.1
 */
MemoEntry *
memo_codec_decode_bytes (MemoCodec  *self,
                         GBytes     *bytes,
                         GError    **error)
{
  g_autoptr(MemoEntry) entry = NULL;

  /* What nearly every cache has needs no call. */
  if (MEMO_IS_VARIANT_CODEC (self) && bytes != NULL)
    return memo_variant_codec_decode_bytes (MEMO_VARIANT_CODEC (self), bytes, error);

  g_return_val_if_fail (MEMO_IS_CODEC (self), NULL);
  g_return_val_if_fail (bytes != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  entry = memo_entry_new_bytes (bytes);

  return ask (self, MEMO_CODEC_GET_IFACE (self)->decode, "decode", entry, error);
}
