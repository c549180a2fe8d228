/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-entry.h"

G_BEGIN_DECLS

void          memo_entry_seal      (MemoEntry *self);
MemoEntry    *memo_entry_new_error (GError    *error);
MemoEntry    *memo_entry_new_take  (GValue    *value);
const GError *memo_entry_get_error (MemoEntry *self);

G_END_DECLS
