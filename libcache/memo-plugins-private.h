/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/stat.h>

#include "memo-plugin.h"

G_BEGIN_DECLS

/* memo-plugins-scan.c: what there is in the folders of plugins.  Nothing is loaded here. */
char     **memo_plugins_dup_folders   (void);
char      *memo_plugins_find          (const char         *scheme);
void       memo_plugins_add_schemes   (GHashTable         *schemes);

/* memo-plugins-trust.c: whether a file may be made a part of the program; NULL when it may, and else why not. */
char      *memo_plugins_why_refused   (const char         *file);
char      *memo_plugins_why_untrusted (const char         *path,
                                       const struct stat  *info,
                                       uid_t               owner_of_library);

/* memo-plugins-load.c: makes it one; with the lock of memo-plugins.c. */
gboolean   memo_plugins_load          (const char         *file,
                                       GHashTable         *names,
                                       GError            **error);

/* memo-plugins-uri.c: a URI as it may be shown to anybody. */
char      *memo_uri_dup_without_password (const char *uri);

G_END_DECLS
