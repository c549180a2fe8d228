/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-error.h"

/**
 * memo_error_quark:
 *
 * Gets the domain of [error@Memo.Error].
 *
 * Returns: the error domain
 *
 * Since: 0.1
 */
G_DEFINE_QUARK (memo-error-quark, memo_error)
