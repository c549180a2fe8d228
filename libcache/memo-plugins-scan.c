/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef _GNU_SOURCE
# define _GNU_SOURCE    /* secure_getenv() */
#endif
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "memo-plugins-private.h"

/* The files of plugins: libmemo-SCHEME.so in one of the folders.  The names say which is
 * the one for a scheme, so that no other has to be loaded to find out. */

#define PREFIX "libmemo-"
#define SUFFIX ".so"
#define LISTED MEMO_BACKEND_EXTENSION_POINT_NAME ":"

/* NULL for a program that does more than its user may: that user does not say what it loads. */
static const char *
get_plugin_path (void)
{
#ifdef __linux__
  return secure_getenv ("MEMO_PLUGIN_PATH");
#else
  return getuid () == geteuid () && getgid () == getegid () ? g_getenv ("MEMO_PLUGIN_PATH") : NULL;
#endif
}

/* The folders in which plugins are looked for, in this order. */
char **
memo_plugins_dup_folders (void)
{
  const char *path = get_plugin_path ();
  g_auto(GStrv) named = g_strsplit (path != NULL ? path : "", G_SEARCHPATH_SEPARATOR_S, -1);
  g_autoptr(GStrvBuilder) folders = g_strv_builder_new ();

  for (gsize i = 0; named[i] != NULL; i++)
    {
      if (*named[i] != '\0')
        g_strv_builder_add (folders, named[i]);
    }
  g_strv_builder_add (folders, MEMO_PLUGIN_DIR);

  return g_strv_builder_end (folders);
}

/* The file NAME of the first folder that has it. */
static char *
find_in_folders (char       **folders,
                 const char  *name)
{
  for (gsize i = 0; folders[i] != NULL; i++)
    {
      g_autofree char *file = g_build_filename (folders[i], name, NULL);

      if (g_file_test (file, G_FILE_TEST_EXISTS))
        return g_steal_pointer (&file);
    }

  return NULL;
}

static char *
find_named (char       **folders,
            const char  *scheme,
            gsize        length)
{
  g_autofree char *name = g_strdup_printf (PREFIX "%.*s" SUFFIX, (int) length, scheme);

  return find_in_folders (folders, name);
}

/* --- what gio-querymodules has written down --- */

typedef void (*ListedFunc) (const char *folder,
                            const char *name,
                            const char *scheme,
                            gpointer    user_data);

/* Calls FUNC for each scheme of a folder's giomodule.cache whose file is there and was not replaced since. */
static void
foreach_listed (const char *folder,
                ListedFunc  func,
                gpointer    user_data)
{
  g_autofree char *cache = g_build_filename (folder, "giomodule.cache", NULL);
  g_autofree char *text = NULL;
  g_auto(GStrv) lines = NULL;
  GStatBuf written, there;

  if (g_stat (cache, &written) != 0 || !g_file_get_contents (cache, &text, NULL, NULL))
    return;

  lines = g_strsplit (text, "\n", -1);
  for (gsize i = 0; lines[i] != NULL; i++)
    {
      char *colon = strchr (lines[i], ':');
      g_auto(GStrv) points = NULL;
      g_autofree char *file = NULL;

      if (lines[i][0] == '#' || colon == NULL)
        continue;

      *colon = '\0';
      file = g_build_filename (folder, lines[i], NULL);
      if (!g_str_has_prefix (lines[i], PREFIX) || strchr (lines[i], '/') != NULL ||
          g_stat (file, &there) != 0 || there.st_ctime > written.st_mtime)
        continue;

      points = g_strsplit (g_strstrip (colon + 1), ",", -1);
      for (gsize j = 0; points[j] != NULL; j++)
        {
          if (g_str_has_prefix (points[j], LISTED))
            func (folder, lines[i], points[j] + strlen (LISTED), user_data);
        }
    }
}

typedef struct
{
  const char *scheme;
  char       *file;
} Search;

static void
compare_listed (const char *folder,
                const char *name,
                const char *scheme,
                gpointer    user_data)
{
  Search *search = user_data;

  if (search->file == NULL && strcmp (scheme, search->scheme) == 0)
    search->file = g_build_filename (folder, name, NULL);
}

/* --- finding --- */

/* The file for SCHEME, or NULL.  A plugin that has the scheme as its name comes before one that is for redis, when it is
 * redis+unix or rediss: another way to reach the same thing, and that with TLS. */
char *
memo_plugins_find (const char *scheme)
{
  g_auto(GStrv) folders = memo_plugins_dup_folders ();
  const gsize base = strcspn (scheme, "+");
  Search search = { .scheme = scheme };
  char *file = find_named (folders, scheme, strlen (scheme));

  if (file == NULL)
    file = find_named (folders, scheme, base);
  if (file == NULL && base > 1 && scheme[base - 1] == 's')
    file = find_named (folders, scheme, base - 1);
  if (file != NULL)
    return file;

  for (gsize i = 0; folders[i] != NULL; i++)
    foreach_listed (folders[i], compare_listed, &search);

  return search.file;
}

static gboolean
is_scheme (const char *text)
{
  g_autofree char *uri = g_strconcat (text, ":", NULL);
  g_autofree char *scheme = g_uri_parse_scheme (uri);

  return g_strcmp0 (scheme, text) == 0 && strpbrk (text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == NULL;
}

static void
add_scheme (GHashTable *schemes,
            const char *folder,
            const char *name,
            const char *scheme)
{
  g_autofree char *file = g_build_filename (folder, name, NULL);
  g_autofree char *why = NULL;

  if (!is_scheme (scheme) || g_hash_table_contains (schemes, scheme))
    return;

  why = memo_plugins_why_refused (file);
  if (why == NULL)
    g_hash_table_add (schemes, g_strdup (scheme));
}

static void
add_listed (const char *folder,
            const char *name,
            const char *scheme,
            gpointer    user_data)
{
  add_scheme (user_data, folder, name, scheme);
}

/* Adds the schemes for which there is a file that may be loaded. */
void
memo_plugins_add_schemes (GHashTable *schemes)
{
  g_auto(GStrv) folders = memo_plugins_dup_folders ();

  for (gsize i = 0; folders[i] != NULL; i++)
    {
      g_autoptr(GDir) dir = g_dir_open (folders[i], 0, NULL);
      const char *name;

      while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
        {
          g_autofree char *scheme = NULL;

          if (!g_str_has_prefix (name, PREFIX) || !g_str_has_suffix (name, SUFFIX) ||
              strlen (name) <= strlen (PREFIX SUFFIX))
            continue;

          scheme = g_strndup (name + strlen (PREFIX), strlen (name) - strlen (PREFIX SUFFIX));
          add_scheme (schemes, folders[i], name, scheme);
        }

      foreach_listed (folders[i], add_listed, schemes);
    }
}
