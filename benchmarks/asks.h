/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libcache.h>

#include "by-hand-async.h"

G_BEGIN_DECLS

/* Asynchronous gets that are on their way together, and how many were answered right. */

typedef struct _Asks Asks;

Asks                *asks_new      (guint                most);
void                 asks_free     (Asks                *self);

void                 asks_get      (Asks                *self,
                                    MemoCache           *cache,
                                    const char          *key,
                                    MemoLoader          *loader);
/* For a get of another kind: what to give its callback, which then has to call asks_answered(). */
gpointer             asks_add      (Asks                *self,
                                    const char          *key);
void                 asks_answered (gpointer             ask,
                                    GBytes              *value);
/* A callback for what is got by hand. */
void                 asks_got_by_hand_cb (GObject       *source,
                                          GAsyncResult  *result,
                                          gpointer       ask);

/* Turns the main loop until all are answered, and gives how many were right. */
guint                asks_wait     (Asks                *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Asks, asks_free)

G_END_DECLS
