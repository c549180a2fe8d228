/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <libcache.h>

#include "ours.h"

/* The library's own, as a program uses them: keys are texts, and what is found is a reference to an entry. */

#define DIGITS 8

typedef struct
{
  MemoCache *cache;
  MemoEntry *entry;     /* the same for all keys */
} Ours;

static gpointer
ours_create (guint              capacity,
             MemoEvictionPolicy eviction_policy)
{
  Ours *self = g_new0 (Ours, 1);

  self->cache = g_object_new (MEMO_TYPE_ASYNC_CACHE, "maxsize", capacity, "eviction-policy", eviction_policy, NULL);
  self->entry = memo_entry_new_int64 (0);

  return self;
}

static gpointer
lru_create (guint capacity)
{
  return ours_create (capacity, MEMO_EVICTION_LRU);
}

static gpointer
s3_fifo_create (guint capacity)
{
  return ours_create (capacity, MEMO_EVICTION_S3_FIFO);
}

static void
ours_destroy (gpointer data)
{
  Ours *self = data;

  g_object_unref (self->cache);
  memo_entry_unref (self->entry);
  g_free (self);

  /* What a large one held goes in slices. */
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

/* Quicker than g_snprintf(), whose time would count. */
static void
write_key (char    *text,
           guint32  number)
{
  for (guint i = 0; i < DIGITS; i++)
    text[i] = "0123456789abcdef"[number >> (4 * (DIGITS - 1 - i)) & 15];
  text[DIGITS] = '\0';
}

static gboolean
ours_ask (gpointer data,
          guint32  number)
{
  Ours *self = data;
  g_autoptr(MemoEntry) entry = NULL;
  char key[DIGITS + 1];

  write_key (key, number);
  entry = memo_cache_lookup (self->cache, key);
  if (entry == NULL)
    memo_cache_set (self->cache, key, memo_entry_ref (self->entry));

  return entry != NULL;
}

const Policy ours_lru = { "LRU, libcache", lru_create, ours_ask, ours_destroy };
const Policy ours_s3_fifo = { "S3-FIFO, libcache", s3_fifo_create, ours_ask, ours_destroy };
