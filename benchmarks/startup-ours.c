/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "workload.h"
#ifdef PLUGIN_FOLDER
# include "disk-work.h"
#else
# include <libcache.h>
#endif

/* A process that startup-benchmark starts: startup-ours memory|fill|disk [FOLDER]. */

static gboolean
use_memory (void)
{
  const char *key = "user:000042";
  g_autoptr(MemoCache) cache = MEMO_CACHE (memo_async_cache_new (1000, 300.0));
  g_autoptr(GBytes) value = source_read (key);
  g_autoptr(MemoEntry) entry = NULL;

  memo_cache_set (cache, key, memo_entry_new_bytes (value));
  entry = memo_cache_lookup (cache, key);

  return entry != NULL && is_value_of (memo_entry_get_bytes (entry), key);
}

#ifdef PLUGIN_FOLDER

static gboolean
use_disk (const char *folder,
          gboolean    fill)
{
  g_autofree Keys *keys = keys_new (1000, 7);
  Disk disk = { .folder = folder, .value_size = 100, .keys = keys, .at_once = 1, .pass = 1 };
  gboolean right = TRUE;

  disk_open_ours (&disk);
  if (fill)
    disk_fill_ours (&disk);
  else
    right = disk_get_ours (&disk) == 1;
  disk_close_ours (&disk);

  return right;
}

#endif

int
main (int    argc,
      char **argv)
{
  gboolean right = FALSE;

  if (argc > 1 && g_str_equal (argv[1], "memory"))
    right = use_memory ();
#ifdef PLUGIN_FOLDER
  else if (argc > 2)
    right = use_disk (argv[2], g_str_equal (argv[1], "fill"));
#endif

  return right ? 0 : 1;
}
