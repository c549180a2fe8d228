/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libcache.h>

G_BEGIN_DECLS

#define MEMO_DISK_DEFAULT_MAX_SIZE ((guint64) 256 * 1024 * 1024)
#define MEMO_DISK_SMALLEST_MAX_SIZE ((guint64) 64 * 1024)

/* What a URI says. */
typedef struct
{
  char     *path;           /* absolute */
  char     *application;    /* whose folder it is in, or NULL where the URI has a whole path */
  guint64   max_size;
  gboolean  exclusive;
} MemoDiskAddress;

gboolean memo_disk_address_parse (const char       *uri,
                                  MemoDiskAddress  *address,
                                  GError          **error);
void     memo_disk_address_clear (MemoDiskAddress  *address);

G_END_DECLS
