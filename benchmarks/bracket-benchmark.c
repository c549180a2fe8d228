/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench.h"
#include "by-hand-brackets.h"
#include "filled.h"

/* Brackets of invalidation around changes of the source, and deletions without one.  What they
 * remove is set anew before the next pass, which is not timed. */

#define N_HELD 1000
#define PASS 200

typedef struct
{
  Filled         *filled;
  ByHandBrackets *brackets;
  guint           place;
  guint           pending;
  guint           right;
} Changes;

static const char *
key_at (Changes *self,
        guint    i)
{
  return self->filled->keys->texts[(self->place + i) % self->filled->keys->count];
}

/* --- libcache --- */

/* Brings back what the pass before removed, and goes on to the next keys. */
static void
set_ours (gpointer data)
{
  Changes *self = data;

  for (guint i = 0; i < PASS; i++)
    {
      g_autoptr(GBytes) value = source_read (key_at (self, i));

      memo_cache_set (self->filled->cache, key_at (self, i), memo_entry_new_bytes (value));
    }
  self->place += PASS;
}

static void
ended_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  Changes *self = user_data;

  self->right += memo_mutation_end_finish (MEMO_MUTATION (source), result, NULL);
  self->pending--;
}

static void
begun_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  Changes *self = user_data;
  g_autoptr(MemoMutation) mutation = MEMO_MUTATION (source);

  if (memo_mutation_begin_finish (mutation, result, NULL))
    memo_mutation_end_async (mutation, ended_cb, self);
  else
    self->pending--;
}

static guint
bracket_ours (gpointer data)
{
  Changes *self = data;

  self->right = 0;
  for (guint i = 0; i < PASS; i++)
    {
      MemoMutation *mutation = memo_mutation_new (self->filled->cache);

      memo_mutation_add_key (mutation, key_at (self, i));
      self->pending++;
      memo_mutation_begin_async (mutation, NULL, begun_cb, self);
      while (self->pending > 0)
        g_main_context_iteration (NULL, TRUE);
    }

  return self->right;
}

static guint
delete_ours (gpointer data)
{
  Changes *self = data;
  guint right = 0;

  for (guint i = 0; i < PASS; i++)
    right += memo_cache_delete (self->filled->cache, key_at (self, i));

  return right;
}

/* --- by hand --- */

static void
set_by_hand (gpointer data)
{
  Changes *self = data;

  for (guint i = 0; i < PASS; i++)
    {
      g_autoptr(GBytes) value = source_read (key_at (self, i));

      by_hand_set (self->filled->by_hand, key_at (self, i), value, 0);
    }
  self->place += PASS;
}

static void
ended_by_hand_cb (GObject      *source,
                  GAsyncResult *result,
                  gpointer      user_data)
{
  Changes *self = user_data;

  self->right += by_hand_brackets_finish (result);
  self->pending--;
}

static guint
bracket_by_hand (gpointer data)
{
  Changes *self = data;

  self->right = 0;
  for (guint i = 0; i < PASS; i++)
    {
      self->pending += 2;
      by_hand_brackets_begin_async (self->brackets, key_at (self, i), ended_by_hand_cb, self);
      while (self->pending > 1)
        g_main_context_iteration (NULL, TRUE);
      by_hand_brackets_end_async (self->brackets, key_at (self, i), ended_by_hand_cb, self);
      while (self->pending > 0)
        g_main_context_iteration (NULL, TRUE);
    }

  return self->right / 2;
}

static guint
delete_by_hand (gpointer data)
{
  Changes *self = data;

  for (guint i = 0; i < PASS; i++)
    by_hand_remove (self->filled->by_hand, key_at (self, i));

  return by_hand_size (self->filled->by_hand) + PASS == self->filled->keys->count ? PASS : 0;
}

/* --- both --- */

/* What was there in the pass is not there after it. */
static guint
bracket_and_check_ours (gpointer data)
{
  Changes *self = data;
  guint right = bracket_ours (data);

  for (guint i = 0; i < PASS; i++)
    {
      if (memo_cache_contains (self->filled->cache, key_at (self, i)))
        right--;
    }

  return right;
}

int
main (int    argc,
      char **argv)
{
  Bench *bench = bench_new (&argc, &argv);
  g_autoptr(ByHandBrackets) brackets = NULL;
  Filled filled;
  Changes ours, by_hand;

  g_main_context_acquire (NULL);

  filled_init (&filled, bench, N_HELD, FALSE);
  brackets = by_hand_brackets_new (filled.by_hand);
  ours = by_hand = (Changes) { .filled = &filled, .brackets = brackets };

  bench_section (bench, "Invalidation");
  bench_compare (bench, &(BenchRow) {
    .name = "delete one that is there",
    .operations = PASS,
    .ours = { .prepare = set_ours, .run = delete_ours, .data = &ours },
    .by_hand = { .prepare = set_by_hand, .run = delete_by_hand, .data = &by_hand },
  });
  bench_compare (bench, &(BenchRow) {
    .name = "bracket around a change of one key",
    .operations = PASS,
    .ours = { .prepare = set_ours, .run = bracket_and_check_ours, .data = &ours },
    .by_hand = { .prepare = set_by_hand, .run = bracket_by_hand, .data = &by_hand },
  });

  set_ours (&ours);
  set_by_hand (&by_hand);
  filled_check (&filled, bench);
  filled_clear (&filled);
  g_main_context_release (NULL);

  return bench_finish (bench);
}
