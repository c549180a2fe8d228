/* SPDX-License-Identifier: CC0-1.0 */

/* The other side of shop.h: the process that is a shop. */

#include "shop.h"

#include <stdio.h>

#include "await.h"
#include "database.h"

#define CROWD 100

typedef struct
{
  Database         database;
  MemoManualClock *clock;
  MemoBackend     *redis;
  MemoCache       *shared;     /* with Redis behind it, or without */
  MemoCache       *memory;     /* in front of it, or NULL */
  MemoLoader      *loader;
  MemoLoader      *forward;
  GAsyncResult    *crowd[CROWD];
} Process;

static MemoEntry *
get_and_wait (MemoCache  *cache,
              MemoLoader *loader,
              const char *key)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  MemoEntry *entry;

  memo_cache_get_async (cache, key, MEMO_GET_NONE, loader, NULL, await_cb, &result);
  entry = memo_cache_get_finish (cache, await (&result), &error);
  if (entry == NULL)
    g_error ("%s: %s", key, error != NULL ? error->message : "there is none");

  return entry;
}

/* [in-front] */
/* The loader of the memory in front asks the cache behind it. */
static void
forwarded_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  g_autoptr(MemoCall) call = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(MemoEntry) entry = memo_cache_get_finish (MEMO_CACHE (source), result, &error);

  if (error != NULL)
    memo_call_return_error (call, g_steal_pointer (&error));
  else
    memo_call_return_entry (call, entry != NULL ? memo_entry_new_string (memo_entry_get_string (entry)) : NULL);
}

static void
forward_cb (MemoCall *call,
            gpointer  user_data)
{
  Process *self = user_data;

  memo_cache_get_async (self->shared, memo_call_get_key (call), MEMO_GET_NONE, self->loader,
                        memo_call_get_cancellable (call), forwarded_cb, g_object_ref (call));
}
/* [/in-front] */

static void
open_shop (Process *self,
           char   **argv)
{
  const char *uri = argv[3];
  double memory_ttl = g_ascii_strtod (argv[4], NULL);
  g_autoptr(GError) error = NULL;

  self->database.folder = argv[2];
  self->clock = memo_manual_clock_new ();
  self->loader = memo_loader_new (database_load, &self->database, NULL);

  if (!g_str_equal (uri, "none"))
    {
      self->redis = memo_backend_new_for_uri (uri, &error);
      if (self->redis == NULL)
        g_error ("%s", error->message);
    }

  /* [caches] */
  self->shared = g_object_new (MEMO_TYPE_ASYNC_CACHE,
                               "maxsize", memory_ttl < AN_HOUR ? 0 : 1000,
                               "default-ttl", AN_HOUR,
                               "remote-cache", self->redis,
                               "clock", self->clock,
                               NULL);

  if (memory_ttl > 0.0 && memory_ttl < AN_HOUR)
    {
      self->forward = memo_loader_new (forward_cb, self, NULL);
      self->memory = g_object_new (MEMO_TYPE_ASYNC_CACHE,
                                   "maxsize", 1000,
                                   "default-ttl", memory_ttl,
                                   "clock", self->clock,
                                   NULL);
    }
  /* [/caches] */
}

static MemoEntry *
get (Process    *self,
     const char *key)
{
  if (self->memory != NULL)
    return get_and_wait (self->memory, self->forward, key);

  return get_and_wait (self->shared, self->loader, key);
}

static guint
get_all (Process *self)
{
  guint n_right = 0;

  for (guint i = 1; i <= N_PRICES; i++)
    {
      g_autofree char *key = g_strdup_printf ("price:%u", i);
      g_autofree char *right = g_strdup_printf ("the price of %s", key);
      g_autoptr(MemoEntry) entry = get (self, key);

      n_right += g_strcmp0 (memo_entry_get_string (entry), right) == 0;
    }

  return n_right;
}

static void
delete (Process    *self,
        const char *key)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  /* [delete] */
  memo_cache_delete_async (self->shared, key, NULL, await_cb, &result);
  memo_cache_delete_finish (self->shared, await (&result), &error);
  if (self->memory != NULL)
    memo_cache_delete (self->memory, key);
  /* [/delete] */

  if (error != NULL)
    g_error ("%s", error->message);
}

static void
flush (Process *self)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  memo_cache_flush_async (self->shared, NULL, await_cb, &result);
  if (!memo_cache_flush_finish (self->shared, await (&result), &error))
    g_error ("%s", error->message);
}

static void
let_crowd_ask (Process    *self,
               const char *key)
{
  self->database.is_slow = TRUE;
  for (guint i = 0; i < CROWD; i++)
    memo_cache_get_async (self->shared, key, MEMO_GET_NONE, self->loader, NULL, await_cb, &self->crowd[i]);

  /* Redis is asked first. */
  while (self->database.waiting == NULL)
    g_main_context_iteration (NULL, TRUE);
}

static guint
serve_crowd (Process *self)
{
  guint n_told = 0;

  database_wake (&self->database);
  for (guint i = 0; i < CROWD; i++)
    {
      g_autoptr(MemoEntry) entry = memo_cache_get_finish (self->shared, await (&self->crowd[i]), NULL);

      n_told += entry != NULL;
      g_clear_object (&self->crowd[i]);
    }

  return n_told;
}

static void
wait_for_second_connection (Process *self)
{
  guint64 n_connections = 0;

  for (;;)
    {
      g_object_get (self->redis, "connections", &n_connections, NULL);
      if (n_connections > 1)
        return;
      /* That it is connected is notified. */
      g_main_context_iteration (NULL, TRUE);
    }
}

static void
answer (Process    *self,
        const char *question)
{
  const char *space = strchr (question, ' ');
  const char *rest = space != NULL ? space + 1 : "";
  g_autoptr(MemoMetrics) metrics = memo_cache_get_metrics (self->shared);

  if (g_str_has_prefix (question, "get "))
    {
      g_autoptr(MemoEntry) entry = get (self, rest);

      puts (memo_entry_get_string (entry));
    }
  else if (g_str_equal (question, "all"))
    printf ("%u\n", get_all (self));
  else if (g_str_equal (question, "serve"))
    printf ("%u\n", serve_crowd (self));
  else if (g_str_equal (question, "queries"))
    printf ("%u\n", self->database.n_queries);
  else if (g_str_equal (question, "remote-hits"))
    printf ("%" G_GUINT64_FORMAT "\n", metrics->remote_hits);
  else
    {
      if (g_str_has_prefix (question, "delete "))
        delete (self, rest);
      else if (g_str_has_prefix (question, "pass "))
        memo_manual_clock_advance (self->clock, g_ascii_strtod (rest, NULL));
      else if (g_str_has_prefix (question, "crowd "))
        let_crowd_ask (self, rest);
      else if (g_str_equal (question, "flush"))
        flush (self);
      else if (g_str_equal (question, "reconnected"))
        wait_for_second_connection (self);
      else
        g_error ("What does “%s” mean?", question);

      puts ("done");
    }

  fflush (stdout);
}

int
shop_run (char **argv)
{
  Process self = { 0 };
  char question[200];

  open_shop (&self, argv);
  while (fgets (question, sizeof question, stdin) != NULL)
    answer (&self, g_strchomp (question));

  g_clear_object (&self.memory);
  g_clear_object (&self.forward);
  g_clear_object (&self.shared);
  g_clear_object (&self.redis);
  g_clear_object (&self.loader);
  g_clear_object (&self.clock);

  return 0;
}
