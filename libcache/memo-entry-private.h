/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-entry.h"

G_BEGIN_DECLS

struct _MemoEntry
{
  int             ref_count;  /* atomic; GLib's type is a call into another library, twice for each hit */
  int             sealed;     /* atomic */
  GValue          value;      /* unset for the cached "nothing" */
  double          ttl;
  gsize           size;       /* of the value; atomic, 0 until somebody wants to know */
  char          **tags;
};

static inline gboolean
memo_entry_is_value (MemoEntry *self)
{
  return self->value.g_type != G_TYPE_INVALID;
}

static inline gboolean
memo_entry_is_a (MemoEntry *self,
                 GType      type)
{
  return memo_entry_is_value (self) && G_VALUE_HOLDS (&self->value, type);
}

void          memo_entry_seal      (MemoEntry *self);
MemoEntry    *memo_entry_new_error (GError    *error);
MemoEntry    *memo_entry_new_take  (GValue    *value);
const GError *memo_entry_get_error (MemoEntry *self);

G_END_DECLS
