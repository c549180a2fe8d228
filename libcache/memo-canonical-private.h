/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

char *memo_canonical_key (const char *name,
                          GVariant   *args,
                          guint       skip_args);

G_END_DECLS
