/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-disk-backend.h"

#include "memo-disk-address.h"
#include "memo-disk-worker.h"

/**
 * MemoDiskBackend:
 *
 * A tier on the disk: a file that outlives the program, so that the next run begins with what this one knew.
 *
 * It is asked for by its URI, `disk:NAME` or `disk:///folder/file.db`:
 *
 * ```c
 * MemoBackend *backend = memo_backend_new_for_uri ("disk:products?max-size=64M", &error);
 * ```
 *
 * `disk:NAME` is the file `APPLICATION/memo/NAME.db` in the folder of the user's caches
 * ([func@GLib.get_user_cache_dir]); the application is what [func@GLib.get_prgname] says, or what
 * `application=NAME` does. In both kinds of URI `max-size=BYTES` (with `K`, `M` or `G` behind it) bounds what
 * is kept, and `exclusive=true` says that one process alone uses the file.
 *
 * The folder has to be one that nobody else can write to. It is made, with mode 0700, where there is none; one that is there is
 * used as it is, and refused when others may write to it. Symbolic links in the path of the folder are followed; the file
 * itself must not be one.
 *
 * All that waits for the disk is done in a thread of its own, and no function here ever does. What was loaded is
 * written a little later, many values in one transaction, and may be lost with the power; what was set, removed or flushed is on
 * the disk when its call is answered. When the file is damaged it is replaced by an empty one. When it cannot be
 * used at all, `MEMO_ERROR_UNAVAILABLE` says why, and it is tried again after a pause of up to half a minute.
 *
 * Several processes may use one file. They share what is in it, and nothing else: what one of them
 * removes may still be in the memory of another.
 *
 * A value that is larger than [property@Memo.DiskBackend:max-size] is not kept, and what was there before is removed.
 *
 * Since: 0.1
 */

struct _MemoDiskBackend
{
  GObject          parent_instance;

  char            *uri;
  MemoDiskAddress  address;
  MemoDiskWorker  *worker;    /* NULL until the URI was read */
};

typedef enum
{
  PROP_URI = 1,
  PROP_PATH,
  PROP_MAX_SIZE,
  PROP_EXCLUSIVE,
  PROP_SIZE,
  PROP_HITS,
  PROP_MISSES,
  PROP_WRITTEN,
  PROP_REMOVED,
  PROP_PURGED,
  PROP_COMMITS,
  PROP_DURABLE_COMMITS,
  PROP_RECREATED,
  PROP_FAILURES,
  N_PROPS,
} Property;

static GParamSpec *properties[N_PROPS];

static void memo_disk_backend_initable_iface_init (GInitableIface       *iface);
static void memo_disk_backend_backend_iface_init  (MemoBackendInterface *iface);

G_DEFINE_DYNAMIC_TYPE_EXTENDED (MemoDiskBackend, memo_disk_backend, G_TYPE_OBJECT, G_TYPE_FLAG_FINAL,
                                G_IMPLEMENT_INTERFACE_DYNAMIC (G_TYPE_INITABLE,
                                                               memo_disk_backend_initable_iface_init)
                                G_IMPLEMENT_INTERFACE_DYNAMIC (MEMO_TYPE_BACKEND,
                                                               memo_disk_backend_backend_iface_init))

/* --- what a backend can do --- */

static void
ask (MemoBackend *backend,
     MemoDiskAsk  what,
     const char  *key,
     MemoCall    *call)
{
  MemoDiskBackend *self = MEMO_DISK_BACKEND (backend);

  if (self->worker != NULL)
    memo_disk_worker_ask (self->worker, what, key, call);
  else
    memo_call_return_error (call, g_error_new (MEMO_ERROR, MEMO_ERROR_FAILED,
                                               "A %s is made by memo_backend_new_for_uri(), or by g_initable_new()",
                                               G_OBJECT_TYPE_NAME (self)));
}

static void
memo_disk_backend_open (MemoBackend *backend,
                        MemoCall    *call)
{
  ask (backend, MEMO_DISK_OPEN, NULL, call);
}

static void
memo_disk_backend_load (MemoBackend *backend,
                        const char  *key,
                        MemoCall    *call)
{
  ask (backend, MEMO_DISK_LOAD, key, call);
}

static void
memo_disk_backend_store (MemoBackend *backend,
                         const char  *key,
                         MemoCall    *call)
{
  ask (backend, MEMO_DISK_STORE, key, call);
}

static void
memo_disk_backend_remove (MemoBackend *backend,
                          const char  *key,
                          MemoCall    *call)
{
  ask (backend, MEMO_DISK_DELETE, key, call);
}

static void
memo_disk_backend_clear (MemoBackend *backend,
                         MemoCall    *call)
{
  ask (backend, MEMO_DISK_CLEAR, NULL, call);
}

static void
memo_disk_backend_flush (MemoBackend *backend,
                         MemoCall    *call)
{
  ask (backend, MEMO_DISK_FLUSH, NULL, call);
}

static void
memo_disk_backend_close (MemoBackend *backend,
                         MemoCall    *call)
{
  ask (backend, MEMO_DISK_CLOSE, NULL, call);
}

static void
memo_disk_backend_backend_iface_init (MemoBackendInterface *iface)
{
  iface->open = memo_disk_backend_open;
  iface->load = memo_disk_backend_load;
  iface->store = memo_disk_backend_store;
  iface->remove = memo_disk_backend_remove;
  iface->clear = memo_disk_backend_clear;
  iface->flush = memo_disk_backend_flush;
  iface->close = memo_disk_backend_close;
}

/* --- beginning and end --- */

/* Reads the URI, and nothing of the disk. */
static gboolean
memo_disk_backend_init_initable (GInitable     *initable,
                                 GCancellable  *cancellable,
                                 GError       **error)
{
  MemoDiskBackend *self = MEMO_DISK_BACKEND (initable);

  if (self->worker != NULL)
    return TRUE;
  if (!memo_disk_address_parse (self->uri, &self->address, error))
    return FALSE;

  self->worker = memo_disk_worker_new (self->address.path, self->address.max_size, self->address.exclusive,
                                       &memo_disk_setup_default);

  return TRUE;
}

static void
memo_disk_backend_initable_iface_init (GInitableIface *iface)
{
  iface->init = memo_disk_backend_init_initable;
}

void
memo_disk_backend_set_setup (MemoDiskBackend     *self,
                             const MemoDiskSetup *setup)
{
  g_clear_pointer (&self->worker, memo_disk_worker_end);
  self->worker = memo_disk_worker_new (self->address.path, self->address.max_size, self->address.exclusive, setup);
}

/* Possibly in the thread of the worker, which may hold the last call. */
static void
memo_disk_backend_finalize (GObject *object)
{
  MemoDiskBackend *self = MEMO_DISK_BACKEND (object);

  g_clear_pointer (&self->worker, memo_disk_worker_end);
  memo_disk_address_clear (&self->address);
  g_free (self->uri);

  G_OBJECT_CLASS (memo_disk_backend_parent_class)->finalize (object);
}

/* --- properties --- */

static void
get_counter (MemoDiskBackend *self,
             Property         which,
             GValue          *value)
{
  MemoDiskCounters counters = { 0 };
  guint64 number = 0;

  if (self->worker != NULL)
    memo_disk_worker_get_counters (self->worker, &counters);

  if (which == PROP_SIZE)
    number = counters.size;
  else if (which == PROP_HITS)
    number = counters.hits;
  else if (which == PROP_MISSES)
    number = counters.misses;
  else if (which == PROP_WRITTEN)
    number = counters.written;
  else if (which == PROP_REMOVED)
    number = counters.removed;
  else if (which == PROP_PURGED)
    number = counters.purged;
  else if (which == PROP_COMMITS)
    number = counters.commits;
  else if (which == PROP_DURABLE_COMMITS)
    number = counters.durable_commits;
  else if (which == PROP_RECREATED)
    number = counters.recreated;
  else
    number = counters.failures;

  g_value_set_uint64 (value, number);
}

static void
memo_disk_backend_get_property (GObject    *object,
                                guint       prop_id,
                                GValue     *value,
                                GParamSpec *pspec)
{
  MemoDiskBackend *self = MEMO_DISK_BACKEND (object);

  switch (prop_id)
    {
    case PROP_URI:
      g_value_set_string (value, self->uri);
      break;

    case PROP_PATH:
      g_value_set_string (value, self->address.path);
      break;

    case PROP_MAX_SIZE:
      g_value_set_uint64 (value, self->address.max_size);
      break;

    case PROP_EXCLUSIVE:
      g_value_set_boolean (value, self->address.exclusive);
      break;

    default:
      if (prop_id >= PROP_SIZE && prop_id < N_PROPS)
        get_counter (self, prop_id, value);
      else
        G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
      break;
    }
}

static void
memo_disk_backend_set_property (GObject      *object,
                                guint         prop_id,
                                const GValue *value,
                                GParamSpec   *pspec)
{
  MemoDiskBackend *self = MEMO_DISK_BACKEND (object);

  switch (prop_id)
    {
    case PROP_URI:
      self->uri = g_value_dup_string (value);
      break;

    case PROP_MAX_SIZE:
      if (self->worker == NULL || self->address.max_size == g_value_get_uint64 (value))
        return;
      self->address.max_size = g_value_get_uint64 (value);
      memo_disk_worker_limit (self->worker, self->address.max_size);
      g_object_notify_by_pspec (object, pspec);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
      break;
    }
}

static void
install_counter (Property    which,
                 const char *name)
{
  properties[which] = g_param_spec_uint64 (name, NULL, NULL, 0, G_MAXUINT64, 0,
                                           G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
}

static void
memo_disk_backend_class_init (MemoDiskBackendClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = memo_disk_backend_finalize;
  object_class->get_property = memo_disk_backend_get_property;
  object_class->set_property = memo_disk_backend_set_property;

  /**
   * MemoDiskBackend:uri:
   *
   * Where it is, and how it is used.
   *
   * Since: 0.1
   */
  properties[PROP_URI] = g_param_spec_string ("uri", NULL, NULL, NULL,
                                              G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * MemoDiskBackend:path:
   *
   * The file.
   *
   * Since: 0.1
   */
  properties[PROP_PATH] = g_param_spec_string ("path", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MemoDiskBackend:max-size:
   *
   * How many bytes are kept at most; 256 MiB where the URI does not say it.
   *
   * It is about what is stored and what SQLite needs for it. The file itself may be somewhat larger. When there is more, what
   * has expired goes first, and then what was not read for the longest time. A new value counts from the next write on.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_SIZE] = g_param_spec_uint64 ("max-size", NULL, NULL, MEMO_DISK_SMALLEST_MAX_SIZE, G_MAXINT64,
                                                   MEMO_DISK_DEFAULT_MAX_SIZE,
                                                   G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * MemoDiskBackend:exclusive:
   *
   * Whether one process alone uses the file. Then no memory is shared with others, and it works where that is not possible.
   *
   * Since: 0.1
   */
  properties[PROP_EXCLUSIVE] = g_param_spec_boolean ("exclusive", NULL, NULL, FALSE,
                                                     G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MemoDiskBackend:size:
   *
   * How many bytes are kept, as of the last write.
   *
   * Since: 0.1
   */
  install_counter (PROP_SIZE, "size");

  /**
   * MemoDiskBackend:hits:
   *
   * How many loads found something.
   *
   * Since: 0.1
   */
  install_counter (PROP_HITS, "hits");

  /**
   * MemoDiskBackend:misses:
   *
   * How many loads found nothing.
   *
   * Since: 0.1
   */
  install_counter (PROP_MISSES, "misses");

  /**
   * MemoDiskBackend:written:
   *
   * How many values were written. A value that was replaced before it was written is not counted.
   *
   * Since: 0.1
   */
  install_counter (PROP_WRITTEN, "written");

  /**
   * MemoDiskBackend:removed:
   *
   * How many keys were removed by request.
   *
   * Since: 0.1
   */
  install_counter (PROP_REMOVED, "removed");

  /**
   * MemoDiskBackend:purged:
   *
   * How many values were removed because they had expired, or to make room.
   *
   * Since: 0.1
   */
  install_counter (PROP_PURGED, "purged");

  /**
   * MemoDiskBackend:commits:
   *
   * How many transactions were made.
   *
   * Since: 0.1
   */
  install_counter (PROP_COMMITS, "commits");

  /**
   * MemoDiskBackend:durable-commits:
   *
   * How many of the transactions waited until they were on the disk.
   *
   * Since: 0.1
   */
  install_counter (PROP_DURABLE_COMMITS, "durable-commits");

  /**
   * MemoDiskBackend:recreated:
   *
   * How often the file was of no use and was replaced by an empty one.
   *
   * Since: 0.1
   */
  install_counter (PROP_RECREATED, "recreated");

  /**
   * MemoDiskBackend:failures:
   *
   * How many times the file could not be opened, read or written.
   *
   * Since: 0.1
   */
  install_counter (PROP_FAILURES, "failures");

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
memo_disk_backend_class_finalize (MemoDiskBackendClass *klass)
{
}

static void
memo_disk_backend_init (MemoDiskBackend *self)
{
}

/* The module may be loaded twice, by the library and by a program that looks for GIO's modules in the same folder:
 * the first time counts. */
void
memo_disk_backend_register (GTypeModule *module)
{
  if (memo_disk_backend_get_type () == 0)
    memo_disk_backend_register_type (module);
}
