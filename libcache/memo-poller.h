/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined (MEMO_INSIDE) && !defined (MEMO_COMPILATION)
# error "Only <libcache.h> can be included directly."
#endif

#include <gio/gio.h>

#include "memo-version-macros.h"

G_BEGIN_DECLS

#define MEMO_TYPE_POLLER (memo_poller_get_type ())

MEMO_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MemoPoller, memo_poller, MEMO, POLLER, GObject)

MEMO_AVAILABLE_IN_0_1
MemoPoller   *memo_poller_new         (GError     **error) G_GNUC_WARN_UNUSED_RESULT;
MEMO_AVAILABLE_IN_0_1
GMainContext *memo_poller_get_context (MemoPoller  *self);
MEMO_AVAILABLE_IN_0_1
int           memo_poller_get_fd      (MemoPoller  *self);
MEMO_AVAILABLE_IN_0_1
gboolean      memo_poller_dispatch    (MemoPoller  *self);

G_END_DECLS
