// SPDX-License-Identifier: LGPL-2.1-or-later
/* exported _init */

// What the namespace Memo has in JavaScript beside what introspection gives it: promises in place of callbacks, and any value
// of JavaScript in place of entries. docs/gjs.md is its reference. All that introspection gives stays as it is.
//
// GJS finds this file in a folder `overrides` of its search path, and calls _init () when a program imports Memo.

const {Gio} = imports.gi;

// The pairs of functions that give a promise where they are given no callback.
const PAIRS = {
  Backend: ['open', 'load', 'store', 'remove', 'clear', 'flush', 'close'],
  Cache: ['get', 'set', 'delete', 'clear', 'invalidate_tags', 'flush', 'close', 'warmup'],
  Decorator: ['call'],
  Invalidator: ['call'],
  Mutation: ['begin', 'end'],
};

function promisify(Memo) {
  for (const [type, names] of Object.entries(PAIRS)) {
    for (const name of names)
      Gio._promisify(Memo[type].prototype, `${name}_async`, `${name}_finish`);
  }

  for (const type of ['Decorator', 'Invalidator'])
    Gio._promisify(Memo[type].prototype, 'call_on_async', 'call_finish');
}

// A constructor that takes URIs for backends, and null where there is no limit.
function extendConstructor(Type, cacheProperties) {
  const init = Type.prototype._init;
  Type.prototype._init = function (properties, ...rest) {
    init.call(this, properties !== undefined ? cacheProperties(properties) : properties, ...rest);
  };
}

function _init() {
  const Memo = this;

  promisify(Memo);

  const {CacheMethods, setWith} = imports.overrides.libcache.caches;
  const {invalidating} = imports.overrides.libcache.changes;
  const {readEntry, withOptions} = imports.overrides.libcache.entries;
  const {decorate} = imports.overrides.libcache.functions;
  const {Loader} = imports.overrides.libcache.loaders;
  const {cacheProperties} = imports.overrides.libcache.options;

  for (const Type of [Memo.AsyncCache, Memo.AsyncLru, Memo.AsyncTtl])
    extendConstructor(Type, cacheProperties);

  Object.assign(Memo.Cache.prototype, CacheMethods, {set: setWith(Memo.Cache.prototype.set)});

  /**
   * Makes an entry of any value, with its own time to live and tags.
   *
   * @param {any} value - any value but undefined
   * @param {object} [options] - ttl, in seconds, and tags
   * @returns {Memo.Entry} the entry
   */
  Memo.Entry.of = (value, options = {}) => withOptions(value, options);

  // The value of an entry, whoever made it.
  Object.defineProperty(Memo.Entry.prototype, 'value', {
    get() {
      return readEntry(this);
    },
    configurable: true,
  });

  Memo.Loader.new_in_thread = () => {
    throw new Error('JavaScript runs in one thread only: use Memo.loader(), with an async function for what takes long');
  };

  /**
   * Makes a loader of a function.
   *
   * @param {Function} func - is called with a key and a Memo.Call; it may be async
   * @param {object} [options] - ttl, tags, timeout and error_ttl
   * @returns {Loader} the loader
   */
  Memo.loader = (func, options = {}) => new Loader(func, options, false);

  /**
   * Makes a loader of a function that is asked for many keys at a time.
   *
   * @param {Function} func - is called with an array of keys and a Memo.Call, and returns an array of values in the same order, or
   *   a Map; it may be async
   * @param {object} [options] - ttl, tags, timeout, error_ttl and accept_extra
   * @returns {Loader} the loader: make one, and keep it
   */
  Memo.batch_loader = (func, options = {}) => new Loader(func, options, true);

  /**
   * Makes a function remember its most recent answers.
   *
   * @param {object} [options] - maxsize, skip_args and so on
   * @returns {Function} the decorator, to be called with the function
   */
  Memo.lru = (options = {}) => func => decorate(Memo.AsyncLru, 'Memo.lru()', options, func);

  /**
   * Makes a function remember its answers for some time.
   *
   * @param {object} [options] - time_to_live, maxsize, skip_args and so on
   * @returns {Function} the decorator, to be called with the function
   */
  Memo.ttl = (options = {}) => func => decorate(Memo.AsyncTtl, 'Memo.ttl()', options, func);

  /**
   * Ties a function that changes the source to the functions whose answers that makes wrong.
   *
   * @param {object} options - reads, and keys, clear_all or skip_args
   * @returns {Function} the decorator, to be called with the function
   */
  Memo.invalidator = options => func => invalidating(options, func);
}
