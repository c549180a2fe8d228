/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "memo-agent-loops-private.h"

/* The rules are those of docs/agent.md, “Loops”.  What they count are calls that have completed: a call that is
 * about to begin is held against them, and enters the history when it ends. */

/* An error that does not pass is tried in vain so often. */
#define RETRIES 3

/* An oscillation is so many cycles, of calls between these two numbers. */
#define CYCLES 3
#define SHORTEST_CYCLE 2
#define LONGEST_CYCLE 10

/* A change may come again so much more often than a read, and a read whose outcomes differ. */
#define CHANGE_FACTOR 2
#define ANY_OUTCOME_FACTOR 4

typedef struct
{
  char     *name;
  guint64   digest;
  guint64   outcome;
  gboolean  poll;
} Record;

/* The calls at the end of the history that are the same. */
typedef struct
{
  guint64       digest;
  guint64       outcome;
  MemoAgentEnd  end;
  guint         length;           /* whatever came of them; 0: there is none */
  guint         same;             /* of these, how many at the end have one outcome */
  guint64      *resources;
  guint         n_resources;
} Run;

/* One poll, wherever in the history. */
typedef struct
{
  guint64 digest;
  guint64 outcome;
  guint64 used;
  guint   length;
  guint   same;
} Poll;

struct _MemoAgentLoops
{
  Record  history[MEMO_AGENT_LOOPS_HISTORY];    /* a ring */
  guint   n_history;
  guint   next;
  Run     run;
  Poll    polls[MEMO_AGENT_LOOPS_HISTORY];      /* the most recent ones, in no order */
  guint   n_polls;
  guint64 poll_clock;
  guint   n_calls;                              /* admitted so far */
  gint64  last;                                 /* when a call came or went */
};

MemoAgentLoops *
memo_agent_loops_new (void)
{
  return g_new0 (MemoAgentLoops, 1);
}

static void
forget_run (MemoAgentLoops *self)
{
  g_free (self->run.resources);
  self->run = (Run) { 0 };
}

/* What happened until now was progress: all streaks end.  The calls that were made stay counted. */
void
memo_agent_loops_progress (MemoAgentLoops *self)
{
  for (guint i = 0; i < MEMO_AGENT_LOOPS_HISTORY; i++)
    g_clear_pointer (&self->history[i].name, g_ref_string_release);

  self->n_history = 0;
  self->next = 0;
  self->n_polls = 0;
  forget_run (self);
}

void
memo_agent_loops_free (MemoAgentLoops *self)
{
  memo_agent_loops_progress (self);
  g_free (self);
}

void
memo_agent_finding_free (MemoAgentFinding *finding)
{
  g_strfreev (finding->cycle);
  g_free (finding);
}

/* --- the history --- */

/* The record of so many calls ago, 1 being the last. */
static const Record *
ago (MemoAgentLoops *self,
     guint           n)
{
  return &self->history[(self->next + MEMO_AGENT_LOOPS_HISTORY - n) % MEMO_AGENT_LOOPS_HISTORY];
}

static void
extend_history (MemoAgentLoops         *self,
                const MemoAgentSubject *subject,
                guint64                 outcome)
{
  Record *record = &self->history[self->next];

  g_clear_pointer (&record->name, g_ref_string_release);
  record->name = g_ref_string_acquire (subject->name);
  record->digest = subject->digest;
  record->outcome = outcome;
  record->poll = subject->poll;

  self->next = (self->next + 1) % MEMO_AGENT_LOOPS_HISTORY;
  self->n_history = MIN (self->n_history + 1, MEMO_AGENT_LOOPS_HISTORY);
}

static void
extend_run (MemoAgentLoops         *self,
            const MemoAgentSubject *subject,
            MemoAgentEnd            end,
            guint64                 outcome)
{
  Run *run = &self->run;

  if (run->length == 0 || run->digest != subject->digest)
    {
      forget_run (self);
      run->digest = subject->digest;

      /* A change touches its own resources, and repeats itself all the same. */
      if (!subject->change)
        {
          run->resources = g_memdup2 (subject->resources, subject->n_resources * sizeof *subject->resources);
          run->n_resources = subject->n_resources;
        }
    }

  run->same = run->length > 0 && run->outcome == outcome ? run->same + 1 : 1;
  run->length++;
  run->outcome = outcome;
  run->end = end;
}

static Poll *
find_poll (MemoAgentLoops *self,
           guint64         digest)
{
  for (guint i = 0; i < self->n_polls; i++)
    {
      if (self->polls[i].digest == digest)
        return &self->polls[i];
    }

  return NULL;
}

/* Where a new one goes: beside the others, or in the place of the one that was not used for longest. */
static Poll *
add_poll (MemoAgentLoops *self,
          guint64         digest)
{
  Poll *poll = &self->polls[0];

  if (self->n_polls < MEMO_AGENT_LOOPS_HISTORY)
    {
      poll = &self->polls[self->n_polls++];
    }
  else
    {
      for (guint i = 1; i < self->n_polls; i++)
        {
          if (self->polls[i].used < poll->used)
            poll = &self->polls[i];
        }
    }

  *poll = (Poll) { .digest = digest };

  return poll;
}

static void
extend_poll (MemoAgentLoops *self,
             guint64         digest,
             guint64         outcome)
{
  Poll *poll = find_poll (self, digest);

  if (poll == NULL)
    poll = add_poll (self, digest);

  poll->same = poll->length > 0 && poll->outcome == outcome ? poll->same + 1 : 1;
  poll->length++;
  poll->outcome = outcome;
  poll->used = ++self->poll_clock;
}

/* A call has completed. */
void
memo_agent_loops_record (MemoAgentLoops         *self,
                         const MemoAgentSubject *subject,
                         MemoAgentEnd            end,
                         guint64                 outcome,
                         gint64                  now)
{
  extend_history (self, subject, outcome);
  extend_run (self, subject, end, outcome);
  if (subject->poll)
    extend_poll (self, subject->digest, outcome);

  self->last = now;
}

/* Something was changed by whoever it was: a read of it that comes again is no repetition. */
void
memo_agent_loops_touch (MemoAgentLoops *self,
                        const guint64  *resources,
                        guint           n_resources)
{
  for (guint i = 0; i < self->run.n_resources; i++)
    {
      for (guint k = 0; k < n_resources; k++)
        {
          if (self->run.resources[i] == resources[k])
            {
              forget_run (self);
              return;
            }
        }
    }
}

/* The call that was checked is made. */
void
memo_agent_loops_admit (MemoAgentLoops *self)
{
  self->n_calls++;
}

/* --- the detectors --- */

static MemoAgentFinding *
found (MemoAgentDetector  detector,
       guint              count,
       char             **cycle)
{
  MemoAgentFinding *finding = g_new (MemoAgentFinding, 1);

  finding->detector = detector;
  finding->count = count;
  finding->cycle = cycle;

  return finding;
}

static char **
cycle_of_one (const MemoAgentSubject *subject)
{
  return g_strdupv ((char *[]) { subject->name, NULL });
}

static MemoAgentFinding *
check_budget (MemoAgentLoops         *self,
              const MemoAgentLimits  *limits,
              const MemoAgentSubject *subject)
{
  const Poll *poll = subject->poll ? find_poll (self, subject->digest) : NULL;
  guint polled = 0;

  if (limits->max_calls != G_MAXUINT && self->n_calls >= limits->max_calls)
    return found (MEMO_AGENT_DETECTOR_BUDGET, self->n_calls + 1, cycle_of_one (subject));

  if (poll != NULL)
    polled = limits->detection == MEMO_AGENT_LOOP_DETECTION_ARGS ? poll->length : poll->same;
  if (polled > 0 && polled >= limits->max_polls)
    return found (MEMO_AGENT_DETECTOR_BUDGET, polled + 1, cycle_of_one (subject));

  return NULL;
}

static MemoAgentFinding *
check_retries (MemoAgentLoops         *self,
               const MemoAgentLimits  *limits,
               const MemoAgentSubject *subject)
{
  const Run *run = &self->run;
  guint retries = run->end == MEMO_AGENT_FAILED_FOR_NOW ? limits->max_repeats : RETRIES;

  if (limits->detection == MEMO_AGENT_LOOP_DETECTION_ARGS || subject->poll ||
      run->length == 0 || run->digest != subject->digest || run->end == MEMO_AGENT_SUCCEEDED ||
      run->same < retries)
    return NULL;

  return found (MEMO_AGENT_DETECTOR_RETRY_STORM, run->same + 1, cycle_of_one (subject));
}

static MemoAgentFinding *
check_repeats (MemoAgentLoops         *self,
               const MemoAgentLimits  *limits,
               const MemoAgentSubject *subject)
{
  const Run *run = &self->run;
  const guint64 limit = (guint64) limits->max_repeats * (subject->change ? CHANGE_FACTOR : 1);
  guint repeats;

  if (subject->poll || subject->repeatable || run->length == 0 || run->digest != subject->digest)
    return NULL;

  repeats = limits->detection == MEMO_AGENT_LOOP_DETECTION_ARGS ? run->length : run->same;
  if (repeats >= limit)
    return found (MEMO_AGENT_DETECTOR_REPEAT, repeats + 1, cycle_of_one (subject));

  if (!subject->change && run->length >= (guint64) limits->max_repeats * ANY_OUTCOME_FACTOR)
    return found (MEMO_AGENT_DETECTOR_REPEAT, run->length + 1, cycle_of_one (subject));

  return NULL;
}

/* Whether the calls of so many ago and of a cycle before that are the same. */
static gboolean
is_periodic (MemoAgentLoops *self,
             guint           n,
             guint           period,
             gboolean        any_outcome)
{
  const Record *late = ago (self, n), *early = ago (self, n + period);

  return late->digest == early->digest && (any_outcome || late->outcome == early->outcome);
}

/* Whether the last PERIOD calls can be a cycle at all. */
static gboolean
is_cycle (MemoAgentLoops *self,
          guint           period)
{
  gboolean all_equal = TRUE;

  for (guint n = 1; n <= period; n++)
    {
      if (ago (self, n)->poll)
        return FALSE;
      all_equal = all_equal && ago (self, n)->digest == ago (self, 1)->digest;
    }

  return !all_equal;
}

static char **
dup_cycle (MemoAgentLoops *self,
           guint           period)
{
  char **cycle = g_new0 (char *, period + 1);

  for (guint i = 0; i < period; i++)
    cycle[i] = g_strdup (ago (self, period - i)->name);

  return cycle;
}

static MemoAgentFinding *
check_oscillation (MemoAgentLoops         *self,
                   const MemoAgentLimits  *limits,
                   const MemoAgentSubject *subject)
{
  const gboolean any_outcome = limits->detection == MEMO_AGENT_LOOP_DETECTION_ARGS;

  for (guint period = SHORTEST_CYCLE; period <= LONGEST_CYCLE && CYCLES * period <= self->n_history; period++)
    {
      guint n = 1;

      if (ago (self, period)->digest != subject->digest || !is_cycle (self, period))
        continue;

      while (n + period <= self->n_history && is_periodic (self, n, period, any_outcome))
        n++;

      /* N - 1 calls are equal to those of a cycle before. */
      if (n - 1 >= (CYCLES - 1) * period)
        return found (MEMO_AGENT_DETECTOR_OSCILLATION, (n - 1) / period + 2, dup_cycle (self, period));
    }

  return NULL;
}

/* Whether the call of SUBJECT, which is about to begin, would be part of a loop; NULL: it would not.  CIRCLE are the
 * names from an ancestor that it is equal to down to its parent, or NULL. */
MemoAgentFinding *
memo_agent_loops_check (MemoAgentLoops         *self,
                        const MemoAgentLimits  *limits,
                        const MemoAgentSubject *subject,
                        guint                   depth,
                        const char * const     *circle,
                        gint64                  now)
{
  MemoAgentFinding *finding = NULL;

  if (now - self->last >= MEMO_AGENT_LOOPS_IDLE)
    memo_agent_loops_progress (self);
  self->last = now;

  if (limits->detection == MEMO_AGENT_LOOP_DETECTION_OFF)
    return NULL;

  if (circle != NULL)
    return found (MEMO_AGENT_DETECTOR_NESTING, depth, g_strdupv ((char **) circle));
  if (depth > limits->max_depth)
    return found (MEMO_AGENT_DETECTOR_NESTING, depth, cycle_of_one (subject));

  finding = check_budget (self, limits, subject);
  if (finding == NULL)
    finding = check_retries (self, limits, subject);
  if (finding == NULL)
    finding = check_repeats (self, limits, subject);
  if (finding == NULL)
    finding = check_oscillation (self, limits, subject);

  return finding;
}
