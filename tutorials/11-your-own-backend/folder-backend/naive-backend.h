/* SPDX-License-Identifier: CC0-1.0 */
#pragma once

#include <libcache.h>

G_BEGIN_DECLS

#define NAIVE_TYPE_BACKEND (naive_backend_get_type ())

G_DECLARE_FINAL_TYPE (NaiveBackend, naive_backend, NAIVE, BACKEND, GObject)

/* Keeps each key in a file of its own, in a folder that is there already; the first thing that comes to mind. */
MemoBackend *naive_backend_new (const char *folder);

G_END_DECLS
