/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-async-cache-private.h"
#include "memo-boot-clock-private.h"
#include "memo-enum-types.h"
#include "memo-variant-codec.h"

/**
 * MemoAsyncCache:
 *
 * The cache: a bounded memory in front of whatever is slow.
 *
 * ```c
 * g_autoptr(MemoAsyncCache) cache = memo_async_cache_new (1000, 300.0);
 * ```
 *
 * It keeps at most [property@Memo.AsyncCache:maxsize] entries and throws out the one
 * that was not used for the longest time to make room, but no live one while it
 * holds one that has expired. Where look-ups of several threads get in each other's way again and
 * again, they stop to wait for each other, and the order in which what they found goes is no
 * longer exact. However many ask for a key that is not there, its
 * loader runs once, and all get its answer. What was loaded before an invalidation is
 * never stored after it.
 *
 * A cache may be used from any thread. Callbacks run in the thread-default main context of
 * whoever called. Memory is given back in slices, in the main context that was the
 * thread-default one when the cache was made; where nobody iterates that, an
 * entry is still gone for every look-up as soon as it has expired, and its memory is
 * given back as others are set.
 *
 * When the last reference goes, so do the entries; a large number of them in slices of
 * that same main context.
 *
 * Since: 0.1
 */

enum {
  PROP_0,
  PROP_MAXSIZE,
  PROP_MAX_BYTES,
  PROP_EVICTION_POLICY,
  PROP_DEFAULT_TTL,
  PROP_BATCH_WINDOW_MS,
  PROP_MAX_BATCH_SIZE,
  PROP_TRIM_ON_LOW_MEMORY,
  PROP_CLOCK,
  PROP_BACKUP,
  PROP_REMOTE_CACHE,
  PROP_STALE_IF_REMOTE_DOWN,
  PROP_STRICT_CHANGES,
  PROP_EARLY_REFRESH,
  PROP_CODEC,
  PROP_TIER_TIMEOUT,
  PROP_RECORD_SECRET,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE_WITH_CODE (MemoAsyncCache, memo_async_cache, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (MEMO_TYPE_CACHE, memo_level_one_iface_init))

static void
memo_async_cache_constructed (GObject *object)
{
  MemoAsyncCache *self = MEMO_ASYNC_CACHE (object);

  if (self->clock == NULL)
    self->clock = g_object_ref (memo_clock_get_default ());
  self->boot_time = MEMO_IS_BOOT_CLOCK (self->clock);
  if (self->codec == NULL)
    self->codec = MEMO_CODEC (memo_variant_codec_new ());
  if (self->record_secret != NULL && g_bytes_get_size (self->record_secret) == 0)
    {
      g_critical ("The secret of records must not be empty");
      g_clear_pointer (&self->record_secret, g_bytes_unref);
    }
  memo_tiers_open (self);

  G_OBJECT_CLASS (memo_async_cache_parent_class)->constructed (object);
}

static void
memo_async_cache_dispose (GObject *object)
{
  MemoAsyncCache *self = MEMO_ASYNC_CACHE (object);

  memo_sweep_stop (self);
  memo_async_cache_set_trim_on_low_memory (self, FALSE);

  G_OBJECT_CLASS (memo_async_cache_parent_class)->dispose (object);
}

static void
memo_async_cache_finalize (GObject *object)
{
  MemoAsyncCache *self = MEMO_ASYNC_CACHE (object);

  /* Whoever waits for a load holds the cache, and a load that nobody waits for is over. */
  g_assert (self->all_flights == NULL);
  memo_table_deinit (&self->flights);
  memo_fence_deinit (&self->fence);
  memo_fence_deinit (&self->key_fence);
  memo_brackets_deinit (&self->brackets);

  memo_store_share (self->values, NULL);
  g_clear_pointer (&self->readers, memo_readers_free);
  memo_sweep_husk (self, self->values);
  memo_sweep_husk (self, self->errors);
  while (self->husks != NULL)
    {
      MemoStore *husk = self->husks;

      self->husks = husk->next;
      memo_sweep_husk (self, husk);
    }

  memo_tiers_abandon (self);
  memo_weak_ref_release (self->weak);
  g_object_unref (self->codec);
  g_clear_pointer (&self->record_secret, g_bytes_unref);
  g_object_unref (self->clock);
  g_main_context_unref (self->context);
  g_mutex_clear (&self->lock);

  G_OBJECT_CLASS (memo_async_cache_parent_class)->finalize (object);
}

static void
memo_async_cache_get_property (GObject    *object,
                               guint       prop_id,
                               GValue     *value,
                               GParamSpec *pspec)
{
  MemoAsyncCache *self = MEMO_ASYNC_CACHE (object);

  switch (prop_id)
    {
    case PROP_MAXSIZE:
      g_value_set_uint (value, memo_async_cache_get_maxsize (self));
      break;

    case PROP_MAX_BYTES:
      g_value_set_uint64 (value, memo_async_cache_get_max_bytes (self));
      break;

    case PROP_EVICTION_POLICY:
      g_value_set_enum (value, memo_async_cache_get_eviction_policy (self));
      break;

    case PROP_DEFAULT_TTL:
      g_value_set_double (value, memo_async_cache_get_default_ttl (self));
      break;

    case PROP_BATCH_WINDOW_MS:
      g_value_set_uint (value, memo_async_cache_get_batch_window_ms (self));
      break;

    case PROP_MAX_BATCH_SIZE:
      g_value_set_uint (value, memo_async_cache_get_max_batch_size (self));
      break;

    case PROP_TRIM_ON_LOW_MEMORY:
      g_value_set_boolean (value, memo_async_cache_get_trim_on_low_memory (self));
      break;

    case PROP_CLOCK:
      g_value_set_object (value, memo_async_cache_get_clock (self));
      break;

    case PROP_BACKUP:
      g_value_set_object (value, memo_async_cache_get_backup (self));
      break;

    case PROP_REMOTE_CACHE:
      g_value_set_object (value, memo_async_cache_get_remote_cache (self));
      break;

    case PROP_STALE_IF_REMOTE_DOWN:
      g_value_set_boolean (value, memo_async_cache_get_stale_if_remote_down (self));
      break;

    case PROP_STRICT_CHANGES:
      g_value_set_boolean (value, memo_async_cache_get_strict_changes (self));
      break;

    case PROP_EARLY_REFRESH:
      g_value_set_double (value, memo_async_cache_get_early_refresh (self));
      break;

    case PROP_CODEC:
      g_value_set_object (value, memo_async_cache_get_codec (self));
      break;

    case PROP_TIER_TIMEOUT:
      g_value_set_double (value, memo_async_cache_get_tier_timeout (self));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
memo_async_cache_set_property (GObject      *object,
                               guint         prop_id,
                               const GValue *value,
                               GParamSpec   *pspec)
{
  MemoAsyncCache *self = MEMO_ASYNC_CACHE (object);

  switch (prop_id)
    {
    case PROP_MAXSIZE:
      memo_async_cache_set_maxsize (self, g_value_get_uint (value));
      break;

    case PROP_MAX_BYTES:
      memo_async_cache_set_max_bytes (self, g_value_get_uint64 (value));
      break;

    case PROP_EVICTION_POLICY:
      self->eviction_policy = g_value_get_enum (value);
      memo_eviction_init (&self->values->order, self->eviction_policy);
      break;

    case PROP_DEFAULT_TTL:
      memo_async_cache_set_default_ttl (self, g_value_get_double (value));
      break;

    case PROP_BATCH_WINDOW_MS:
      memo_async_cache_set_batch_window_ms (self, g_value_get_uint (value));
      break;

    case PROP_MAX_BATCH_SIZE:
      memo_async_cache_set_max_batch_size (self, g_value_get_uint (value));
      break;

    case PROP_TRIM_ON_LOW_MEMORY:
      memo_async_cache_set_trim_on_low_memory (self, g_value_get_boolean (value));
      break;

    case PROP_CLOCK:
      self->clock = g_value_dup_object (value);
      break;

    case PROP_BACKUP:
      self->backends[MEMO_BACKUP] = g_value_dup_object (value);
      break;

    case PROP_REMOTE_CACHE:
      self->backends[MEMO_REMOTE] = g_value_dup_object (value);
      break;

    case PROP_STALE_IF_REMOTE_DOWN:
      memo_async_cache_set_stale_if_remote_down (self, g_value_get_boolean (value));
      break;

    case PROP_STRICT_CHANGES:
      memo_async_cache_set_strict_changes (self, g_value_get_boolean (value));
      break;

    case PROP_EARLY_REFRESH:
      memo_async_cache_set_early_refresh (self, g_value_get_double (value));
      break;

    case PROP_CODEC:
      self->codec = g_value_dup_object (value);
      break;

    case PROP_RECORD_SECRET:
      self->record_secret = g_value_dup_boxed (value);
      break;

    case PROP_TIER_TIMEOUT:
      memo_async_cache_set_tier_timeout (self, g_value_get_double (value));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
memo_async_cache_class_init (MemoAsyncCacheClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object_class->constructed = memo_async_cache_constructed;
  object_class->dispose = memo_async_cache_dispose;
  object_class->finalize = memo_async_cache_finalize;
  object_class->get_property = memo_async_cache_get_property;
  object_class->set_property = memo_async_cache_set_property;

  /**
   * MemoAsyncCache:maxsize: (getter get_maxsize) (setter set_maxsize)
   *
   * How many entries are kept at most.
   *
   * With 0 nothing is kept, and still a key that many ask for at a time is loaded
   * once. With `MEMO_UNLIMITED` nothing is ever evicted.
   *
   * Since: 0.1
   */
  properties[PROP_MAXSIZE] =
    g_param_spec_uint ("maxsize", NULL, NULL, 0, MEMO_UNLIMITED, 128, flags);

  /**
   * MemoAsyncCache:max-bytes: (getter get_max_bytes) (setter set_max_bytes)
   *
   * How much memory the entries take at most, with their keys and tags.
   *
   * It counts what [method@Memo.Entry.get_size] says. What is larger than all that on its own is given to those who wait for it, and
   * not kept in memory. Of both limits, this and [property@Memo.AsyncCache:maxsize], the one that is reached
   * first holds.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_BYTES] =
    g_param_spec_uint64 ("max-bytes", NULL, NULL, 0, MEMO_UNLIMITED_BYTES, MEMO_UNLIMITED_BYTES, flags);

  /**
   * MemoAsyncCache:eviction-policy: (getter get_eviction_policy)
   *
   * What goes when the cache is full.
   *
   * Since: 0.1
   */
  properties[PROP_EVICTION_POLICY] =
    g_param_spec_enum ("eviction-policy", NULL, NULL, MEMO_TYPE_EVICTION_POLICY, MEMO_EVICTION_LRU,
                       G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * MemoAsyncCache:default-ttl: (getter get_default_ttl) (setter set_default_ttl)
   *
   * How long an entry lives, in seconds, when neither it nor its loader says so.
   *
   * A change is for what is stored from then on.
   *
   * Since: 0.1
   */
  properties[PROP_DEFAULT_TTL] =
    g_param_spec_double ("default-ttl", NULL, NULL, 0.0, MEMO_TTL_FOREVER, MEMO_TTL_FOREVER, flags);

  /**
   * MemoAsyncCache:batch-window-ms: (getter get_batch_window_ms) (setter set_batch_window_ms)
   *
   * For how long the keys of a batch are gathered, in milliseconds from the first of them.
   *
   * 0 is until the main loop of the caller who asked for the first is idle.
   *
   * Since: 0.1
   */
  properties[PROP_BATCH_WINDOW_MS] =
    g_param_spec_uint ("batch-window-ms", NULL, NULL, 0, G_MAXUINT, 5, flags);

  /**
   * MemoAsyncCache:max-batch-size: (getter get_max_batch_size) (setter set_max_batch_size)
   *
   * How many keys a batch has at most, and how many [method@Memo.Cache.warmup_async] loads at a time.
   *
   * A batch that is full leaves at once.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_BATCH_SIZE] =
    g_param_spec_uint ("max-batch-size", NULL, NULL, 1, G_MAXUINT, 100, flags);

  /**
   * MemoAsyncCache:trim-on-low-memory: (getter get_trim_on_low_memory) (setter set_trim_on_low_memory)
   *
   * Whether a part of the entries is dropped when the system says that memory is low:
   * a quarter, a half or all of them, as the [signal@Gio.MemoryMonitor::low-memory-warning]
   * is low, medium or critical.
   *
   * Off by default, since a [iface@Gio.MemoryMonitor] connects the process to D-Bus.
   *
   * Since: 0.1
   */
  properties[PROP_TRIM_ON_LOW_MEMORY] =
    g_param_spec_boolean ("trim-on-low-memory", NULL, NULL, FALSE, flags);

  /**
   * MemoAsyncCache:clock: (getter get_clock)
   *
   * Where the cache has the time from; boot time unless another clock is given.
   *
   * Since: 0.1
   */
  properties[PROP_CLOCK] =
    g_param_spec_object ("clock", NULL, NULL, MEMO_TYPE_CLOCK,
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * MemoAsyncCache:backup: (getter get_backup)
   *
   * Where entries are kept beside the memory, or `NULL`: what is not in memory is looked for there before it is
   * loaded, and what is set or loaded is stored there in the background.
   *
   * So entries survive the end of the process, and more of them are kept than the memory has room for. Nothing is
   * read before it is asked for. A backend that fails is done without.
   *
   * Since: 0.1
   */
  properties[PROP_BACKUP] =
    g_param_spec_object ("backup", NULL, NULL, MEMO_TYPE_BACKEND,
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * MemoAsyncCache:remote-cache: (getter get_remote_cache)
   *
   * A second tier that other processes share, or `NULL`: what is not in memory is looked for there before it is
   * loaded, and what is set or loaded is stored there in the background.
   *
   * Beside a [property@Memo.AsyncCache:backup] it comes first, and the backup is written only; see
   * [property@Memo.AsyncCache:stale-if-remote-down].
   *
   * Since: 0.1
   */
  properties[PROP_REMOTE_CACHE] =
    g_param_spec_object ("remote-cache", NULL, NULL, MEMO_TYPE_BACKEND,
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * MemoAsyncCache:stale-if-remote-down: (getter get_stale_if_remote_down) (setter set_stale_if_remote_down)
   *
   * Whether the backup is read while the remote tier fails.
   *
   * It may have what another process has deleted or changed since.
   *
   * Since: 0.1
   */
  properties[PROP_STALE_IF_REMOTE_DOWN] =
    g_param_spec_boolean ("stale-if-remote-down", NULL, NULL, FALSE, flags);

  /**
   * MemoAsyncCache:strict-changes: (getter get_strict_changes) (setter set_strict_changes)
   *
   * Whether a change of the source may begin only when all processes are kept from storing old values.
   *
   * With a remote tier that keeps processes coherent, [class@Memo.Mutation] and the invalidators say there what is about to change.
   * Where that fails, a strict cache refuses the change before anything was changed. Another goes on: what others have
   * may then be out of date until this cache could say so, and `pending_invalidations` of its metrics says how much is.
   *
   * Since: 0.1
   */
  properties[PROP_STRICT_CHANGES] =
    g_param_spec_boolean ("strict-changes", NULL, NULL, FALSE, flags);

  /**
   * MemoAsyncCache:early-refresh: (getter get_early_refresh) (setter set_early_refresh)
   *
   * How early an entry that is asked for again and again is loaded anew, so that nobody has to wait when it expires.
   *
   * With a factor above 0, a get with a loader that hits an entry shortly before that expires may have it loaded: the get is answered with
   * the entry at once, and nobody waits for the load. What the load brings takes the place of the entry; where it fails, the entry stays until it
   * expires, and is not refreshed early any more. Each get draws lots, with better chances the closer the end is and
   * the longer the load took that brought the entry: by the factor 1, an entry that is asked for often is refreshed about that time before its end, several
   * times it where it is asked for very often. A larger factor is earlier. What was set and not loaded has taken no time, and is not refreshed.
   *
   * A load that nobody asked for at that moment uses the loader of the get that hit, in its context. With a remote tier that keeps processes coherent, one process
   * at a time refreshes a key.
   *
   * The algorithm is XFetch of A. Vattani, F. Chierichetti and K. Lowenstein, “Optimal Probabilistic Cache Stampede Prevention”,
   * 2015; the factor is their β.
   *
   * Since: 0.1
   */
  properties[PROP_EARLY_REFRESH] =
    g_param_spec_double ("early-refresh", NULL, NULL, 0.0, G_MAXDOUBLE, 0.0, flags);

  /**
   * MemoAsyncCache:codec: (getter get_codec)
   *
   * How values become bytes for a tier; a [class@Memo.VariantCodec] unless another is given.
   *
   * Since: 0.1
   */
  properties[PROP_CODEC] =
    g_param_spec_object ("codec", NULL, NULL, MEMO_TYPE_CODEC,
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * MemoAsyncCache:record-secret:
   *
   * A key of the application's own, by which what is kept in the tiers is signed, or `NULL`.
   *
   * For a tier that others can write to who are trusted less: what is not signed with it, by HMAC-SHA256, is a
   * miss. It takes the place of a checksum, which everybody can make. It must not be empty.
   *
   * Since: 0.1
   */
  properties[PROP_RECORD_SECRET] =
    g_param_spec_boxed ("record-secret", NULL, NULL, G_TYPE_BYTES,
                        G_PARAM_WRITABLE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * MemoAsyncCache:tier-timeout: (getter get_tier_timeout) (setter set_tier_timeout)
   *
   * How long a tier may take to answer a read, in seconds; 0 for any time.
   *
   * When it is over, the get goes on without the tier. The time is watched in the main context that was the
   * thread-default one when the cache was made. A remote tier that keeps processes coherent has a time of its own for each
   * step, and does not need this one.
   *
   * Since: 0.1
   */
  properties[PROP_TIER_TIMEOUT] =
    g_param_spec_double ("tier-timeout", NULL, NULL, 0.0, MEMO_TTL_FOREVER, 5.0, flags);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
memo_async_cache_init (MemoAsyncCache *self)
{
  g_mutex_init (&self->lock);
  self->context = g_main_context_ref_thread_default ();
  self->weak = memo_weak_ref_share (self);
  self->maxsize = 128;
  self->max_bytes = MEMO_UNLIMITED_BYTES;
  self->default_ttl = MEMO_TTL_FOREVER;
  self->batch_window_ms = 5;
  self->max_batch_size = 100;
  self->tier_timeout = 5.0;
  self->values = memo_store_new (MEMO_EVICTION_LRU);
  self->errors = memo_store_new (MEMO_EVICTION_LRU);
  memo_table_init (&self->flights);
  memo_fence_init (&self->fence);
  memo_fence_init (&self->key_fence);
  memo_brackets_init (&self->brackets);
  self->sweep_time = MEMO_NEVER;
  self->last_sweep = G_MININT64 / 2;
}

/**
 * memo_async_cache_new:
 * @maxsize: how many entries to keep at most, or `MEMO_UNLIMITED`
 * @default_ttl: how long an entry lives that does not say so, in seconds, or `MEMO_TTL_FOREVER`
 *
 * Creates an empty cache.
 *
 * Returns: (transfer full): the new cache
 *
 * Since: 0.1
 */
MemoAsyncCache *
memo_async_cache_new (guint  maxsize,
                      double default_ttl)
{
  g_return_val_if_fail (default_ttl >= 0.0, NULL);

  return g_object_new (MEMO_TYPE_ASYNC_CACHE, "maxsize", maxsize, "default-ttl", default_ttl, NULL);
}
