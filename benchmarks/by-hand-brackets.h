/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "by-hand.h"

G_BEGIN_DECLS

/* A bracket around a change of one key as one writes it by hand: the key is dropped before and after, and counted in between,
 * so that nobody keeps it meanwhile.  Both ends answer with a GTask. */

typedef struct _ByHandBrackets ByHandBrackets;

ByHandBrackets *by_hand_brackets_new         (ByHand              *cache);
void            by_hand_brackets_free        (ByHandBrackets      *self);
void            by_hand_brackets_begin_async (ByHandBrackets      *self,
                                              const char          *key,
                                              GAsyncReadyCallback  callback,
                                              gpointer             user_data);
void            by_hand_brackets_end_async   (ByHandBrackets      *self,
                                              const char          *key,
                                              GAsyncReadyCallback  callback,
                                              gpointer             user_data);
gboolean        by_hand_brackets_finish      (GAsyncResult        *result);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ByHandBrackets, by_hand_brackets_free)

G_END_DECLS
