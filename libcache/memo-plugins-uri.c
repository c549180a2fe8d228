/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "memo-plugins-private.h"

/* Messages end up in logs that others read, so the password of a URI is in none of them.  Who wrote a
 * URI may have written it wrongly: what stands between the first colon that could begin a
 * password and the last @ that could end it is left out, even if a part of the address goes with it. */
char *
memo_uri_dup_without_password (const char *uri)
{
  const char *slashes = strstr (uri, "://");
  const char *begin = slashes != NULL ? slashes + strlen ("://") : uri;
  const char *colon = strchr (begin, ':');
  const char *at = strrchr (begin, '@');
  g_autoptr(GString) shown = NULL;

  /* A path, as of disk:///…, has no password before it. */
  if (colon == NULL || at == NULL || colon > at || (slashes != NULL && *begin == '/'))
    return g_utf8_make_valid (uri, -1);

  shown = g_string_new_len (uri, colon + 1 - uri);
  g_string_append (shown, "***");
  g_string_append (shown, at);

  return g_utf8_make_valid (shown->str, shown->len);
}
