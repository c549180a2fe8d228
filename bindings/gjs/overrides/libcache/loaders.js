// SPDX-License-Identifier: LGPL-2.1-or-later
/* exported Loader, loaderFor */

// Functions of JavaScript as loaders.
//
// What the library calls is never collected while the loader is there, nor is anything that it refers to. So that must not be
// the loader, or what leads to it, such as a cache: nothing of it would ever be collected.

const {Memo} = imports.gi;
const {codecOf, entryOf} = imports.overrides.libcache.entries;
const {loaderProperties, readOptions} = imports.overrides.libcache.options;
const {answerWith, failed} = imports.overrides.libcache.waiting;

// What a function answered: nothing at all is a miss.
function entryOrMiss(value, codec) {
  return value !== undefined ? entryOf(value, codec) : null;
}

function newLoader(func, codec, remember) {
  return Memo.Loader.new(call => {
    const key = call.get_key();

    answerWith(
      () => func(key, call),
      value => call.return_entry(entryOrMiss(value, codec)),
      e => call.return_error(failed([key], e, remember)));
  });
}

// Keys and values of what a batch loader returned.
function pairsOf(keys, answers) {
  // The function has answered the call itself.
  if (answers === undefined)
    return [];
  if (answers instanceof Map)
    return [...new Map([...keys.map(key => [key, undefined]), ...answers])];
  if (!Array.isArray(answers))
    throw new TypeError('a batch loader returns an array, in the order of the keys, or a Map');
  if (answers.length > keys.length)
    throw new RangeError(`a batch loader was asked for ${keys.length} keys, and returned ${answers.length} values`);
  return answers.map((value, i) => [keys[i], value]);
}

function newBatchLoader(func, codec, remember) {
  const answer = (call, key, value) => {
    try {
      if (value instanceof Error)
        throw value;
      call.answer(key, entryOrMiss(value, codec));
    } catch (e) {
      call.answer_error(key, failed([key], e, remember));
    }
  };

  return Memo.Loader.new_batch(call => {
    const keys = call.get_keys();

    answerWith(
      () => func(keys, call),
      answers => {
        for (const [key, value] of pairsOf(keys, answers))
          answer(call, key, value);
        call.finish_batch();
      },
      e => call.return_error(failed(keys, e, remember)));
  });
}

/**
 * Where values come from that are not in a cache: a function, and how its answers are treated. Make one of each, and keep it.
 */
var Loader = class Loader {
  /**
   * @param {Function} func - is called with a key, and the call; a batch loader with keys, and the call
   * @param {object} options - properties of the loader
   * @param {boolean} isBatch - whether it is asked for many keys at a time
   */
  constructor(func, options = {}, isBatch = false) {
    const where = isBatch ? 'a batch loader' : 'a loader';
    if (typeof func !== 'function')
      throw new TypeError(`${where} needs a function that loads`);

    this._func = func;
    this._create = isBatch ? newBatchLoader : newLoader;
    this._properties = loaderProperties(readOptions(where, options,
      ['ttl', 'tags', 'timeout', 'error_ttl', ...isBatch ? ['accept_extra'] : []]));
    this._loaders = new Map();
  }

  /**
   * The loader for a cache.
   *
   * @param {Memo.Cache} cache - the cache
   * @returns {Memo.Loader} always the same one: its identity counts for batches
   */
  for(cache) {
    const codec = codecOf(cache);

    let loader = this._loaders.get(codec);
    if (loader === undefined) {
      loader = Object.assign(this._create(this._func, codec, this._properties.error_ttl > 0), this._properties);
      this._loaders.set(codec, loader);
    }
    return loader;
  }
};

/**
 * The loader that was given to a function.
 *
 * @param {Function|Loader|Memo.Loader|null} loader - what was given
 * @param {Memo.Cache} cache - the cache
 * @returns {Memo.Loader|null} the loader
 * @throws {TypeError} if it is none
 */
function loaderFor(loader, cache) {
  if (loader === null || loader instanceof Memo.Loader)
    return loader;
  if (loader instanceof Loader)
    return loader.for(cache);
  if (typeof loader === 'function')
    return new Loader(loader).for(cache);
  throw new TypeError('a loader is a function, or what Memo.loader() or Memo.batch_loader() returned');
}
