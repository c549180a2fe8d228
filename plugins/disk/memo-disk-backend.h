/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-disk-setup.h"

G_BEGIN_DECLS

#define MEMO_TYPE_DISK_BACKEND (memo_disk_backend_get_type ())

G_DECLARE_FINAL_TYPE (MemoDiskBackend, memo_disk_backend, MEMO, DISK_BACKEND, GObject)

void memo_disk_backend_register  (GTypeModule          *module);

/* For tests; before it is opened. */
void memo_disk_backend_set_setup (MemoDiskBackend      *self,
                                  const MemoDiskSetup  *setup);

G_END_DECLS
