// SPDX-License-Identifier: LGPL-2.1-or-later
/* exported codecOf, entryOf, readEntry, withOptions */

// Values of JavaScript in entries.

const {GLib, GObject, Memo} = imports.gi;
const {isPlainInteger, isText, makeVariant, pack, unpack} = imports.overrides.libcache.data;
const {readOptions, secondsOf, tagsOf} = imports.overrides.libcache.options;

// Keeps a value of JavaScript alive while an entry has it, which the entry by itself would not: the garbage collector
// does not look into a GValue.
const Holder = GObject.registerClass({
  GTypeName: 'MemoJsHolder',
}, class Holder extends GObject.Object {
  constructor(value) {
    super();
    this.value = value;
  }
});

/**
 * What makes bytes of the values of a cache, if that takes plain data only: where there is a tier, which keeps bytes, and
 * the program has no codec of its own.
 *
 * @param {Memo.Cache} cache - a cache
 * @returns {Memo.Codec|null} the codec, or null where any value will do
 */
function codecOf(cache) {
  if (!(cache instanceof Memo.AsyncCache) || cache.backup === null && cache.remote_cache === null)
    return null;
  return cache.codec instanceof Memo.VariantCodec ? cache.codec : null;
}

// What C has as well; undefined for anything else.
function simpleEntry(value) {
  switch (typeof value) {
  case 'string':
    return isText(value) ? Memo.Entry.new_string(value) : undefined;
  case 'number':
    return isPlainInteger(value) ? Memo.Entry.new_int64(value) : Memo.Entry.new_double(value);
  case 'boolean':
    return Memo.Entry.new_boolean(value);
  default:
    return value === null ? Memo.Entry.new_nothing() : undefined;
  }
}

function plainEntry(value, codec) {
  const entry = value instanceof Uint8Array
    ? Memo.Entry.new_bytes(new GLib.Bytes(value))
    : Memo.Entry.new_variant(makeVariant(pack(value)));

  // In a tier it would be left out without a word.
  codec.encode_entry(entry);
  return entry;
}

/**
 * Makes an entry of a value.
 *
 * @param {any} value - any value but undefined; an entry stands for itself
 * @param {Memo.Codec|null} codec - what takes plain data only, see codecOf()
 * @returns {Memo.Entry} the entry
 * @throws {TypeError} if there is no value, or it has to be plain data and is not
 */
function entryOf(value, codec = null) {
  if (value instanceof Memo.Entry)
    return value;
  if (value === undefined)
    throw new TypeError('undefined is no value to keep; null is one, which says that there is nothing');

  const simple = simpleEntry(value);
  if (simple !== undefined)
    return simple;

  if (codec !== null) {
    try {
      return plainEntry(value, codec);
    } catch (e) {
      throw new TypeError('a cache with a backup or a remote cache keeps plain data only, unless it has a codec ' +
        `of your own: ${e.message}`);
    }
  }

  return Memo.Entry.new_object(value instanceof GObject.Object ? value : new Holder(value));
}

/**
 * Makes an entry of a value, with its own time to live and tags.
 *
 * @param {any} value - any value but undefined
 * @param {object} options - ttl, in seconds, and tags
 * @param {Memo.Codec|null} codec - what takes plain data only, see codecOf()
 * @returns {Memo.Entry} the entry
 */
function withOptions(value, options, codec = null) {
  const {ttl, tags} = readOptions('an entry', options, ['ttl', 'tags']);
  const entry = entryOf(value, codec);
  if (ttl !== undefined)
    entry.set_ttl(secondsOf(ttl));
  if (tags !== undefined)
    entry.set_tags(tagsOf(tags));
  return entry;
}

/**
 * The value of an entry, whoever made it.
 *
 * @param {Memo.Entry|null} entry - an entry, or null for a miss
 * @returns {any} its value: null if it holds nothing, undefined for a miss
 */
function readEntry(entry) {
  if (entry === null)
    return undefined;

  const type = entry.get_value_type();
  switch (type) {
  case GObject.TYPE_STRING:
    return entry.get_string();
  case GObject.TYPE_INT64:
    return entry.get_int64();
  case GObject.TYPE_DOUBLE:
    return entry.get_double();
  case GObject.TYPE_BOOLEAN:
    return entry.get_boolean();
  case GObject.TYPE_VARIANT: {
    const variant = entry.get_variant();
    return variant !== null ? unpack(variant) : null;
  }
  default:
  }

  const object = entry.get_object();
  if (object !== null)
    return object instanceof Holder ? object.value : object;

  const bytes = entry.get_bytes();
  return bytes !== null ? bytes.toArray() : entry.get_value();
}
