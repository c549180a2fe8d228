/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-agent-cache.h"
#include "memo-agent-function.h"
#include "memo-agent-loops-private.h"
#include "memo-agent-resources-private.h"

G_BEGIN_DECLS

/* What the functions of one agent cache, and all that is made with it, count. */
typedef struct
{
  guint64 hits;
  guint64 misses;
  guint64 loads;
  guint64 load_failures;
  guint64 loop_detections;
} MemoAgentCounters;

typedef struct
{
  char               *name;           /* a GRefString */
  MemoLoader         *loader;
  char              **templates;
  char              **volatile_args;
  MemoAgentScope      scope;
  int                 n_args;

  /* Since it was added. */
  GWeakRef            agent;
  MemoAgentResources *resources;
  MemoCache          *cache;          /* where a tool keeps its results; NULL for a change */
  gboolean            own_cache;
  GMutex              lock;           /* guards what follows */
  gboolean            added;
  MemoAgentCounters   counters;
} MemoAgentFunctionPrivate;

MemoAgentFunctionPrivate *memo_agent_function_get_private (MemoAgentFunction  *self);

gboolean                  memo_agent_function_add_to      (MemoAgentFunction  *self,
                                                           MemoAgentCache     *agent,
                                                           MemoCache          *cache,
                                                           gboolean            own_cache,
                                                           GError            **error);
gboolean                  memo_agent_function_is_added    (MemoAgentFunction  *self);
void                      memo_agent_function_count       (MemoAgentFunction  *self,
                                                           MemoAgentCounters   more);
char                     *memo_agent_function_describe    (MemoAgentFunction  *self,
                                                           MemoEntry          *entry);

/* memo-agent-metrics.c */
void              memo_agent_counters_add          (MemoAgentCounters       *self,
                                                    const MemoAgentCounters *more);
MemoMetrics      *memo_agent_counters_to_metrics   (const MemoAgentCounters *self,
                                                    MemoCache * const       *caches,
                                                    guint                    n_caches);
MemoAgentCounters memo_agent_function_get_counters (MemoAgentFunction       *self);

G_END_DECLS
