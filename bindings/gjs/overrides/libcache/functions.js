// SPDX-License-Identifier: LGPL-2.1-or-later
/* exported decorate */

// Functions that remember.

const {Memo} = imports.gi;
const {lookUp} = imports.overrides.libcache.caches;
const {makeVariant, unpack} = imports.overrides.libcache.data;
const {codecOf, entryOf, readEntry} = imports.overrides.libcache.entries;
const {keyOf, packArgs, trimmed} = imports.overrides.libcache.keys;
const {cacheProperties, loaderProperties, readOptions} = imports.overrides.libcache.options;
const {Question, answerWith, failed, waitFor} = imports.overrides.libcache.waiting;

const OF_LOADER = ['tags', 'timeout', 'error_ttl'];
const OF_FUNCTION = ['name', 'maxsize', 'skip_args', 'n_args', 'cache', 'backup', 'remote_cache', 'codec', 'clock'];
const OF_CALL = ['refresh', 'cancellable', 'signal'];

function nameOf(func, {name = func.name, ...options}) {
  if (typeof name !== 'string' || /[()]/.test(name))
    throw new TypeError('the name of a decorated function is text without parentheses');
  // Alone in its own memory, it needs none.
  if (name === '' && ['cache', 'backup', 'remote_cache'].some(shared => shared in options))
    throw new TypeError('a function whose answers others can reach needs the option name, which no other one has');
  return name;
}

// What the library calls.  As of all loaders, nothing in it may lead to the function that remembers.
function newLoader(func, target, {error_ttl: errorTtl = 0}) {
  return Memo.Loader.new(call => {
    const question = call.get_instance();
    // Others than JavaScript may call it, too.
    const [self, args] = question instanceof Question
      ? [question.self, question.args]
      : [question, unpack(call.get_args())];

    answerWith(
      () => func.apply(self, args),
      value => call.return_entry(value !== undefined ? entryOf(value, target.codec) : null),
      e => call.return_error(failed([call.get_key()], e, errorTtl > 0)));
  });
}

function newDecorator(Type, func, options) {
  const ofLoader = Object.fromEntries(Object.entries(options).filter(([name]) => OF_LOADER.includes(name)));
  const ofFunction = Object.fromEntries(Object.entries(options).filter(([name]) => !OF_LOADER.includes(name)));
  const target = {codec: null};

  const loader = Object.assign(newLoader(func, target, ofLoader), loaderProperties(ofLoader));
  const decorator = new Type({...cacheProperties(ofFunction), loader});

  target.codec = codecOf(decorator.get_cache());
  return decorator;
}

/**
 * Makes a function remember.
 *
 * @param {GObject.Class} Type - Memo.AsyncLru or Memo.AsyncTtl
 * @param {string} where - what was called, for error messages
 * @param {object} options - properties of the decorator and of its loader
 * @param {Function} func - the function; it may be async
 * @returns {Function} the function that remembers
 */
function decorate(Type, where, options, func) {
  if (typeof func !== 'function')
    throw new TypeError(`${where} decorates a function: ${where} ({…}) (func)`);

  const read = readOptions(where, options,
    [...Type === Memo.AsyncTtl ? ['time_to_live'] : [], ...OF_FUNCTION, ...OF_LOADER]);
  const name = nameOf(func, read);
  const decorator = newDecorator(Type, func, {...read, name});
  const cache = decorator.get_cache();
  const skipArgs = decorator.skip_args;
  const keyOfArgs = args => keyOf(name, trimmed(args), skipArgs);

  async function callWith(callOptions, self, given) {
    const key = keyOfArgs(given);

    const entry = lookUp(cache, key, callOptions);
    if (entry !== null)
      return readEntry(entry);

    const tuple = makeVariant(packArgs(name, trimmed(given), skipArgs));
    const flags = callOptions.refresh ? Memo.GetFlags.REFRESH : Memo.GetFlags.NONE;
    return waitFor([key], callOptions,
      (cancellable, done) =>
        decorator.call_with_closure(new Question(self, given), tuple, flags, cancellable, done),
      result => readEntry(decorator.call_finish(result)));
  }

  const remembering = function (...args) {
    return callWith({}, this, args);
  };

  Object.defineProperty(remembering, 'name', {value: name});
  return Object.assign(remembering, {
    /** The Memo.AsyncLru or Memo.AsyncTtl: what it is for the library. */
    decorator,
    /** The cache where its answers are. */
    cache,
    /**
     * Calls it even when its answer is remembered.
     *
     * @param {...any} args - its arguments
     * @returns {Promise<any>} its answer
     */
    refresh(...args) {
      return callWith({refresh: true}, undefined, args);
    },
    /**
     * The same function, called in another way.
     *
     * @param {object} callOptions - refresh, cancellable, signal
     * @returns {Function} to be called with the arguments
     */
    with(callOptions) {
      const readCall = readOptions('with()', callOptions, OF_CALL);
      return function (...args) {
        return callWith(readCall, this, args);
      };
    },
    /**
     * The key of a call.
     *
     * @param {...any} args - its arguments
     * @returns {string} the key
     */
    key_of(...args) {
      return keyOfArgs(args);
    },
    /**
     * Forgets one answer.
     *
     * @param {...any} args - the arguments of the call
     */
    invalidate(...args) {
      cache.delete(keyOfArgs(args));
    },
    /** Forgets all its answers. */
    clear() {
      decorator.clear();
    },
    /**
     * What its cache has counted.
     *
     * @returns {Memo.Metrics} a snapshot
     */
    get_metrics() {
      return decorator.get_metrics();
    },
  });
}
