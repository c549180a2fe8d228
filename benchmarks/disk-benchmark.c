/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <glib/gstdio.h>
#include <libcache.h>

#include "bench.h"
#include "by-hand-disk.h"
#include "workload.h"

/* A cache over a file on the disk, beside the same work done by hand: with SQLite, its statements
 * prepared, and with a file a key.  The cache keeps nothing in memory, so that every get reads
 * the disk.  Options are those of cache-benchmark.
 *
 * The files are in a temporary folder; set TMPDIR to a disk where the usual one is memory. */

#define N_KEYS 10000
#define N_KEYS_TO_OPEN 1000000
#define AT_ONCE 100
#define FILL_AT_ONCE 2000
#define SMALL 100
#define LARGE 2048

typedef enum
{
  WITH_SQLITE,
  WITH_FILES,
} Means;

typedef struct
{
  Bench       *bench;
  const char  *folder;        /* of this row: it has "ours.db", "by-hand.db" and "files" */
  gsize        value_size;
  gboolean     durable;       /* what is put */
  Means        means;         /* by hand */
  Keys        *keys;
  guint        at_once;
  guint        pass;

  guint        place;
  guint        round;         /* of puts: how far the values are behind the keys */
  guint        pending;
  guint        right;
  guint64      asked;

  MemoBackend *backend;
  MemoCache   *cache;
  ByHandDisk  *by_hand;
  char        *files;
} Disk;

typedef struct
{
  Disk       *disk;
  const char *key;
} Ask;

/* --- keys and values --- */

/* Keys were written in their order; they are read in leaps, none twice in a row of AT_ONCE. */
static const char *
next_key (Disk *self)
{
  const guint leap = 7919;

  self->place = (self->place + leap) % self->keys->count;

  return self->keys->texts[self->place];
}

/* A text, and the same letter up to the size. */
static GBytes *
value_new (const char *text,
           gsize       size)
{
  gsize length = strlen (text);
  char *data = g_malloc (size);

  memset (data, 'x', size);
  memcpy (data, text, length);

  return g_bytes_new_take (data, size);
}

static gboolean
is_value (GBytes     *value,
          const char *text,
          gsize       size)
{
  gsize length = strlen (text);
  const char *data;

  if (value == NULL || g_bytes_get_size (value) != size)
    return FALSE;

  data = g_bytes_get_data (value, NULL);

  /* Each byte is like the one before it. */
  return memcmp (data, text, length) == 0 && data[length] == 'x' &&
         memcmp (data + length, data + length + 1, size - length - 1) == 0;
}

/* What the key of a place has after so many rounds of puts. */
static const char *
text_at (Disk  *self,
         guint  place)
{
  return self->keys->texts[(place + self->round) % self->keys->count];
}

/* --- waiting --- */

static void
stop (GError *error)
{
  if (error != NULL)
    g_error ("%s", error->message);
}

static void
wait_for_all (Disk *self)
{
  while (self->pending > 0)
    g_main_context_iteration (NULL, TRUE);
}

static void
flushed_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  Disk *self = user_data;
  g_autoptr(GError) error = NULL;

  memo_cache_flush_finish (MEMO_CACHE (source), result, &error);
  stop (error);
  self->pending--;
}

static void
flush (Disk *self)
{
  self->pending++;
  memo_cache_flush_async (self->cache, NULL, flushed_cb, self);
  wait_for_all (self);
}

static void
closed_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  Disk *self = user_data;
  g_autoptr(GError) error = NULL;

  memo_cache_close_finish (MEMO_CACHE (source), result, &error);
  stop (error);
  self->pending--;
}

/* --- opening and closing --- */

static void
open_ours (Disk *self)
{
  g_autofree char *uri = g_strconcat ("disk://", self->folder, "/ours.db?max-size=4G", NULL);
  g_autoptr(GError) error = NULL;

  self->backend = memo_backend_new_for_uri (uri, &error);
  stop (error);
  self->cache = g_object_new (MEMO_TYPE_ASYNC_CACHE, "maxsize", 0, "backup", self->backend, NULL);
}

static void
close_ours (Disk *self)
{
  if (self->cache == NULL)
    return;

  self->pending++;
  memo_cache_close_async (self->cache, NULL, closed_cb, self);
  wait_for_all (self);

  g_clear_object (&self->cache);
  g_clear_object (&self->backend);
}

static void
open_by_hand (Disk *self)
{
  g_autofree char *path = g_build_filename (self->folder, "by-hand.db", NULL);

  self->by_hand = by_hand_disk_new (path, self->durable);
}

static void
close_by_hand (Disk *self)
{
  g_clear_pointer (&self->by_hand, by_hand_disk_free);
}

/* --- gets --- */

static void
load_nothing (MemoCall *call,
              gpointer  user_data)
{
  memo_call_return_entry (call, NULL);
}

static void
got_cb (GObject      *source,
        GAsyncResult *result,
        gpointer      user_data)
{
  Ask *ask = user_data;
  g_autoptr(MemoEntry) entry = memo_cache_get_finish (MEMO_CACHE (source), result, NULL);

  ask->disk->pending--;
  if (entry != NULL && is_value (memo_entry_get_bytes (entry), ask->key, ask->disk->value_size))
    ask->disk->right++;
}

static guint
get_ours (gpointer data)
{
  Disk *self = data;
  g_autofree Ask *asks = g_new (Ask, self->at_once);
  g_autoptr(MemoLoader) loader = memo_loader_new (load_nothing, NULL, NULL);

  self->right = 0;
  self->asked += self->pass;

  for (guint done = 0; done < self->pass; done += self->at_once)
    {
      self->pending = self->at_once;
      for (guint i = 0; i < self->at_once; i++)
        {
          asks[i] = (Ask) { self, next_key (self) };
          memo_cache_get_async (self->cache, asks[i].key, MEMO_GET_NONE, loader, NULL, got_cb, &asks[i]);
        }
      wait_for_all (self);
    }

  return self->right;
}

static GBytes *
read_by_hand (Disk       *self,
              const char *key)
{
  return self->means == WITH_SQLITE ? by_hand_disk_get (self->by_hand, key) : by_hand_files_get (self->files, key);
}

static guint
get_by_hand (gpointer data)
{
  Disk *self = data;
  guint right = 0;

  for (guint i = 0; i < self->pass; i++)
    {
      const char *key = next_key (self);
      g_autoptr(GBytes) value = read_by_hand (self, key);

      right += is_value (value, key, self->value_size);
    }

  return right;
}

/* --- filling --- */

static void
load_value (MemoCall *call,
            gpointer  user_data)
{
  Disk *self = user_data;
  g_autoptr(GBytes) value = value_new (memo_call_get_key (call), self->value_size);

  memo_call_return_entry (call, memo_entry_new_bytes (value));
}

/* What is loaded need not be durable, each of it: quicker than sets. */
static void
fill_ours (Disk *self)
{
  g_autofree Ask *asks = g_new (Ask, FILL_AT_ONCE);
  g_autoptr(MemoLoader) loader = memo_loader_new (load_value, self, NULL);

  for (guint done = 0; done < self->keys->count; done += FILL_AT_ONCE)
    {
      self->pending = MIN (FILL_AT_ONCE, self->keys->count - done);
      for (guint i = 0, n = self->pending; i < n; i++)
        {
          asks[i] = (Ask) { self, self->keys->texts[done + i] };
          memo_cache_get_async (self->cache, asks[i].key, MEMO_GET_NONE, loader, NULL, got_cb, &asks[i]);
        }
      wait_for_all (self);
      flush (self);
    }
}

static void
fill_by_hand (Disk *self)
{
  if (self->means == WITH_SQLITE)
    by_hand_disk_begin (self->by_hand);

  for (guint i = 0; i < self->keys->count; i++)
    {
      const char *key = self->keys->texts[i];
      g_autoptr(GBytes) value = value_new (key, self->value_size);

      if (self->means == WITH_SQLITE)
        by_hand_disk_put (self->by_hand, key, value);
      else
        by_hand_files_put (self->files, key, value);
    }

  if (self->means == WITH_SQLITE)
    by_hand_disk_commit (self->by_hand);
}

/* --- puts --- */

static void
stored_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  Disk *self = user_data;

  self->pending--;
  self->right += memo_backend_store_finish (MEMO_BACKEND (source), result, NULL);
}

/* Sets, which are durable once they are flushed. */
static guint
set_ours (gpointer data)
{
  Disk *self = data;

  self->round++;
  for (guint i = 0; i < self->pass; i++)
    {
      g_autoptr(GBytes) value = value_new (text_at (self, i), self->value_size);

      memo_cache_set (self->cache, self->keys->texts[i], memo_entry_new_bytes (value));
    }
  flush (self);

  return self->pass;
}

/* What a cache does with what was loaded. */
static guint
store_ours (gpointer data)
{
  Disk *self = data;

  self->round++;
  self->right = 0;
  self->pending = self->pass;
  for (guint i = 0; i < self->pass; i++)
    {
      g_autoptr(GBytes) value = value_new (text_at (self, i), self->value_size);

      memo_backend_store_async (self->backend, self->keys->texts[i], value, MEMO_TTL_FOREVER, FALSE, NULL,
                                stored_cb, self);
    }
  wait_for_all (self);

  return self->right;
}

static guint
put_by_hand (gpointer data)
{
  Disk *self = data;

  self->round++;
  if (self->means == WITH_SQLITE)
    by_hand_disk_begin (self->by_hand);

  for (guint i = 0; i < self->pass; i++)
    {
      g_autoptr(GBytes) value = value_new (text_at (self, i), self->value_size);

      if (self->means == WITH_SQLITE)
        by_hand_disk_put (self->by_hand, self->keys->texts[i], value);
      else
        by_hand_files_put (self->files, self->keys->texts[i], value);
    }

  if (self->means == WITH_SQLITE)
    by_hand_disk_commit (self->by_hand);

  return self->pass;
}

typedef struct
{
  Disk  *disk;
  guint  place;
} Look;

static void
looked_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  Look *look = user_data;
  Disk *self = look->disk;
  g_autoptr(MemoEntry) entry = memo_cache_get_finish (MEMO_CACHE (source), result, NULL);

  self->pending--;
  self->right += entry != NULL &&
                 is_value (memo_entry_get_bytes (entry), text_at (self, look->place), self->value_size);
}

static void
loaded_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  Look *look = user_data;
  Disk *self = look->disk;
  g_autoptr(GBytes) value = memo_backend_load_finish (MEMO_BACKEND (source), result, NULL);

  self->pending--;
  self->right += is_value (value, text_at (self, look->place), self->value_size);
}

/* What the last round of puts has left, read from a file that is opened anew. */
static void
check_puts (Disk       *ours,
            Disk       *by_hand,
            const char *name)
{
  g_autofree Look *looks = g_new (Look, ours->pass);
  g_autoptr(MemoLoader) loader = memo_loader_new (load_nothing, NULL, NULL);
  guint right = 0;

  close_ours (ours);
  open_ours (ours);

  ours->right = 0;
  ours->pending = ours->pass;
  for (guint i = 0; i < ours->pass; i++)
    {
      looks[i] = (Look) { ours, i };
      if (ours->durable)
        memo_cache_get_async (ours->cache, ours->keys->texts[i], MEMO_GET_NONE, loader, NULL, looked_cb, &looks[i]);
      else
        memo_backend_load_async (ours->backend, ours->keys->texts[i], NULL, loaded_cb, &looks[i]);
    }
  wait_for_all (ours);
  bench_check (ours->bench, ours->right == ours->pass, name);

  for (guint i = 0; i < by_hand->pass; i++)
    {
      g_autoptr(GBytes) value = read_by_hand (by_hand, by_hand->keys->texts[i]);

      right += is_value (value, text_at (by_hand, i), by_hand->value_size);
    }
  bench_check (by_hand->bench, right == by_hand->pass, name);
}

/* --- opening --- */

static void
prepare_open_ours (gpointer data)
{
  close_ours (data);
}

static guint
open_and_get_ours (gpointer data)
{
  open_ours (data);

  return get_ours (data);
}

static void
prepare_open_by_hand (gpointer data)
{
  close_by_hand (data);
}

static guint
open_and_get_by_hand (gpointer data)
{
  open_by_hand (data);

  return get_by_hand (data);
}

/* --- both sides --- */

static void
remove_folder (const char *path)
{
  g_autoptr(GDir) folder = g_dir_open (path, 0, NULL);
  const char *name;

  while (folder != NULL && (name = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      if (g_file_test (child, G_FILE_TEST_IS_DIR))
        remove_folder (child);
      else
        g_unlink (child);
    }

  g_rmdir (path);
}

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
} DiskRow;

/* How each work is done. */
static const struct
{
  BenchSide ours;
  BenchSide by_hand;
  gboolean  filled;     /* before */
} works[] = {
  [GET]   = { { .run = get_ours }, { .run = get_by_hand }, TRUE },
  [SET]   = { { .run = set_ours }, { .run = put_by_hand }, FALSE },
  [STORE] = { { .run = store_ours }, { .run = put_by_hand }, FALSE },
  [OPEN]  = { { prepare_open_ours, open_and_get_ours, NULL }, { prepare_open_by_hand, open_and_get_by_hand, NULL },
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
  open_ours (&ours);
  open_by_hand (&by_hand);
  if (works[row->work].filled)
    {
      fill_ours (&ours);
      fill_by_hand (&by_hand);

      /* As a program finds it that was started again. */
      close_ours (&ours);
      open_ours (&ours);
      close_by_hand (&by_hand);
      open_by_hand (&by_hand);
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
      check_puts (&ours, &by_hand, row->name);
    }

  close_ours (&ours);
  close_by_hand (&by_hand);
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
    { "get, 100 B, one at a time",       GET, SMALL, N_KEYS, 200,       1, WITH_SQLITE },
    { "get, 100 B, 100 at once, each",   GET, SMALL, N_KEYS, 400, AT_ONCE, WITH_SQLITE, 2.0 },
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
