/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A plugin as small as can be, built several times: PLUGIN is its name as a token, PLUGIN_SCHEMES its schemes.
 * What it has under every key is the URI that it was made for. */

#include <string.h>

#include <libcache.h>

#define STRING_OF(token) #token
#define NAME_OF(token) "Plugin_" STRING_OF (token)

#ifdef PLUGIN_IS_INCOMPLETE
extern int a_function_that_nobody_has (void);
#endif

#ifdef PLUGIN_IS_DEPENDENT
extern int what_is_absent (void);
#endif

typedef struct
{
  GObject  parent_instance;
  char    *uri;
} Plugin;

typedef GObjectClass PluginClass;

static GObjectClass *parent_class;

static void
plugin_load (MemoBackend *backend,
             const char  *key,
             MemoCall    *call)
{
  const char *uri = ((Plugin *) backend)->uri;
  g_autoptr(GBytes) bytes = g_bytes_new (uri, strlen (uri));

  memo_call_return_bytes (call, bytes);
}

static void
backend_init (gpointer iface,
              gpointer data)
{
  ((MemoBackendInterface *) iface)->load = plugin_load;
}

static gboolean
plugin_check (GInitable     *initable,
              GCancellable  *cancellable,
              GError       **error)
{
  const char *uri = ((Plugin *) initable)->uri;

  if (strstr (uri, "wrong") == NULL)
    return TRUE;

  g_set_error_literal (error, MEMO_ERROR, MEMO_ERROR_INVALID_URI, "something is wrong");

  return FALSE;
}

static void
initable_init (gpointer iface,
               gpointer data)
{
  ((GInitableIface *) iface)->init = plugin_check;
}

static void
plugin_set_property (GObject      *object,
                     guint         id,
                     const GValue *value,
                     GParamSpec   *pspec)
{
  ((Plugin *) object)->uri = g_value_dup_string (value);
}

static void
plugin_finalize (GObject *object)
{
  g_free (((Plugin *) object)->uri);
  parent_class->finalize (object);
}

static void
plugin_class_init (gpointer klass,
                   gpointer data)
{
  parent_class = g_type_class_peek_parent (klass);
  G_OBJECT_CLASS (klass)->finalize = plugin_finalize;

#ifndef PLUGIN_IS_WITHOUT_URI
  G_OBJECT_CLASS (klass)->set_property = plugin_set_property;
  g_object_class_install_property (klass, 1,
                                   g_param_spec_string ("uri", NULL, NULL, NULL,
                                                        G_PARAM_WRITABLE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS));
#else
  (void) plugin_set_property;
#endif
}

static GType
plugin_get_type (void)
{
  static gsize type;

  if (g_once_init_enter (&type))
    {
      GType made = g_type_register_static_simple (G_TYPE_OBJECT, NAME_OF (PLUGIN), sizeof (PluginClass),
                                                  plugin_class_init, sizeof (Plugin), NULL, 0);
      const GInterfaceInfo backend = { .interface_init = backend_init };
      const GInterfaceInfo initable = { .interface_init = initable_init };

      g_type_add_interface_static (made, MEMO_TYPE_BACKEND, &backend);
      g_type_add_interface_static (made, G_TYPE_INITABLE, &initable);
      g_once_init_leave (&type, made);
    }

#ifdef PLUGIN_IS_INCOMPLETE
  type += a_function_that_nobody_has ();
#endif
#ifdef PLUGIN_IS_DEPENDENT
  type += what_is_absent ();
#endif

  return type;
}

#define DEFINE(name, type, ...) MEMO_DEFINE_PLUGIN (name, type, __VA_ARGS__)
DEFINE (PLUGIN, plugin_get_type (), PLUGIN_SCHEMES)
