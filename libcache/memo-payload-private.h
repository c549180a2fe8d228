/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/* Plain values as bytes: what MemoVariantCodec makes of them. */

GBytes   *memo_payload_encode (const GValue  *value,
                               const char    *expected_type,
                               GError       **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean  memo_payload_decode (GBytes        *bytes,
                               const char    *expected_type,
                               GValue        *value,
                               GError       **error) G_GNUC_WARN_UNUSED_RESULT;

/* memo-payload-direct.c */
GBytes   *memo_payload_encode_direct (const GValue *value) G_GNUC_WARN_UNUSED_RESULT;
gboolean  memo_payload_decode_direct (GBytes       *bytes,
                                      GValue       *value) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
