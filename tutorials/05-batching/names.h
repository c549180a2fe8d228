/* SPDX-License-Identifier: CC0-1.0 */
#pragma once

#include "slow-source.h"

G_BEGIN_DECLS

/* Loads the names of all customers of a batch with one query. */
MemoLoader *names_loader_new (SlowSource *database);

G_END_DECLS
