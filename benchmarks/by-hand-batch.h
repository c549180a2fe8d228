/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "by-hand-async.h"

G_BEGIN_DECLS

/* Batching as one writes it by hand: what is asked for and not there is gathered until the main loop is idle, and then read all
 * together, in a turn of its own.  Answers are those of by_hand_get_finish(). */

typedef struct _ByHandBatch ByHandBatch;

ByHandBatch *by_hand_batch_new       (ByHand              *cache);
void         by_hand_batch_free      (ByHandBatch         *self);
void         by_hand_batch_get_async (ByHandBatch         *self,
                                      const char          *key,
                                      GAsyncReadyCallback  callback,
                                      gpointer             user_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ByHandBatch, by_hand_batch_free)

G_END_DECLS
