/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "by-hand-redis.h"
#include "redis-side.h"
#include "summary.h"
#include "workload.h"

/* So many are in memory; those that are to be found there are a part of them, and the others take turns, so that none is there any
 * more when its next turn comes. */
#define MAXSIZE 1000
#define N_HOT   100

typedef struct
{
  RedisSide *side;
  guint      number;      /* of its key */
} Ask;

struct _RedisSide
{
  RedisData     *data;
  RedisTransport transport;
  char          *name;
  void         (*run)       (RedisSide *self,
                             guint      n,
                             guint      at_once);
  void         (*ask)       (RedisSide *self,
                             Ask       *ask);
  void         (*free)      (RedisSide *self);

  guint          place;       /* the key that comes next */
  guint          hot_place;
  guint          hits;        /* of a hundred */
  guint          asked;       /* in this measurement */
  guint          to_ask;
  guint          under_way;
  guint          right;
  double         seconds;

  guint64        expected_hits;
  guint64        expected_misses;

  ByHandRedis   *hiredis;
  RawRedis      *raw;
  MemoBackend   *backend;
  MemoCache     *cache;
  MemoLoader    *loader;
};

static void
stop (GError *error)
{
  if (error != NULL)
    g_error ("%s", error->message);
}

static gboolean
is_record (const char *record,
           gsize       size,
           RedisData  *data,
           guint       number)
{
  return record != NULL && size == data->record_size &&
         memcmp (record + data->key_at, data->keys[number], sizeof (RedisKey)) == 0;
}

/* --- many at once --- */

/* Keys take turns; with hits, so many of a hundred are of those that stay. */
static guint
next_key (RedisSide *self)
{
  /* Spread, rather than one after the other. */
  gboolean hit = (self->asked * 37) % 100 < self->hits;
  guint n_cold = self->data->n_keys - N_HOT;

  if (hit)
    return advance (&self->hot_place, N_HOT);

  return N_HOT + advance (&self->place, n_cold);
}

static void
ask_next (Ask *ask)
{
  RedisSide *self = ask->side;

  ask->number = next_key (self);
  self->asked++;
  self->under_way++;
  self->ask (self, ask);
}

/* One came: the next takes its place, so that as many are under way as before. */
static void
took (Ask      *ask,
      gboolean  right)
{
  RedisSide *self = ask->side;

  self->under_way--;
  self->right += right;
  if (self->asked < self->to_ask)
    ask_next (ask);
}

static void
run_asks (RedisSide *self,
          guint      n,
          guint      at_once)
{
  g_autofree Ask *asks = g_new (Ask, at_once);

  self->asked = 0;
  self->to_ask = n;
  for (guint i = 0; i < at_once && i < n; i++)
    {
      asks[i].side = self;
      ask_next (&asks[i]);
    }
  while (self->under_way > 0)
    g_main_context_iteration (NULL, TRUE);
}

/* --- the sides --- */

static RedisSide *
side_new (RedisData      *data,
          RedisTransport  transport,
          const char     *name)
{
  RedisSide *self = g_new0 (RedisSide, 1);

  self->data = data;
  self->transport = transport;
  self->name = g_strconcat (name, transport == REDIS_TLS ? ", TLS" : "", NULL);
  self->run = run_asks;

  return self;
}

static void
run_raw (RedisSide *self,
         guint      n,
         guint      at_once)
{
  RedisData *data = self->data;
  g_autofree guint *numbers = g_new (guint, at_once);
  g_autofree const char **names = g_new (const char *, at_once);

  for (guint done = 0; done < n; done += at_once)
    {
      const char **records;

      for (guint i = 0; i < at_once; i++)
        {
          numbers[i] = next_key (self);
          names[i] = data->names[numbers[i]];
        }
      records = raw_redis_get (self->raw, names, at_once, data->record_size);
      for (guint i = 0; i < at_once; i++)
        self->right += is_record (records[i], data->record_size, data, numbers[i]);
    }
}

static void
free_raw (RedisSide *self)
{
  raw_redis_free (self->raw);
}

RedisSide *
redis_side_raw (RedisData      *data,
                RedisTransport  transport)
{
  RedisSide *self = side_new (data, transport, "socket");

  self->raw = raw_redis_new (transport == REDIS_UNIX ? data->server->path : NULL, data->server->port);
  self->run = run_raw;
  self->free = free_raw;

  return self;
}

static void
hiredis_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  Ask *ask = user_data;
  g_autoptr(GBytes) bytes = by_hand_redis_get_finish (result, NULL);
  gsize size = 0;
  const char *record = bytes != NULL ? g_bytes_get_data (bytes, &size) : NULL;

  took (ask, is_record (record, size, ask->side->data, ask->number));
}

static void
ask_hiredis (RedisSide *self,
             Ask       *ask)
{
  by_hand_redis_get_async (self->hiredis, self->data->names[ask->number], hiredis_cb, ask);
}

static void
free_hiredis (RedisSide *self)
{
  by_hand_redis_free (self->hiredis);
}

RedisSide *
redis_side_hiredis (RedisData      *data,
                    RedisTransport  transport)
{
  RedisSide *self = side_new (data, transport, "hiredis");

  self->hiredis = by_hand_redis_new (transport == REDIS_UNIX ? data->server->path : NULL, data->server->port);
  self->ask = ask_hiredis;
  self->free = free_hiredis;

  return self;
}

static void
backend_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  Ask *ask = user_data;
  g_autoptr(GBytes) bytes = memo_backend_load_finish (MEMO_BACKEND (source), result, NULL);
  gsize size = 0;
  const char *record = bytes != NULL ? g_bytes_get_data (bytes, &size) : NULL;

  took (ask, is_record (record, size, ask->side->data, ask->number));
}

static void
ask_backend (RedisSide *self,
             Ask       *ask)
{
  char key[2 + sizeof (RedisKey)] = "d:";

  memcpy (key + 2, self->data->keys[ask->number], sizeof (RedisKey));
  memo_backend_load_async (self->backend, key, NULL, backend_cb, ask);
}

static void
closed_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  RedisSide *self = user_data;

  self->under_way--;
}

static void
free_backend (RedisSide *self)
{
  self->under_way++;
  memo_backend_close_async (self->backend, NULL, closed_cb, self);
  while (self->under_way > 0)
    g_main_context_iteration (NULL, TRUE);
  g_object_unref (self->backend);
}

RedisSide *
redis_side_backend (RedisData      *data,
                    RedisTransport  transport)
{
  RedisSide *self = side_new (data, transport, "backend");

  self->backend = redis_backend_new (data->server, transport);
  self->ask = ask_backend;
  self->free = free_backend;

  return self;
}

static void
cache_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  Ask *ask = user_data;
  RedisData *data = ask->side->data;
  g_autoptr(MemoEntry) entry = memo_cache_get_finish (MEMO_CACHE (source), result, NULL);

  took (ask, entry != NULL && is_padded_value (memo_entry_get_bytes (entry), data->keys[ask->number], data->value_size));
}

static void
ask_cache (RedisSide *self,
           Ask       *ask)
{
  if (ask->number < N_HOT)
    self->expected_hits++;
  else
    self->expected_misses++;
  memo_cache_get_async (self->cache, self->data->keys[ask->number], MEMO_GET_NONE, self->loader, NULL, cache_cb, ask);
}

static void
free_cache (RedisSide *self)
{
  g_object_unref (self->cache);
  g_object_unref (self->loader);
  free_backend (self);
}

/* All is in the server; what is not is a mistake, which the metrics show. */
static void
load_nothing (MemoCall *call,
              gpointer  user_data)
{
  memo_call_return_entry (call, NULL);
}

static void
heated_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  RedisSide *self = user_data;
  g_autoptr(MemoEntry) entry = memo_cache_get_finish (MEMO_CACHE (source), result, NULL);

  g_assert (entry != NULL);
  self->under_way--;
}

/* What is to be found in memory comes there. */
static void
heat (RedisSide *self)
{
  for (guint i = 0; i < N_HOT; i++)
    {
      self->under_way++;
      memo_cache_get_async (self->cache, self->data->keys[i], MEMO_GET_NONE, self->loader, NULL, heated_cb, self);
    }
  while (self->under_way > 0)
    g_main_context_iteration (NULL, TRUE);
  memo_cache_reset_metrics (self->cache);
}

RedisSide *
redis_side_cache (RedisData      *data,
                  RedisTransport  transport,
                  guint           hits)
{
  g_autofree char *name = hits > 0 ? g_strdup_printf ("cache, %u %% hits", hits) : g_strdup ("cache");
  RedisSide *self = side_new (data, transport, name);

  self->hits = hits;
  self->backend = redis_backend_new (data->server, transport);
  self->cache = g_object_new (MEMO_TYPE_ASYNC_CACHE, "maxsize", MAXSIZE, "remote-cache", self->backend, NULL);
  self->loader = memo_loader_new (load_nothing, NULL, NULL);
  self->ask = ask_cache;
  self->free = free_cache;
  if (hits > 0)
    heat (self);

  return self;
}

/* --- the tool --- */

/* The second field of the second line of what it prints. */
static double
read_rate (const char *output)
{
  g_auto(GStrv) lines = g_strsplit (output, "\n", 3);
  g_auto(GStrv) fields = g_strsplit (g_strv_length (lines) > 1 ? lines[1] : "", "\",\"", 3);

  if (g_strv_length (fields) < 2)
    g_error ("redis-benchmark says: %s", output);

  return g_ascii_strtod (fields[1], NULL);
}

static void
run_tool (RedisSide *self,
          guint      n,
          guint      at_once)
{
  RedisData *data = self->data;
  g_autofree char *port = g_strdup_printf ("%u", data->server->port);
  g_autofree char *count = g_strdup_printf ("%u", n);
  g_autofree char *pipeline = g_strdup_printf ("%u", at_once);
  g_autofree char *range = g_strdup_printf ("%u", data->n_keys);
  g_autofree char *name = g_strndup (data->names[0], strlen (data->names[0]) - REDIS_KEY_DIGITS);
  g_autofree char *random_name = g_strconcat (name, "__rand_int__", NULL);
  g_autofree char *output = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(GSubprocess) tool =
    g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, "redis-benchmark",
                      self->transport == REDIS_UNIX ? "-s" : "-p", self->transport == REDIS_UNIX ? data->server->path : port,
                      "-c", "1", "-P", pipeline, "-n", count, "-r", range, "--csv", "GET", random_name, NULL);

  stop (error);
  g_subprocess_communicate_utf8 (tool, NULL, NULL, &output, NULL, &error);
  stop (error);
  self->seconds = n / read_rate (output);
  if (g_subprocess_get_successful (tool))
    self->right = n;
}

RedisSide *
redis_side_tool (RedisData      *data,
                 RedisTransport  transport)
{
  g_autofree char *path = g_find_program_in_path ("redis-benchmark");
  RedisSide *self;

  if (path == NULL)
    return NULL;

  self = side_new (data, transport, "redis-benchmark");
  self->run = run_tool;

  return self;
}

/* --- what they have in common --- */

void
redis_side_free (RedisSide *self)
{
  if (self->free != NULL)
    self->free (self);
  g_free (self->name);
  g_free (self);
}

const char *
redis_side_name (RedisSide *self)
{
  return self->name;
}

double
redis_side_measure (RedisSide *self,
                    guint      n,
                    guint      at_once,
                    guint     *right)
{
  double start = seconds_now ();

  self->right = 0;
  self->seconds = 0.0;
  self->run (self, n, at_once);
  *right = self->right;

  /* The tool measures by itself: it has to be started. */
  return (self->seconds > 0.0 ? self->seconds : seconds_now () - start) / n;
}

gboolean
redis_side_check (RedisSide *self)
{
  g_autoptr(MemoMetrics) metrics = NULL;

  if (self->cache == NULL)
    return TRUE;

  metrics = memo_cache_get_metrics (self->cache);

  return metrics->hits == self->expected_hits && metrics->remote_hits == self->expected_misses && metrics->loads == 0;
}
