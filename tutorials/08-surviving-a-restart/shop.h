/* SPDX-License-Identifier: CC0-1.0 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What the programs of this chapter share: a price list, and a process that is killed. */

#define N_PRICES 1000

/* The price of one of the products 1 to N_PRICES: five characters. */
char    *price_new     (guint        product);

/* Runs PROGRAM once more, as "PROGRAM WHAT PATH".  When it has printed so many lines it is killed as by
 * "kill -9": it does not notice, and can do nothing any more.  What it has printed is not shown. */
gboolean run_and_kill  (const char  *program,
                        const char  *what,
                        const char  *path,
                        guint        n_lines,
                        GError     **error);

/* For the program that is to be killed: says that it has come so far. */
void     tell_progress (void);

/* Never returns. */
void     wait_for_kill (void) G_GNUC_NORETURN;

G_END_DECLS
