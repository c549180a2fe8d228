// SPDX-License-Identifier: LGPL-2.1-or-later
/* exported CacheMethods, lookUp, setWith */

// What a cache can do in JavaScript, beside what it can do in C.

const {Memo} = imports.gi;
const {codecOf, readEntry, withOptions} = imports.overrides.libcache.entries;
const {checkKey} = imports.overrides.libcache.keys;
const {loaderFor} = imports.overrides.libcache.loaders;
const {readOptions} = imports.overrides.libcache.options;
const {ask, waitFor} = imports.overrides.libcache.waiting;

const WAITING = ['cancellable', 'signal'];

/**
 * Looks into the memory, before there is a promise, a loader or a callback to pay for. What is not there is not counted.
 *
 * @param {Memo.Cache} cache - a cache
 * @param {string} key - a key
 * @param {object} options - refresh, cancellable and signal, with which one does not look
 * @returns {Memo.Entry|null} the entry
 */
function lookUp(cache, key, {refresh = false, cancellable = null, signal = null}) {
  return !refresh && cancellable === null && signal === null && cache.contains(key) ? cache.lookup(key) : null;
}

// The exceptions of a warm-up, by their keys.
class WarmupError extends AggregateError {
  constructor(message, failures) {
    super([...failures.values()], message);
    this.name = 'WarmupError';
    this.failures = failures;
  }
}

var CacheMethods = {
  /**
   * Gets the value of a key, and loads it if it is not there.
   *
   * @param {string} key - the key
   * @param {Function|Loader|Memo.Loader|null} [loader] - where the value comes from; null to load nothing
   * @param {object} [options] - how to go about it
   * @param {boolean} [options.refresh] - whether to load what is there, too
   * @param {Gio.Cancellable} [options.cancellable] - ends this wait
   * @param {AbortSignal} [options.signal] - ends this wait
   * @returns {Promise<any>} the value; null is one, which says that there is nothing; undefined is a miss
   */
  async get(key, loader = null, options = {}) {
    checkKey(key);
    const read = readOptions('get()', options, ['refresh', ...WAITING]);

    const entry = lookUp(this, key, read);
    if (entry !== null)
      return readEntry(entry);

    const memoLoader = loaderFor(loader, this);
    const flags = read.refresh ? Memo.GetFlags.REFRESH : Memo.GetFlags.NONE;
    return waitFor([key], read,
      (cancellable, done) => this.get_with_closure(key, flags, memoLoader, cancellable, done),
      result => readEntry(this.get_finish(result)));
  },

  /**
   * Waits until all that was asked for is in every tier.
   *
   * @param {object} [options] - cancellable or signal: ends this wait
   * @returns {Promise<void>} settled then; rejected with what failed
   */
  async flush(options = {}) {
    await ask(readOptions('flush()', options, WAITING),
      (cancellable, done) => this.flush_async(cancellable, done), result => this.flush_finish(result));
  },

  /**
   * Flushes, and ends.
   *
   * @param {object} [options] - cancellable or signal: ends this wait
   * @returns {Promise<void>} settled then; rejected with what failed
   */
  async close(options = {}) {
    await ask(readOptions('close()', options, WAITING),
      (cancellable, done) => this.close_async(cancellable, done), result => this.close_finish(result));
  },

  /**
   * Loads keys before anybody asks for them, side by side.
   *
   * @param {object|Map|Iterable} loaders - loaders by their keys
   * @param {object} [options] - cancellable or signal: ends this wait
   * @returns {Promise<void>} settled when all were tried; rejected if some failed, with an error whose property
   *   failures is a Map of the exceptions by their keys
   */
  async warmup(loaders, options = {}) {
    const read = readOptions('warmup()', options, WAITING);
    const entries = typeof loaders?.[Symbol.iterator] === 'function' ? [...loaders] : Object.entries(loaders);
    const warmup = new Memo.Warmup();

    for (const [key, loader] of entries) {
      checkKey(key);
      if (loader === null)
        throw new TypeError(`there is no loader to warm up ${key} with`);
      warmup.add(key, loaderFor(loader, this));
    }

    await waitFor(entries.map(([key]) => key), read,
      (cancellable, done) => this.warmup_async(warmup, cancellable, done),
      (result, exceptionOf) => {
        try {
          this.warmup_finish(result);
        } catch (e) {
          const failed = warmup.dup_failed_keys();
          if (!e.matches(Memo.Error, Memo.Error.FAILED) || failed.length === 0)
            throw e;
          throw new WarmupError(e.message,
            new Map(failed.map(key => [key, exceptionOf(warmup.get_error(key), key)])));
        }
      });
  },
};

/**
 * Makes the method set() of a cache, which takes values as well as entries.
 *
 * @param {Function} setEntry - the library's own
 * @returns {Function} the method
 */
function setWith(setEntry) {
  /**
   * Keeps a value.
   *
   * @param {string} key - the key
   * @param {any} value - any value but undefined; an entry stands for itself
   * @param {object} [options] - of the entry
   * @param {number} [options.ttl] - seconds, Infinity, or null for what the cache says
   * @param {string|string[]} [options.tags] - by which it can be invalidated
   */
  return function set(key, value, options = {}) {
    checkKey(key);
    setEntry.call(this, key, withOptions(value, options, codecOf(this)));
  };
}
