/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "disk-work.h"

#define FILL_AT_ONCE 2000

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

void
disk_open_ours (Disk *self)
{
  g_autofree char *uri = g_strconcat ("disk://", self->folder, "/ours.db?max-size=4G", NULL);
  g_autoptr(GError) error = NULL;

  self->backend = memo_backend_new_for_uri (uri, &error);
  stop (error);
  self->cache = g_object_new (MEMO_TYPE_ASYNC_CACHE, "maxsize", 0, "backup", self->backend, NULL);
}

void
disk_close_ours (Disk *self)
{
  if (self->cache == NULL)
    return;

  self->pending++;
  memo_cache_close_async (self->cache, NULL, closed_cb, self);
  wait_for_all (self);

  g_clear_object (&self->cache);
  g_clear_object (&self->backend);
}

void
disk_open_by_hand (Disk *self)
{
  g_autofree char *path = g_build_filename (self->folder, "by-hand.db", NULL);

  self->by_hand = by_hand_disk_new (path, self->durable);
}

void
disk_close_by_hand (Disk *self)
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
  if (entry != NULL && is_padded_value (memo_entry_get_bytes (entry), ask->key, ask->disk->value_size))
    ask->disk->right++;
}

guint
disk_get_ours (gpointer data)
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

guint
disk_get_by_hand (gpointer data)
{
  Disk *self = data;
  guint right = 0;

  for (guint i = 0; i < self->pass; i++)
    {
      const char *key = next_key (self);
      g_autoptr(GBytes) value = read_by_hand (self, key);

      right += is_padded_value (value, key, self->value_size);
    }

  return right;
}

/* --- filling --- */

static void
load_value (MemoCall *call,
            gpointer  user_data)
{
  Disk *self = user_data;
  g_autoptr(GBytes) value = padded_value_new (memo_call_get_key (call), self->value_size);

  memo_call_return_entry (call, memo_entry_new_bytes (value));
}

/* What is loaded need not be durable, each of it: quicker than sets. */
void
disk_fill_ours (Disk *self)
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

void
disk_fill_by_hand (Disk *self)
{
  if (self->means == WITH_SQLITE)
    by_hand_disk_begin (self->by_hand);

  for (guint i = 0; i < self->keys->count; i++)
    {
      const char *key = self->keys->texts[i];
      g_autoptr(GBytes) value = padded_value_new (key, self->value_size);

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
guint
disk_set_ours (gpointer data)
{
  Disk *self = data;

  self->round++;
  for (guint i = 0; i < self->pass; i++)
    {
      g_autoptr(GBytes) value = padded_value_new (text_at (self, i), self->value_size);

      memo_cache_set (self->cache, self->keys->texts[i], memo_entry_new_bytes (value));
    }
  flush (self);

  return self->pass;
}

/* What a cache does with what was loaded. */
guint
disk_store_ours (gpointer data)
{
  Disk *self = data;

  self->round++;
  self->right = 0;
  self->pending = self->pass;
  for (guint i = 0; i < self->pass; i++)
    {
      g_autoptr(GBytes) value = padded_value_new (text_at (self, i), self->value_size);

      memo_backend_store_async (self->backend, self->keys->texts[i], value, MEMO_TTL_FOREVER, FALSE, NULL,
                                stored_cb, self);
    }
  wait_for_all (self);

  return self->right;
}

guint
disk_put_by_hand (gpointer data)
{
  Disk *self = data;

  self->round++;
  if (self->means == WITH_SQLITE)
    by_hand_disk_begin (self->by_hand);

  for (guint i = 0; i < self->pass; i++)
    {
      g_autoptr(GBytes) value = padded_value_new (text_at (self, i), self->value_size);

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
                 is_padded_value (memo_entry_get_bytes (entry), text_at (self, look->place), self->value_size);
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
  self->right += is_padded_value (value, text_at (self, look->place), self->value_size);
}

/* What the last round of puts has left, read from a file that is opened anew. */
void
disk_check_puts (Disk       *ours,
                 Disk       *by_hand,
                 const char *name)
{
  g_autofree Look *looks = g_new (Look, ours->pass);
  g_autoptr(MemoLoader) loader = memo_loader_new (load_nothing, NULL, NULL);
  guint right = 0;

  disk_close_ours (ours);
  disk_open_ours (ours);

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

      right += is_padded_value (value, text_at (by_hand, i), by_hand->value_size);
    }
  bench_check (by_hand->bench, right == by_hand->pass, name);
}

/* --- opening --- */

void
disk_prepare_open_ours (gpointer data)
{
  disk_close_ours (data);
}

guint
disk_open_and_get_ours (gpointer data)
{
  disk_open_ours (data);

  return disk_get_ours (data);
}

void
disk_prepare_open_by_hand (gpointer data)
{
  disk_close_by_hand (data);
}

guint
disk_open_and_get_by_hand (gpointer data)
{
  disk_open_by_hand (data);

  return disk_get_by_hand (data);
}
