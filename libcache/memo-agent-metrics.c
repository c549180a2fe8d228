/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-agent-call-private.h"

/* What agents count. */

void
memo_agent_counters_add (MemoAgentCounters       *self,
                         const MemoAgentCounters *more)
{
  self->hits += more->hits;
  self->misses += more->misses;
  self->loads += more->loads;
  self->load_failures += more->load_failures;
  self->loop_detections += more->loop_detections;
}

/* Adds what a cache knows and whoever asks it does not. */
static void
add_cache (MemoMetrics *metrics,
           MemoCache   *cache)
{
  g_autoptr(MemoMetrics) more = memo_cache_get_metrics (cache);

  metrics->evictions += more->evictions;
  metrics->expirations += more->expirations;
  metrics->invalidations += more->invalidations;
  metrics->remote_hits += more->remote_hits;
  metrics->remote_failures += more->remote_failures;
  metrics->backup_hits += more->backup_hits;
  metrics->backup_failures += more->backup_failures;
  metrics->size += more->size;
}

/* As metrics, with those of CACHES in them. */
MemoMetrics *
memo_agent_counters_to_metrics (const MemoAgentCounters *self,
                                MemoCache * const       *caches,
                                guint                    n_caches)
{
  MemoMetrics *metrics = memo_metrics_new ();
  guint64 asked = self->hits + self->misses;

  metrics->hits = self->hits;
  metrics->misses = self->misses;
  metrics->loads = self->loads;
  metrics->load_failures = self->load_failures;
  metrics->loop_detections = self->loop_detections;
  metrics->hit_rate = asked > 0 ? (double) self->hits / (double) asked : 0.0;

  for (guint i = 0; i < n_caches; i++)
    add_cache (metrics, caches[i]);

  return metrics;
}

MemoAgentCounters
memo_agent_function_get_counters (MemoAgentFunction *self)
{
  MemoAgentFunctionPrivate *priv = memo_agent_function_get_private (self);
  MemoAgentCounters counters;

  g_mutex_lock (&priv->lock);
  counters = priv->counters;
  g_mutex_unlock (&priv->lock);

  return counters;
}

/**
 * memo_agent_function_get_metrics:
 * @self: a function
 *
 * Gets what was counted of the calls of this function: of a tool, hits, misses and loads; of a change, loads, which
 * are the calls of the function behind it; of both, the loops that they were part of.
 *
 * What is dropped is counted by the cache: where all tools share the [property@Memo.AgentCache:cache], nobody
 * knows for whom. [method@Memo.AgentCache.get_metrics] has it for all.
 *
 * Returns: (transfer full): a snapshot
 *
 * Since: 0.1
 */
MemoMetrics *
memo_agent_function_get_metrics (MemoAgentFunction *self)
{
  MemoAgentFunctionPrivate *priv;
  MemoAgentCounters counters;
  gboolean own;

  g_return_val_if_fail (MEMO_IS_AGENT_FUNCTION (self), NULL);

  priv = memo_agent_function_get_private (self);
  counters = memo_agent_function_get_counters (self);
  own = memo_agent_function_is_added (self) && priv->own_cache;

  return memo_agent_counters_to_metrics (&counters, &priv->cache, own ? 1 : 0);
}
