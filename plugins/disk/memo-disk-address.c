/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-disk-address.h"

#include <string.h>

/* The URIs of this backend: `disk:///absolute/path.db`, or `disk:NAME` for a file of that name in the
 * folder of the application among the user's caches.  What follows a `?` is about the file. */

#define KNOWN "“max-size”, “exclusive” and “application”"

static gboolean
refuse (const char  *uri,
        GError     **error,
        const char  *format,
        ...) G_GNUC_PRINTF (3, 4);

static gboolean
refuse (const char  *uri,
        GError     **error,
        const char  *format,
        ...)
{
  g_autofree char *why = NULL;
  va_list args;

  va_start (args, format);
  why = g_strdup_vprintf (format, args);
  va_end (args);

  g_set_error (error, MEMO_ERROR, MEMO_ERROR_INVALID_URI, "“%s”: %s", uri, why);

  return FALSE;
}

void
memo_disk_address_clear (MemoDiskAddress *address)
{
  g_clear_pointer (&address->path, g_free);
  g_clear_pointer (&address->application, g_free);
}

/* --- what follows the “?” --- */

static gboolean
parse_size (const char  *uri,
            const char  *text,
            guint64     *size,
            GError     **error)
{
  const char *units = "KMG";
  const char *unit = NULL;
  g_autofree char *digits = g_strdup (text);
  gsize length = strlen (digits);
  guint shift = 0;

  if (length > 1 && (unit = strchr (units, digits[length - 1])) != NULL)
    {
      digits[length - 1] = '\0';
      shift = 10 * (guint) (unit - units + 1);
    }

  if (!g_ascii_string_to_unsigned (digits, 10, MEMO_DISK_SMALLEST_MAX_SIZE >> shift, G_MAXINT64 >> shift, size, NULL))
    return refuse (uri, error, "“max-size=%s” is no number of bytes of at least %" G_GUINT64_FORMAT
                   "; it may end in K, M or G", text, MEMO_DISK_SMALLEST_MAX_SIZE);
  *size <<= shift;
  if (*size < MEMO_DISK_SMALLEST_MAX_SIZE)
    return refuse (uri, error, "“max-size=%s” is less than %" G_GUINT64_FORMAT " bytes", text,
                   MEMO_DISK_SMALLEST_MAX_SIZE);

  return TRUE;
}

static gboolean
parse_boolean (const char  *uri,
               const char  *name,
               const char  *text,
               gboolean    *value,
               GError     **error)
{
  if (g_str_equal (text, "true") || g_str_equal (text, "1") || g_str_equal (text, "yes"))
    *value = TRUE;
  else if (g_str_equal (text, "false") || g_str_equal (text, "0") || g_str_equal (text, "no"))
    *value = FALSE;
  else
    return refuse (uri, error, "“%s=%s” is neither “true” nor “false”", name, text);

  return TRUE;
}

/* One thing in a path: no folder, not hidden, not the folder above. */
static gboolean
is_plain_name (const char *name)
{
  return name[0] != '\0' && name[0] != '.' && strchr (name, '/') == NULL;
}

static gboolean
parse_query (const char       *uri,
             const char       *query,
             MemoDiskAddress  *address,
             GError          **error)
{
  g_autoptr(GError) broken = NULL;
  g_autofree char *name = NULL, *value = NULL;
  GUriParamsIter iter;

  if (query == NULL)
    return TRUE;

  g_uri_params_iter_init (&iter, query, -1, "&", G_URI_PARAMS_NONE);
  while (g_uri_params_iter_next (&iter, &name, &value, &broken))
    {
      gboolean good;

      if (g_str_equal (name, "max-size"))
        good = parse_size (uri, value, &address->max_size, error);
      else if (g_str_equal (name, "exclusive"))
        good = parse_boolean (uri, name, value, &address->exclusive, error);
      else if (g_str_equal (name, "application") && !is_plain_name (value))
        good = refuse (uri, error, "“application=%s” is not the name of one folder", value);
      else if (g_str_equal (name, "application"))
        {
          g_free (address->application);
          address->application = g_strdup (value);
          good = TRUE;
        }
      else
        good = refuse (uri, error, "“%s” is not known; what is known is " KNOWN, name);

      if (!good)
        return FALSE;
      g_clear_pointer (&name, g_free);
      g_clear_pointer (&value, g_free);
    }
  if (broken != NULL)
    return refuse (uri, error, "what follows the “?” cannot be read: %s", broken->message);

  return TRUE;
}

/* --- the path --- */

static gboolean
place_named (const char       *uri,
             const char       *name,
             MemoDiskAddress  *address,
             GError          **error)
{
  g_autofree char *file = NULL;

  if (!is_plain_name (name))
    return refuse (uri, error, "“%s” is no name of a cache; write “disk:NAME”, or “disk:///folder/file.db”", name);

  if (address->application == NULL)
    {
      const char *program = g_get_prgname () != NULL ? g_get_prgname () : g_get_application_name ();
      g_autofree char *folder = program != NULL ? g_path_get_basename (program) : NULL;

      if (folder == NULL || !is_plain_name (folder))
        return refuse (uri, error, "the program has no name that a folder could have; call g_set_prgname(), "
                       "or add “?application=NAME”");
      address->application = g_steal_pointer (&folder);
    }

  file = g_strconcat (name, ".db", NULL);
  address->path = g_build_filename (g_get_user_cache_dir (), address->application, "memo", file, NULL);
  if (!g_path_is_absolute (address->path))
    return refuse (uri, error, "the folder of the user's caches, “%s”, is not an absolute path",
                   g_get_user_cache_dir ());

  return TRUE;
}

static gboolean
place_exactly (const char       *uri,
               const char       *path,
               MemoDiskAddress  *address,
               GError          **error)
{
  if (address->application != NULL)
    return refuse (uri, error, "“application” is for “disk:NAME”; here the folder is in the path");
  if (g_str_has_suffix (path, "/") || g_str_has_suffix (path, "/.") || g_str_has_suffix (path, "/.."))
    return refuse (uri, error, "the path is that of a folder; add the name of a file");

  address->path = g_strdup (path);

  return TRUE;
}

/* Reads nothing but the URI. */
gboolean
memo_disk_address_parse (const char       *uri,
                         MemoDiskAddress  *address,
                         GError          **error)
{
  g_autoptr(GError) broken = NULL;
  g_autoptr(GUri) parsed = NULL;
  const char *host, *path;

  *address = (MemoDiskAddress) { .max_size = MEMO_DISK_DEFAULT_MAX_SIZE };

  if (uri == NULL)
    {
      g_set_error_literal (error, MEMO_ERROR, MEMO_ERROR_INVALID_URI,
                           "There is no URI; write “disk:NAME”, or “disk:///folder/file.db”");
      return FALSE;
    }

  parsed = g_uri_parse (uri, G_URI_FLAGS_ENCODED_QUERY | G_URI_FLAGS_HAS_PASSWORD, &broken);
  if (parsed == NULL)
    return refuse (uri, error, "%s", broken->message);
  if (!g_str_equal (g_uri_get_scheme (parsed), "disk"))
    return refuse (uri, error, "the scheme is “%s”, not “disk”", g_uri_get_scheme (parsed));

  host = g_uri_get_host (parsed);
  path = g_uri_get_path (parsed);
  if (host != NULL && *host != '\0')
    return refuse (uri, error, "a file has no host; an absolute path has three slashes, as in “disk:///%s%s”", host, path);
  if (g_uri_get_userinfo (parsed) != NULL || g_uri_get_port (parsed) != -1)
    return refuse (uri, error, "a file has no user and no port");
  if (g_uri_get_fragment (parsed) != NULL)
    return refuse (uri, error, "“#%s” means nothing here; write %%23 for a “#” in the name of a file",
                   g_uri_get_fragment (parsed));

  if (parse_query (uri, g_uri_get_query (parsed), address, error) &&
      (g_path_is_absolute (path) ? place_exactly (uri, path, address, error)
                                 : place_named (uri, path, address, error)))
    return TRUE;

  memo_disk_address_clear (address);

  return FALSE;
}
