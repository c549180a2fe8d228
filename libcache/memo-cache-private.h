/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-cache.h"

G_BEGIN_DECLS

void memo_cache_return_not_supported (MemoCache  *self,
                                      MemoCall   *call,
                                      const char *what);
void memo_cache_hand_get             (MemoCache    *self,
                                      const char   *key,
                                      MemoGetFlags  flags,
                                      MemoLoader   *loader,
                                      MemoCall     *call);

G_END_DECLS
