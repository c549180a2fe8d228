/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "by-hand.h"

G_BEGIN_DECLS

/* Asynchronous gets as one writes them by hand: a GTask each, which brings its answer in an
 * idle source of its own, unless it is answered in a later turn of the loop than the one it was
 * made in; then it calls back at once. */

/* From the cache; what is not there is read from the source at once. */
void    by_hand_get_async        (ByHand               *self,
                                  const char           *key,
                                  GAsyncReadyCallback   callback,
                                  gpointer              user_data);

/* The same, but the source answers in the next turn of the loop. */
void    by_hand_get_slowly_async (ByHand               *self,
                                  const char           *key,
                                  GAsyncReadyCallback   callback,
                                  gpointer              user_data);

/* The same again, and whoever asks meanwhile waits for the same answer. */
void    by_hand_get_shared_async (ByHand               *self,
                                  GHashTable           *loads,
                                  const char           *key,
                                  GAsyncReadyCallback   callback,
                                  gpointer              user_data);

/* The task of a get that is done in yet another way. */
GTask  *by_hand_task_new         (GAsyncReadyCallback   callback,
                                  gpointer              user_data);

GBytes *by_hand_get_finish       (GAsyncResult         *result,
                                  GError              **error);

G_END_DECLS
