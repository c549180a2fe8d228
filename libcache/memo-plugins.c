/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>

#include "memo-error.h"
#include "memo-plugins-private.h"

/* How backends are found: by the scheme of a URI, as extensions of GIO's extension point, which are
 * registered by the program itself or by a plugin. */

/* Guards all this and the extension point.  A plugin may ask for another while it is loaded. */
static GRecMutex lock;
static GHashTable *names;       /* of extensions, by the further schemes of plugins */

/* Takes the lock.  The type brings the extension point with it. */
static GIOExtensionPoint *
lock_extension_point (void)
{
  g_type_ensure (MEMO_TYPE_BACKEND);
  g_rec_mutex_lock (&lock);

  if (names == NULL)
    names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  return g_io_extension_point_lookup (MEMO_BACKEND_EXTENSION_POINT_NAME);
}

/* With the lock. */
static GIOExtension *
find_extension (GIOExtensionPoint *point,
                const char        *scheme)
{
  GIOExtension *extension = g_io_extension_point_get_extension_by_name (point, scheme);
  const char *name = extension == NULL ? g_hash_table_lookup (names, scheme) : NULL;

  return name != NULL ? g_io_extension_point_get_extension_by_name (point, name) : extension;
}

static int
compare_strings (const void *one,
                 const void *other)
{
  return strcmp (*(char * const *) one, *(char * const *) other);
}

/**
 * memo_backend_list_schemes:
 *
 * Lists the schemes of the URIs that [func@Memo.Backend.new_for_uri] takes.
 *
 * These are what the program has registered itself, what the plugins have that are loaded already, and what the names of the
 * other plugins' files say. No plugin is loaded for this.
 *
 * Returns: (transfer full) (array zero-terminated=1): the schemes, sorted
 *
 * Since: 0.1
 */
char **
memo_backend_list_schemes (void)
{
  g_autoptr(GHashTable) schemes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GIOExtensionPoint *point;
  char **sorted;
  GHashTableIter iter;
  gpointer name;
  guint n;

  point = lock_extension_point ();
  for (GList *list = g_io_extension_point_get_extensions (point); list != NULL; list = list->next)
    g_hash_table_add (schemes, g_strdup (g_io_extension_get_name (list->data)));
  g_hash_table_iter_init (&iter, names);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    g_hash_table_add (schemes, g_strdup (name));
  g_rec_mutex_unlock (&lock);

  memo_plugins_add_schemes (schemes);

  /* The array takes the strings over, and ends with NULL. */
  sorted = (char **) g_hash_table_get_keys_as_array (schemes, &n);
  g_hash_table_steal_all (schemes);
  qsort (sorted, n, sizeof (char *), compare_strings);

  return sorted;
}

static void
set_unknown_error (GError     **error,
                   const char  *shown,
                   const char  *scheme,
                   const char  *file)
{
  g_auto(GStrv) schemes = memo_backend_list_schemes ();
  g_auto(GStrv) folders = memo_plugins_dup_folders ();
  g_autofree char *found = g_strjoinv (", ", schemes);
  g_autofree char *searched = g_strjoinv (", ", folders);

  if (file != NULL)
    g_set_error (error, MEMO_ERROR, MEMO_ERROR_NO_BACKEND,
                 "No plugin provides a backend for “%s”: %s was loaded and does not know the scheme “%s”. "
                 "There are: %s", shown, file, scheme, *found != '\0' ? found : "none");
  else
    g_set_error (error, MEMO_ERROR, MEMO_ERROR_NO_BACKEND,
                 "No plugin provides a backend for “%s”. There are: %s. Searched for libmemo-%s.so: %s. "
                 "Install the plugin, or name its folder in MEMO_PLUGIN_PATH",
                 shown, *found != '\0' ? found : "none", scheme, searched);
}

/* The type for a scheme, for which its plugin, and no other, is loaded where it has to be. */
static GType
find_type (const char  *scheme,
           const char  *shown,
           GError     **error)
{
  GIOExtensionPoint *point = lock_extension_point ();
  GIOExtension *extension = find_extension (point, scheme);
  g_autofree char *file = NULL;

  if (extension == NULL)
    {
      file = memo_plugins_find (scheme);
      if (file != NULL && !memo_plugins_load (file, names, error))
        {
          g_rec_mutex_unlock (&lock);
          return G_TYPE_INVALID;
        }
      if (file != NULL)
        extension = find_extension (point, scheme);
    }

  g_rec_mutex_unlock (&lock);

  if (extension != NULL)
    return g_io_extension_get_type (extension);

  set_unknown_error (error, shown, scheme, file);

  return G_TYPE_INVALID;
}

static gboolean
check_type (GType        type,
            const char  *scheme,
            GError     **error)
{
  g_autoptr(GTypeClass) klass = g_type_class_ref (type);
  GParamSpec *pspec = g_object_class_find_property (G_OBJECT_CLASS (klass), "uri");

  if (pspec != NULL && pspec->value_type == G_TYPE_STRING && (pspec->flags & G_PARAM_WRITABLE) != 0 &&
      !G_TYPE_IS_ABSTRACT (type))
    return TRUE;

  g_set_error (error, MEMO_ERROR, MEMO_ERROR_NO_BACKEND,
               "The backend for “%s” cannot be made: its type %s is abstract, or has no property “uri” that can be set",
               scheme, g_type_name (type));

  return FALSE;
}

/**
 * memo_backend_new_for_uri:
 * @uri: a URI, such as `disk:///home/me/.cache/shop/memo/cache.db`
 * @error: return location for a [type@GLib.Error]
 *
 * Makes the backend that a URI is about.
 *
 * Its scheme says which plugin it comes from; what else is in it is the plugin's business. Nothing is opened yet:
 * that happens when the backend is first used, or by [method@Memo.Backend.open_async].
 *
 * The program itself can register a type for a scheme, which is then taken before any plugin's: by
 * [func@Gio.IOExtensionPoint.implement] with [const@Memo.BACKEND_EXTENSION_POINT_NAME]. A plugin is a file
 * `libmemo-SCHEME.so`, see `MEMO_DEFINE_PLUGIN`, in the folder where the library has its plugins, or in one
 * of those that the environment variable `MEMO_PLUGIN_PATH` names with a `:` between them. These are searched first, and not at
 * all in a program that has other rights than its user. Only the plugin that is asked for is loaded, and none
 * that somebody else could have put there or changed: the file and its folder have to belong to root, to
 * the user or to the owner of the library, and nobody else may write to them.
 *
 * The error is `MEMO_ERROR_NO_BACKEND` where no plugin is found for the scheme or the one that was found cannot be used, and
 * `MEMO_ERROR_INVALID_URI` where @uri is none, or where the backend finds something wrong in it.
 *
 * Returns: (transfer full): the new backend, or `NULL` on an error
 *
 * Since: 0.1
 */
MemoBackend *
memo_backend_new_for_uri (const char  *uri,
                          GError     **error)
{
  g_autofree char *given = NULL;
  g_autofree char *scheme = NULL;
  g_autofree char *shown = NULL;
  GType type;

  g_return_val_if_fail (uri != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  shown = memo_uri_dup_without_password (uri);
  given = g_uri_parse_scheme (uri);
  if (given == NULL)
    {
      g_set_error (error, MEMO_ERROR, MEMO_ERROR_INVALID_URI,
                   "“%s” is not a URI: it does not begin with a scheme, as disk:///a/path does", shown);
      return NULL;
    }

  scheme = g_ascii_strdown (given, -1);
  type = find_type (scheme, shown, error);
  if (type == G_TYPE_INVALID || !check_type (type, scheme, error))
    return NULL;

  if (g_type_is_a (type, G_TYPE_INITABLE))
    return g_initable_new (type, NULL, error, "uri", uri, NULL);

  return g_object_new (type, "uri", uri, NULL);
}
