/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-backend.h"
#include "memo-error.h"

/* How backends are found: by the scheme of a URI, as extensions of GIO's extension point, which are
 * registered by the program itself or by a plugin. */

static GIOExtensionPoint *
ensure_extension_point (void)
{
  static GIOExtensionPoint *point;

  if (g_once_init_enter (&point))
    {
      GIOExtensionPoint *made = g_io_extension_point_register (MEMO_BACKEND_EXTENSION_POINT_NAME);

      g_io_extension_point_set_required_type (made, MEMO_TYPE_BACKEND);
      g_once_init_leave (&point, made);
    }

  return point;
}

/**
 * memo_backend_list_schemes:
 *
 * Lists the schemes of the URIs that [func@Memo.Backend.new_for_uri] takes.
 *
 * Returns: (transfer full) (array zero-terminated=1): the schemes
 *
 * Since: 0.1
 */
char **
memo_backend_list_schemes (void)
{
  g_autoptr(GStrvBuilder) schemes = g_strv_builder_new ();

  for (GList *iter = g_io_extension_point_get_extensions (ensure_extension_point ()); iter != NULL; iter = iter->next)
    g_strv_builder_add (schemes, g_io_extension_get_name (iter->data));

  return g_strv_builder_end (schemes);
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
 * Returns: (transfer full): the new backend, or `NULL` on an error
 *
 * Since: 0.1
 */
MemoBackend *
memo_backend_new_for_uri (const char  *uri,
                          GError     **error)
{
  g_autofree char *scheme = NULL;
  GIOExtension *extension;
  GType type;

  g_return_val_if_fail (uri != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  scheme = g_uri_parse_scheme (uri);
  extension = scheme != NULL ? g_io_extension_point_get_extension_by_name (ensure_extension_point (), scheme) : NULL;
  if (extension == NULL)
    {
      g_set_error (error, MEMO_ERROR, MEMO_ERROR_NO_BACKEND, "No plugin provides a backend for “%s”", uri);
      return NULL;
    }

  type = g_io_extension_get_type (extension);
  if (g_type_is_a (type, G_TYPE_INITABLE))
    return MEMO_BACKEND (g_initable_new (type, NULL, error, "uri", uri, NULL));

  return MEMO_BACKEND (g_object_new (type, "uri", uri, NULL));
}
