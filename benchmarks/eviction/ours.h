/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "policy.h"

G_BEGIN_DECLS

extern const Policy ours_lru;
extern const Policy ours_s3_fifo;

G_END_DECLS
