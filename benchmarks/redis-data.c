/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "redis-data.h"
#include "workload.h"

static void
stop (GError *error)
{
  if (error != NULL)
    g_error ("%s", error->message);
}

static char *
make_uri (RedisServer    *server,
          RedisTransport  transport)
{
  /* A machine that has others to serve is no reason to give up. */
  static const char query[] = "timeout-ms=20000";

  switch (transport)
    {
    case REDIS_UNIX:
      return g_strdup_printf ("redis+unix://%s?%s", server->path, query);

    case REDIS_TCP:
      return g_strdup_printf ("redis://127.0.0.1:%u/0?%s", server->port, query);

    case REDIS_TLS:
    default:
      return g_strdup_printf ("rediss://127.0.0.1:%u/0?%s&ca=%s", server->tls_port, query, server->certificate);
    }
}

MemoBackend *
redis_backend_new (RedisServer    *server,
                   RedisTransport  transport)
{
  g_autofree char *uri = make_uri (server, transport);
  g_autoptr(GError) error = NULL;
  MemoBackend *backend = memo_backend_new_for_uri (uri, &error);

  stop (error);

  return backend;
}

static void
flushed_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  guint *pending = user_data;
  g_autoptr(GError) error = NULL;

  memo_cache_flush_finish (MEMO_CACHE (source), result, &error);
  stop (error);
  --*pending;
}

/* Every record has its key at the same place. */
static gsize
find_key (GBytes     *record,
          const char *key)
{
  gsize size;
  const char *data = g_bytes_get_data (record, &size);

  for (gsize i = 0; i + sizeof (RedisKey) <= size; i++)
    {
      if (memcmp (data + i, key, sizeof (RedisKey)) == 0)
        return i;
    }
  g_error ("A record does not have its key");
}

static void
size_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  RedisData *self = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) record = memo_backend_load_finish (MEMO_BACKEND (source), result, &error);

  stop (error);
  g_assert (record != NULL);
  self->record_size = g_bytes_get_size (record);
  self->key_at = find_key (record, self->keys[0]);
}

/* Writes the records as the cache itself does. */
static void
fill (RedisData *self)
{
  g_autoptr(MemoBackend) backend = redis_backend_new (self->server, REDIS_UNIX);
  g_autoptr(MemoCache) cache = g_object_new (MEMO_TYPE_ASYNC_CACHE, "maxsize", 0, "remote-cache", backend, NULL);
  g_autofree char *first = g_strconcat ("d:", self->keys[0], NULL);
  guint pending = 1;

  for (guint i = 0; i < self->n_keys; i++)
    {
      g_autoptr(GBytes) value = padded_value_new (self->keys[i], self->value_size);

      memo_cache_set (cache, self->keys[i], memo_entry_new_bytes (value));
    }
  memo_cache_flush_async (cache, NULL, flushed_cb, &pending);
  while (pending > 0)
    g_main_context_iteration (NULL, TRUE);

  memo_backend_load_async (backend, first, NULL, size_cb, self);
  while (self->record_size == 0)
    g_main_context_iteration (NULL, TRUE);
}

RedisData *
redis_data_new (RedisServer *server,
                guint        n_keys,
                gsize        value_size)
{
  RedisData *self = g_new0 (RedisData, 1);

  self->server = server;
  self->n_keys = n_keys;
  self->value_size = value_size;
  self->keys = g_new (RedisKey, n_keys);
  self->names = g_new (RedisName, n_keys);
  for (guint i = 0; i < n_keys; i++)
    {
      g_snprintf (self->keys[i], sizeof (RedisKey), "%0*u", REDIS_KEY_DIGITS, i);
      g_snprintf (self->names[i], sizeof (RedisName), "memo:d:%s", self->keys[i]);
    }
  fill (self);

  return self;
}

void
redis_data_free (RedisData *self)
{
  g_free (self->keys);
  g_free (self->names);
  g_free (self);
}
