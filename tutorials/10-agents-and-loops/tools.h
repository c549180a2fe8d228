/* SPDX-License-Identifier: CC0-1.0 */
#pragma once

#include <libcache.h>

#include "desk.h"

G_BEGIN_DECLS

/* An agent cache whose tools work on a desk: find_file, read_file and write_file. */
MemoAgentCache *tools_new  (Desk                   *desk);

/* Has an agent call one of them.  Gives the answer, or NULL and why not. */
char           *tools_call (MemoAgentCacheSession  *session,
                            const char             *name,
                            GVariant               *args,
                            GError                **error);

G_END_DECLS
