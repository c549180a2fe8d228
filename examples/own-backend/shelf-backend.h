/* SPDX-License-Identifier: CC0-1.0 */
#pragma once

#include <libcache.h>

G_BEGIN_DECLS

#define SHELF_TYPE_BACKEND (shelf_backend_get_type ())

G_DECLARE_FINAL_TYPE (ShelfBackend, shelf_backend, SHELF, BACKEND, GObject)

G_END_DECLS
