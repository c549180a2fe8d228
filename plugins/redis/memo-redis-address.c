/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-redis-address.h"

#include <string.h>

/* The URIs of this backend: `redis://user:password@host:6379/0?prefix=shop:`, the same with `rediss` for TLS, and
 * `redis+unix:///path/of/the.sock?db=0`.
 *
 * No message here quotes the URI: where a `/` or `?` in a password was not written as %2F or %3F, any part of the URI
 * may be the password, as far as one can tell. */

#define KNOWN "“prefix”, “timeout-ms”, “max-staleness-ms”, “protocol”, “db”, “ca”, “cert” and “key”"

static gboolean
refuse (GError     **error,
        const char  *format,
        ...) G_GNUC_PRINTF (2, 3);

static gboolean
refuse (GError     **error,
        const char  *format,
        ...)
{
  g_autofree char *why = NULL;
  va_list args;

  va_start (args, format);
  why = g_strdup_vprintf (format, args);
  va_end (args);

  g_set_error (error, MEMO_ERROR, MEMO_ERROR_INVALID_URI, "The URI of a Redis server: %s", why);

  return FALSE;
}

/* Whoever finds the memory later finds no password in it. */
static void
forget (char *text)
{
  volatile char *at = text;

  while (at != NULL && *at != '\0')
    *at++ = '\0';
  g_free (text);
}

void
memo_redis_address_clear (MemoRedisAddress *address)
{
  g_clear_pointer (&address->label, g_free);
  g_clear_pointer (&address->path, g_free);
  g_clear_pointer (&address->host, g_free);
  g_clear_pointer (&address->ca, g_free);
  g_clear_pointer (&address->cert, g_free);
  g_clear_pointer (&address->key, g_free);
  g_clear_pointer (&address->user, g_free);
  g_clear_pointer (&address->password, forget);
  g_clear_pointer (&address->prefix, g_free);
}

void
memo_redis_address_copy (const MemoRedisAddress *address,
                         MemoRedisAddress       *copy)
{
  *copy = *address;
  copy->label = g_strdup (address->label);
  copy->path = g_strdup (address->path);
  copy->host = g_strdup (address->host);
  copy->ca = g_strdup (address->ca);
  copy->cert = g_strdup (address->cert);
  copy->key = g_strdup (address->key);
  copy->user = g_strdup (address->user);
  copy->password = g_strdup (address->password);
  copy->prefix = g_strdup (address->prefix);
}

/* --- what follows the “?” --- */

static gboolean
set_number (guint       *number,
            const char  *name,
            const char  *value,
            guint        min,
            guint        max,
            GError     **error)
{
  guint64 parsed;

  if (!g_ascii_string_to_unsigned (value, 10, min, max, &parsed, NULL))
    return refuse (error, "“%s” has to be a number from %u to %u", name, min, max);
  *number = parsed;

  return TRUE;
}

static gboolean
set_file (char       **path,
          const char  *name,
          const char  *value,
          GError     **error)
{
  if (!g_path_is_absolute (value))
    return refuse (error, "“%s” has to be the absolute path of a file", name);
  g_free (*path);
  *path = g_strdup (value);

  return TRUE;
}

/* What everything in Redis begins with.  Without one a clear would empty a database that belongs to others, too. */
static gboolean
set_prefix (MemoRedisAddress  *address,
            const char        *value,
            GError           **error)
{
  if (*value == '\0' || strlen (value) > MEMO_REDIS_MAX_PREFIX)
    return refuse (error, "“prefix” has to be of 1 to %u bytes", MEMO_REDIS_MAX_PREFIX);
  g_free (address->prefix);
  address->prefix = g_strdup (value);

  return TRUE;
}

static gboolean
set_staleness (MemoRedisAddress  *address,
               const char        *name,
               const char        *value,
               GError           **error)
{
  if (!set_number (&address->max_staleness_ms, name, value, 0, 24 * 3600 * 1000, error))
    return FALSE;
  if (address->max_staleness_ms > 0 && address->max_staleness_ms < MEMO_REDIS_LEAST_STALENESS)
    return refuse (error, "“%s” has to be at least %u, or 0 for no bound at all", name, MEMO_REDIS_LEAST_STALENESS);

  return TRUE;
}

static gboolean
set_parameter (MemoRedisAddress  *address,
               const char        *name,
               const char        *value,
               GError           **error)
{
  if (g_str_equal (name, "prefix"))
    return set_prefix (address, value, error);
  if (g_str_equal (name, "timeout-ms"))
    return set_number (&address->timeout_ms, name, value, 1, 3600 * 1000, error);
  if (g_str_equal (name, "max-staleness-ms"))
    return set_staleness (address, name, value, error);
  if (g_str_equal (name, "protocol"))
    return set_number (&address->protocol, name, value, 2, 3, error);
  if (g_str_equal (name, "db"))
    return set_number (&address->db, name, value, 0, G_MAXINT32, error);
  if (g_str_equal (name, "ca"))
    return set_file (&address->ca, name, value, error);
  if (g_str_equal (name, "cert"))
    return set_file (&address->cert, name, value, error);
  if (g_str_equal (name, "key"))
    return set_file (&address->key, name, value, error);

  return refuse (error, "“%s” is not known; what is known is " KNOWN, name);
}

static gboolean
parse_query (const char        *query,
             MemoRedisAddress  *address,
             GError           **error)
{
  g_autoptr(GError) broken = NULL;
  g_autofree char *name = NULL, *value = NULL;
  GUriParamsIter iter;

  if (query == NULL)
    return TRUE;
  if (strchr (query, '@') != NULL)
    return refuse (error, "there is an “@” behind the “?”; a “?” in a password is written as %%3F, and an “@” as %%40");

  g_uri_params_iter_init (&iter, query, -1, "&", G_URI_PARAMS_NONE);
  while (g_uri_params_iter_next (&iter, &name, &value, &broken))
    {
      if (!set_parameter (address, name, value, error))
        return FALSE;
      g_clear_pointer (&name, g_free);
      g_clear_pointer (&value, g_free);
    }
  if (broken != NULL)
    return refuse (error, "what follows the “?” cannot be read");

  return TRUE;
}

/* --- where it is --- */

static gboolean
place_at_path (GUri              *uri,
               MemoRedisAddress  *address,
               GError           **error)
{
  const char *host = g_uri_get_host (uri), *path = g_uri_get_path (uri);

  if ((host != NULL && *host != '\0') || g_uri_get_port (uri) != -1)
    return refuse (error, "a socket has no host; an absolute path has three slashes, as in “redis+unix:///run/redis/redis.sock”");
  if (!g_path_is_absolute (path) || g_str_has_suffix (path, "/"))
    return refuse (error, "the path of the socket is missing, as in “redis+unix:///run/redis/redis.sock”");
  if (strlen (path) >= 108)
    return refuse (error, "the path of a socket has to be shorter than 108 bytes");
  address->path = g_strdup (path);

  return TRUE;
}

static gboolean
place_at_host (GUri              *uri,
               MemoRedisAddress  *address,
               GError           **error)
{
  const char *host = g_uri_get_host (uri), *path = g_uri_get_path (uri);

  address->host = g_strdup (host != NULL && *host != '\0' ? host : "localhost");
  address->port = g_uri_get_port (uri) != -1 ? g_uri_get_port (uri) : MEMO_REDIS_DEFAULT_PORT;
  if (address->port == 0)
    return refuse (error, "the port cannot be 0");
  if (*path != '\0' && *path != '/')
    return refuse (error, "the host has two slashes before it, as in “redis://host:6379/0”");
  if (*path == '/' && path[1] != '\0')
    return set_number (&address->db, "/DATABASE", path + 1, 0, G_MAXINT32, error);

  return TRUE;
}

static void
set_label (MemoRedisAddress *address)
{
  const char *scheme = address->tls ? "rediss" : "redis";

  if (address->path != NULL)
    address->label = g_strdup_printf ("redis+unix://%s?db=%u", address->path, address->db);
  else if (strchr (address->host, ':') != NULL)
    address->label = g_strdup_printf ("%s://[%s]:%u/%u", scheme, address->host, address->port, address->db);
  else
    address->label = g_strdup_printf ("%s://%s:%u/%u", scheme, address->host, address->port, address->db);
}

static gboolean
check (MemoRedisAddress  *address,
       GError           **error)
{
  if (!address->tls && (address->ca != NULL || address->cert != NULL || address->key != NULL))
    return refuse (error, "“ca”, “cert” and “key” are for “rediss”, which is Redis with TLS");
  if ((address->cert != NULL) != (address->key != NULL))
    return refuse (error, "“cert” and “key” need one another");

  return TRUE;
}

/* Reads nothing but the URI. */
gboolean
memo_redis_address_parse (const char        *uri,
                          MemoRedisAddress  *address,
                          GError           **error)
{
  g_autoptr(GUri) parsed = NULL;
  const char *scheme;

  *address = (MemoRedisAddress) {
    .timeout_ms = MEMO_REDIS_DEFAULT_TIMEOUT,
    .max_staleness_ms = MEMO_REDIS_DEFAULT_STALENESS,
  };

  if (uri == NULL)
    return refuse (error, "there is none; write “redis://host:6379/0”, or “redis+unix:///run/redis/redis.sock”");

  parsed = g_uri_parse (uri, G_URI_FLAGS_ENCODED_QUERY | G_URI_FLAGS_HAS_PASSWORD, NULL);
  if (parsed == NULL)
    return refuse (error, "it cannot be read; in a password “/” is written as %%2F, “?” as %%3F, “#” as %%23, “@” as %%40 and “%%” as %%25");

  scheme = g_uri_get_scheme (parsed);
  address->tls = g_str_equal (scheme, "rediss");
  if (!address->tls && !g_str_equal (scheme, "redis") && !g_str_equal (scheme, "redis+unix"))
    return refuse (error, "the scheme is neither “redis” nor “rediss” nor “redis+unix”");
  if (g_uri_get_fragment (parsed) != NULL)
    return refuse (error, "what follows the “#” means nothing here; a “#” in a password is written as %%23");

  address->prefix = g_strdup (MEMO_REDIS_DEFAULT_PREFIX);
  address->password = g_strdup (g_uri_get_password (parsed));
  if (g_uri_get_user (parsed) != NULL && *g_uri_get_user (parsed) != '\0')
    address->user = g_strdup (g_uri_get_user (parsed));

  if ((g_str_equal (scheme, "redis+unix") ? place_at_path (parsed, address, error)
                                          : place_at_host (parsed, address, error)) &&
      parse_query (g_uri_get_query (parsed), address, error) &&
      check (address, error))
    {
      set_label (address);
      return TRUE;
    }

  memo_redis_address_clear (address);

  return FALSE;
}
