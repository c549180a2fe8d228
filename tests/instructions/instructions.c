/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>

#include <libcache.h>

/* Does one thing again and again, for build-aux/check-instructions, which runs it under valgrind twice, with different
 * counts: what the second run took longer, in instructions, is what that many operations take.
 *
 *   instructions WORK COUNT */

#define N_ENTRIES 1000
#define MOST 10000
#define TIME_TO_LIVE 300
#define AT_ONCE 100
#define HERD 100
#define KEY_ROOM 16

typedef struct
{
  char     (*keys)[KEY_ROOM];
  MemoCache *cache;
  MemoEntry *entry;
  guint      count;
  guint      right;
} Work;

static const char *
key_of (Work  *self,
        guint  number)
{
  return self->keys[number];
}

static void
fill (Work  *self,
      guint  maxsize,
      double time_to_live)
{
  self->cache = MEMO_CACHE (memo_async_cache_new (maxsize, time_to_live));

  for (guint i = 0; i < N_ENTRIES; i++)
    memo_cache_set (self->cache, key_of (self, i), memo_entry_ref (self->entry));
}

static void
look_up (Work *self)
{
  for (guint i = 0; i < self->count; i++)
    {
      MemoEntry *entry = memo_cache_lookup (self->cache, key_of (self, i % N_ENTRIES));

      self->right += entry == self->entry;
      g_clear_pointer (&entry, memo_entry_unref);
    }
}

static void
lookup (Work *self)
{
  fill (self, N_ENTRIES, TIME_TO_LIVE);
  look_up (self);
}

static void
lookup_forever (Work *self)
{
  fill (self, N_ENTRIES, MEMO_TTL_FOREVER);
  look_up (self);
}

static void
lookup_miss (Work *self)
{
  fill (self, N_ENTRIES, TIME_TO_LIVE);

  for (guint i = 0; i < self->count; i++)
    self->right += memo_cache_lookup (self->cache, key_of (self, N_ENTRIES + i % N_ENTRIES)) == NULL;
}

static void
got_cb (GObject      *source,
        GAsyncResult *result,
        gpointer      user_data)
{
  Work *self = user_data;
  g_autoptr(MemoEntry) entry = memo_cache_get_finish (MEMO_CACHE (source), result, NULL);

  self->right += entry == self->entry;
}

static void
get (Work *self,
     guint at_once)
{
  fill (self, N_ENTRIES, TIME_TO_LIVE);

  for (guint done = 0; done < self->count; done += at_once)
    {
      for (guint i = 0; i < at_once; i++)
        memo_cache_get_async (self->cache, key_of (self, (done + i) % N_ENTRIES), MEMO_GET_NONE, NULL, NULL, got_cb, self);
      while (self->right < done + at_once)
        g_main_context_iteration (NULL, TRUE);
    }
}

static void
get_hit (Work *self)
{
  get (self, 1);
}

static void
get_hit_100 (Work *self)
{
  get (self, AT_ONCE);
}

static void
set (Work  *self,
     guint  maxsize,
     double time_to_live)
{
  fill (self, maxsize, time_to_live);

  for (guint i = 0; i < self->count; i++)
    memo_cache_set (self->cache, key_of (self, N_ENTRIES + i), memo_entry_ref (self->entry));

  self->right = memo_cache_contains (self->cache, key_of (self, N_ENTRIES + self->count - 1)) ? self->count : 0;
}

static void
set_new (Work *self)
{
  set (self, MEMO_UNLIMITED, MEMO_TTL_FOREVER);
}

static void
evict (Work *self)
{
  set (self, N_ENTRIES, MEMO_TTL_FOREVER);
}

static void
evict_ttl (Work *self)
{
  set (self, N_ENTRIES, TIME_TO_LIVE);
}

static void
load_cb (MemoCall *call,
         gpointer  user_data)
{
  Work *self = user_data;

  memo_call_return_entry (call, memo_entry_ref (self->entry));
}

/* An operation is one of those who wait. */
static void
herd (Work *self)
{
  g_autoptr(MemoLoader) loader = memo_loader_new (load_cb, self, NULL);

  fill (self, N_ENTRIES, TIME_TO_LIVE);

  for (guint done = 0; done < self->count; done += HERD)
    {
      for (guint i = 0; i < HERD; i++)
        memo_cache_get_async (self->cache, key_of (self, N_ENTRIES + done / HERD), MEMO_GET_NONE, loader, NULL, got_cb, self);
      while (self->right < done + HERD)
        g_main_context_iteration (NULL, TRUE);
    }
}

static const struct
{
  const char *name;
  void      (*run) (Work *self);
} works[] = {
  { "lookup",         lookup },
  { "lookup-forever", lookup_forever },
  { "lookup-miss",    lookup_miss },
  { "get-hit",        get_hit },
  { "get-hit-100",    get_hit_100 },
  { "set",            set_new },
  { "evict",          evict },
  { "evict-ttl",      evict_ttl },
  { "herd",           herd },
};

int
main (int    argc,
      char **argv)
{
  g_autoptr(GBytes) value = g_bytes_new_static ("value", 5);
  guint count = argc == 3 ? (guint) strtoul (argv[2], NULL, 10) : 0;
  Work self;

  if (count == 0 || count > MOST || count % HERD != 0)
    {
      fprintf (stderr, "usage: instructions WORK COUNT, a multiple of %u up to %u\n", HERD, MOST);
      return 2;
    }

  for (guint i = 0; i < G_N_ELEMENTS (works); i++)
    {
      if (!g_str_equal (works[i].name, argv[1]))
        continue;

      /* As many keys whatever the count, since making them counts, too. */
      self = (Work) { .keys = g_malloc_n (N_ENTRIES + MOST, KEY_ROOM), .entry = memo_entry_new_bytes (value), .count = count };
      for (guint number = 0; number < N_ENTRIES + MOST; number++)
        g_snprintf (self.keys[number], KEY_ROOM, "user:%06u", number);
      g_main_context_acquire (NULL);
      works[i].run (&self);

      /* It ends here, so that what freeing it takes is not counted. */
      if (self.right == count)
        _Exit (0);
      fprintf (stderr, "%s: %u of %u came out right\n", argv[1], self.right, count);
      return 1;
    }

  fprintf (stderr, "there is no %s\n", argv[1]);
  return 2;
}
