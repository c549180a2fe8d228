/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined (MEMO_INSIDE) && !defined (MEMO_COMPILATION)
# error "Only <libcache.h> can be included directly."
#endif

#include "memo-call.h"

G_BEGIN_DECLS

#define MEMO_TYPE_CODEC (memo_codec_get_type ())

MEMO_AVAILABLE_IN_ALL
G_DECLARE_INTERFACE (MemoCodec, memo_codec, MEMO, CODEC, GObject)

/**
 * MemoCodecInterface:
 * @parent_iface: the parent interface
 * @encode: makes bytes of an entry; see [vfunc@Memo.Codec.encode]
 * @decode: makes an entry of bytes; see [vfunc@Memo.Codec.decode]
 * @dup_name: says how records name what it writes; see [vfunc@Memo.Codec.dup_name]
 *
 * The virtual functions of [iface@Memo.Codec].
 *
 * The first two are handed a call, which they answer before they return. @dup_name may be left out.
 *
 * Since: 0.1
 */
struct _MemoCodecInterface
{
  GTypeInterface parent_iface;

  /*< public >*/
  void     (*encode)   (MemoCodec *self,
                        MemoCall  *call);
  void     (*decode)   (MemoCodec *self,
                        MemoCall  *call);
  char *   (*dup_name) (MemoCodec *self);

  /*< private >*/
  gpointer padding[7];
};

MEMO_AVAILABLE_IN_0_1
char      *memo_codec_dup_name     (MemoCodec  *self) G_GNUC_WARN_UNUSED_RESULT;
MEMO_AVAILABLE_IN_0_1
GBytes    *memo_codec_encode_entry (MemoCodec  *self,
                                    MemoEntry  *entry,
                                    GError    **error) G_GNUC_WARN_UNUSED_RESULT;
MEMO_AVAILABLE_IN_0_1
MemoEntry *memo_codec_decode_bytes (MemoCodec  *self,
                                    GBytes     *bytes,
                                    GError    **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
