/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libcache.h>

G_BEGIN_DECLS

/* Functions for loaders, which read from what stands for the database: source_read() of workload.h. */

/* At once. */
void load_at_once    (MemoCall *call,
                      gpointer  user_data);
/* In the next turn of the main loop. */
void load_slowly     (MemoCall *call,
                      gpointer  user_data);
/* All keys of a batch, in the next turn; counts in the guint that it is given how often it is called. */
void load_many       (MemoCall *call,
                      gpointer  user_data);

G_END_DECLS
