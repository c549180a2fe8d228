/* SPDX-License-Identifier: CC0-1.0 */
#include "readers.h"

#include "await.h"

void
readers_come (MemoCache  *cache,
              MemoLoader *loader,
              Popularity *popularity,
              guint       n_readers)
{
  for (guint i = 0; i < n_readers; i++)
    {
      g_autofree char *key = g_strdup_printf ("page:%u", popularity_draw (popularity));
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(MemoEntry) entry = NULL;
      g_autoptr(GError) error = NULL;

      memo_cache_get_async (cache, key, MEMO_GET_NONE, loader, NULL, await_cb, &result);
      entry = memo_cache_get_finish (cache, await (&result), &error);
      if (entry == NULL)
        g_error ("%s: %s", key, error != NULL ? error->message : "there is no such page");
    }
}
