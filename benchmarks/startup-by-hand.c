/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "by-hand.h"
#include "workload.h"
#ifdef PLUGIN_FOLDER
# include "by-hand-disk.h"
#endif

/* A process that startup-benchmark starts, without libcache: startup-by-hand memory|fill|disk [FOLDER]. */

static gboolean
use_memory (void)
{
  const char *key = "user:000042";
  g_autoptr(ByHand) cache = by_hand_new (1000);
  g_autoptr(GBytes) value = source_read (key);
  g_autoptr(GBytes) found = NULL;

  by_hand_set (cache, key, value, 300 * G_USEC_PER_SEC);
  found = by_hand_lookup (cache, key);

  return is_value_of (found, key);
}

#ifdef PLUGIN_FOLDER

#define VALUE_SIZE 100

static gboolean
use_disk (const char *folder,
          gboolean    fill)
{
  g_autofree char *path = g_build_filename (folder, "by-hand.db", NULL);
  g_autofree Keys *keys = keys_new (1000, 7);
  ByHandDisk *disk = by_hand_disk_new (path, TRUE);
  g_autoptr(GBytes) found = NULL;
  gboolean right;

  if (fill)
    {
      by_hand_disk_begin (disk);
      for (guint i = 0; i < keys->count; i++)
        {
          g_autoptr(GBytes) value = padded_value_new (keys->texts[i], VALUE_SIZE);

          by_hand_disk_put (disk, keys->texts[i], value);
        }
      by_hand_disk_commit (disk);
    }

  found = by_hand_disk_get (disk, keys->texts[0]);
  right = is_padded_value (found, keys->texts[0], VALUE_SIZE);
  by_hand_disk_free (disk);

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
