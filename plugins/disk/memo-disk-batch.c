/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-disk-batch.h"

#include <string.h>

/* Writes that wait for their transaction.  Of several that are about one key the last one is enough. */

/* How many keys are remembered of which nothing could be written; beyond that everything has to go. */
#define MAX_OWED 1000

static void
change_free (MemoDiskChange *change)
{
  g_free (change->key);
  g_clear_pointer (&change->bytes, g_bytes_unref);
  g_free (change);
}

void
memo_disk_asker_clear (gpointer asker)
{
  g_clear_object (&((MemoDiskAsker *) asker)->call);
}

MemoDiskBatch *
memo_disk_batch_new (void)
{
  MemoDiskBatch *self = g_new0 (MemoDiskBatch, 1);

  self->changes = g_ptr_array_new_with_free_func ((GDestroyNotify) change_free);
  self->latest = g_hash_table_new (g_str_hash, g_str_equal);
  self->askers = g_array_new (FALSE, FALSE, sizeof (MemoDiskAsker));
  g_array_set_clear_func (self->askers, memo_disk_asker_clear);

  return self;
}

void
memo_disk_batch_free (MemoDiskBatch *self)
{
  g_hash_table_unref (self->latest);
  g_ptr_array_unref (self->changes);
  g_array_unref (self->askers);
  g_free (self);
}

/* Whether somebody waits for it. */
gboolean
memo_disk_batch_is_asked (MemoDiskBatch *self)
{
  return self->askers->len > 0;
}

gboolean
memo_disk_batch_is_empty (MemoDiskBatch *self)
{
  return self->askers->len == 0 && self->changes->len == 0 && !self->clear;
}

static gsize
size_of (MemoDiskChange *change)
{
  return strlen (change->key) + (change->bytes != NULL ? g_bytes_get_size (change->bytes) : 0);
}

static void
set_change (MemoDiskBatch  *self,
            MemoDiskChange *change,
            MemoDiskWhat    what,
            GBytes         *bytes,
            gint64          expiry)
{
  self->size -= size_of (change);
  if (bytes != NULL)
    g_bytes_ref (bytes);
  g_clear_pointer (&change->bytes, g_bytes_unref);
  change->what = what;
  change->bytes = bytes;
  change->expiry = expiry;
  self->size += size_of (change);
}

static void
add_change (MemoDiskBatch *self,
            const char    *key,
            MemoDiskWhat   what,
            GBytes        *bytes,
            gint64         expiry)
{
  MemoDiskChange *change = g_new0 (MemoDiskChange, 1);

  change->key = g_strdup (key);
  self->size += strlen (key);
  set_change (self, change, what, bytes, expiry);
  g_ptr_array_add (self->changes, change);
  g_hash_table_replace (self->latest, change->key, change);
}

void
memo_disk_batch_put (MemoDiskBatch *self,
                     const char    *key,
                     GBytes        *bytes,
                     gint64         expiry,
                     gboolean       durable)
{
  MemoDiskChange *change = g_hash_table_lookup (self->latest, key);

  self->durable |= durable;
  if (change != NULL)
    set_change (self, change, MEMO_DISK_PUT, bytes, expiry);
  else
    add_change (self, key, MEMO_DISK_PUT, bytes, expiry);
}

/* ONLY what is given, where something is. */
void
memo_disk_batch_remove (MemoDiskBatch *self,
                        const char    *key,
                        GBytes        *only)
{
  MemoDiskChange *change = g_hash_table_lookup (self->latest, key);

  self->durable = TRUE;
  if (change == NULL)
    add_change (self, key, only != NULL ? MEMO_DISK_REMOVE_ONLY : MEMO_DISK_REMOVE, only, 0);
  else if (only == NULL || (change->what == MEMO_DISK_PUT && g_bytes_equal (change->bytes, only)))
    set_change (self, change, MEMO_DISK_REMOVE, NULL, 0);
  else if (change->what == MEMO_DISK_REMOVE_ONLY)
    add_change (self, key, MEMO_DISK_REMOVE_ONLY, only, 0);
}

/* Nothing that was to be written before is of use any more. */
void
memo_disk_batch_clear (MemoDiskBatch *self)
{
  self->durable = TRUE;
  self->clear = TRUE;
  self->size = 0;
  g_hash_table_remove_all (self->latest);
  g_ptr_array_set_size (self->changes, 0);
}

void
memo_disk_batch_add_asker (MemoDiskBatch *self,
                           MemoCall      *call,
                           gboolean       is_put)
{
  MemoDiskAsker asker = { g_object_ref (call), is_put };

  if (self->askers->len == 0)
    self->since = g_get_monotonic_time ();
  g_array_append_val (self->askers, asker);
}

/* What there is under a key as far as the batch knows. */
MemoDiskFinding
memo_disk_batch_find (MemoDiskBatch  *self,
                      const char     *key,
                      gint64          now,
                      GBytes        **bytes)
{
  MemoDiskChange *change = g_hash_table_lookup (self->latest, key);

  *bytes = NULL;
  if (change == NULL)
    return self->clear ? MEMO_DISK_MISSING : MEMO_DISK_UNKNOWN;

  switch (change->what)
    {
    case MEMO_DISK_PUT:
      if (change->expiry <= now)
        return MEMO_DISK_MISSING;
      *bytes = g_bytes_ref (change->bytes);
      return MEMO_DISK_FOUND;

    case MEMO_DISK_REMOVE:
      return MEMO_DISK_MISSING;

    case MEMO_DISK_REMOVE_ONLY:
    default:
      return MEMO_DISK_UNDECIDED;
    }
}

/* Those who waited were told. */
void
memo_disk_batch_written (MemoDiskBatch *self)
{
  self->clear = self->durable = FALSE;
  self->size = 0;
  g_hash_table_remove_all (self->latest);
  g_ptr_array_set_size (self->changes, 0);
  g_array_set_size (self->askers, 0);
}

/* The same when it failed.  What was to be replaced or removed is still in the file, and nobody wants it any more: it is owed
 * that it goes, before anything else is written. */
void
memo_disk_batch_failed (MemoDiskBatch *self)
{
  g_array_set_size (self->askers, 0);
  self->durable = TRUE;

  if (self->changes->len > MAX_OWED)
    memo_disk_batch_clear (self);

  for (guint i = 0; i < self->changes->len; i++)
    {
      MemoDiskChange *change = g_ptr_array_index (self->changes, i);

      if (change->what == MEMO_DISK_PUT)
        set_change (self, change, MEMO_DISK_REMOVE, NULL, 0);
    }
}
