/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-disk-backend.h"

/* What GIO looks for in a module. */

G_MODULE_EXPORT void   g_io_memo_disk_load   (GIOModule *module);
G_MODULE_EXPORT void   g_io_memo_disk_unload (GIOModule *module);
G_MODULE_EXPORT char **g_io_memo_disk_query  (void);

void
g_io_memo_disk_load (GIOModule *module)
{
  GTypeModule *type_module = G_TYPE_MODULE (module);

  /* The same plugin in two folders, or one folder searched twice: the first one stays. */
  if (g_type_from_name ("MemoDiskBackend") != 0)
    return;

  /* GIO unloads a module once it was scanned.  A use that is never given back keeps the code in the process, which
   * the thread of a backend runs in. */
  g_type_module_use (type_module);

  memo_disk_backend_register (type_module);
  g_io_extension_point_implement (MEMO_BACKEND_EXTENSION_POINT_NAME, MEMO_TYPE_DISK_BACKEND, "disk", 10);
}

void
g_io_memo_disk_unload (GIOModule *module)
{
}

char **
g_io_memo_disk_query (void)
{
  const char *points[] = { MEMO_BACKEND_EXTENSION_POINT_NAME, NULL };

  return g_strdupv ((char **) points);
}
