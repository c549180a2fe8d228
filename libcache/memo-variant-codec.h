/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined (MEMO_INSIDE) && !defined (MEMO_COMPILATION)
# error "Only <libcache.h> can be included directly."
#endif

#include "memo-codec.h"

G_BEGIN_DECLS

#define MEMO_TYPE_VARIANT_CODEC (memo_variant_codec_get_type ())

MEMO_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MemoVariantCodec, memo_variant_codec, MEMO, VARIANT_CODEC, GObject)

MEMO_AVAILABLE_IN_0_1
MemoVariantCodec *memo_variant_codec_new               (void) G_GNUC_WARN_UNUSED_RESULT;
MEMO_AVAILABLE_IN_0_1
const char       *memo_variant_codec_get_expected_type (MemoVariantCodec *self);

G_END_DECLS
