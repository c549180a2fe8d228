/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-variant-codec.h"

G_BEGIN_DECLS

/* What the functions of the codec do, for whoever knows that it is this one and needs no call. */
GBytes    *memo_variant_codec_encode_entry (MemoVariantCodec  *self,
                                            MemoEntry         *entry,
                                            GError           **error);
MemoEntry *memo_variant_codec_decode_bytes (MemoVariantCodec  *self,
                                            GBytes            *bytes,
                                            GError           **error);

G_END_DECLS
