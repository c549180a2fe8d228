/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "trace.h"

#define SCAN_SEED 20240301

/* What is asked for, by Zipf's law.  Of SCANS of the requests each is for the next number beyond the N_KEYS, which nobody
 * asks for again. */
Draws *
trace_new (guint  n_requests,
           guint  n_keys,
           double scans)
{
  Draws *self = draws_new_zipf (n_requests, n_keys, TRACE_EXPONENT);
  g_autoptr(GRand) random = g_rand_new_with_seed (SCAN_SEED);
  guint32 next = n_keys;

  for (guint i = 0; i < n_requests && scans > 0.0; i++)
    {
      if (g_rand_double (random) < scans)
        self->numbers[i] = next++;
    }

  return self;
}
