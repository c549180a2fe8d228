// SPDX-License-Identifier: LGPL-2.1-or-later
/* exported invalidating */

// Changes of the source, tied to the functions that remember what it was.

const {Memo} = imports.gi;
const {arrayOf, boxed, makeVariant} = imports.overrides.libcache.data;
const {entryOf, readEntry} = imports.overrides.libcache.entries;
const {leadingArgs, packArgs, trimmed} = imports.overrides.libcache.keys;
const {readOptions} = imports.overrides.libcache.options;
const {Question, answerWith, ask} = imports.overrides.libcache.waiting;

const OPTIONS = ['reads', 'keys', 'clear_all', 'skip_args', 'name'];

function decoratorsOf(reads) {
  const list = Array.isArray(reads) ? reads : [reads];
  if (list.length === 0 || !list.every(read => read?.decorator instanceof Memo.AsyncFunction))
    throw new TypeError('reads has to be a function that Memo.lru() or Memo.ttl() returned, or an array of such');
  return list.map(read => read.decorator);
}

// What the key function returned: an array of the arguments of calls.
function callsOf(calls) {
  if (!Array.isArray(calls) || !calls.every(Array.isArray))
    throw new TypeError('keys() returns the arguments of the calls to forget, an array for each: [[1], [2]]');

  const tuples = calls.map(args => boxed(packArgs('keys', trimmed(args), 0)));
  return Memo.Entry.new_variant(makeVariant(arrayOf('v', tuples)));
}

// What the library calls: has a function answer, on what and with what the question says.  As of all loaders, nothing in it may
// lead to the invalidator.
function answering(func, entry) {
  return call => {
    const question = call.get_instance();

    answerWith(
      () => func.apply(question.self, question.args),
      value => value !== undefined ? call.return_entry(entry(value)) : call.return_nothing(),
      e => call.return_error(question.fail(e)));
  };
}

/**
 * Makes a function that changes the source forget what that makes wrong, before it is called and when it has
 * answered, and keep nothing of it in between.
 *
 * @param {object} options - what it makes wrong
 * @param {Function|Function[]} options.reads - functions that remember
 * @param {Function} [options.keys] - is called with the arguments of the change, and returns the arguments of the calls to
 *   forget, an array for each; it may be async. Without it, the first arguments of the change are the arguments of the call
 * @param {boolean} [options.clear_all] - whether all that they remember is wrong
 * @param {number} [options.skip_args] - how many of the first arguments of the change name nothing
 * @param {Function} func - the function; it may be async
 * @returns {Function} the function that changes and forgets
 */
function invalidating(options, func) {
  if (typeof func !== 'function')
    throw new TypeError('Memo.invalidator() is for a function: Memo.invalidator ({reads: …}) (func)');

  const {reads, keys = null, name = func.name, ...properties} = readOptions('Memo.invalidator()', options, OPTIONS);
  const decorators = decoratorsOf(reads);
  const invalidator = new Memo.AsyncLruInvalidator({
    ...properties,
    // Nobody keeps what it answers, so that may be anything.
    loader: Memo.Loader.new(answering(func, entryOf)),
  });

  decorators.forEach(decorator => invalidator.add_read(decorator));
  if (keys !== null)
    invalidator.set_key_func(answering(keys, callsOf));

  // How many arguments of the change are to name something, and after how many that do not.
  const needed = keys !== null || invalidator.clear_all
    ? 0 : Math.max(1, ...decorators.map(decorator => decorator.n_args));
  const skipped = invalidator.skip_args === Memo.AS_THE_READ
    ? Math.max(...decorators.map(decorator => decorator.skip_args)) : invalidator.skip_args;

  const changeWith = (callOptions, self, given) => {
    const question = new Question(self, given);
    return ask(callOptions,
      (cancellable, done) => invalidator.call_with_closure(question,
        makeVariant(leadingArgs(name, trimmed(given), skipped, needed)), cancellable, done),
      result => readEntry(invalidator.call_finish(result)),
      e => question.exceptionOf(e));
  };

  const changing = function (...args) {
    return changeWith({}, this, args);
  };

  Object.defineProperty(changing, 'name', {value: name});
  return Object.assign(changing, {
    /** The Memo.AsyncInvalidator: what it is for the library. */
    invalidator,
    /**
     * The same function, called in another way.
     *
     * @param {object} callOptions - cancellable, signal
     * @returns {Function} to be called with the arguments
     */
    with(callOptions) {
      const readCall = readOptions('with()', callOptions, ['cancellable', 'signal']);
      return function (...args) {
        return changeWith(readCall, this, args);
      };
    },
  });
}
