/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sources.h"
#include "workload.h"

static MemoEntry *
entry_of (const char *key)
{
  g_autoptr(GBytes) value = source_read (key);

  return memo_entry_new_bytes (value);
}

void
load_at_once (MemoCall *call,
              gpointer  user_data)
{
  memo_call_return_entry (call, entry_of (memo_call_get_key (call)));
}

static gboolean
answer_cb (gpointer user_data)
{
  g_autoptr(MemoCall) call = user_data;

  memo_call_return_entry (call, entry_of (memo_call_get_key (call)));

  return G_SOURCE_REMOVE;
}

void
load_slowly (MemoCall *call,
             gpointer  user_data)
{
  g_idle_add_full (G_PRIORITY_DEFAULT, answer_cb, g_object_ref (call), NULL);
}

static gboolean
answer_many_cb (gpointer user_data)
{
  g_autoptr(MemoCall) call = user_data;
  const char * const *keys = memo_call_get_keys (call);
  g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func ((GDestroyNotify) memo_entry_unref);

  for (guint i = 0; keys[i] != NULL; i++)
    g_ptr_array_add (entries, entry_of (keys[i]));
  memo_call_return_entries (call, (MemoEntry **) entries->pdata, entries->len);

  return G_SOURCE_REMOVE;
}

void
load_many (MemoCall *call,
           gpointer  user_data)
{
  guint *queries = user_data;

  ++*queries;
  g_idle_add_full (G_PRIORITY_DEFAULT, answer_many_cb, g_object_ref (call), NULL);
}
