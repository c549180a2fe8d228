/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-agent-call-private.h"

/* What a session knows of its calls.  Nothing here runs code of the user's. */

/* Between the parts of a tag that is of a session: no resource has it. */
#define MARK "\x1f"

/* RESOURCES as those of one session. */
char **
memo_agent_session_tags (guint64             serial,
                         const char * const *resources)
{
  g_autoptr(GStrvBuilder) tags = g_strv_builder_new ();

  for (gsize i = 0; resources[i] != NULL; i++)
    {
      g_autofree char *tag = g_strdup_printf (MARK "%" G_GUINT64_FORMAT MARK "%s", serial, resources[i]);

      g_strv_builder_add (tags, tag);
    }

  return g_strv_builder_end (tags);
}

MemoAgentState *
memo_agent_state_new (void)
{
  MemoAgentState *self = g_new0 (MemoAgentState, 1);

  g_atomic_ref_count_init (&self->ref_count);
  g_mutex_init (&self->lock);
  self->limits = (MemoAgentLimits) {
    .detection = MEMO_AGENT_LOOP_DETECTION_OUTCOME,
    .max_repeats = 5,
    .max_depth = 50,
    .max_calls = MEMO_UNLIMITED,
    .max_polls = 100,
  };
  self->loops = memo_agent_loops_new ();
  self->groups = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  self->calls = g_hash_table_new (NULL, NULL);

  return self;
}

MemoAgentState *
memo_agent_state_ref (MemoAgentState *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
memo_agent_state_unref (MemoAgentState *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  /* The calls in there would hold it. */
  g_assert (g_hash_table_size (self->calls) == 0);

  g_hash_table_unref (self->calls);
  g_hash_table_unref (self->groups);
  memo_agent_loops_free (self->loops);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* With the lock held: the group of a call that begins. */
static MemoAgentGroup *
join_group (MemoAgentState *self,
            guint64         digest)
{
  MemoAgentGroup *group = g_hash_table_lookup (self->groups, &digest);

  if (group == NULL)
    {
      group = g_new0 (MemoAgentGroup, 1);
      group->digest = digest;
      g_hash_table_add (self->groups, group);
    }

  group->members++;

  return group;
}

/* Has CALL begin, unless the session is closed, or a detector says no and it is not to begin ANYWAY.  FALSE without a
 * finding: it is closed. */
gboolean
memo_agent_state_admit (MemoAgentState      *self,
                        MemoAgentCall       *call,
                        const char * const  *circle,
                        gboolean             anyway,
                        MemoAgentFinding   **finding)
{
  gint64 now = memo_agent_cache_now (call->agent);
  gboolean admitted;

  g_mutex_lock (&self->lock);

  if (!self->closed && !anyway)
    {
      *finding = memo_agent_loops_check (self->loops, &self->limits, &call->subject, call->depth, circle, now);
      self->warned = self->warned && *finding != NULL;
    }

  admitted = !self->closed && *finding == NULL;
  if (admitted)
    {
      memo_agent_loops_admit (self->loops);
      call->group = join_group (self, call->subject.digest);
      g_hash_table_add (self->calls, memo_agent_call_ref (call));
    }

  g_mutex_unlock (&self->lock);

  return admitted;
}

/* Whether a loop has to be told of: it is the first of its streak. */
gboolean
memo_agent_state_may_warn (MemoAgentState *self)
{
  gboolean first;

  g_mutex_lock (&self->lock);
  first = !self->warned;
  self->warned = TRUE;
  g_mutex_unlock (&self->lock);

  return first;
}

/* The request of CALL was handed on.  FALSE: the session was closed meanwhile, in another thread, and left the request
 * to be withdrawn by whoever handed it on. */
gboolean
memo_agent_state_hand_on (MemoAgentState *self,
                          MemoAgentCall  *call)
{
  gboolean open;

  g_mutex_lock (&self->lock);
  call->handed_on = TRUE;
  open = !self->closed;
  g_mutex_unlock (&self->lock);

  return open;
}

/* The function is called for CALL, in whichever thread. */
void
memo_agent_state_loaded (MemoAgentState *self,
                         MemoAgentCall  *call)
{
  g_mutex_lock (&self->lock);
  if (call->group != NULL)
    call->group->loads++;
  g_mutex_unlock (&self->lock);
}

/* With the lock held. */
static void
leave_group (MemoAgentState *self,
             MemoAgentCall  *call)
{
  MemoAgentGroup *group = g_steal_pointer (&call->group);

  if (group != NULL && --group->members == 0)
    g_hash_table_remove (self->groups, group);
}

/* CALL is over, and nothing came of it. */
void
memo_agent_state_leave (MemoAgentState *self,
                        MemoAgentCall  *call)
{
  gboolean held;

  g_mutex_lock (&self->lock);
  leave_group (self, call);
  held = g_hash_table_remove (self->calls, call);
  g_mutex_unlock (&self->lock);

  if (held)
    memo_agent_call_unref (call);
}

/* Something came of it: it enters the history, once for all who waited for one load. */
void
memo_agent_state_complete (MemoAgentState *self,
                           MemoAgentCall  *call,
                           MemoAgentEnd    end,
                           guint64         outcome)
{
  gint64 now = memo_agent_cache_now (call->agent);

  g_mutex_lock (&self->lock);
  if (call->group != NULL && call->group->records < MAX (call->group->loads, 1))
    {
      call->group->records++;
      memo_agent_loops_record (self->loops, &call->subject, end, outcome, now);
    }
  g_mutex_unlock (&self->lock);

  memo_agent_state_leave (self, call);
}

void
memo_agent_state_count (MemoAgentState    *self,
                        MemoAgentCounters  more)
{
  g_mutex_lock (&self->lock);
  memo_agent_counters_add (&self->counters, &more);
  g_mutex_unlock (&self->lock);
}

/* Somebody has changed something. */
void
memo_agent_state_touch (MemoAgentState *self,
                        const guint64  *resources,
                        guint           n_resources)
{
  g_mutex_lock (&self->lock);
  memo_agent_loops_touch (self->loops, resources, n_resources);
  g_mutex_unlock (&self->lock);
}

/* Has no call begin any more, and gives those that were handed on; NULL: it was closed before. */
GPtrArray *
memo_agent_state_close (MemoAgentState *self)
{
  GPtrArray *calls = NULL;
  GHashTableIter iter;
  gpointer call;

  g_mutex_lock (&self->lock);
  if (!self->closed)
    {
      self->closed = TRUE;
      calls = g_ptr_array_new_with_free_func ((GDestroyNotify) memo_agent_call_unref);
      g_hash_table_iter_init (&iter, self->calls);
      while (g_hash_table_iter_next (&iter, &call, NULL))
        {
          if (((MemoAgentCall *) call)->handed_on)
            g_ptr_array_add (calls, memo_agent_call_ref (call));
        }
    }
  g_mutex_unlock (&self->lock);

  return calls;
}
