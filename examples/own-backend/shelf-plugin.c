/* SPDX-License-Identifier: CC0-1.0 */

/* Makes a plugin of the backend: libmemo-shelf.so, which is found for shelf:. */

/* [plugin] */
#include "shelf-backend.h"

MEMO_DEFINE_PLUGIN (shelf, SHELF_TYPE_BACKEND, "shelf")
/* [/plugin] */
