/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-mutation.h"

G_BEGIN_DECLS

/* What the _async functions do, with any call to answer. */
void memo_mutation_begin (MemoMutation *self,
                          MemoCall     *call);
void memo_mutation_end   (MemoMutation *self,
                          MemoCall     *call);

G_END_DECLS
