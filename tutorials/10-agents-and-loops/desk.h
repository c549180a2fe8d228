/* SPDX-License-Identifier: CC0-1.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What the agents of this chapter work on: a few files, and how often a tool was executed. */
typedef struct
{
  GHashTable *files;
  guint       n_executed;
} Desk;

Desk       *desk_new   (void);
void        desk_free  (Desk       *self);

const char *desk_read  (Desk       *self,
                        const char *path);
const char *desk_find  (Desk       *self,
                        const char *path);
void        desk_write (Desk       *self,
                        const char *path,
                        const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Desk, desk_free)

G_END_DECLS
