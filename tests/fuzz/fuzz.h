/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What is done with the bytes that a fuzzer, or a test with the committed corpus, comes up with.  Whatever they
 * are it returns; where something is wrong the program ends. */
void fuzz_record  (const guint8 *data,
                   gsize         size);
void fuzz_payload (const guint8 *data,
                   gsize         size);
void fuzz_replies (const guint8 *data,
                   gsize         size);

G_END_DECLS
