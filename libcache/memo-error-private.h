/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-entry.h"
#include "memo-error.h"

G_BEGIN_DECLS

GError    *memo_error_new_exception (MemoEntry    *exception,
                                     MemoError     code,
                                     const char   *message);
MemoEntry *memo_error_get_exception (const GError *error);

G_END_DECLS
