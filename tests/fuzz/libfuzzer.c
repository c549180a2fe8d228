/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"

/* What libFuzzer calls.  FUZZ_TARGET is one of the functions of fuzz.h. */

int LLVMFuzzerInitialize   (int            *argc,
                            char         ***argv);
int LLVMFuzzerTestOneInput (const guint8   *data,
                            gsize           size);

int
LLVMFuzzerInitialize (int    *argc,
                      char ***argv)
{
  g_log_set_always_fatal (G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING | G_LOG_FATAL_MASK);

  return 0;
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize         size)
{
  FUZZ_TARGET (data, size);

  return 0;
}
