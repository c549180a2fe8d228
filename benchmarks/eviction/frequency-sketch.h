/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* About how often a number was seen lately: a count-min sketch (Cormode, Muthukrishnan, "An improved data stream summary",
 * Journal of Algorithms 55, 2005) whose counters are halved from time to time, as TinyLFU wants it. */

#define SKETCH_ROWS 4

typedef struct
{
  guint8  *counters;      /* row after row */
  guint32  mask;          /* of a row */
  guint    seen;
  guint    sample;        /* after so many all are halved */
} FrequencySketch;

void  frequency_sketch_init   (FrequencySketch *self,
                               guint            capacity);
void  frequency_sketch_deinit (FrequencySketch *self);
void  frequency_sketch_add    (FrequencySketch *self,
                               guint32          number);
guint frequency_sketch_get    (FrequencySketch *self,
                               guint32          number);

G_END_DECLS
