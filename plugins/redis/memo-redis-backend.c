/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-redis-backend.h"

#include <string.h>

#include "memo-redis-signals.h"
#include "memo-redis-worker.h"

/**
 * MemoRedisBackend:
 *
 * A tier in Redis, which several programs on several machines can share.
 *
 * It is asked for by its URI: `redis://host:6379/0`, the same with `rediss` for TLS, or `redis+unix:///run/redis/redis.sock`:
 *
 * ```c
 * MemoBackend *backend = memo_backend_new_for_uri ("redis://shop:PASSWORD@localhost/0?prefix=shop:", &error);
 * ```
 *
 * How to run a server for it, which rights it needs there, and all that a URI can say is in [Redis](redis.html). All keys
 * begin with the prefix, `memo:` by default, and a clear removes these and no others. A key that is
 * longer than 512 bytes is stored under its hash.
 *
 * Two connections carry everything: one for commands, and one on which the server says what others change of what was read. They are made
 * by the first use, in a thread of its own, and no function here waits for them. With `max-staleness-ms=0` in the URI there is but the first,
 * and [property@Memo.RemoteBackend:max-staleness-ms] is 0.
 *
 * An operation ends within 250 ms, or what `timeout-ms` in the URI says, with
 * `G_IO_ERROR_TIMED_OUT` if there is no answer; a clear, which is done in many small steps, has as much time for each
 * of them. What is asked while a clear is under way waits for its end, but for no longer than that. When too much is under way
 * already, the error is `MEMO_ERROR_BUSY`.
 *
 * When an operation was not answered in time, and nothing else was meanwhile, those after it fail at once with
 * `MEMO_ERROR_UNAVAILABLE`, until the server is found to answer in time again.
 *
 * When a connection is lost, or the server says that it is not able to do its work, whoever asks is told so at once, by
 * `MEMO_ERROR_UNAVAILABLE`, until it is connected again, which is tried again and again, with pauses of 50 ms to 5
 * seconds. A server that refuses the password or that this user is not allowed to use, and a certificate that is not
 * acceptable, is said in a warning, once, and tried again every minute. [property@Memo.RemoteBackend:connected] tells how
 * things are.
 *
 * Whether what was stored is still there after the server was restarted is up to the server's own settings; none of the functions waits
 * for its disk.
 *
 * The password is in no message, and reading [property@Memo.RedisBackend:uri] does not give it back.
 *
 * Since: 0.1
 */

struct _MemoRedisBackend
{
  GObject           parent_instance;

  char             *uri;        /* until it was read */
  MemoRedisAddress  address;
  MemoRedisWorker  *worker;     /* NULL until the URI was read */
};

typedef enum
{
  PROP_URI = 1,
  PROP_PREFIX,
  PROP_TIMEOUT_MS,
  PROP_CONNECTED,
  PROP_MAX_STALENESS_MS,
  PROP_HITS,
  PROP_MISSES,
  PROP_STORED,
  PROP_REMOVED,
  PROP_CONNECTIONS,
  PROP_FAILURES,
  PROP_TIMEOUTS,
  PROP_DISCARDED,
  PROP_REFUSED,
  PROP_SENT,
  PROP_RECEIVED,
  PROP_MESSAGES,
  PROP_ROUND_TRIP,
  N_PROPS,
} Property;

static GParamSpec *properties[N_PROPS];

static void memo_redis_backend_initable_iface_init (GInitableIface       *iface);
static void memo_redis_backend_backend_iface_init  (MemoBackendInterface *iface);
static void memo_redis_backend_remote_backend_iface_init (MemoRemoteBackendInterface *iface);

G_DEFINE_DYNAMIC_TYPE_EXTENDED (MemoRedisBackend, memo_redis_backend, G_TYPE_OBJECT, G_TYPE_FLAG_FINAL,
                                G_IMPLEMENT_INTERFACE_DYNAMIC (G_TYPE_INITABLE,
                                                               memo_redis_backend_initable_iface_init)
                                G_IMPLEMENT_INTERFACE_DYNAMIC (MEMO_TYPE_BACKEND,
                                                               memo_redis_backend_backend_iface_init)
                                G_IMPLEMENT_INTERFACE_DYNAMIC (MEMO_TYPE_REMOTE_BACKEND,
                                                               memo_redis_backend_remote_backend_iface_init))

/* --- what a backend can do --- */

static GError *
error_of_unmade (MemoRedisBackend *self)
{
  return g_error_new (MEMO_ERROR, MEMO_ERROR_FAILED, "A %s is made by memo_backend_new_for_uri(), or by g_initable_new()",
                      G_OBJECT_TYPE_NAME (self));
}

static void
ask (MemoBackend  *backend,
     MemoRedisAsk  what,
     const char   *key,
     MemoCall     *call)
{
  MemoRedisBackend *self = MEMO_REDIS_BACKEND (backend);

  if (self->worker != NULL)
    memo_redis_worker_ask (self->worker, what, key, call);
  else
    memo_call_return_error (call, error_of_unmade (self));
}

static void
memo_redis_backend_open (MemoBackend *backend,
                         MemoCall    *call)
{
  ask (backend, MEMO_REDIS_OPEN, NULL, call);
}

static void
memo_redis_backend_load (MemoBackend *backend,
                         const char  *key,
                         MemoCall    *call)
{
  ask (backend, MEMO_REDIS_LOAD, key, call);
}

static void
memo_redis_backend_store (MemoBackend *backend,
                          const char  *key,
                          MemoCall    *call)
{
  ask (backend, MEMO_REDIS_STORE, key, call);
}

static void
memo_redis_backend_remove (MemoBackend *backend,
                           const char  *key,
                           MemoCall    *call)
{
  ask (backend, MEMO_REDIS_REMOVE, key, call);
}

static void
memo_redis_backend_clear (MemoBackend *backend,
                          MemoCall    *call)
{
  ask (backend, MEMO_REDIS_CLEAR, NULL, call);
}

static void
memo_redis_backend_flush (MemoBackend *backend,
                          MemoCall    *call)
{
  ask (backend, MEMO_REDIS_FLUSH, NULL, call);
}

static void
memo_redis_backend_close (MemoBackend *backend,
                          MemoCall    *call)
{
  ask (backend, MEMO_REDIS_CLOSE, NULL, call);
}

static void
memo_redis_backend_backend_iface_init (MemoBackendInterface *iface)
{
  iface->open = memo_redis_backend_open;
  iface->load = memo_redis_backend_load;
  iface->store = memo_redis_backend_store;
  iface->remove = memo_redis_backend_remove;
  iface->clear = memo_redis_backend_clear;
  iface->flush = memo_redis_backend_flush;
  iface->close = memo_redis_backend_close;
}

/* --- what keeps processes coherent --- */

static void
memo_redis_backend_ask (MemoRemoteBackend *backend,
                        MemoRemoteRequest *request)
{
  MemoRedisBackend *self = MEMO_REDIS_BACKEND (backend);
  g_autoptr(GError) error = NULL;

  if (self->worker != NULL)
    {
      memo_redis_worker_request (self->worker, request);
      return;
    }

  error = error_of_unmade (self);
  memo_remote_request_fail (request, error);
}

static gint64
memo_redis_backend_get_lease (MemoRemoteBackend *backend)
{
  MemoRedisBackend *self = MEMO_REDIS_BACKEND (backend);

  return self->worker != NULL ? memo_redis_worker_get_lease (self->worker) : 0;
}

static void
memo_redis_backend_get_server (MemoRemoteBackend *backend,
                               guint8            *id)
{
  MemoRedisBackend *self = MEMO_REDIS_BACKEND (backend);

  if (self->worker != NULL)
    memo_redis_worker_get_server (self->worker, id);
  else
    memset (id, 0, MEMO_REMOTE_SERVER_ID_SIZE);
}

/* --- beginning and end --- */

static void
make_worker (MemoRedisBackend     *self,
             const MemoRedisSetup *setup)
{
  g_clear_pointer (&self->worker, memo_redis_worker_end);
  self->worker = memo_redis_worker_new (&self->address, setup, &memo_redis_signals, memo_redis_teller_new (MEMO_REMOTE_BACKEND (self)),
                                        (GDestroyNotify) memo_redis_teller_free);
}

/* Reads the URI, and asks no server. */
static gboolean
memo_redis_backend_init_initable (GInitable     *initable,
                                  GCancellable  *cancellable,
                                  GError       **error)
{
  MemoRedisBackend *self = MEMO_REDIS_BACKEND (initable);

  if (self->worker != NULL)
    return TRUE;
  if (!memo_redis_address_parse (self->uri, &self->address, error))
    return FALSE;

  g_clear_pointer (&self->uri, g_free);
  make_worker (self, &memo_redis_setup_default);

  return TRUE;
}

static void
memo_redis_backend_initable_iface_init (GInitableIface *iface)
{
  iface->init = memo_redis_backend_init_initable;
}

void
memo_redis_backend_set_setup (MemoRedisBackend     *self,
                              const MemoRedisSetup *setup)
{
  make_worker (self, setup);
}

/* Possibly in the thread of the worker, which may hold the last call. */
static void
memo_redis_backend_finalize (GObject *object)
{
  MemoRedisBackend *self = MEMO_REDIS_BACKEND (object);

  g_clear_pointer (&self->worker, memo_redis_worker_end);
  memo_redis_address_clear (&self->address);
  g_free (self->uri);

  G_OBJECT_CLASS (memo_redis_backend_parent_class)->finalize (object);
}

/* --- properties --- */

static guint64
get_counter (MemoRedisBackend *self,
             Property          which)
{
  MemoRedisCounters counters = { 0 };

  if (self->worker != NULL)
    memo_redis_worker_get_counters (self->worker, &counters);

  if (which == PROP_HITS)
    return counters.hits;
  if (which == PROP_MISSES)
    return counters.misses;
  if (which == PROP_STORED)
    return counters.stored;
  if (which == PROP_REMOVED)
    return counters.removed;
  if (which == PROP_CONNECTIONS)
    return counters.connections;
  if (which == PROP_FAILURES)
    return counters.failures;
  if (which == PROP_TIMEOUTS)
    return counters.timeouts;
  if (which == PROP_DISCARDED)
    return counters.discarded;
  if (which == PROP_REFUSED)
    return counters.refused;
  if (which == PROP_SENT)
    return counters.sent;
  if (which == PROP_MESSAGES)
    return counters.messages;

  return counters.received;
}

static double
get_round_trip (MemoRedisBackend *self)
{
  MemoRedisCounters counters = { 0 };

  if (self->worker != NULL)
    memo_redis_worker_get_counters (self->worker, &counters);

  return MAX (counters.round_trip, 0.0) / G_USEC_PER_SEC;
}

static void
memo_redis_backend_get_property (GObject    *object,
                                 guint       prop_id,
                                 GValue     *value,
                                 GParamSpec *pspec)
{
  MemoRedisBackend *self = MEMO_REDIS_BACKEND (object);

  switch (prop_id)
    {
    case PROP_URI:
      g_value_set_string (value, self->address.label);
      break;

    case PROP_PREFIX:
      g_value_set_string (value, self->address.prefix);
      break;

    case PROP_TIMEOUT_MS:
      g_value_set_uint (value, self->worker != NULL ? self->address.timeout_ms : MEMO_REDIS_DEFAULT_TIMEOUT);
      break;

    case PROP_CONNECTED:
      g_value_set_boolean (value, self->worker != NULL && memo_redis_worker_is_connected (self->worker));
      break;

    case PROP_MAX_STALENESS_MS:
      g_value_set_uint (value, self->address.max_staleness_ms);
      break;

    case PROP_ROUND_TRIP:
      g_value_set_double (value, get_round_trip (self));
      break;

    default:
      if (prop_id > PROP_MAX_STALENESS_MS && prop_id < N_PROPS)
        g_value_set_uint64 (value, get_counter (self, prop_id));
      else
        G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
      break;
    }
}

static void
memo_redis_backend_set_property (GObject      *object,
                                 guint         prop_id,
                                 const GValue *value,
                                 GParamSpec   *pspec)
{
  MemoRedisBackend *self = MEMO_REDIS_BACKEND (object);

  if (prop_id == PROP_URI)
    self->uri = g_value_dup_string (value);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
install_counter (Property    which,
                 const char *name)
{
  properties[which] = g_param_spec_uint64 (name, NULL, NULL, 0, G_MAXUINT64, 0,
                                           G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
}

static void
memo_redis_backend_remote_backend_iface_init (MemoRemoteBackendInterface *iface)
{
  iface->ask = memo_redis_backend_ask;
  iface->get_lease = memo_redis_backend_get_lease;
  iface->get_server = memo_redis_backend_get_server;
}

static void
memo_redis_backend_class_init (MemoRedisBackendClass *klass)
{
  gpointer remote;
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = memo_redis_backend_finalize;
  object_class->get_property = memo_redis_backend_get_property;
  object_class->set_property = memo_redis_backend_set_property;

  /**
   * MemoRedisBackend:uri:
   *
   * Where it is, and how it is used. What is read is without the user, the password and the parameters.
   *
   * Since: 0.1
   */
  properties[PROP_URI] = g_param_spec_string ("uri", NULL, NULL, NULL,
                                              G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * MemoRedisBackend:prefix:
   *
   * What all keys in Redis begin with.
   *
   * Since: 0.1
   */
  properties[PROP_PREFIX] = g_param_spec_string ("prefix", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MemoRedisBackend:timeout-ms:
   *
   * How long an operation may take, in milliseconds.
   *
   * Since: 0.1
   */
  properties[PROP_TIMEOUT_MS] = g_param_spec_uint ("timeout-ms", NULL, NULL, 1, G_MAXUINT, MEMO_REDIS_DEFAULT_TIMEOUT,
                                                   G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  remote = g_type_default_interface_ref (MEMO_TYPE_REMOTE_BACKEND);
  properties[PROP_CONNECTED] = g_param_spec_override ("connected",
                                                      g_object_interface_find_property (remote, "connected"));
  properties[PROP_MAX_STALENESS_MS] =
    g_param_spec_override ("max-staleness-ms", g_object_interface_find_property (remote, "max-staleness-ms"));
  g_type_default_interface_unref (remote);

  /**
   * MemoRedisBackend:hits:
   *
   * How many loads found something.
   *
   * Since: 0.1
   */
  install_counter (PROP_HITS, "hits");

  /**
   * MemoRedisBackend:misses:
   *
   * How many loads found nothing.
   *
   * Since: 0.1
   */
  install_counter (PROP_MISSES, "misses");

  /**
   * MemoRedisBackend:stored:
   *
   * How many values were stored.
   *
   * Since: 0.1
   */
  install_counter (PROP_STORED, "stored");

  /**
   * MemoRedisBackend:removed:
   *
   * How many keys were removed, one by one.
   *
   * Since: 0.1
   */
  install_counter (PROP_REMOVED, "removed");

  /**
   * MemoRedisBackend:connections:
   *
   * How many times it connected.
   *
   * Since: 0.1
   */
  install_counter (PROP_CONNECTIONS, "connections");

  /**
   * MemoRedisBackend:failures:
   *
   * How many attempts to connect failed, and how many connections were lost.
   *
   * Since: 0.1
   */
  install_counter (PROP_FAILURES, "failures");

  /**
   * MemoRedisBackend:timeouts:
   *
   * How many operations were not answered in time.
   *
   * Since: 0.1
   */
  install_counter (PROP_TIMEOUTS, "timeouts");

  /**
   * MemoRedisBackend:discarded:
   *
   * How many replies came too late and were thrown away.
   *
   * Since: 0.1
   */
  install_counter (PROP_DISCARDED, "discarded");

  /**
   * MemoRedisBackend:refused:
   *
   * How many operations were answered without asking the server, since it was away or too much was under way.
   *
   * Since: 0.1
   */
  install_counter (PROP_REFUSED, "refused");

  /**
   * MemoRedisBackend:sent:
   *
   * How many bytes were sent.
   *
   * Since: 0.1
   */
  install_counter (PROP_SENT, "sent");

  /**
   * MemoRedisBackend:received:
   *
   * How many bytes were received.
   *
   * Since: 0.1
   */
  install_counter (PROP_RECEIVED, "received");

  /**
   * MemoRedisBackend:messages:
   *
   * How many times the server said that others had changed something.
   *
   * Since: 0.1
   */
  install_counter (PROP_MESSAGES, "messages");

  /**
   * MemoRedisBackend:round-trip:
   *
   * How long a reply takes, in seconds: a mean in which the newest replies weigh most. 0.0 before the first.
   *
   * Those that came too late count, too; operations that were never answered do not.
   *
   * Since: 0.1
   */
  properties[PROP_ROUND_TRIP] = g_param_spec_double ("round-trip", NULL, NULL, 0.0, G_MAXDOUBLE, 0.0,
                                                     G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
memo_redis_backend_class_finalize (MemoRedisBackendClass *klass)
{
}

static void
memo_redis_backend_init (MemoRedisBackend *self)
{
}

void
memo_redis_backend_register (GTypeModule *module)
{
  memo_redis_backend_register_type (module);
}
