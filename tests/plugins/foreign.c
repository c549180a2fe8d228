/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A module of another time: none of its functions may be called. */

#include <stdlib.h>

#include <libcache.h>

#ifdef FOREIGN_ABI
G_MODULE_EXPORT extern const guint memo_plugin_abi;
const guint memo_plugin_abi = FOREIGN_ABI;
#endif

G_MODULE_EXPORT void g_io_module_load   (GIOModule *module);
G_MODULE_EXPORT void g_io_module_unload (GIOModule *module);

void
g_io_module_load (GIOModule *module)
{
  abort ();
}

void
g_io_module_unload (GIOModule *module)
{
  abort ();
}
