/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>

#include "memo-error.h"
#include "memo-plugins-private.h"

/* How the file of a plugin becomes a part of the program.  GIO loads it, and says nothing but yes or
 * no: so it is looked at before, for what can be wrong with it. */

static void
refuse (GError     **error,
        const char  *file,
        const char  *format,
        ...) G_GNUC_PRINTF (3, 4);

static void
refuse (GError     **error,
        const char  *file,
        const char  *format,
        ...)
{
  g_autofree char *reason = NULL;
  va_list args;

  va_start (args, format);
  reason = g_strdup_vprintf (format, args);
  va_end (args);

  g_set_error (error, MEMO_ERROR, MEMO_ERROR_NO_BACKEND, "The plugin %s cannot be used: %s", file, reason);
}

/* Whether FILE has the functions that GIO calls, whose names are made of its own. */
static gboolean
has_load_function (GModule    *module,
                   const char *file)
{
  g_autofree char *base = g_path_get_basename (file);
  g_autofree char *name = NULL;
  g_autofree char *function = NULL;
  gpointer symbol;

  name = g_strndup (base + strlen ("lib"), strcspn (base, ".") - strlen ("lib"));
  function = g_strdup_printf ("g_io_%s_load", g_strdelimit (name, "-", '_'));

  return g_module_symbol (module, function, &symbol) || g_module_symbol (module, "g_io_module_load", &symbol);
}

static const char * const *
get_schemes (GModule *module)
{
  static const char * const none[] = { NULL };
  gpointer symbol = NULL;

  return g_module_symbol (module, "memo_plugin_schemes", &symbol) && symbol != NULL ? symbol : none;
}

/* Whether there is something already that has the name of what the module would register: it may be the same plugin in
 * another file, and no type can be registered twice. */
static gboolean
is_taken (GModule *module)
{
  GIOExtensionPoint *point = g_io_extension_point_lookup (MEMO_BACKEND_EXTENSION_POINT_NAME);
  const char *scheme = get_schemes (module)[0];

  return scheme != NULL && g_io_extension_point_get_extension_by_name (point, scheme) != NULL;
}

static gboolean
check_module (GModule     *module,
              const char  *file,
              const char  *real,
              GError     **error)
{
  gpointer symbol = NULL;
  guint abi;

  if (!g_module_symbol (module, "memo_plugin_abi", &symbol) || symbol == NULL)
    {
      refuse (error, file, "it does not say which version of libcache it was built for; "
              "if it is a plugin of libcache, its source needs MEMO_DEFINE_PLUGIN");
      return FALSE;
    }

  abi = *(const guint *) symbol;
  if (abi != MEMO_PLUGIN_ABI)
    {
      refuse (error, file, "it was built for version %u of the plugin interface and this libcache has version %u; "
              "install the plugin that came with this libcache, or build it anew", abi, MEMO_PLUGIN_ABI);
      return FALSE;
    }

  if (!has_load_function (module, real))
    {
      refuse (error, file, "it has no function to load it with that fits the name of the file; "
              "call the file as its MEMO_DEFINE_PLUGIN says");
      return FALSE;
    }

  if (is_taken (module))
    {
      refuse (error, file, "it has the backend for “%s”, of which there is one already; "
              "remove one of the two", get_schemes (module)[0]);
      return FALSE;
    }

  return TRUE;
}

/* Of several schemes only the first is the name of an extension. */
static void
add_names (GHashTable *names,
           GModule    *module)
{
  const char * const *schemes = get_schemes (module);

  for (gsize i = 1; schemes[0] != NULL && schemes[i] != NULL; i++)
    {
      if (!g_hash_table_contains (names, schemes[i]))
        g_hash_table_insert (names, g_strdup (schemes[i]), g_strdup (schemes[0]));
    }
}

/* Loads FILE unless it was loaded before; it stays.  NAMES gets, for each further scheme that it takes, the name of the
 * extension for it. */
gboolean
memo_plugins_load (const char  *file,
                   GHashTable  *names,
                   GError     **error)
{
  static GHashTable *loaded;
  g_autofree char *why = memo_plugins_why_refused (file);
  g_autofree char *real = NULL;
  g_autoptr(GError) failure = NULL;
  GIOModule *plugin;
  GModule *module;

  if (why != NULL)
    {
      refuse (error, file, "%s", why);
      return FALSE;
    }

  /* GIO makes names of functions out of the file's own, which the name of a link is not. */
  real = realpath (file, NULL);
  if (real == NULL)
    {
      refuse (error, file, "it was there just now and is gone");
      return FALSE;
    }

  if (loaded == NULL)
    loaded = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  if (g_hash_table_contains (loaded, real))
    return TRUE;

  /* Not lazily: a function that is missing is said now, and ends no program later. */
  module = g_module_open_full (real, G_MODULE_BIND_LOCAL, &failure);
  if (module == NULL)
    {
      refuse (error, file, "%s; install the library that is missing, or the plugin anew", failure->message);
      return FALSE;
    }

  if (!check_module (module, file, real, error))
    {
      g_module_close (module);
      return FALSE;
    }

  plugin = g_io_module_new (real);
  if (!g_type_module_use (G_TYPE_MODULE (plugin)))
    {
      refuse (error, file, "GIO does not load it");
      g_object_unref (plugin);
      g_module_close (module);
      return FALSE;
    }

  add_names (names, module);
  g_hash_table_insert (loaded, g_steal_pointer (&real), plugin);

  return TRUE;
}
