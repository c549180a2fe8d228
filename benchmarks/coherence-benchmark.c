/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>

#include <libcache.h>

#include "redis-server.h"
#include "summary.h"
#include "workload.h"

/* What it costs that processes stay coherent: the same cache over the same server, with and without.  All of a row are measured in
 * turns, and the ratio is taken in each round. */

#define N_KEYS 2000
#define MAXSIZE 200
#define AT_ONCE 100

/* Meson's number for: skipped. */
#define SKIPPED 77

/* What one client has to do: something about a key, until it is done. */
typedef struct _Client Client;
typedef void (*Work) (Client *client,
                      guint   number);

struct _Client
{
  MemoCache  *cache;
  MemoLoader *loader;
  Work        work;
  guint       place;
  guint       to_ask;
  guint       under_way;
  guint       right;
};

typedef struct
{
  gboolean     smoke;
  int          rounds;
  RedisServer *server;
  guint        n_wrong;
} Program;

typedef struct
{
  const char *name;
  gboolean    coherent;
  Work        work;
} Side;

/* --- what there is to do --- */

static void ask_next (Client *client);

static void
done (Client  *client,
      gboolean right)
{
  client->under_way--;
  client->right += right;
  ask_next (client);
}

static void
ask_next (Client *client)
{
  if (client->to_ask == 0)
    return;

  client->to_ask--;
  client->under_way++;
  client->work (client, advance (&client->place, N_KEYS));
}

static void
key_of (char  *key,
        guint  number)
{
  g_snprintf (key, KEY_ROOM, "%08u", number);
}

static void
load (MemoCall *call,
      gpointer  user_data)
{
  memo_call_return_entry (call, memo_entry_new_string (memo_call_get_key (call)));
}

static void
got_cb (GObject      *source,
        GAsyncResult *result,
        gpointer      user_data)
{
  g_autoptr(MemoEntry) entry = memo_cache_get_finish (MEMO_CACHE (source), result, NULL);

  done (user_data, entry != NULL);
}

static void
get (Client *client,
     guint   number)
{
  char key[KEY_ROOM];

  key_of (key, number);
  memo_cache_get_async (client->cache, key, MEMO_GET_NONE, client->loader, NULL, got_cb, client);
}

static void
deleted_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr(GError) error = NULL;

  memo_cache_delete_finish (MEMO_CACHE (source), result, &error);
  done (user_data, error == NULL);
}

static void
delete (Client *client,
        guint   number)
{
  char key[KEY_ROOM];

  key_of (key, number);
  memo_cache_delete_async (client->cache, key, NULL, deleted_cb, client);
}

static void
set_cb (GObject      *source,
        GAsyncResult *result,
        gpointer      user_data)
{
  g_autoptr(GError) error = NULL;

  memo_cache_set_finish (MEMO_CACHE (source), result, &error);
  done (user_data, error == NULL);
}

static void
set (Client *client,
     guint   number)
{
  char key[KEY_ROOM];

  key_of (key, number);
  memo_cache_set_async (client->cache, key, memo_entry_new_string (key), NULL, set_cb, client);
}

static void
ended_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  MemoMutation *mutation = MEMO_MUTATION (source);

  done (user_data, memo_mutation_end_finish (mutation, result, NULL));
  g_object_unref (mutation);
}

static void
begun_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  memo_mutation_begin_finish (MEMO_MUTATION (source), result, NULL);
  memo_mutation_end_async (MEMO_MUTATION (source), ended_cb, user_data);
}

static void
change (Client *client,
        guint   number)
{
  MemoMutation *mutation = memo_mutation_new (client->cache);
  char key[KEY_ROOM];

  key_of (key, number);
  memo_mutation_add_key (mutation, key);
  memo_mutation_begin_async (mutation, NULL, begun_cb, client);
}

/* --- clients --- */

static Client *
client_new (Program  *self,
            gboolean  coherent,
            Work      work,
            guint     maxsize)
{
  Client *client = g_new0 (Client, 1);
  g_autoptr(GError) error = NULL;
  /* Nothing is given up because the machine is busy. */
  g_autofree char *uri = g_strdup_printf ("redis+unix://%s?timeout-ms=20000&prefix=%s:&max-staleness-ms=%u", self->server->path,
                                          coherent ? "coherent" : "plain", coherent ? 2000 : 0);
  g_autoptr(MemoBackend) backend = memo_backend_new_for_uri (uri, &error);

  if (backend == NULL)
    g_error ("%s", error->message);
  client->cache = g_object_new (MEMO_TYPE_ASYNC_CACHE, "maxsize", maxsize, "tier-timeout", 20.0, "remote-cache", backend, NULL);
  client->loader = memo_loader_new (load, NULL, NULL);
  client->work = work;

  return client;
}

static void
client_free (Client *client)
{
  g_object_unref (client->cache);
  g_object_unref (client->loader);
  g_free (client);
}

/* Does something N times, AT_ONCE at any time; gives the seconds that one took. */
static double
run (Program *self,
     Client  *client,
     guint    n,
     guint    at_once)
{
  double start = seconds_now ();

  client->right = 0;
  client->to_ask = n;
  for (guint i = 0; i < at_once; i++)
    ask_next (client);
  while (client->under_way > 0)
    g_main_context_iteration (NULL, TRUE);

  if (client->right != n)
    {
      g_print ("WRONG: %u of %u came out right\n", client->right, n);
      self->n_wrong++;
    }

  return (seconds_now () - start) / n;
}

/* --- times --- */

static void
compare (Program    *self,
         const char *name,
         const Side *sides,
         guint       n_sides,
         guint       n,
         guint       at_once)
{
  Client *clients[4];
  GArray *times[4];
  GArray *ratios[4];

  g_assert (n_sides <= G_N_ELEMENTS (clients));
  if (self->smoke)
    n = 2 * at_once;
  for (guint i = 0; i < n_sides; i++)
    {
      clients[i] = client_new (self, sides[i].coherent, get, MAXSIZE);
      times[i] = g_array_new (FALSE, FALSE, sizeof (double));
      ratios[i] = g_array_new (FALSE, FALSE, sizeof (double));
      /* Everything is in the server. */
      run (self, clients[i], N_KEYS, AT_ONCE);
      clients[i]->work = sides[i].work;
      run (self, clients[i], MIN (n, N_KEYS), at_once);
    }

  for (int round = 0; round < self->rounds; round++)
    {
      double base = 0.0;

      for (guint i = 0; i < n_sides; i++)
        {
          double seconds = run (self, clients[i], n, at_once);
          double ratio;

          base = i == 0 ? seconds : base;
          ratio = seconds / base;
          g_array_append_val (times[i], seconds);
          g_array_append_val (ratios[i], ratio);
        }
    }

  if (!self->smoke)
    g_print ("\n%-34s %11s %7s %15s\n", name, "each", "ratio", "quartiles");
  for (guint i = 0; i < n_sides; i++)
    {
      Summary time = summarize (times[i]);
      Summary ratio = summarize (ratios[i]);

      if (!self->smoke)
        g_print ("  %-32s %8.2f us %7.2f  %5.2f to %5.2f\n", sides[i].name, time.median * 1e6, ratio.median, ratio.lower, ratio.upper);
      client_free (clients[i]);
      g_array_unref (times[i]);
      g_array_unref (ratios[i]);
    }
}

/* --- what the server does --- */

/* The seconds of a processor that the server has used, by the scheduler. */
static double
server_seconds (Program *self)
{
  g_autofree char *path = g_strdup_printf ("/proc/%s/schedstat", g_subprocess_get_identifier (self->server->process));
  g_autofree char *text = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return 0.0;

  return g_ascii_strtoull (text, NULL, 10) * 1e-9;
}

static gboolean
over_cb (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;

  return G_SOURCE_REMOVE;
}

/* N_CLIENTS have the same keys in memory; one changes each, and all read it again. */
static void
measure_server (Program  *self,
                gboolean  coherent,
                guint     n_clients)
{
  g_autoptr(GPtrArray) clients = g_ptr_array_new_with_free_func ((GDestroyNotify) client_free);
  guint n = self->smoke ? 10 : N_KEYS;
  gboolean over = FALSE;
  double start;
  double changed;
  double read;
  double quiet;

  for (guint i = 0; i < n_clients; i++)
    {
      g_ptr_array_add (clients, client_new (self, coherent, get, MEMO_UNLIMITED));
      run (self, g_ptr_array_index (clients, i), N_KEYS, AT_ONCE);
    }

  /* Nobody does anything for a second: what is left is that they hear from the server. */
  start = server_seconds (self);
  g_timeout_add (self->smoke ? 1 : 1000, over_cb, &over);
  while (!over)
    g_main_context_iteration (NULL, TRUE);
  quiet = server_seconds (self) - start;

  start = server_seconds (self);
  ((Client *) g_ptr_array_index (clients, 0))->work = delete;
  ((Client *) g_ptr_array_index (clients, 0))->place = 0;
  run (self, g_ptr_array_index (clients, 0), n, AT_ONCE);
  ((Client *) g_ptr_array_index (clients, 0))->work = get;
  changed = server_seconds (self) - start;

  start = server_seconds (self);
  for (guint i = 0; i < n_clients; i++)
    {
      ((Client *) g_ptr_array_index (clients, i))->place = 0;
      run (self, g_ptr_array_index (clients, i), n, AT_ONCE);
    }
  read = server_seconds (self) - start;

  if (!self->smoke)
    g_print ("  %2u clients, %-20s %10.1f us %10.1f us %13.0f us\n", n_clients, coherent ? "coherent" : "plain",
             changed / n * 1e6, read / n * 1e6, quiet * 1e6);
}

/* --- the program --- */

static void
run_rows (Program *self)
{
  static const Side gets[] = { { "plain", FALSE, get }, { "coherent", TRUE, get } };
  static const Side deletes[] = { { "plain", FALSE, delete }, { "coherent", TRUE, delete } };
  static const Side sets[] = { { "plain", FALSE, set }, { "coherent", TRUE, set } };
  static const Side changes[] = { { "plain delete", FALSE, delete }, { "plain bracket", FALSE, change }, { "coherent bracket", TRUE, change } };
  static const guint clients[] = { 1, 5, 20 };

  compare (self, "get, 1 at once", gets, G_N_ELEMENTS (gets), 500, 1);
  compare (self, "get, 100 at once", gets, G_N_ELEMENTS (gets), 4000, AT_ONCE);
  compare (self, "delete, 1 at once", deletes, G_N_ELEMENTS (deletes), 500, 1);
  compare (self, "delete, 100 at once", deletes, G_N_ELEMENTS (deletes), 2000, AT_ONCE);
  compare (self, "set, 1 at once", sets, G_N_ELEMENTS (sets), 500, 1);
  compare (self, "change, 1 at once", changes, G_N_ELEMENTS (changes), 500, 1);
  compare (self, "change, 100 at once", changes, G_N_ELEMENTS (changes), 2000, AT_ONCE);

  if (!self->smoke)
    g_print ("\n%-34s %10s %13s %16s\n", "time of the server's processor", "a delete", "all read it", "a quiet second");
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      measure_server (self, FALSE, clients[i]);
      measure_server (self, TRUE, clients[i]);
    }
}

static gboolean
have_server (void)
{
  g_autofree char *path = g_find_program_in_path ("redis-server");
  g_autofree char *openssl = g_find_program_in_path ("openssl");

  if (path == NULL || openssl == NULL)
    g_printerr ("Skipped: it needs redis-server and openssl\n");

  return path != NULL && openssl != NULL;
}

int
main (int    argc,
      char **argv)
{
  Program self = { .rounds = 11 };
  g_autoptr(GOptionContext) context = g_option_context_new (NULL);
  g_autoptr(GError) error = NULL;
  const GOptionEntry options[] = {
    { "smoke", 0, 0, G_OPTION_ARG_NONE, &self.smoke, "Run everything once with small counts, and print only whether it came out right", NULL },
    { "rounds", 0, 0, G_OPTION_ARG_INT, &self.rounds, "How many rounds to take the median of (11)", "N" },
    { NULL },
  };

  g_setenv ("MEMO_PLUGIN_PATH", PLUGIN_FOLDER, FALSE);
  g_option_context_set_summary (context, "Compares a cache whose processes stay coherent with one whose do not.");
  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }
  if (!have_server ())
    return SKIPPED;
  if (self.smoke || self.rounds < 1)
    self.rounds = 1;
  if (!self.smoke)
    g_print ("The median of %d rounds; the ratio is to the first of each.  No get finds its key in memory: keys take turns, and there are\n"
             "ten times as many as there is room for.\n", self.rounds);

  self.server = redis_server_new ();
  g_main_context_acquire (NULL);
  run_rows (&self);
  g_main_context_release (NULL);
  redis_server_free (self.server);
  g_print ("%u wrong\n", self.n_wrong);

  return self.n_wrong > 0 ? 1 : 0;
}
