/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The resources of a tool or of a change: texts with the arguments of a call in them. */
typedef struct _MemoAgentResources MemoAgentResources;

MemoAgentResources  *memo_agent_resources_new    (const char * const  *templates,
                                                  int                  n_args,
                                                  GError             **error);
void                 memo_agent_resources_free   (MemoAgentResources  *self);
char               **memo_agent_resources_expand (MemoAgentResources  *self,
                                                  const char          *function,
                                                  GVariant            *args,
                                                  GError             **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MemoAgentResources, memo_agent_resources_free)

/* What is left of the arguments of a call without those that do not count. */
GVariant            *memo_agent_args_without     (GVariant            *args,
                                                  const char * const  *left_out);

G_END_DECLS
