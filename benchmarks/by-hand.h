/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The cache that one writes by hand, and does well: a GHashTable, a list in the order of
 * last use through the nodes themselves, a deadline each, one mutex around it all.  A node
 * is one allocation, its key included. */

typedef struct _ByHand ByHand;

ByHand *by_hand_new    (guint       maxsize);
void    by_hand_free   (ByHand     *self);
guint   by_hand_size   (ByHand     *self);
GBytes *by_hand_lookup (ByHand     *self,
                        const char *key);
void    by_hand_set    (ByHand     *self,
                        const char *key,
                        GBytes     *value,
                        gint64      time_to_live);
void    by_hand_remove (ByHand     *self,
                        const char *key);
void    by_hand_purge  (ByHand     *self,
                        gint64      now);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ByHand, by_hand_free)

G_END_DECLS
