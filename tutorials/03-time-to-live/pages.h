/* SPDX-License-Identifier: CC0-1.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define N_PAGES       600
#define N_SECONDS     300
#define TIME_TO_LIVE  60.0
#define STARTED       30     /* seconds; by then the start is over */

typedef struct
{
  guint  queries[N_SECONDS];   /* that began in this second */
  double longest_wait;         /* of a reader after the start, in seconds */
} FiveMinutes;

/* Five minutes after a start, when all pages are loaded at once.  From then on each is read once a
 * second.  JITTER 0.1: each page is kept up to a tenth longer or shorter. */
void  pages_tell    (double             jitter,
                     FiveMinutes       *minutes);

/* The most queries in one of the seconds from FIRST on, and before END. */
guint pages_busiest (const FiveMinutes *minutes,
                     guint              first,
                     guint              end);

G_END_DECLS
