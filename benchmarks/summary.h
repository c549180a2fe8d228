/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The middle of several figures, and how far the middle half of them is spread. */
typedef struct
{
  double median;
  double lower;
  double upper;
} Summary;

double  seconds_now    (void);
/* Of processors, in all threads of this process: what other processes had them for does not count. */
double  seconds_worked (void);
Summary summarize      (GArray *figures);

G_END_DECLS
