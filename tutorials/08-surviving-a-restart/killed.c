/* SPDX-License-Identifier: CC0-1.0 */

/* A program with a disk behind its cache is killed, again and again: what had been acknowledged is looked for.
 *
 *   killed [WHAT URI]
 *
 * The program runs itself with WHAT, and kills what it started. */

#include <libcache.h>

#include "await.h"
#include "remove-folder.h"
#include "shop.h"

#define N_KILLS 20
#define SEED    8

static MemoCache *
open_cache (const char *uri)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MemoBackend) disk = memo_backend_new_for_uri (uri, &error);

  if (disk == NULL)
    g_error ("%s", error->message);

  return g_object_new (MEMO_TYPE_ASYNC_CACHE, "maxsize", N_PRICES, "backup", disk, NULL);
}

static void
flush_cache (MemoCache *cache)
{
  g_autoptr(GAsyncResult) flushed = NULL;
  g_autoptr(GError) error = NULL;

  memo_cache_flush_async (cache, NULL, await_cb, &flushed);
  if (!memo_cache_flush_finish (cache, await (&flushed), &error))
    g_error ("%s", error->message);
}

static void
close_cache (MemoCache *cache)
{
  g_autoptr(GAsyncResult) closed = NULL;
  g_autoptr(GError) error = NULL;

  memo_cache_close_async (cache, NULL, await_cb, &closed);
  if (!memo_cache_close_finish (cache, await (&closed), &error))
    g_error ("%s", error->message);
}

/* --- what is run to be killed --- */

/* [change] */
/* Product by product: the odd ones get a new price, the even ones are deleted.  Says so when it is acknowledged. */
static void
change_prices (MemoCache *cache)
{
  for (guint product = 1; product <= N_PRICES; product++)
    {
      g_autofree char *key = g_strdup_printf ("price:%u", product);
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(GError) error = NULL;
      gboolean acknowledged;

      if (product % 2 == 1)
        {
          memo_cache_set_async (cache, key, memo_entry_new_string ("a new price"), NULL, await_cb, &result);
          acknowledged = memo_cache_set_finish (cache, await (&result), &error);
        }
      else
        {
          memo_cache_delete_async (cache, key, NULL, await_cb, &result);
          acknowledged = memo_cache_delete_finish (cache, await (&result), &error);
        }

      if (!acknowledged)
        g_error ("%s", error->message);
      tell_progress ();
    }
}
/* [/change] */

/* [hurry] */
/* The same without waiting. */
static void
change_prices_in_a_hurry (MemoCache *cache)
{
  for (guint product = 1; product <= N_PRICES; product++)
    {
      g_autofree char *key = g_strdup_printf ("price:%u", product);

      if (product % 2 == 1)
        memo_cache_set (cache, key, memo_entry_new_string ("a new price"));
      else
        memo_cache_delete (cache, key);
    }
  tell_progress ();
}
/* [/hurry] */

/* --- the story --- */

static void
fill (const char *uri)
{
  g_autoptr(MemoCache) cache = open_cache (uri);

  for (guint product = 1; product <= N_PRICES; product++)
    {
      g_autofree char *key = g_strdup_printf ("price:%u", product);

      memo_cache_set (cache, key, memo_entry_new_string ("the old price"));
    }

  close_cache (cache);
}

/* The next run: of the first N_CHANGED changes, how many are there? */
static guint
count_changes (const char *uri,
               guint       n_changed)
{
  g_autoptr(MemoCache) cache = open_cache (uri);
  guint n_there = 0;

  for (guint product = 1; product <= n_changed; product++)
    {
      g_autofree char *key = g_strdup_printf ("price:%u", product);
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(MemoEntry) entry = NULL;
      g_autoptr(GError) error = NULL;

      memo_cache_get_async (cache, key, MEMO_GET_NONE, NULL, NULL, await_cb, &result);
      entry = memo_cache_get_finish (cache, await (&result), &error);
      if (error != NULL)
        g_error ("%s", error->message);

      if (product % 2 == 1)
        n_there += entry != NULL && g_strcmp0 (memo_entry_get_string (entry), "a new price") == 0;
      else
        n_there += entry == NULL;
    }

  close_cache (cache);

  return n_there;
}

static void
kill_and_look (const char *program,
               const char *uri)
{
  const guint32 seed = SEED;
  g_autoptr(GRand) random = g_rand_new_with_seed_array (&seed, 1);   /* as Python does it */
  guint n_acknowledged = 0, n_there = 0;

  /* [kill] */
  for (guint i = 0; i < N_KILLS; i++)
    {
      g_autoptr(GError) error = NULL;
      guint n_changes = 1 + g_rand_int (random) % 100;

      fill (uri);
      if (!run_and_kill (program, "change", uri, n_changes, &error))
        g_error ("%s", error->message);

      n_acknowledged += n_changes;
      n_there += count_changes (uri, n_changes);
    }
  /* [/kill] */

  g_print ("%u times killed\n"
           "  changes that had been acknowledged   %4u\n"
           "  of these in the next run             %4u\n",
           N_KILLS, n_acknowledged, n_there);
}

static void
hurry_and_look (const char *program,
                const char *uri)
{
  g_autoptr(GError) error = NULL;

  fill (uri);
  if (!run_and_kill (program, "hurry", uri, 1, &error))
    g_error ("%s", error->message);

  /* How many it is depends on how far the disk had got.  So it is no output to compare. */
  g_printerr ("Of %u changes that nobody waited for %u are there\n", N_PRICES, count_changes (uri, N_PRICES));
}

int
main (int    argc,
      char **argv)
{
  g_autofree char *folder = NULL;
  g_autofree char *uri = NULL;
  g_autoptr(GError) error = NULL;

  if (argc > 2)
    {
      g_autoptr(MemoCache) cache = open_cache (argv[2]);

      /* What comes is to find the disk open. */
      memo_cache_set (cache, "price:0", memo_entry_new_string ("a price"));
      flush_cache (cache);

      if (g_str_equal (argv[1], "change"))
        change_prices (cache);
      else
        change_prices_in_a_hurry (cache);
      wait_for_kill ();
    }

  folder = g_dir_make_tmp ("killed-XXXXXX", &error);
  if (folder == NULL)
    g_error ("%s", error->message);
  uri = g_strdup_printf ("disk://%s/prices/prices.db", folder);

  kill_and_look (argv[0], uri);
  hurry_and_look (argv[0], uri);

  remove_folder (folder);

  return 0;
}
