/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-clock.h"

G_BEGIN_DECLS

#define MEMO_TYPE_BOOT_CLOCK (memo_boot_clock_get_type ())

G_DECLARE_FINAL_TYPE (MemoBootClock, memo_boot_clock, MEMO, BOOT_CLOCK, GObject)

gint64 memo_boot_clock_now         (void);
char  *memo_boot_clock_read_origin (const char *boot_id_file,
                                    const char *offsets_file);

G_END_DECLS
