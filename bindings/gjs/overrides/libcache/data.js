// SPDX-License-Identifier: LGPL-2.1-or-later
/* exported arrayOf, boxed, isPlainInteger, isText, makeVariant, pack, tupleOf, unpack */

// Plain data of JavaScript as a variant, and back: what keys are made of, and what a tier keeps.
//
// What GVariant has as well becomes that. What only JavaScript has becomes a tuple that begins with
// the name of its type, which nothing else of JavaScript does: its arrays never become tuples.
//
// A variant is written as text, which GLib parses at once. GJS 1.74 loses the memory of every variant that it makes
// with a constructor, such as new_int64(), since that returns a floating reference.

const {GLib} = imports.gi;

const {Variant, VariantType} = GLib;

const MAX_DEPTH = 32;

const INT64_MIN = -(2n ** 63n), INT64_MAX = 2n ** 63n - 1n, UINT64_MAX = 2n ** 64n - 1n;

// Numbers nearer to 0 have fewer digits, and GLib parses none of them.
const SMALLEST_NORMAL = 2 ** -1022;

// What UTF-8 in C cannot have in it: zeros, and halves of surrogate pairs.
const NO_TEXT = /[\0\ud800-\udfff]/u;

/**
 * Whether C can have a string as it is.
 *
 * @param {string} string - a string
 * @returns {boolean} whether it can
 */
function isText(string) {
  return !NO_TEXT.test(string);
}

/**
 * Whether a number is kept as an integer, which -0 and what is rounded are not.
 *
 * @param {number} number - a number
 * @returns {boolean} whether it is
 */
function isPlainInteger(number) {
  return Number.isSafeInteger(number) && !Object.is(number, -0);
}

// --- to a variant: what is packed has a type, as a string, and a text in the format of GVariant ---

const NULL = {type: 'mv', text: 'nothing'};

/**
 * A tuple of what was packed.
 *
 * @param {object[]} items - what was packed
 * @returns {object} the tuple, packed
 */
function tupleOf(items) {
  const texts = items.map(({text}) => text).join();
  return {type: `(${items.map(({type}) => type).join('')})`, text: `(${texts}${items.length === 1 ? ',' : ''})`};
}

/**
 * An array of what was packed.
 *
 * @param {string} type - the type of all of them
 * @param {object[]} items - what was packed
 * @returns {object} the array, packed
 */
function arrayOf(type, items) {
  return {type: `a${type}`, text: `[${items.map(({text}) => text).join()}]`};
}

/**
 * Something that was packed, where any type may stand.
 *
 * @param {object} packed - what was packed
 * @returns {object} a variant with it, packed
 */
function boxed({type, text}) {
  return {type: 'v', text: `<@${type} ${text}>`};
}

function tagged(name, packed) {
  return tupleOf([packText(`js:${name}`), packed]);
}

// JSON escapes no character in another way.
function packText(string) {
  return {type: 's', text: JSON.stringify(string)};
}

function packNumber(number) {
  if (isPlainInteger(number))
    return {type: 'x', text: String(number)};
  if (Number.isNaN(number))
    return {type: 'd', text: 'nan'};
  if (!Number.isFinite(number))
    return {type: 'd', text: number > 0 ? 'inf' : '-inf'};
  if (Object.is(number, -0))
    return {type: 'd', text: '-0.0'};
  if (Math.abs(number) < SMALLEST_NORMAL)
    return tagged('Number', packText(String(number)));

  // Without a point it would be taken for an integer.
  const [digits, exponent] = String(number).split('e');
  return {type: 'd', text: `${digits}${digits.includes('.') ? '' : '.0'}${exponent !== undefined ? `e${exponent}` : ''}`};
}

// One that a number can be as well is another value than the number.
function packBigInt(number) {
  if (Number.isSafeInteger(Number(number)) || number < INT64_MIN || number > UINT64_MAX)
    return tagged('BigInt', packText(String(number)));
  return {type: number > INT64_MAX ? 't' : 'x', text: String(number)};
}

function packString(string) {
  if (isText(string))
    return packText(string);
  return tagged('String', {type: 'aq', text: `[${Array.from({length: string.length}, (_, i) => string.charCodeAt(i))}]`});
}

// The type that all have, or that of a variant.
function commonType(items) {
  return items.length > 0 && items.every(({type}) => type === items[0].type) ? items[0].type : 'v';
}

function boxedAs(common, items) {
  return common === 'v' ? items.map(item => item.type === 'v' ? item : boxed(item)) : items;
}

class Packer {
  /**
   * @param {Function} [textOf] - gives the text by which what has no order is sorted; without it,
   *   the order is kept
   */
  constructor(textOf = null) {
    this._textOf = textOf;
    this._path = [];      // the objects around the one that is packed
    this._steps = [];     // how one gets there
  }

  pack(value) {
    switch (typeof value) {
    case 'undefined':
      return tagged('undefined', tupleOf([]));
    case 'boolean':
      return {type: 'b', text: String(value)};
    case 'number':
      return packNumber(value);
    case 'bigint':
      return packBigInt(value);
    case 'string':
      return packString(value);
    case 'object':
      return value !== null ? this._packObject(value) : NULL;
    default:
      throw this._error(`a ${typeof value}`);
    }
  }

  _packObject(object) {
    if (object instanceof Variant) {
      const packed = {type: object.get_type_string(), text: object.print(false)};
      return this._textOf !== null ? packed : tagged('Variant', boxed(packed));
    }
    if (object instanceof Uint8Array)
      return {type: 'ay', text: `[${Array.from(object).join()}]`};
    if (object instanceof Date)
      return tagged('Date', packNumber(object.getTime()));
    if (this._path.includes(object))
      throw new TypeError(`${this._where()} is an object that contains itself`);
    if (this._path.length === MAX_DEPTH)
      throw new RangeError(`${this._where()} is nested more than ${MAX_DEPTH} deep`);

    this._path.push(object);
    try {
      if (Array.isArray(object))
        return this._packArray(object);
      if (object instanceof Map)
        return this._packEntries('Map', [...object]);
      if (object instanceof Set)
        return tagged('Set', arrayOf('v', this._inOrder(this._packAll([...object]).map(boxed))));
      return this._packPlainObject(object);
    } finally {
      this._path.pop();
    }
  }

  _packPart(value, step) {
    this._steps.push(step);
    const packed = this.pack(value);
    this._steps.pop();
    return packed;
  }

  _packAll(values) {
    return Array.from(values, (value, i) => this._packPart(value, i));
  }

  _packArray(array) {
    const items = this._packAll(array);
    const common = commonType(items);
    return arrayOf(common, boxedAs(common, items));
  }

  _packPlainObject(object) {
    const prototype = Object.getPrototypeOf(object);
    if (prototype !== Object.prototype && prototype !== null)
      throw this._error(`an object of the class ${object.constructor?.name ?? '?'}`);
    if (Object.getOwnPropertySymbols(object).length > 0)
      throw this._error('an object with a symbol for a name');

    const names = Object.keys(object);
    if (!names.every(isText))
      return this._packEntries('Object', Object.entries(object));

    const values = names.map(name => this._packPart(object[name], name));
    const common = commonType(values);
    const items = boxedAs(common, values);
    return {
      type: `a{s${common}}`,
      text: `{${names.map((name, i) => `${packText(name).text}:${items[i].text}`).join()}}`,
    };
  }

  _packEntries(name, entries) {
    const pairs = entries.map(entry => tupleOf(this._packAll(entry).map(boxed)));
    return tagged(name, arrayOf('(vv)', this._inOrder(pairs)));
  }

  _inOrder(items) {
    if (this._textOf === null)
      return items;

    return items
      .map(item => ({item, key: this._textOf(item)}))
      .sort((a, b) => a.key < b.key ? -1 : Number(a.key > b.key))
      .map(({item}) => item);
  }

  _where() {
    return this._steps.length > 0 ? `what is at ${this._steps.join('.')}` : 'it';
  }

  _error(what) {
    return new TypeError(`${this._where()} is ${what}, which is no plain data: that is booleans, numbers, ` +
      'strings, null, arrays, plain objects, Map, Set, Date, BigInt and Uint8Array');
  }
}

/**
 * Packs plain data.
 *
 * @param {any} value - plain data
 * @param {Function} [textOf] - gives the text of what was packed, for a key: what has no order is sorted by it,
 *   and a variant stands for itself; without it, what is packed can be unpacked again
 * @returns {object} it, packed
 * @throws {TypeError} for what is no plain data, or contains itself
 * @throws {RangeError} for what is nested too deep
 */
function pack(value, textOf = null) {
  return new Packer(textOf).pack(value);
}

/**
 * Makes the variant.
 *
 * @param {object} packed - what was packed
 * @returns {GLib.Variant} the variant
 */
function makeVariant({type, text}) {
  return Variant.parse(new VariantType(type), text, null, null);
}

// --- from a variant ---

function childrenOf(variant) {
  return Array.from({length: variant.n_children()}, (_, i) => variant.get_child_value(i));
}

function pairsOf(variant) {
  return childrenOf(variant).map(pair => childrenOf(pair).map(unpack));
}

const TAGGED = {
  'js:undefined': () => undefined,
  'js:BigInt': variant => BigInt(variant.get_string()[0]),
  'js:Number': variant => Number(variant.get_string()[0]),
  'js:String': variant => childrenOf(variant).map(unit => String.fromCharCode(unit.get_uint16())).join(''),
  'js:Variant': variant => variant.get_variant(),
  'js:Date': variant => new Date(unpack(variant)),
  'js:Map': variant => new Map(pairsOf(variant)),
  'js:Set': variant => new Set(childrenOf(variant).map(unpack)),
  'js:Object': variant => Object.fromEntries(pairsOf(variant)),
};

// What was packed has one of these types; anything else with such a name was made by somebody else.
const TAGGED_TYPES = {
  'js:undefined': '(s())',
  'js:BigInt': '(ss)',
  'js:Number': '(ss)',
  'js:String': '(saq)',
  'js:Variant': '(sv)',
  'js:Date': '(s?)',
  'js:Map': '(sa(vv))',
  'js:Set': '(sav)',
  'js:Object': '(sa(vv))',
};

function unpackTuple(variant) {
  const children = childrenOf(variant);
  const name = children[0]?.is_of_type(new VariantType('s')) ? children[0].get_string()[0] : '';

  if (Object.hasOwn(TAGGED, name) && variant.is_of_type(new VariantType(TAGGED_TYPES[name]))) {
    try {
      return TAGGED[name](children[1]);
    } catch (e) {
      // Such as a BigInt without digits: it is what it seems, a tuple.
    }
  }
  return children.map(unpack);
}

function unpackInteger(variant, number) {
  return Number.isSafeInteger(number) ? number : BigInt(variant.print(false));
}

/**
 * Makes plain data of a variant, whoever made it.
 *
 * @param {GLib.Variant} variant - a variant
 * @returns {any} the data: dictionaries are objects, arrays and tuples are arrays, bytes are a Uint8Array, and
 *   integers that a number would round are a BigInt
 */
function unpack(variant) {
  const type = variant.get_type_string();

  switch (type) {
  case 'b':
    return variant.get_boolean();
  case 's':
  case 'o':
  case 'g':
    return variant.get_string()[0];
  case 'd':
    return variant.get_double();
  case 'x':
  case 't':
    return unpackInteger(variant, Number(variant.print(false)));
  case 'v':
    return unpack(variant.get_variant());
  case 'ay':
    return variant.get_data_as_bytes().toArray();
  default:
  }

  switch (type[0]) {
  case 'a':
    return type[1] === '{' ? unpackDictionary(variant, type[2] === 's') : childrenOf(variant).map(unpack);
  case '(':
  case '{':
    return unpackTuple(variant);
  case 'm': {
    const inner = variant.get_maybe();
    return inner !== null ? unpack(inner) : null;
  }
  default:
    return Number(variant.print(false));
  }
}

// With names that are no strings it is a Map.
function unpackDictionary(variant, isObject) {
  return isObject ? Object.fromEntries(pairsOf(variant)) : new Map(pairsOf(variant));
}
