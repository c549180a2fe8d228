/* SPDX-License-Identifier: CC0-1.0 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Lets an example tell its story from top to bottom: start something with await_cb() as its
 * callback, then iterate the main context until the result is there.
 *
 *   g_autoptr(GAsyncResult) result = NULL;
 *
 *   memo_cache_get_async (cache, "user:1", MEMO_GET_NONE, loader, NULL, await_cb, &result);
 *   entry = memo_cache_get_finish (cache, await (&result), &error);
 *
 * A program with a main loop of its own does its work in callbacks instead. */

void          await_cb (GObject       *source,
                        GAsyncResult  *result,
                        gpointer       slot);
GAsyncResult *await    (GAsyncResult **slot);

G_END_DECLS
