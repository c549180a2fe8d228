/* SPDX-License-Identifier: CC0-1.0 */
#include "folder-backend.h"

MEMO_DEFINE_PLUGIN (folder, FOLDER_TYPE_BACKEND, "folder")
