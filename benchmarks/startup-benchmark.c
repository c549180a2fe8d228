/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench.h"
#include "remove-folder.h"

/* Processes that start, use a cache once, and end: startup-ours.c, and startup-by-hand.c, which does not even load libcache. */

typedef struct
{
  const char *program;
  const char *folder;       /* what is on the disk, or NULL */
} Process;

static gboolean
run_process (const Process *self,
             const char    *task)
{
  const char *argv[] = { self->program, task, self->folder, NULL };
  g_autoptr(GError) error = NULL;
  int status;

  if (!g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, NULL, &status, &error) ||
      !g_spawn_check_wait_status (status, &error))
    {
      g_printerr ("%s: %s\n", self->program, error->message);
      return FALSE;
    }

  return TRUE;
}

static guint
use_memory (gpointer process)
{
  return run_process (process, "memory");
}

#ifdef PLUGIN_FOLDER

static guint
use_disk (gpointer process)
{
  return run_process (process, "disk");
}

static void
compare_disk (Bench *bench)
{
  const char *name = "a process with a file of 1k entries";
  g_autofree char *folder = g_dir_make_tmp ("startup-benchmark-XXXXXX", NULL);
  Process ours = { STARTUP_OURS, folder };
  Process by_hand = { STARTUP_BY_HAND, folder };

  if (bench_wants (bench, name))
    {
      bench_check (bench, run_process (&ours, "fill") && run_process (&by_hand, "fill"), "start-up: the files are filled");
      bench_compare (bench, &(BenchRow) {
        .name = name,
        .operations = 1,
        .on_the_wall = TRUE,
        .ours = { .run = use_disk, .data = &ours },
        .by_hand = { .run = use_disk, .data = &by_hand },
      });
    }

  remove_folder (folder);
}

#endif

int
main (int    argc,
      char **argv)
{
  Bench *bench = bench_new (&argc, &argv);
  Process ours = { STARTUP_OURS, NULL };
  Process by_hand = { STARTUP_BY_HAND, NULL };

  bench_section (bench, "Start-up");
  bench_compare (bench, &(BenchRow) {
    .name = "a process with a cache in memory",
    .operations = 1,
    .on_the_wall = TRUE,
    .ours = { .run = use_memory, .data = &ours },
    .by_hand = { .run = use_memory, .data = &by_hand },
  });

#ifdef PLUGIN_FOLDER
  /* Where this build has it, unless somebody wants another; the processes inherit it. */
  g_setenv ("MEMO_PLUGIN_PATH", PLUGIN_FOLDER, FALSE);
  compare_disk (bench);
#endif

  return bench_finish (bench);
}
