/* SPDX-License-Identifier: CC0-1.0 */
#pragma once

#include <libcache.h>

G_BEGIN_DECLS

#define FOLDER_TYPE_BACKEND (folder_backend_get_type ())

/* A backend that keeps each key in a file of its own: folder:///the/folder. */
G_DECLARE_FINAL_TYPE (FolderBackend, folder_backend, FOLDER, BACKEND, GObject)

G_END_DECLS
