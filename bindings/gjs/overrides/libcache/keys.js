// SPDX-License-Identifier: LGPL-2.1-or-later
/* exported checkKey, keyOf, leadingArgs, packArgs, trimmed */

// The keys of decorated calls: the text that the library itself makes of the same arguments.

const {Memo} = imports.gi;
const {isPlainInteger, isText, makeVariant, pack, tupleOf} = imports.overrides.libcache.data;

// Strings that stand for themselves between quotation marks.
const UNESCAPED = /^[^\0-\x1f\x7f"\\\ud800-\udfff]*$/u;

// What has no place in a key: nobody can make an argument of this type.
const PLACEHOLDER = tupleOf([]);

// Makes texts: of a call with one argument, without its name and parentheses.
const scribe = new Memo.AsyncLru({name: '', loader: Memo.Loader.new(call => call.return_nothing())});

function textOf(packed) {
  return scribe.dup_key(makeVariant(tupleOf([packed]))).slice(1, -1);
}

/**
 * Makes sure that a key is one.
 *
 * @param {any} key - what may be a key
 * @throws {TypeError} if it is none
 */
function checkKey(key) {
  if (typeof key !== 'string')
    throw new TypeError(`a key is a string, and this is ${key === null ? 'null' : `a ${typeof key}`}`);
  if (!isText(key))
    throw new TypeError('a key is text, without zeros and half surrogate pairs; write what has them in another way');
}

/**
 * Leaves out the arguments that were not given: f (1) and f (1, undefined) are the same call.
 *
 * @param {any[]} args - the arguments
 * @returns {any[]} those up to the last one that is not undefined
 */
function trimmed(args) {
  let n = args.length;
  while (n > 0 && args[n - 1] === undefined)
    n--;
  return n < args.length ? args.slice(0, n) : args;
}

function packArg(arg, i, name) {
  try {
    return pack(arg, textOf);
  } catch (e) {
    e.message = `no key can be made of argument ${i + 1} of ${name}(): ${e.message}. ` +
      'Pass what tells it apart in its place, or leave it out of the key with skip_args';
    throw e;
  }
}

// The text of the arguments that most calls have, which costs little; of others, null.
function simpleText(arg) {
  switch (typeof arg) {
  case 'number':
    return isPlainInteger(arg) ? `x ${arg}` : null;
  case 'string':
    return UNESCAPED.test(arg) ? `s "${arg}"` : null;
  case 'boolean':
    return `b ${arg}`;
  default:
    return null;
  }
}

/**
 * The key of a call.
 *
 * @param {string} name - the name of the function
 * @param {any[]} args - the arguments
 * @param {number} skipArgs - how many of the first are left out
 * @returns {string} the key
 * @throws {TypeError} if no key can be made of an argument
 */
function keyOf(name, args, skipArgs) {
  const texts = [];
  for (let i = skipArgs; i < args.length; i++)
    texts.push(simpleText(args[i]) ?? textOf(packArg(args[i], i, name)));
  return `${name}(${texts.join(', ')})`;
}

/**
 * The arguments as a tuple, for the library.
 *
 * @param {string} name - the name of the function
 * @param {any[]} args - the arguments
 * @param {number} skipArgs - how many of the first no key is made of
 * @returns {object} the tuple, packed
 * @throws {TypeError} if no key can be made of an argument
 */
function packArgs(name, args, skipArgs) {
  return tupleOf(args.map((arg, i) => i < skipArgs ? PLACEHOLDER : packArg(arg, i, name)));
}

/**
 * The arguments of a change, of which only the first ones name what it makes wrong.
 *
 * @param {string} name - the name of the change
 * @param {any[]} args - its arguments
 * @param {number} skipArgs - how many of the first name nothing
 * @param {number} needed - how many after these have to
 * @returns {object} a tuple of those that name something, packed
 * @throws {TypeError} if no key can be made of an argument that is needed
 */
function leadingArgs(name, args, skipArgs, needed) {
  const items = [];
  for (const [i, arg] of args.entries()) {
    try {
      items.push(i < skipArgs ? PLACEHOLDER : packArg(arg, i, name));
    } catch (e) {
      // No read can have been called with it.
      if (i < skipArgs + needed)
        throw e;
      break;
    }
  }
  return tupleOf(items);
}
