/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef _GNU_SOURCE
# define _GNU_SOURCE    /* dladdr() */
#endif
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "memo-plugins-private.h"

/* Which files may become a part of the program: those that nobody can have put there, or changed, who could not
 * have changed the program itself, too. */

/* Where the user that owns the installed files is no user of this namespace, as in a sandbox, it still
 * is the same for the library and for its plugins. */
static uid_t
owner_of_library (void)
{
  struct stat info;
  Dl_info library;

  if (dladdr ((void *) memo_plugins_why_refused, &library) != 0 && library.dli_fname != NULL &&
      g_path_is_absolute (library.dli_fname) && stat (library.dli_fname, &info) == 0)
    return info.st_uid;

  return 0;
}

/* A group that is root's, or the user's alone as it is where everybody has one, is nobody else. */
static gboolean
is_own_group (gid_t group)
{
  return group == 0 || (group == getegid () && group == (gid_t) geteuid ());
}

char *
memo_plugins_why_untrusted (const char        *path,
                            const struct stat *info,
                            uid_t              owner)
{
  g_autofree char *quoted = g_shell_quote (path);

  if (info->st_uid != 0 && info->st_uid != geteuid () && info->st_uid != owner)
    return g_strdup_printf ("%s belongs to the user %u, who is neither root nor who runs this program; "
                            "if it is to be trusted, give it to one of them with: chown %u %s",
                            path, (guint) info->st_uid, (guint) geteuid (), quoted);

  if ((info->st_mode & S_IWOTH) != 0)
    return g_strdup_printf ("%s can be written to by everybody; if it is to be trusted, take that away with: chmod go-w %s",
                            path, quoted);

  if ((info->st_mode & S_IWGRP) != 0 && !is_own_group (info->st_gid))
    return g_strdup_printf ("%s can be written to by the group %u; if it is to be trusted, take that away with: chmod g-w %s",
                            path, (guint) info->st_gid, quoted);

  return NULL;
}

static char *
why_refused (const char *path,
             uid_t       owner)
{
  struct stat info;

  if (stat (path, &info) != 0)
    return g_strdup_printf ("%s cannot be looked at: %s", path, g_strerror (errno));

  return memo_plugins_why_untrusted (path, &info, owner);
}

/* The file and the folder that it is in; where it is a symbolic link, those that it leads to as well. */
char *
memo_plugins_why_refused (const char *file)
{
  const uid_t owner = owner_of_library ();
  g_autofree char *folder = g_path_get_dirname (file);
  g_autofree char *real = realpath (file, NULL);
  g_autofree char *real_folder = real != NULL ? g_path_get_dirname (real) : NULL;
  char *why = why_refused (folder, owner);

  if (why == NULL)
    why = why_refused (real != NULL ? real : file, owner);
  if (why == NULL && real_folder != NULL)
    why = why_refused (real_folder, owner);

  return why;
}
