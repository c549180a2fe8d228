// SPDX-License-Identifier: LGPL-2.1-or-later
/* exported loaderProperties, cacheProperties, readOptions, secondsOf, tagsOf */

// The options of the functions here. They are named as the properties of GObjects are, and may be written
// in all the ways in which GJS takes these: skip_args, skipArgs or 'skip-args'.

const {Memo} = imports.gi;
const {isText} = imports.overrides.libcache.data;

function plainName(name) {
  return name.replaceAll('-', '_').replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`);
}

/**
 * Reads options.
 *
 * @param {string} where - the function that was called, for the error message
 * @param {object} options - what it was given
 * @param {string[]} known - the names that there are
 * @returns {object} the options that are not undefined, by these names
 * @throws {TypeError} if there is another one, or no object
 */
function readOptions(where, options, known) {
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`${where} takes its options as an object, such as {${known[0]}: …}`);

  const read = {};
  for (const [written, value] of Object.entries(options)) {
    const name = plainName(written);
    if (!known.includes(name))
      throw new TypeError(`${where} has no option ${written}; there are ${known.join(', ')}`);
    if (value !== undefined)
      read[name] = value;
  }
  return read;
}

/**
 * How long something lives.
 *
 * @param {number|null} seconds - seconds, Infinity for ever; null to leave it to the next in line
 * @returns {number} the same as the library takes it
 * @throws {RangeError} if it is no such number
 */
function secondsOf(seconds) {
  if (seconds === null)
    return Memo.TTL_DEFAULT;
  if (typeof seconds !== 'number' || !(seconds >= 0) && seconds !== Memo.TTL_DEFAULT)
    throw new RangeError(`a time to live is a number of seconds, Infinity, or null, and not ${String(seconds)}`);
  return seconds;
}

/**
 * Tags, of which there may be one.
 *
 * @param {string|string[]} tags - tags
 * @returns {string[]} the tags
 * @throws {TypeError} if they are none
 */
function tagsOf(tags) {
  const list = typeof tags === 'string' ? [tags] : [...tags];
  if (!list.every(tag => typeof tag === 'string' && isText(tag)))
    throw new TypeError('a tag is text, without zeros and half surrogate pairs');
  return list;
}

const SECONDS = ['ttl', 'timeout', 'error_ttl'];

/**
 * The properties of a loader, out of options.
 *
 * @param {object} options - options that were read
 * @returns {object} the properties
 */
function loaderProperties({tags, accept_extra: acceptExtra, ...options}) {
  const properties = {};
  for (const name of SECONDS.filter(known => known in options))
    properties[name] = name === 'ttl' ? secondsOf(options[name]) : secondsOf(options[name] ?? 0);
  if (tags !== undefined)
    properties.tags = tagsOf(tags);
  if (acceptExtra !== undefined)
    properties.accept_extra = acceptExtra;
  return properties;
}

const FOREVER = ['default_ttl', 'time_to_live'];
const BACKENDS = ['backup', 'remote_cache'];

/**
 * The properties of a cache, as the library takes them: null is no limit, and a backend may be a URI.
 *
 * @param {object} options - properties, named as a constructor of GJS takes them
 * @returns {object} the same
 * @throws {GLib.Error} if there is no backend for a URI
 */
function cacheProperties(options) {
  const properties = {};
  for (const [name, value] of Object.entries(options)) {
    const plain = plainName(name);
    if (plain === 'maxsize' && (value === null || value === Infinity))
      properties[name] = Memo.UNLIMITED;
    else if (plain === 'max_bytes' && (value === null || value === Infinity))
      continue; // which is the default, a number that JavaScript would round
    else if (FOREVER.includes(plain))
      properties[name] = value === null ? Memo.TTL_FOREVER : secondsOf(value);
    else if (BACKENDS.includes(plain) && typeof value === 'string')
      properties[name] = Memo.Backend.new_for_uri(value);
    else
      properties[name] = value;
  }
  return properties;
}
