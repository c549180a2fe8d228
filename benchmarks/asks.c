/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asks.h"
#include "workload.h"

typedef struct
{
  Asks       *asks;
  const char *key;
} Ask;

struct _Asks
{
  guint most;
  guint asked;
  guint answered;
  guint right;
  Ask   all[];
};

Asks *
asks_new (guint most)
{
  Asks *self = g_malloc0 (sizeof *self + most * sizeof self->all[0]);

  self->most = most;

  return self;
}

void
asks_free (Asks *self)
{
  g_free (self);
}

gpointer
asks_add (Asks       *self,
          const char *key)
{
  Ask *ask = &self->all[self->asked++];

  g_assert (self->asked <= self->most);
  *ask = (Ask) { self, key };

  return ask;
}

void
asks_answered (gpointer  user_data,
               GBytes   *value)
{
  Ask *ask = user_data;

  ask->asks->answered++;
  ask->asks->right += is_value_of (value, ask->key);
}

static void
got_cb (GObject      *source,
        GAsyncResult *result,
        gpointer      user_data)
{
  g_autoptr(MemoEntry) entry = memo_cache_get_finish (MEMO_CACHE (source), result, NULL);

  asks_answered (user_data, entry != NULL ? memo_entry_get_bytes (entry) : NULL);
}

void
asks_get (Asks       *self,
          MemoCache  *cache,
          const char *key,
          MemoLoader *loader)
{
  memo_cache_get_async (cache, key, MEMO_GET_NONE, loader, NULL, got_cb, asks_add (self, key));
}

void
asks_got_by_hand_cb (GObject      *source,
                     GAsyncResult *result,
                     gpointer      user_data)
{
  g_autoptr(GBytes) value = by_hand_get_finish (result, NULL);

  asks_answered (user_data, value);
}

guint
asks_wait (Asks *self)
{
  guint right;

  while (self->answered < self->asked)
    g_main_context_iteration (NULL, TRUE);

  right = self->right;
  self->asked = self->answered = self->right = 0;

  return right;
}
