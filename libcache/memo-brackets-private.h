/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-tag-index-private.h"

G_BEGIN_DECLS

/* What is being changed at present: while it is, nothing of it is kept. */

typedef struct
{
  MemoTable keys;
  MemoTable tags;
  guint     everything;
  guint     n_open;
} MemoBrackets;

void     memo_brackets_init   (MemoBrackets     *self);
void     memo_brackets_deinit (MemoBrackets     *self);
void     memo_brackets_open   (MemoBrackets     *self,
                               const MemoTagSet *keys,
                               const MemoTagSet *tags,
                               gboolean          everything);
void     memo_brackets_close  (MemoBrackets     *self,
                               const MemoTagSet *keys,
                               const MemoTagSet *tags,
                               gboolean          everything);
gboolean memo_brackets_hold   (MemoBrackets     *self,
                               const MemoKey    *key,
                               const MemoTagSet *tags);

G_END_DECLS
