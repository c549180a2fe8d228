/* SPDX-License-Identifier: CC0-1.0 */
#include "await.h"

/* Puts the result where await() looks for it. */
void
await_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      slot)
{
  *(GAsyncResult **) slot = g_object_ref (result);
}

GAsyncResult *
await (GAsyncResult **slot)
{
  while (*slot == NULL)
    g_main_context_iteration (NULL, TRUE);

  return *slot;
}
