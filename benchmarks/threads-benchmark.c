/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE
#include <pthread.h>

#include "filled.h"

/* Look-ups of what is there, by several threads of one cache.  The time of an operation is that of all threads together: with
 * twice as many threads it is half as long where they do not get in each other's way. */

#define MOST 4
#define PASS 20000      /* of each thread */

/* Threads that stay, and all do the same when they are told. */
typedef struct
{
  Filled            *filled;
  Draws             *draws;
  gboolean           ours;
  guint              n;
  gboolean           stop;
  pthread_barrier_t  begin;
  pthread_barrier_t  end;
  GThread           *threads[MOST];
  guint              places[MOST];
  guint              right[MOST];
} Team;

typedef struct
{
  Team *team;
  guint number;
} Member;

static guint
look_up (Team *team,
         guint *place)
{
  guint right = 0;

  for (guint i = 0; i < PASS; i++)
    {
      const char *key = team->filled->keys->texts[team->draws->numbers[advance (place, team->draws->count)]];

      if (team->ours)
        {
          MemoEntry *entry = memo_cache_lookup (team->filled->cache, key);

          if (entry != NULL)
            {
              right++;
              memo_entry_unref (entry);
            }
        }
      else
        {
          GBytes *value = by_hand_lookup (team->filled->by_hand, key);

          if (value != NULL)
            {
              right++;
              g_bytes_unref (value);
            }
        }
    }

  return right;
}

static gpointer
work (gpointer data)
{
  g_autofree Member *self = data;
  Team *team = self->team;

  while (TRUE)
    {
      guint place, right;

      pthread_barrier_wait (&team->begin);
      if (team->stop)
        return NULL;

      /* On the stack, where no other thread writes. */
      place = team->places[self->number];
      right = look_up (team, &place);
      team->places[self->number] = place;
      team->right[self->number] = right;
      pthread_barrier_wait (&team->end);
    }
}

static void
team_init (Team    *self,
           Filled  *filled,
           Draws   *draws,
           gboolean ours,
           guint    n)
{
  *self = (Team) { .filled = filled, .draws = draws, .ours = ours, .n = n };
  pthread_barrier_init (&self->begin, NULL, n + 1);
  pthread_barrier_init (&self->end, NULL, n + 1);

  for (guint i = 0; i < n; i++)
    {
      Member *member = g_new (Member, 1);

      *member = (Member) { self, i };
      self->places[i] = draws->count / MOST * i;
      self->threads[i] = g_thread_new ("look-ups", work, member);
    }
}

static void
team_clear (Team *self)
{
  self->stop = TRUE;
  pthread_barrier_wait (&self->begin);
  for (guint i = 0; i < self->n; i++)
    g_thread_join (self->threads[i]);
  pthread_barrier_destroy (&self->begin);
  pthread_barrier_destroy (&self->end);
}

static guint
run_team (gpointer data)
{
  Team *self = data;
  guint right = 0;

  pthread_barrier_wait (&self->begin);
  pthread_barrier_wait (&self->end);
  for (guint i = 0; i < self->n; i++)
    right += self->right[i];

  return right;
}

/* One thread has to do as much as all the others did together. */
static guint
run_team_as_many (gpointer data)
{
  guint right = 0;

  for (guint i = 0; i < MOST; i++)
    right += run_team (data);

  return right;
}

typedef struct
{
  const char *name;
  guint       count;
  guint       n;
  gboolean    against_one;    /* the other side is one thread with libcache, too */
  double      target;
  const char *curve;
} ThreadsRow;

static void
compare (Bench            *bench,
         const ThreadsRow *row)
{
  Filled filled;
  g_autofree Draws *draws = NULL;
  Team ours, other;

  if (!bench_wants (bench, row->name))
    return;

  filled_init (&filled, bench, row->count, TRUE);
  draws = filled_draw (&filled, bench, 0.99);
  team_init (&ours, &filled, draws, TRUE, row->n);
  team_init (&other, &filled, draws, row->against_one, row->against_one ? 1 : row->n);

  bench_compare (bench, &(BenchRow) {
    .name = row->name,
    .operations = row->n * PASS,
    .target = row->target,
    .curve = row->curve,
    .x = row->n,
    .on_the_wall = TRUE,
    .ours = { .run = run_team, .data = &ours },
    .by_hand = {
      .name = row->against_one ? "one thread" : NULL,
      .run = row->against_one ? run_team_as_many : run_team,
      .data = &other,
    },
  });

  team_clear (&ours);
  team_clear (&other);
  filled_check (&filled, bench);
  filled_clear (&filled);
}

int
main (int    argc,
      char **argv)
{
  static const ThreadsRow rows[] = {
    { "1 thread, 1k entries",                   1000, 1, FALSE, 0.0, "1k entries" },
    { "2 threads, 1k entries",                  1000, 2, FALSE, 0.0, "1k entries" },
    { "3 threads, 1k entries",                  1000, 3, FALSE, 0.0, "1k entries" },
    { "4 threads, 1k entries",                  1000, 4, FALSE, 0.0, "1k entries" },
    { "1 thread, 100k entries",               100000, 1, FALSE, 0.0, "100k entries" },
    { "2 threads, 100k entries",              100000, 2, FALSE, 0.0, "100k entries" },
    { "3 threads, 100k entries",              100000, 3, FALSE, 0.0, "100k entries" },
    { "4 threads, 100k entries",              100000, 4, FALSE, 0.0, "100k entries" },
    { "4 threads beside one, 1k entries",       1000, 4, TRUE,  0.5 },
    { "4 threads beside one, 100k entries",   100000, 4, TRUE,  0.5 },
  };
  Bench *bench = bench_new (&argc, &argv);

  bench_section (bench, "Threads");
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    compare (bench, &rows[i]);

  return bench_finish (bench);
}
