/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-disk-backend.h"

/* What makes a module of it.  The type is registered where the module is loaded. */
MEMO_DEFINE_PLUGIN (disk, (memo_disk_backend_register (G_TYPE_MODULE (module)), MEMO_TYPE_DISK_BACKEND), "disk")
