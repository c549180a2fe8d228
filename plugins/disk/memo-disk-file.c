/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-disk-file.h"

#include <string.h>

/* Reading and writing, and what is tried when it fails.  Each remedy is tried once. */

typedef enum
{
  NOTHING,      /* it is no use */
  MAKE_ROOM,
  OPEN_AGAIN,
  REPLACE,
} Remedy;

typedef struct
{
  gboolean made_room;
  gboolean opened_again;
  gboolean replaced;
} Tried;

/* What may help against a failure that was not helped yet. */
static Remedy
remedy_for (int      code,
            gboolean durable,
            Tried   *tried)
{
  Remedy remedy = NOTHING;

  switch (code & 0xff)
    {
    case SQLITE_FULL:
      if (!tried->made_room)
        remedy = MAKE_ROOM;
      else if (durable && !tried->replaced)
        remedy = REPLACE;     /* what must go goes with everything else */
      break;

    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
    case SQLITE_ERROR:        /* a table that is not there */
    case SQLITE_SCHEMA:
    case SQLITE_MISMATCH:
    case SQLITE_CONSTRAINT:   /* an index that does not agree with its table */
      if (!tried->replaced)
        remedy = REPLACE;
      break;

    case SQLITE_IOERR:
      if (!tried->opened_again)
        remedy = OPEN_AGAIN;
      else if (!tried->replaced)
        remedy = REPLACE;
      break;

    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_PROTOCOL:
      if (!tried->opened_again)
        remedy = OPEN_AGAIN;
      break;

    default:                  /* busy, out of memory, too big */
      break;
    }

  tried->made_room |= remedy == MAKE_ROOM;
  tried->opened_again |= remedy == OPEN_AGAIN;
  tried->replaced |= remedy == REPLACE;

  return remedy;
}

/* Whether it will fail the next time, too, so that it is better to leave it alone for a while. */
static gboolean
is_lasting (int code)
{
  switch (code & 0xff)
    {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_NOMEM:
    case SQLITE_TOOBIG:
    case SQLITE_INTERRUPT:
      return FALSE;

    default:
      return TRUE;
    }
}

MemoDiskFile *
memo_disk_file_new (const char          *path,
                    guint64              max_size,
                    gboolean             exclusive,
                    const MemoDiskSetup *setup,
                    MemoDiskCounters    *counters)
{
  MemoDiskFile *self = g_new0 (MemoDiskFile, 1);

  self->setup = *setup;
  self->counters = counters;
  self->max_size = max_size;
  self->exclusive = exclusive;
  self->place = memo_disk_place_new (path);
  self->touched = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (self->replaced); i++)
    self->replaced[i] = G_MININT64 / 2;

  return self;
}

void
memo_disk_file_free (MemoDiskFile *self)
{
  memo_disk_file_close (self);
  memo_disk_place_free (self->place);
  g_hash_table_unref (self->touched);
  g_clear_error (&self->trouble);
  g_free (self);
}

/* Has it hold no more than this. */
void
memo_disk_file_limit (MemoDiskFile *self,
                      guint64       max_size)
{
  if (self->max_size == max_size)
    return;

  self->max_size = max_size;
  self->untidy = TRUE;
  if (self->database != NULL)
    memo_disk_database_set_max_size (self->database, max_size);
}

/* Milliseconds of the wall clock. */
gint64
memo_disk_file_now (MemoDiskFile *self)
{
  return self->setup.wall (self->setup.data) / 1000;
}

/* Makes room in the file itself, where the disk has none. */
static void
make_room (MemoDiskFile *self,
           gint64        wanted)
{
  gint64 delta = 0, total = 0;
  guint n_purged = 0;
  int code = memo_disk_database_begin (self->database, FALSE);

  if (code == SQLITE_OK)
    code = memo_disk_database_settle (self->database, 0, FALSE, &total);
  if (code == SQLITE_OK)
    code = memo_disk_database_purge_oldest (self->database, total, total - MAX (total / 4, MIN (total, wanted)),
                                            4 * self->setup.slice, &n_purged, &delta);
  if (code == SQLITE_OK)
    code = memo_disk_database_settle (self->database, delta, FALSE, &total);
  if (code == SQLITE_OK)
    code = memo_disk_database_commit (self->database);

  if (code != SQLITE_OK)
    {
      memo_disk_database_rollback (self->database);
      return;
    }
  memo_disk_count (self->counters, purged, n_purged);
  memo_disk_note (self->counters, size, total);
}

/* Tries to help; BATCH is NULL where something was to be read.  Says whether it is worth another try; if not, ERROR is set. */
static gboolean
help (MemoDiskFile   *self,
      int             code,
      MemoDiskBatch  *batch,
      Tried          *tried,
      gboolean       *emptied,
      GError        **error)
{
  g_autoptr(GError) why = NULL;

  memo_disk_file_explain (self, code, &why);
  g_debug ("%s", why->message);

  switch (remedy_for (code, batch != NULL && batch->durable, tried))
    {
    case MAKE_ROOM:
      make_room (self, batch != NULL ? 2 * (gint64) batch->size : 0);
      return TRUE;

    case OPEN_AGAIN:
      memo_disk_file_close (self);
      return TRUE;

    case REPLACE:
      return memo_disk_file_replace (self, emptied, error);

    case NOTHING:
    default:
      memo_disk_count (self->counters, failures, 1);
      /* A full disk is of no harm to those who read. */
      if (is_lasting (code) && (code & 0xff) != SQLITE_FULL)
        memo_disk_file_give_up (self, why);
      g_propagate_error (error, g_steal_pointer (&why));
      return FALSE;
    }
}

/* --- reading --- */

static void
touch (MemoDiskFile *self,
       gint64        id,
       gint64        accessed,
       gint64        now)
{
  /* To the second is exact enough to know what is old. */
  if (now - accessed < 1000 && now >= accessed)
    return;

  g_hash_table_add (self->touched, g_memdup2 (&id, sizeof id));
  self->untidy |= g_hash_table_size (self->touched) >= 8 * self->setup.slice;
}

/* What was read together is: writing, closing and mending need that nothing is being read. */
void
memo_disk_file_end_loads (MemoDiskFile *self)
{
  if (self->database != NULL)
    memo_disk_database_rollback (self->database);
}

/* Gives NULL where there is nothing.
 *
 * With MORE to load at once it is done in one transaction with them, until memo_disk_file_end_loads(): each on its own would
 * have to take the locks.  All of them were asked for before it began. */
gboolean
memo_disk_file_load (MemoDiskFile  *self,
                     const char    *key,
                     gboolean       more,
                     GBytes       **bytes,
                     GError       **error)
{
  MemoDiskKey name = { key, strlen (key) };
  Tried tried = { FALSE, FALSE, FALSE };
  gboolean emptied = FALSE;
  int code;

  *bytes = NULL;
  do
    {
      gint64 now = memo_disk_file_now (self), id = 0, accessed = 0;

      if (!memo_disk_file_open (self, error))
        return FALSE;

      code = more ? memo_disk_database_begin_reading (self->database) : SQLITE_OK;
      if (code == SQLITE_OK)
        code = memo_disk_database_load (self->database, name, now, bytes, &id, &accessed);
      if (code == SQLITE_OK)
        {
          if (*bytes != NULL)
            touch (self, id, accessed, now);
          return TRUE;
        }
      g_clear_pointer (bytes, g_bytes_unref);
      memo_disk_file_end_loads (self);
    }
  while (help (self, code, NULL, &tried, &emptied, error));

  return FALSE;
}

/* --- writing --- */

static int
write_change (MemoDiskFile   *self,
              MemoDiskChange *change,
              gint64          now,
              gint64         *delta)
{
  MemoDiskKey key = { change->key, strlen (change->key) };

  /* What is of no use any more, or larger than all may be, is not kept, and what was there before neither. */
  if (change->what == MEMO_DISK_PUT && change->expiry > now &&
      memo_disk_cost (key.length, g_bytes_get_size (change->bytes)) <= (gint64) self->max_size)
    return memo_disk_database_put (self->database, key, change->bytes, change->expiry, now, delta);

  return memo_disk_database_remove (self->database, key, change->what == MEMO_DISK_REMOVE_ONLY ? change->bytes : NULL,
                                    delta);
}

static int
write_batch (MemoDiskFile  *self,
             MemoDiskBatch *batch)
{
  gint64 now = memo_disk_file_now (self), delta = 0, total = 0;
  guint n_written = 0, n_removed = 0, n_purged = 0;
  int code = memo_disk_database_begin (self->database, batch->durable);

  if (code == SQLITE_OK && batch->clear)
    code = memo_disk_database_clear (self->database);

  for (guint i = 0; i < batch->changes->len && code == SQLITE_OK; i++)
    {
      MemoDiskChange *change = g_ptr_array_index (batch->changes, i);

      code = write_change (self, change, now, &delta);
      if (change->what == MEMO_DISK_PUT)
        n_written++;
      else
        n_removed++;
    }

  if (code == SQLITE_OK)
    code = memo_disk_file_note_read (self, now);
  if (code == SQLITE_OK)
    code = memo_disk_database_settle (self->database, delta, batch->clear, &total);
  if (code == SQLITE_OK)
    code = memo_disk_file_trim (self, now, &total, &n_purged);
  if (code == SQLITE_OK)
    code = memo_disk_database_commit (self->database);

  if (code != SQLITE_OK)
    {
      memo_disk_database_rollback (self->database);
      return code;
    }

  self->untidy |= batch->clear;
  memo_disk_count (self->counters, commits, 1);
  memo_disk_count (self->counters, durable_commits, batch->durable ? 1 : 0);
  memo_disk_count (self->counters, written, n_written);
  memo_disk_count (self->counters, removed, n_removed);
  memo_disk_count (self->counters, purged, n_purged);
  memo_disk_note (self->counters, size, total);

  return SQLITE_OK;
}

/* Writes all of a batch or nothing.  EMPTIED: it failed, but what was to be removed is gone, since there is no file. */
gboolean
memo_disk_file_write (MemoDiskFile   *self,
                      MemoDiskBatch  *batch,
                      gboolean       *emptied,
                      GError        **error)
{
  Tried tried = { FALSE, FALSE, FALSE };
  int code;

  *emptied = FALSE;
  do
    {
      if (!memo_disk_file_open (self, error))
        break;

      code = write_batch (self, batch);

      /* Written to a file that is not the one at its place any more: others do not see it. */
      if (code == SQLITE_OK && batch->durable && memo_disk_place_look (self->place) != MEMO_DISK_THERE)
        {
          memo_disk_file_look (self);
          code = SQLITE_READONLY_DBMOVED;
        }
      if (code == SQLITE_OK)
        {
          self->pause = 0;
          return TRUE;
        }
    }
  while (help (self, code, batch, &tried, emptied, error));

  *emptied |= memo_disk_place_is_empty (self->place);

  return FALSE;
}
