/* SPDX-License-Identifier: CC0-1.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Two minutes of two shops, here and there, that share a Redis.  Each second a customer asks for a price in both.  After 13
 * seconds the price is changed, here, and deleted. */

/* What the columns are. */
void minutes_head (void);

/* A line of them: with so many seconds that a price lives in memory, as shop_start() takes them. */
void minutes_tell (const char *title,
                   const char *program,
                   double      memory_ttl);

G_END_DECLS
