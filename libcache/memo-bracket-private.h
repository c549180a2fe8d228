/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-call.h"

G_BEGIN_DECLS

/* What an invalidator does, of whichever type.  REQUEST is the call that is being run, and has the arguments. */
typedef struct
{
  /* What the change makes wrong, a MemoMutation for each cache.  READS is what the key function answered, if there
   * is one.  In whichever thread that was answered. */
  GPtrArray * (*dup_mutations) (gpointer    invalidator,
                                MemoCall   *request,
                                MemoEntry  *reads,
                                GError    **error);
  void        (*call_func)     (gpointer    invalidator,
                                MemoCall   *request,
                                MemoCall   *call);
  void        (*call_key_func) (gpointer    invalidator,     /* NULL: there is none to ask */
                                MemoCall   *request,
                                MemoCall   *call);
} MemoBracketFuncs;

void memo_bracket_run (gpointer                invalidator,
                       const MemoBracketFuncs *funcs,
                       MemoCall               *request);

G_END_DECLS
