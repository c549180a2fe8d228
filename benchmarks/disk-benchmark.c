/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glib/gstdio.h>

#include "disk-work.h"
#include "remove-folder.h"

/* A cache over a file on the disk, beside the same work done by hand: with SQLite, its statements
 * prepared, and with a file a key.  The cache keeps nothing in memory, so that every get reads
 * the disk.  Options are those of the others.
 *
 * The files are in a temporary folder; set TMPDIR to a disk where the usual one is memory. */

#define N_KEYS 10000
#define N_KEYS_TO_OPEN 1000000
#define SMALL 100
#define LARGE 2048

typedef enum
{
  GET,
  SET,
  STORE,
  OPEN,
} Work;

typedef struct
{
  const char *name;
  Work        work;
  gsize       value_size;
  guint       n_keys;
  guint       pass;
  guint       at_once;
  Means       means;
  double      target;
  const char *curve;
} DiskRow;

/* How each work is done. */
static const struct
{
  BenchSide ours;
  BenchSide by_hand;
  gboolean  filled;     /* before */
} works[] = {
  [GET]   = { { .run = disk_get_ours }, { .run = disk_get_by_hand }, TRUE },
  [SET]   = { { .run = disk_set_ours }, { .run = disk_put_by_hand }, FALSE },
  [STORE] = { { .run = disk_store_ours }, { .run = disk_put_by_hand }, FALSE },
  [OPEN]  = { { disk_prepare_open_ours, disk_open_and_get_ours, NULL }, { disk_prepare_open_by_hand, disk_open_and_get_by_hand, NULL },
              TRUE },
};

static void
compare (Bench         *bench,
         const DiskRow *row)
{
  g_autofree char *folder = g_dir_make_tmp ("disk-benchmark-XXXXXX", NULL);
  g_autofree char *files = g_build_filename (folder, "files", NULL);
  g_autofree Keys *keys = keys_new (bench_scale (bench, row->n_keys), 7);
  BenchRow both = {
    .name = row->name,
    .operations = row->pass,
    .target = row->target,
    .curve = row->curve,
    .x = row->at_once,
    .on_the_wall = TRUE,
    .ours = works[row->work].ours,
    .by_hand = works[row->work].by_hand,
  };
  Disk ours = {
    .bench = bench,
    .folder = folder,
    .value_size = row->value_size,
    .durable = row->work != STORE,
    .means = row->means,
    .keys = keys,
    .at_once = row->at_once,
    .pass = row->pass,
    .files = files,
  };
  Disk by_hand = ours;

  g_mkdir (files, 0700);
  disk_open_ours (&ours);
  disk_open_by_hand (&by_hand);
  if (works[row->work].filled)
    {
      disk_fill_ours (&ours);
      disk_fill_by_hand (&by_hand);

      /* As a program finds it that was started again. */
      disk_close_ours (&ours);
      disk_open_ours (&ours);
      disk_close_by_hand (&by_hand);
      disk_open_by_hand (&by_hand);
    }

  both.ours.data = &ours;
  both.by_hand.data = &by_hand;
  bench_compare (bench, &both);

  if (row->work == GET)
    {
      g_autoptr(MemoMetrics) metrics = memo_cache_get_metrics (ours.cache);

      bench_check (bench, metrics->backup_hits == ours.asked, "gets: each has read the disk");
    }
  else if (row->work != OPEN && !bench_profiles (bench))
    {
      disk_check_puts (&ours, &by_hand, row->name);
    }

  disk_close_ours (&ours);
  disk_close_by_hand (&by_hand);
  remove_folder (folder);
}

static void
bench_rows (Bench         *bench,
            const char    *title,
            const DiskRow *rows,
            guint          n_rows)
{
  bench_section (bench, title);

  for (guint i = 0; i < n_rows; i++)
    {
      if (bench_wants (bench, rows[i].name))
        compare (bench, &rows[i]);
    }
}

int
main (int    argc,
      char **argv)
{
  static const DiskRow gets[] = {
    { "get, 100 B, one at a time",       GET, SMALL, N_KEYS, 200,       1, WITH_SQLITE, 0.0, "100 B" },
    { "get, 100 B, 10 at once, each",    GET, SMALL, N_KEYS, 400,      10, WITH_SQLITE, 0.0, "100 B" },
    { "get, 100 B, 100 at once, each",   GET, SMALL, N_KEYS, 400, AT_ONCE, WITH_SQLITE, 2.0, "100 B" },
    { "get, 100 B, 400 at once, each",   GET, SMALL, N_KEYS, 400,     400, WITH_SQLITE, 0.0, "100 B" },
    { "get, 2 KiB, one at a time",       GET, LARGE, N_KEYS, 200,       1, WITH_SQLITE },
    { "get, 2 KiB, 100 at once, each",   GET, LARGE, N_KEYS, 400, AT_ONCE, WITH_SQLITE, 2.0 },
    { "get, 100 B, 100 at once, files",  GET, SMALL, N_KEYS, 400, AT_ONCE, WITH_FILES },
    { "get, 2 KiB, 100 at once, files",  GET, LARGE, N_KEYS, 400, AT_ONCE, WITH_FILES },
  };
  static const DiskRow puts[] = {
    { "100 sets and a flush, 100 B, each",           SET,   SMALL, N_KEYS, 100, 1, WITH_SQLITE, 1.5 },
    { "100 sets and a flush, 2 KiB, each",           SET,   LARGE, N_KEYS, 100, 1, WITH_SQLITE, 1.5 },
    { "100 stores, none durable yet, 100 B, each",   STORE, SMALL, N_KEYS, 100, 1, WITH_SQLITE, 1.5 },
    { "100 stores, none durable yet, 2 KiB, each",   STORE, LARGE, N_KEYS, 100, 1, WITH_SQLITE, 1.5 },
    { "100 sets and a flush, 100 B, files",          SET,   SMALL, N_KEYS, 100, 1, WITH_FILES },
    { "100 sets and a flush, 2 KiB, files",          SET,   LARGE, N_KEYS, 100, 1, WITH_FILES },
  };
  static const DiskRow opens[] = {
    { "open and read one, 1k entries",               OPEN,  SMALL,           1000,   1, 1, WITH_SQLITE },
    { "open and read one, 1M entries",               OPEN,  SMALL, N_KEYS_TO_OPEN,   1, 1, WITH_SQLITE },
  };
  Bench *bench;

  /* Where this build has it, unless somebody wants another. */
  g_setenv ("MEMO_PLUGIN_PATH", PLUGIN_FOLDER, FALSE);

  bench = bench_new (&argc, &argv);
  g_main_context_acquire (NULL);

  bench_rows (bench, "Gets from the disk", gets, G_N_ELEMENTS (gets));
  bench_rows (bench, "Puts", puts, G_N_ELEMENTS (puts));
  bench_rows (bench, "Opening", opens, G_N_ELEMENTS (opens));

  g_main_context_release (NULL);

  return bench_finish (bench);
}
