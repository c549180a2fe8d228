/* SPDX-License-Identifier: CC0-1.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

void remove_folder (const char *path);

G_END_DECLS
