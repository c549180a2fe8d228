/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-disk-setup.h"

static gint64
wall (gpointer data)
{
  return g_get_real_time ();
}

static gint64
monotonic (gpointer data)
{
  return g_get_monotonic_time ();
}

/* What every program gets. */
const MemoDiskSetup memo_disk_setup_default = {
  .vfs = NULL,
  .wall = wall,
  .monotonic = monotonic,
  .gather = 20 * 1000,
  .gather_count = 100,
  .gather_size = 4 * 1024 * 1024,
  .queue_length = 10000,
  .busy = 5000,
  .slice = 64,
};
