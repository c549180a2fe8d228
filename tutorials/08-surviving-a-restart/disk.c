/* SPDX-License-Identifier: CC0-1.0 */

/* The program that is started anew for each thousand readers, with a disk behind its memory. */

#include "await.h"
#include "readers.h"
#include "remove-folder.h"

#define N_RUNS    8
#define N_READERS 1000

/* One run of the program. */
static void
run (const char *uri,
     Popularity *popularity,
     guint      *n_queries,
     guint      *n_found)
{
  g_autoptr(SlowSource) database = slow_source_new (memo_clock_get_default (), 0.0);
  g_autoptr(MemoLoader) loader = slow_source_loader_new (database);
  g_autoptr(GError) error = NULL;
  g_autoptr(GAsyncResult) closed = NULL;
  g_autoptr(MemoMetrics) metrics = NULL;

  /* [disk] */
  g_autoptr(MemoBackend) disk = memo_backend_new_for_uri (uri, &error);
  g_autoptr(MemoCache) cache = NULL;

  if (disk == NULL)
    g_error ("%s", error->message);

  cache = g_object_new (MEMO_TYPE_ASYNC_CACHE,
                        "maxsize", N_PAGES,
                        "backup", disk,
                        NULL);
  readers_come (cache, loader, popularity, N_READERS);

  memo_cache_close_async (cache, NULL, await_cb, &closed);
  if (!memo_cache_close_finish (cache, await (&closed), &error))
    g_error ("%s", error->message);
  /* [/disk] */

  metrics = memo_cache_get_metrics (cache);
  *n_queries = slow_source_get_n_queries (database);
  *n_found = metrics->backup_hits;
}

int
main (void)
{
  g_autoptr(Popularity) popularity = popularity_new (N_PAGES, SEED);
  g_autoptr(GError) error = NULL;
  g_autofree char *folder = g_dir_make_tmp ("disk-XXXXXX", &error);
  g_autofree char *uri = NULL;
  guint total[2] = { 0 };

  if (folder == NULL)
    g_error ("%s", error->message);
  uri = g_strdup_printf ("disk://%s/pages/pages.db", folder);

  g_print ("readers          queries    found on the disk\n");
  for (guint i = 0; i < N_RUNS; i++)
    {
      guint n_queries, n_found;

      run (uri, popularity, &n_queries, &n_found);
      g_print ("%4u to %4u     %7u    %17u\n", i * N_READERS + 1, (i + 1) * N_READERS, n_queries, n_found);
      total[0] += n_queries;
      total[1] += n_found;
    }
  g_print ("all              %7u    %17u\n", total[0], total[1]);

  remove_folder (folder);

  return 0;
}
