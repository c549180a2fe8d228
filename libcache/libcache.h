/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#define MEMO_INSIDE
# include "memo-async-cache.h"
# include "memo-async-function.h"
# include "memo-async-invalidator.h"
# include "memo-async-lru-invalidator.h"
# include "memo-async-lru.h"
# include "memo-async-ttl-invalidator.h"
# include "memo-async-ttl.h"
# include "memo-backend.h"
# include "memo-cache.h"
# include "memo-call.h"
# include "memo-clock.h"
# include "memo-codec.h"
# include "memo-decorator.h"
# include "memo-entry.h"
# include "memo-enum-types.h"
# include "memo-error.h"
# include "memo-eviction-policy.h"
# include "memo-invalidator.h"
# include "memo-loader.h"
# include "memo-manual-clock.h"
# include "memo-metrics.h"
# include "memo-mutation.h"
# include "memo-plugin.h"
# include "memo-poller.h"
# include "memo-remote-backend.h"
# include "memo-variant-codec.h"
# include "memo-version-macros.h"
# include "memo-version.h"
# include "memo-warmup.h"
#undef MEMO_INSIDE
